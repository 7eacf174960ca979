import { expect, test } from "vitest";
import { costWith, greedyChoice } from "./greedy.ts";
import type { Program } from "./program.ts";

const PROGRAM: Program = {
  questions: [
    { cost: 100, weight: 1 },
    { cost: 50, weight: 2 },
  ],
  candidates: [
    { bytes: 10, upkeep: 0 },
    { bytes: 4, upkeep: 5 },
    { bytes: 4, upkeep: 0 },
    { bytes: 1, upkeep: 500 },
  ],
  options: [
    { question: 0, needs: [0], cost: 10 },
    { question: 0, needs: [1, 2], cost: 30 },
    { question: 1, needs: [2], cost: 20 },
    { question: 1, needs: [3], cost: 0 },
  ],
  budget: 10,
};

/** Two questions as dear, and two candidates as large. */
const TWO_ALIKE: Pick<Program, "questions" | "candidates"> = {
  questions: [
    { cost: 100, weight: 1 },
    { cost: 100, weight: 1 },
  ],
  candidates: [
    { bytes: 10, upkeep: 0 },
    { bytes: 10, upkeep: 0 },
  ],
};

test("takes what saves most for its bytes, and what is there already costs none", () => {
  expect(greedyChoice(PROGRAM, [0, 1, 2, 3])).toEqual([1, 2]);
  expect(costWith(PROGRAM, new Set([1, 2]))).toBe(30 + 2 * 20 + 5);
});

test("stays within the budget, and takes nothing whose upkeep is more than it saves", () => {
  expect(greedyChoice({ ...PROGRAM, budget: 3 }, [0, 1, 2, 3])).toEqual([]);
  expect(greedyChoice({ ...PROGRAM, budget: 4 }, [0, 1, 2, 3])).toEqual([2]);
});

test("ends where the planner takes a plan that is charged, though one that is chosen too would be charged less", () => {
  const charged: Program = {
    ...TWO_ALIKE,
    options: [
      { question: 0, needs: [0], cost: 40, charge: 30 },
      { question: 0, needs: [1], cost: 60 },
      { question: 1, needs: [0], cost: 20 },
    ],
    budget: 20,
  };
  // The second candidate is cheaper for the first question by its charge, but the planner would not use it beside the first one.
  expect(greedyChoice(charged, [0, 1])).toEqual([0]);
  expect(costWith(charged, new Set([0, 1]))).toBe(70 + 20);
});

test("what two questions lack is worth what both of them save", () => {
  const shared: Program = {
    ...TWO_ALIKE,
    options: [
      { question: 0, needs: [0], cost: 30 },
      { question: 0, needs: [1], cost: 50 },
      { question: 1, needs: [1], cost: 50 },
    ],
    budget: 10,
  };
  expect(greedyChoice(shared, [0, 1])).toEqual([1]);
});
