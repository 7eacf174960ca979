import { expect, test } from "vitest";
import { SAMPLE_FINDINGS, sampleContext } from "../../tests/support/sample-report.ts";
import type { Finding } from "../model/finding.ts";
import type { FixFigures, Proof, RunTotals } from "../proof/proof.ts";
import { displayWidth } from "./display-width.ts";
import { proofCount, renderProof } from "./proof-summary.ts";
import { PLAIN_STYLE, type TextStyle } from "./terminal-style.ts";

const [first, second, third, fourth, fifth] = SAMPLE_FINDINGS;
if (!first || !second || !third || !fourth || !fifth) throw new Error("the sample report has too few findings");

const one = (value: number): { median: number; low: number; high: number } => ({ median: value, low: value, high: value });

function figures(before: number, after: number, milliseconds: readonly [number, number] | null, rows: readonly [number, number] = [before, after]): FixFigures {
  return {
    statements: { before, after },
    rows: { before: rows[0], after: rows[1] },
    milliseconds: milliseconds && { before: one(milliseconds[0]), after: one(milliseconds[1]) },
    scopes: 3,
  };
}

const fixOf = (finding: Finding, title: string) => ({ finding, fix: { title, kind: "edit" as const, safety: "safe" as const, edits: [] } });

const totals = (statements: number, median: number, low: number, high: number): RunTotals => ({
  status: 0,
  outcomes: new Map([
    ["passed", 412],
    ["skipped", 3],
  ]),
  statements,
  milliseconds: { median, low, high },
  runs: 3,
});

const PROOF: Proof = {
  before: totals(9840, 1840, 1802, 1911),
  after: totals(5118, 1322, 1310, 1340),
  kept: [
    { ...fixOf(first, "load `customer` and `address` with the orders list"), figures: figures(1250, 50, [342, 187]), isShared: false },
    { ...fixOf(second, "load customer with the orders list"), figures: figures(0, 0, null), isShared: true },
    { ...fixOf(third, "let the database count"), figures: figures(12, 12, [4.21, 0.38], [4100, 12]), isShared: false },
  ],
  withdrawn: [
    {
      ...fixOf(fourth, "prefetch authors"),
      results: "different",
      reason:
        "GET /books/ answers with another text in test shop.tests.BookTest.test_list, and 1 more like it; if only rows changed places, give the queryset a full ordering, then run again",
      figures: figures(21, 4, null),
    },
    { ...fixOf(fifth, "defer Book.description"), results: "equal", reason: "it is slower by 11 ms (8 to 14)", figures: figures(12, 12, [140, 151]) },
    { ...fixOf(fifth, "load author"), results: "equal", reason: "it changes no statement of this command", figures: null },
  ],
  untried: [{ ...fixOf(fifth, "load author"), reason: "no statement of the command reaches blog/feeds.py:20" }],
  unjudged: ["test a.A.test_a", "test b.B.test_b", "test c.C.test_c", "test d.D.test_d"],
  runs: 14,
};

const LEFT = { fixes: [{ finding: fourth, reason: "it changes the same code as k3f9; run luthier fix again" }], toReview: 12 };

const draw = (style: Partial<TextStyle> = {}, proof: Proof = PROOF): string => renderProof(proof, LEFT, sampleContext(), { ...PLAIN_STYLE, ...style });

test("plain", async () => {
  await expect(draw()).toMatchFileSnapshot("goldens/fix-prove.txt");
});

test("in a locale that is not UTF-8", async () => {
  const text = draw({ unicode: false });
  expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
  await expect(text).toMatchFileSnapshot("goldens/fix-prove-ascii.txt");
});

test("colours take no room", () => {
  const plain = draw().split("\n");
  expect(draw({ colour: true }).split("\n").map(displayWidth)).toEqual(plain.map(displayWidth));
  expect(plain.filter((line) => displayWidth(line) > 80)).toEqual([]);
});

test("a command without tests is told by its exit status", () => {
  const bare = { ...PROOF.before, outcomes: new Map() };
  expect(draw({}, { ...PROOF, before: bare })).toMatch(/^before {3}exit status 0 {3}9,840 statements/);
});

test("nothing is left out of the count", () => {
  expect(proofCount(PROOF, LEFT)).toBe("3 proven, 3 withdrawn, 14 not tried, in 14 runs.");
});
