import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chosenFix, simulate, type SimulatedFix } from "../../tests/support/simulated-run.ts";
import type { Proof } from "./proof.ts";
import { prove } from "./prove.ts";

const proveAll = (fixes: readonly SimulatedFix[], options: Parameters<typeof simulate>[1] = {}): Promise<Proof> =>
  prove(fixes.map(chosenFix), simulate(fixes, options).trial);

const idsOf = (fixes: readonly { readonly finding: { readonly id: string } }[]): string[] => fixes.map(({ finding }) => finding.id);

describe("fixes that help", () => {
  test("are proven with the statements that they replace, each its own", async () => {
    const proof = await proveAll([
      { id: "a", from: 8, scope: "page" },
      { id: "b", from: 3, scope: "page" },
      { id: "c", from: 2, to: 0 },
    ]);
    expect(proof.kept.map(({ finding, figures }) => [finding.id, figures.statements])).toEqual([
      ["a", { before: 8, after: 1 }],
      ["b", { before: 3, after: 1 }],
      ["c", { before: 2, after: 0 }],
    ]);
    expect([proof.before.statements, proof.after.statements]).toEqual([15, 4]);
    expect(proof.before.outcomes).toEqual(new Map([["passed", 2]]));
  });

  test("one fix alone needs no runs but those before and after", async () => {
    const { trial, runs } = simulate([{ id: "a" }], { repeat: 2 });
    const proof = await prove([chosenFix({ id: "a" })], trial);
    expect(runs).toEqual([[], [], ["a"], ["a"]]);
    expect(proof.runs).toBe(4);
  });

  test("findings that one edit mends are tried as one", async () => {
    const fixes = [{ id: "a" }, { id: "b" }];
    const [first, second] = fixes.map(chosenFix);
    if (!first || !second) throw new Error("no fix");
    const twin = { ...second, fix: { ...second.fix, edits: first.fix.edits } };
    const proof = await prove([first, twin], simulate([{ id: "a" }]).trial);
    expect(proof.kept.map(({ finding, isShared }) => [finding.id, isShared])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

describe("withdrawn, with the reason", () => {
  test("a fix that fails a test", async () => {
    const proof = await proveAll([{ id: "a" }, { id: "bad", breaks: true }, { id: "c" }]);
    expect(idsOf(proof.kept)).toEqual(["a", "c"]);
    expect(proof.withdrawn).toMatchObject([
      { finding: { id: "bad" }, results: "different", reason: "test bad failed, and passed before", figures: { statements: { before: 5, after: 1 } } },
    ]);
    expect(proof.after.status).toBe(0);
  });

  test("a fix that gives other rows", async () => {
    const proof = await proveAll([{ id: "a" }, { id: "bad", rows: 4 }]);
    expect(proof.withdrawn).toMatchObject([{ results: "different", reason: "shop.Book at views.py:3 gives 8 rows instead of 4 in test bad" }]);
  });

  test("a fix that is harmful only together with an earlier one", async () => {
    const proof = await proveAll([{ id: "a", scope: "p" }, { id: "b" }, { id: "c", scope: "p", breaksWith: "a" }]);
    expect(idsOf(proof.kept)).toEqual(["a", "b"]);
    expect(idsOf(proof.withdrawn)).toEqual(["c"]);
  });

  test("a fix that is slower, by how much at least and at most", async () => {
    const proof = await proveAll([{ id: "a" }, { id: "slow", slower: 40 }]);
    expect(idsOf(proof.kept)).toEqual(["a"]);
    expect(proof.withdrawn).toMatchObject([{ finding: { id: "slow" }, results: "equal", reason: "it is slower by 36 ms (36 to 36)" }]);
  });

  test("a fix that saves nothing, and one that adds statements", async () => {
    const proof = await proveAll([
      { id: "same", from: 2, to: 2 },
      { id: "more", from: 1, to: 2 },
    ]);
    expect(proof.withdrawn.map(({ reason }) => reason)).toEqual([
      "it saves neither statements nor rows nor time in this command",
      "it adds 1 statement to this command, and saves no time",
    ]);
    expect(proof.after.statements).toBe(proof.before.statements);
  });
});

test("a fix that no statement reaches was not tried, and says what was not reached", async () => {
  const proof = await proveAll([{ id: "a" }, { id: "far", from: 0, to: 0, place: "feeds.py" }]);
  expect(proof.untried).toMatchObject([{ finding: { id: "far" }, reason: "no statement of the command reaches feeds.py:1" }]);
});

test("a scope whose statements differ from run to run is not judged, and named", async () => {
  const proof = await proveAll([{ id: "a" }, { id: "b", scope: "wild" }], { unstable: ["wild"] });
  expect(proof.unjudged).toEqual(["test wild"]);
  expect(proof.untried).toMatchObject([{ finding: { id: "b" }, reason: "statements differ from run to run without it in test wild" }]);
  expect(idsOf(proof.kept)).toEqual(["a"]);
});

test("without any fix there is nothing to prove", async () => {
  expect(await proveAll([])).toMatchObject({ kept: [], withdrawn: [], untried: [], runs: 2 });
});

const fixSet = fc
  .array(fc.record({ bad: fc.boolean(), from: fc.integer({ min: 2, max: 30 }), page: fc.integer({ min: 0, max: 5 }) }), { maxLength: 24 })
  .map((all) => all.map(({ bad, from, page }, index): SimulatedFix => ({ id: `f${index}`, from, breaks: bad, scope: `page${page}` })));

test("whatever the set: the harmful are withdrawn, the others kept with their own figures, in few runs", async () => {
  await fc.assert(
    fc.asyncProperty(fixSet, async (fixes) => {
      const { trial, runs } = simulate(fixes);
      const proof = await prove(fixes.map(chosenFix), trial);
      const good = fixes.filter(({ breaks }) => !breaks);
      expect(idsOf(proof.withdrawn).toSorted()).toEqual(
        fixes
          .filter(({ breaks }) => breaks)
          .map(({ id }) => id)
          .toSorted(),
      );
      expect(proof.kept.map(({ figures }) => figures.statements.before)).toEqual(good.map(({ from }) => from));
      const bad = fixes.length - good.length;
      expect(runs.length).toBeLessThanOrEqual(4 + bad * (3 + Math.ceil(Math.log2(fixes.length + 1))) + 2 * Math.ceil(Math.log2(fixes.length + 1)) + 1);
    }),
    { numRuns: 150, seed: 1 },
  );
});
