import { expect, test } from "vitest";
import type { Plan, PlanNode } from "../../model/index.ts";
import { tradesTextIndex } from "./text-matches.ts";

const node = (conditions: Partial<PlanNode["conditions"]>, ...children: readonly PlanNode[]): PlanNode =>
  ({ conditions: { index: null, recheck: null, filter: null, join: null, hash: null, merge: null, ...conditions }, children }) as unknown as PlanNode;
const plan = (root: PlanNode): Plan => ({ root }) as unknown as Plan;

const TRIGRAMS = plan(
  node({ recheck: "((title)::text ~~* $1)" }, node({}, node({ index: "((title)::text % $1)" }), node({ index: "((title)::text ~~* $2)" }))),
);

test("an index by text that gives way to a comparison of each row", () => {
  expect(
    tradesTextIndex({ before: TRIGRAMS, after: plan(node({ index: "(language_id = $3)", filter: "(((title)::text % $1) OR ((title)::text ~~* $2))" })) }),
  ).toBe(true);
});

test("one that stays, or that never was, is no trade", () => {
  expect(tradesTextIndex({ before: TRIGRAMS, after: TRIGRAMS })).toBe(false);
  expect(
    tradesTextIndex({
      before: plan(node({ filter: "((title)::text ~~ $1)" })),
      after: plan(node({ index: "(language_id = $3)", filter: "((title)::text ~~ $1)" })),
    }),
  ).toBe(false);
  expect(tradesTextIndex({ before: TRIGRAMS, after: plan(node({ index: "(id = $1)" })) })).toBe(false);
});
