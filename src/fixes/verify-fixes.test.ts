import { describe, expect, test } from "vitest";
import { SAMPLE_FINDINGS } from "../../tests/support/sample-report.ts";
import type { Edit, Finding } from "../model/finding.ts";
import { canJoin, joinInsertions } from "./join-insertions.ts";
import { oldOffset } from "./old-offset.ts";
import type { ChosenFix } from "./plan-fixes.ts";
import { verifyFixes, type Trial } from "./verify-fixes.ts";

const LETTERS = "abcdefghijklmnop".split("");
const TEXT = `${LETTERS.join("\n")}\n`;
const [template] = SAMPLE_FINDINGS;

/** A finding about the line that holds `word`; its fix replaces the word. */
function fixing(word: string, text: string): ChosenFix {
  if (!template) throw new Error("the sample is empty");
  const line = TEXT.split("\n").indexOf(word) + 1;
  const at = TEXT.indexOf(word);
  const place = { role: "queryset", file: "a.py", line, column: 1, endLine: line, endColumn: 2 } as const;
  const fix = { title: word, kind: "edit", safety: "safe", edits: [{ file: "a.py", start: at, end: at + 1, expected: word, text }] } as const;
  return { finding: { ...template, id: word, model: `m.${word}`, relation: word, places: [place], fixes: [fix] }, fix };
}

/** The analysis finds every line that is one letter, and what `extra` says. */
function trialOf(chosen: readonly ChosenFix[], extra: (text: string) => Finding[] = () => []): Trial & { runs: number } {
  const trial = {
    runs: 0,
    before: { findings: chosen.map(({ finding }) => finding), notices: [] },
    read: (): string => TEXT,
    analyse: (texts: ReadonlyMap<string, string>) => {
      trial.runs += 1;
      const lines = (texts.get("a.py") ?? TEXT).split("\n");
      const findings = chosen.flatMap(({ finding }) => {
        const line = lines.indexOf(finding.id) + 1;
        return line === 0 ? [] : [{ ...finding, places: finding.places.map((place) => ({ ...place, line })) }];
      });
      return Promise.resolve({ findings: [...findings, ...extra(lines.join("\n"))], notices: [] });
    },
  };
  return trial;
}

describe("verifyFixes", () => {
  test("keeps what mends, in one run", async () => {
    const chosen = [fixing("a", "A!"), fixing("b", "x\ny\nz"), fixing("d", "D!")];
    const trial = trialOf(chosen);
    const plan = await verifyFixes(chosen, trial);
    expect([plan.applied.length, plan.dropped.length, trial.runs]).toEqual([3, 0, 1]);
  });
  test("drops what leaves its finding, wherever the line has moved to", async () => {
    const chosen = [fixing("a", "x\ny"), fixing("c", "c")];
    const plan = await verifyFixes(chosen, trialOf(chosen));
    expect(plan.applied.map(({ fix }) => fix.title)).toEqual(["a"]);
    expect(plan.dropped).toMatchObject([{ finding: { id: "c" }, reason: "the finding is still there afterwards" }]);
  });
  test("halves until it has the fix that makes a new finding elsewhere", async () => {
    const chosen = [fixing("a", "A!"), fixing("b", "bad"), fixing("c", "C!"), fixing("d", "D!")];
    const { finding } = fixing("a", "");
    const fresh: Finding = { ...finding, id: "new", rule: "other", model: "m.new", places: finding.places.map((place) => ({ ...place, file: "z.py" })) };
    const plan = await verifyFixes(
      chosen,
      trialOf(chosen, (text) => (text.includes("bad") ? [fresh] : [])),
    );
    expect(plan.applied.map(({ fix }) => fix.title)).toEqual(["a", "c", "d"]);
    expect(plan.dropped.map(({ fix }) => fix.title)).toEqual(["b"]);
  });
  test("one bad fix holds no others up, however many there are", async () => {
    const chosen = LETTERS.map((letter) => fixing(letter, letter.toUpperCase()));
    const { finding } = fixing("a", "");
    const fresh: Finding = { ...finding, id: "new", rule: "other", model: "m.new", places: finding.places.map((place) => ({ ...place, file: "z.py" })) };
    const plan = await verifyFixes(
      chosen,
      trialOf(chosen, (text) => (text.includes("C") ? [fresh] : [])),
    );
    expect(plan.dropped.map(({ finding: { id } }) => id)).toEqual(["c"]);
  });
  test("a finding that says another number is no new one", async () => {
    const chosen = [fixing("a", "A!"), fixing("b", "B!")];
    const { finding } = fixing("a", "");
    const counting = (count: number): Finding => ({ ...finding, id: "n", rule: "other", relation: undefined, claim: `It reads ${count}.` });
    const trial = trialOf(chosen, (text) => [counting(text.includes("A!") ? 1 : 3)]);
    const plan = await verifyFixes(chosen, { ...trial, before: { ...trial.before, findings: [...trial.before.findings, counting(3)] } });
    expect(plan.applied).toHaveLength(2);
  });
  test("takes no guess about another place for a fix's doing", async () => {
    const chosen = [fixing("a", "A!"), fixing("b", "bad")];
    const { finding } = fixing("a", "");
    const guess: Finding = { ...finding, id: "new", rule: "other", model: "m.new", confidence: "possible", places: [] };
    const far = { ...guess, places: finding.places.map((place) => ({ ...place, file: "z.py" })) };
    const near = { ...guess, places: fixing("b", "").finding.places };
    const tried = async (one: Finding): Promise<readonly string[]> => {
      const plan = await verifyFixes(
        chosen,
        trialOf(chosen, (text) => (text.includes("bad") ? [one] : [])),
      );
      return plan.applied.map(({ fix }) => fix.title);
    };
    expect(await tried(far)).toEqual(["a", "b"]);
    expect(await tried(near)).not.toContain("b");
  });
  test("gives an account of every fix when there is no more time", async () => {
    const chosen = LETTERS.map((letter) => fixing(letter, letter.toUpperCase()));
    const { finding } = fixing("a", "");
    const fresh: Finding = { ...finding, id: "new", rule: "other", model: "m.new", places: finding.places.map((place) => ({ ...place, file: "z.py" })) };
    // Each does well alone, and no two together.
    const plan = await verifyFixes(
      chosen,
      trialOf(chosen, (text) => ((text.match(/[A-Z]/g)?.length ?? 0) > 1 ? [fresh] : [])),
    );
    expect([...plan.applied, ...plan.dropped].map((one) => one.finding.id).toSorted()).toEqual(LETTERS);
    expect(plan.applied.length).toBeLessThanOrEqual(1);
  });
  test("runs nothing when there is nothing to try", async () => {
    const trial = trialOf([]);
    expect((await verifyFixes([], trial)).applied).toEqual([]);
    expect(trial.runs).toBe(0);
  });
});

