import { expect, test } from "vitest";
import { membersOf, planWeighings, readWeighings } from "./weighings.ts";

const COUNTS = [1, 2, 3, 5, 20, 61, 70, 71];

test.each(COUNTS)("%i things are told apart, and the effect of two is not taken for that of a third", (count) => {
  const plan = planWeighings(count);
  const { codes } = plan;
  for (const [index, code] of codes.entries()) expect(readWeighings(plan, code)).toEqual({ sure: true, things: [index] });
  for (const [index, one] of codes.entries()) {
    for (const [other, two] of codes.entries()) {
      if (other <= index) continue;
      for (const seen of [one | two, one & two]) {
        const { sure, things } = readWeighings(plan, seen);
        expect(sure).toBe(false);
        expect(things).toEqual(expect.arrayContaining([index, other]));
      }
    }
  }
});

test("in few trials, each of about half of them", () => {
  expect(COUNTS.map((count) => planWeighings(count).trials)).toEqual([0, 2, 3, 4, 6, 8, 8, 9]);
  const things = Array.from({ length: 70 }, (_, index) => index);
  const plan = planWeighings(70);
  expect(Array.from({ length: plan.trials }, (_, trial) => membersOf(things, plan, trial).length)).toEqual(Array(8).fill(35));
});
