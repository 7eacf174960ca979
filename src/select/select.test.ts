import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_FINDINGS, SAMPLE_REPORT } from "../../tests/support/sample-report.ts";
import type { Finding } from "../model/finding.ts";
import { applyBaseline, readBaseline, writeBaseline } from "./baseline.ts";
import { isOnChangedLine } from "./changed-lines.ts";
import { compareFindings, sortFindings } from "./finding-order.ts";
import { matchesGlob } from "./glob.ts";
import { applyIgnores } from "./ignore-comments.ts";
import { nearest } from "./nearest.ts";
import { selectFindings, type Selection } from "./select-findings.ts";
import { shortIds } from "./short-id.ts";

const everything: Selection = {
  select: [],
  ignore: [],
  minConfidence: "possible",
  perFileIgnores: {},
  baseline: null,
  changed: null,
};
const vocabulary = {
  ruleIds: new Set(SAMPLE_FINDINGS.map(({ rule }) => rule)),
  chapters: new Set(["2", "2.2", "2.4", "3", "3.5", "6.3"]),
  shortIds: shortIds(SAMPLE_FINDINGS),
};
const idsAfter = (selection: Partial<Selection>): string[] =>
  selectFindings(SAMPLE_REPORT, { ...everything, ...selection }, vocabulary).findings.map(({ id }) => id.slice(0, 4));

function sample(id: string): Finding {
  const found = SAMPLE_FINDINGS.find((finding) => finding.id.startsWith(id));
  if (!found) throw new Error(`no ${id} in the sample`);
  return found;
}

describe("order", () => {
  test("errors first, then cost, then rung, then path", () => {
    expect(idsAfter({})).toEqual(["c0aa", "k3f9", "k90a", "m2d7", "b41e", "t7c2", "o002", "o003", "o004", "o001"]);
  });
  test("a higher rung comes before an equal cost", () => {
    const proven: Finding = { ...sample("t7c2"), id: "z", evidence: [{ kind: "proven" }] };
    expect(compareFindings(proven, sample("t7c2"))).toBeLessThan(0);
  });
  test("is the same from any start", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...SAMPLE_FINDINGS], { minLength: SAMPLE_FINDINGS.length }), (shuffled) => {
        expect(sortFindings(shuffled)).toEqual(sortFindings(SAMPLE_FINDINGS));
      }),
    );
  });
});

describe("select and ignore", () => {
  test.each([
    ["a rule", "n-plus-one", ["k3f9", "b41e"]],
    ["a section", "2.4", ["k3f9", "k90a", "b41e"]],
    ["a chapter", "3", ["o002", "o003", "o004", "o001"]],
    ["a short id", "c0aa", ["c0aa"]],
    ["a whole id", "c0aa0123456789", ["c0aa"]],
  ])("%s", (_, word, ids) => {
    expect(idsAfter({ select: [word] })).toEqual(ids);
    expect(idsAfter({ ignore: [word] })).toHaveLength(SAMPLE_FINDINGS.length - ids.length);
  });
  test("a word that means nothing names the nearest", () => {
    expect(() => idsAfter({ select: ["n-plus-on"] })).toThrow(
      expect.objectContaining({
        code: "unknown-selector",
        remedy: expect.stringContaining("Did you mean n-plus-one?"),
      }),
    );
  });
  test("a chapter that the handbook does not have is no selection of nothing", () => {
    expect(() => idsAfter({ select: ["9.9"] })).toThrow(expect.objectContaining({ code: "unknown-selector", message: "there is no chapter 9.9." }));
    expect(idsAfter({ select: ["6.3"] })).toEqual([]);
  });
  test("a rule can be ignored in some files", () => {
    expect(idsAfter({ perFileIgnores: { "catalog/**": ["n-plus-one", "3.5"] } })).toEqual(["c0aa", "k3f9", "k90a", "m2d7", "t7c2"]);
  });
  test("what is less sure is counted", () => {
    const unsure = { ...sample("k3f9"), confidence: "possible" as const };
    const report = selectFindings({ ...SAMPLE_REPORT, findings: [unsure] }, { ...everything, minConfidence: "likely" }, vocabulary);
    expect([report.findings, report.silenced.belowConfidence]).toEqual([[], 1]);
  });
});

test("what is on lines that did not change is counted", () => {
  const changed = new Map([["shop/templates/orders/_row.html", [{ first: 3, last: 4 }]]]);
  const report = selectFindings(SAMPLE_REPORT, { ...everything, changed }, vocabulary);
  expect([report.findings.map(({ id }) => id.slice(0, 4)), report.silenced.unchanged]).toEqual([["k3f9"], SAMPLE_FINDINGS.length - 1]);
});

describe("short ids", () => {
  const withIds = (ids: readonly string[]): Finding[] => ids.map((id) => ({ ...sample("k3f9"), id }));

  test("are lengthened on collision", () => {
    expect([...shortIds(withIds(["abcdef12", "abcdxx12", "zzzzzzzz"])).values()].toSorted()).toEqual(["abcde", "abcdx", "zzzz"]);
  });
  test("are unique, four characters or more, and the same in any order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[ab]{8,12}$/)), { maxLength: 60 }), (ids) => {
        const short = shortIds(withIds(ids));
        expect(new Set(short.values()).size).toBe(ids.length);
        for (const text of short.values()) expect(text).toMatch(/^[a-z0-9]{4,}$/);
        const again = shortIds(withIds(ids.toReversed()));
        for (const id of ids) expect(again.get(id)).toBe(short.get(id));
      }),
    );
  });
});