const override = (call: string): string => `\n\n    def get_queryset(self, request):\n        return super().get_queryset(request)${call}`;

describe("joinInsertions", () => {
  const at = (text: string): Edit => ({ file: "a.py", start: 3, end: 3, expected: "", text });
  const joined = (...texts: [string, ...string[]]): string => {
    const [first, ...rest] = texts.map(at);
    if (!first) return "";
    for (const other of rest) expect(canJoin(first, other)).toBe(true);
    return joinInsertions([first, ...rest]).text;
  };
  test.each([
    [['.select_related("a")', '.select_related("b")'], '.select_related("a", "b")'],
    [['.select_related("a")', '.select_related("a__b")'], '.select_related("a__b")'],
    [['.prefetch_related("b")', '.select_related("a")', '.select_related("c")'], '.select_related("a", "c").prefetch_related("b")'],
    [["\n    list_select_related = ('a',)", "\n    list_select_related = ('a', 'b')"], "\n    list_select_related = ('a', 'b')"],
    [
      [override('.select_related("a")'), override('.prefetch_related("b")'), override('.select_related("c")')],
      override('.select_related("a", "c").prefetch_related("b")'),
    ],
    [[', "a"', ', "b"'], ', "a", "b"'],
    [['\n    "a",', '\n    "b",'], '\n    "a",\n    "b",'],
  ] as const)("%j", (texts, expected) => {
    expect(joined(...(texts as unknown as [string, ...string[]]))).toBe(expected);
  });
  test("not what has another form, or another place", () => {
    expect(canJoin(at('.select_related("a")'), at(', "a"'))).toBe(false);
    expect(canJoin(at("x"), at("y"))).toBe(false);
    expect(canJoin(at(override('.select_related("a")')), at(override('.select_related("a")').replace("request", "req")))).toBe(false);
    expect(canJoin(at(', "a"'), { ...at(', "a"'), start: 4, end: 4 })).toBe(false);
  });
});

test("oldOffset leads back through the edits", () => {
  const edits = [
    { file: "a.py", start: 2, end: 2, expected: "", text: "xyz" },
    { file: "a.py", start: 5, end: 7, expected: "..", text: "é" },
  ];
  expect([0, 2, 4, 5, 8, 9, 10].map((offset) => oldOffset(edits, offset))).toEqual([0, 2, 2, 2, 5, 5, 7]);
});
