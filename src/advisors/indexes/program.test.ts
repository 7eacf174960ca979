import { beforeAll, expect, test } from "vitest";
import { openSolver, type Program, type Solver } from "./program.ts";

let solve: Solver;
beforeAll(async () => {
  solve = await openSolver();
});

const candidates = (...bytes: readonly number[]): Program["candidates"] => bytes.map((one) => ({ bytes: one, upkeep: 0 }));
const option = (question: number, needs: readonly number[], cost: number): Program["options"][number] => ({ question, needs, cost });
const question = (cost: number, weight = 1): Program["questions"][number] => ({ cost, weight });

/** Of the plan that the planner takes, which does not know of charges. */
function taken({ questions, options }: Program, number: number, has: (one: number) => boolean): number {
  const there = options.filter((one) => one.question === number && one.needs.every(has)).toSorted((a, b) => a.cost - b.cost);
  const base = questions[number]?.cost ?? 0;
  const [first] = there;
  return first === undefined || first.cost >= base ? base : first.cost + (first.charge ?? 0);
}

/** Every set that fits, each question by the cheapest of its plans. */
function best(program: Program): number {
  const { questions, candidates: all, budget } = program;
  let least = Infinity;
  for (let mask = 0; mask < 2 ** all.length; mask += 1) {
    const has = (one: number): boolean => Math.floor(mask / 2 ** one) % 2 === 1;
    const chosen = all.filter((_, one) => has(one));
    if (chosen.reduce((sum, { bytes }) => sum + bytes, 0) > budget) continue;
    const cost = questions.reduce((sum, { weight }, number) => sum + weight * taken(program, number, has), 0);
    least = Math.min(least, cost + chosen.reduce((sum, { upkeep }) => sum + upkeep, 0));
  }
  return least;
}

function costOf(program: Program, chosen: readonly number[]): number {
  const { questions, candidates: all } = program;
  const costs = questions.map(({ weight }, number) => weight * taken(program, number, (need) => chosen.includes(need)));
  return [...costs, ...chosen.map((one) => all[one]?.upkeep ?? 0)].reduce((sum, one) => sum + one, 0);
}

/** Figures that look random and are the same every time. */
function figures(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

test("finds what trying every set finds, with plans of several candidates, upkeep and weights", () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const next = figures(seed * 7919);
    const program: Program = {
      questions: Array.from({ length: 6 }, () => question(50 + Math.round(next() * 100), 1 + Math.floor(next() * 3))),
      candidates: Array.from({ length: 9 }, () => ({ bytes: 10 + Math.round(next() * 40), upkeep: Math.round(next() * 15) })),
      options: Array.from({ length: 30 }, () =>
        option(
          Math.floor(next() * 6),
          [...new Set(Array.from({ length: 1 + Math.floor(next() * 3) }, () => Math.floor(next() * 9)))],
          5 + Math.round(next() * 90),
        ),
      ),
      budget: 100,
    };
    const { chosen, bound, isComplete } = solve(program);
    expect(costOf(program, chosen), `seed ${seed}`).toBeCloseTo(best(program), 6);
    expect(bound ?? 0).toBeCloseTo(best(program), 0);
    expect(isComplete).toBe(true);
    expect(solve(program).chosen).toEqual(chosen);
  }
});

test("no set costs less than the bound, the planner taking the cheapest plan whatever it is charged with", () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const next = figures(seed * 104_729);
    const program: Program = {
      questions: Array.from({ length: 5 }, () => question(50 + Math.round(next() * 100))),
      candidates: Array.from({ length: 8 }, () => ({ bytes: 10 + Math.round(next() * 40), upkeep: 0 })),
      options: Array.from({ length: 24 }, (_, place) => ({
        ...option(
          Math.floor(next() * 5),
          [...new Set(Array.from({ length: 1 + Math.floor(next() * 2) }, () => Math.floor(next() * 8)))],
          5 + Math.round(next() * 90) + place / 100,
        ),
        charge: next() < 0.4 ? Math.round(next() * 120) : 0,
      })),
      budget: 120,
    };
    const { chosen, bound } = solve(program);
    const least = best(program);
    expect(bound ?? Infinity, `seed ${seed}`).toBeLessThanOrEqual(least + 0.5);
    expect(costOf(program, chosen)).toBeGreaterThanOrEqual(least - 1e-6);
  }
});

test("takes no set that makes a question dearer than it may become", () => {
  // The planner took a dearer plan for the second question once both were there.
  const program: Program = {
    questions: [question(100), question(10)],
    candidates: candidates(1, 1),
    options: [option(0, [0], 60), option(0, [0, 1], 20), option(0, [1], 50), option(1, [0, 1], 30)],
    budget: 10,
  };
  expect(solve(program).chosen).toEqual([0, 1]);
  expect(solve({ ...program, limits: { most: 1.05, burdens: [] } }).chosen).toEqual([1]);
});

test("weighs what a candidate adds to a question that writes against what its plan saves", () => {
  const program: Program = {
    questions: [question(100, 1000), question(10)],
    candidates: candidates(1, 1),
    options: [option(0, [0], 20), option(0, [1], 30), option(1, [1], 5)],
    budget: 10,
  };
  const burden = (candidate: number, cost: number): NonNullable<Program["limits"]>["burdens"][number] => ({ question: 1, candidate, cost });
  expect(solve({ ...program, limits: { most: 1.05, burdens: [burden(0, 0.4)] } }).chosen).toContain(0);
  // 2 more of 10 is too much; the other candidate saves more of the same statement than it adds.
  expect(solve({ ...program, limits: { most: 1.05, burdens: [burden(0, 8), burden(1, 2)] } }).chosen).toEqual([1]);
});

test("says the least that any choice costs", () => {
  const program: Program = { questions: [question(100)], candidates: candidates(1), options: [option(0, [0], 40)], budget: 10 };
  expect(solve(program)).toMatchObject({ chosen: [0], gap: 0, bound: 40 });
  expect(solve({ ...program, budget: 0.5 })).toMatchObject({ chosen: [], gap: 0, bound: 100 });
});

test("a program that takes too long ends in time, with a choice that fits", () => {
  const next = figures(4242);
  const program: Program = {
    questions: Array.from({ length: 120 }, () => question(50 + Math.round(next() * 100), 1 + Math.floor(next() * 3))),
    candidates: Array.from({ length: 900 }, () => ({ bytes: 10 + Math.round(next() * 400), upkeep: 0 })),
    options: Array.from({ length: 9000 }, () =>
      option(
        Math.floor(next() * 120),
        [...new Set(Array.from({ length: 1 + Math.floor(next() * 4) }, () => Math.floor(next() * 900)))],
        5 + Math.round(next() * 90),
      ),
    ),
    budget: 4000,
  };
  const started = performance.now();
  const { chosen, isComplete } = solve(program, 1);
  // Reading the program takes its time beside the solver's own.
  expect(performance.now() - started).toBeLessThan(6000);
  expect(isComplete).toBe(false);
  expect(chosen.reduce((sum, one) => sum + (program.candidates[one]?.bytes ?? 0), 0)).toBeLessThanOrEqual(program.budget);
  expect(costOf(program, chosen)).toBeLessThan(costOf(program, []) * 0.8);
});