describe("ignore comments", () => {
  const at = (line: number, text: string, alone = false) => ({ file: "shop/views/orders.py", line, text, alone });

  test("on the line of any place", () => {
    const { findings, ignored } = applyIgnores([sample("k3f9")], [at(31, "# luthier: ignore[n-plus-one] one order a page")]);
    expect(findings).toEqual([]);
    expect(ignored.map(({ reason }) => reason)).toEqual(["one order a page"]);
  });
  test("in a template, where the access is", () => {
    const comment = {
      file: "shop/templates/orders/_row.html",
      line: 4,
      text: "{# luthier: ignore[n-plus-one] small #}",
      alone: false,
    };
    expect(applyIgnores([sample("k3f9")], [comment]).ignored[0]?.reason).toBe("small");
  });
  test("alone, it speaks for the next line", () => {
    expect(applyIgnores([sample("k3f9")], [at(30, "# luthier: ignore[n-plus-one]", true)]).ignored).toHaveLength(1);
    expect(applyIgnores([sample("k3f9")], [at(31, "# luthier: ignore[n-plus-one]", true)]).ignored).toHaveLength(0);
  });
  test("one that silences nothing is a finding, rule by rule", () => {
    const { findings } = applyIgnores([sample("k3f9")], [at(31, "#luthier:ignore[n-plus-one, save-in-loop]")]);
    expect(findings).toMatchObject([{ rule: "unused-ignore", chapter: "meta", severity: "info", places: [{ line: 31 }] }]);
    expect(findings[0]?.claim).toContain("`save-in-loop`");
  });
  test("one that names no rule is a finding and ignores nothing", () => {
    const { findings } = applyIgnores([sample("k3f9")], [at(31, "# luthier: ignore")]);
    expect(findings.map(({ rule }) => rule)).toEqual(["n-plus-one", "unused-ignore"]);
  });
  test("other comments are none of ours", () => {
    expect(applyIgnores([sample("k3f9")], [at(31, "# noqa: luthier"), at(31, "# type: ignore[n-plus-one]")]).findings).toHaveLength(1);
  });
  test("its id holds no line number", () => {
    const idOf = (line: number) => applyIgnores([], [at(line, "# luthier: ignore[x]")]).findings[0]?.id;
    expect(idOf(3)).toBe(idOf(30));
  });
});

describe("baseline", () => {
  test("knows today's findings, as often as they are", () => {
    const twice = [sample("k3f9"), sample("k3f9"), sample("c0aa")];
    const baseline = readBaseline(JSON.stringify(writeBaseline(twice)));
    if (!baseline) throw new Error("the baseline was not read");
    expect(applyBaseline([...twice, sample("k3f9"), sample("b41e")], baseline)).toEqual({
      kept: [sample("k3f9"), sample("b41e")],
      known: 3,
      stale: 0,
    });
    expect(applyBaseline([sample("k3f9")], baseline).stale).toBe(2);
  });
  test("is written in one order", () => {
    expect(writeBaseline(SAMPLE_FINDINGS)).toEqual(writeBaseline(SAMPLE_FINDINGS.toReversed()));
  });
  test.each(["", "{", "[]", '{"schema":"luthier-baseline/1","findings":[{"id":1}]}'])("%j is none", (text) => {
    expect(readBaseline(text)).toBeNull();
  });
});

describe("changed lines", () => {
  test("any place counts", () => {
    const changed = new Map([["shop/templates/orders/_row.html", [{ first: 3, last: 4 }]]]);
    expect(SAMPLE_FINDINGS.filter((finding) => isOnChangedLine(finding, changed)).map(({ id }) => id.slice(0, 4))).toEqual(["k3f9"]);
  });
  test("an untracked file counts whole", () => {
    expect(isOnChangedLine(sample("m2d7"), new Map([["shop/admin.py", "all" as const]]))).toBe(true);
  });
});

test.each([
  ["shop/views.py", "shop/*.py", true],
  ["shop/a/views.py", "shop/*.py", false],
  ["shop/a/views.py", "shop/**/*.py", true],
  ["shop/views.py", "shop/**/*.py", true],
  ["shop/views.py", "views.py", true],
  ["shop/views.py", "/views.py", false],
  ["shop/migrations/0001.py", "migrations", true],
  ["shop/migrations/0001.py", "migrations/", true],
  ["shop/views.py", "shop", true],
  ["shopping/views.py", "shop", false],
  ["a.b+c.py", "a.b+c.py", true],
  ["axb+c.py", "a.b+c.py", false],
  ["test_a.py", "test_[ab].py", true],
  ["test_c.py", "test_[!ab].py", true],
  ["x/a.html", "*.{html,txt}", true],
  ["legacy/x/y.py", "legacy/**", true],
])("glob: %s in %s is %s", (path, glob, expected) => {
  expect(matchesGlob(path, glob)).toBe(expected);
});

test("any glob can be asked", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.oneof(fc.constantFrom(...Array.from("[]{}!^-*?/,\\za")), fc.string({ unit: "grapheme" })) }), (glob) => {
      matchesGlob("a/b.py", glob);
    }),
    { numRuns: 500 },
  );
});

test("the nearest word is near", () => {
  expect(nearest("fail_on", ["fail-on", "format"])).toBe("fail-on");
  expect(nearest("zzzzzzz", ["fail-on", "format"])).toBeNull();
});
