import { expect, test } from "vitest";
import { isFaster, isSlower, slowdown, timing } from "./timing.ts";

test("the median, with the noise as a range", () => {
  expect(timing([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  expect(timing([4, 1, 2, 3])).toEqual({ median: 2.5, low: 1, high: 4 });
});

test.each([
  [[100, 104, 102], [110, 113, 111], true],
  // One run after was as fast as one before.
  [[100, 112, 102], [110, 113, 111], false],
  // Every run was slower, but by no more than a clock can be wrong.
  [[0.1, 0.2, 0.1], [0.9, 0.8, 0.9], false],
  // Less than a twentieth.
  [[1000, 1001, 1002], [1010, 1011, 1012], false],
])("%j then %j is slower: %s", (before, after, expected) => {
  expect(isSlower(timing(before), timing(after))).toBe(expected);
  expect(isFaster(timing(after), timing(before))).toBe(expected);
});

test("how much slower, at least and at most", () => {
  expect(slowdown(timing([100, 104, 102]), timing([110, 113, 111]))).toEqual({ median: 9, low: 6, high: 13 });
});
