import { expect, test } from "vitest";
import type { Table } from "../../model/index.ts";
import type { Candidate } from "./candidates.ts";
import type { Planner } from "./planner.ts";
import { openSolver } from "./program.ts";
import { searchIndexes, type SearchInput, type SearchResult } from "./search.ts";

const MEGABYTE = 1_000_000;
const table = (oid: number): Table => ({ oid, name: `t${oid}`, schema: "public" }) as Table;
const on = (oid: number, column: string): Candidate => ({ table: table(oid), spec: { keys: [{ kind: "column", column }] } });

/** What one question costs with a set of candidates' columns. */
type Costs = (columns: ReadonlySet<string>) => readonly [cost: number, used: readonly string[], careful?: number];

interface World {
  readonly questions: readonly { readonly weight: number; readonly costs: Costs; readonly candidates: readonly Candidate[] }[];
  readonly bytes: Readonly<Record<string, number>>;
  readonly budget: number;
  readonly upkeep?: number;
  readonly isOver?: () => boolean;
  readonly secondsLeft?: () => number;
  readonly progress?: SearchInput["progress"];
  readonly isThere?: SearchInput["isThere"];
}

async function search({
  questions,
  bytes,
  budget,
  upkeep = 0,
  isOver = () => false,
  secondsLeft,
  progress = () => {},
  isThere = () => false,
}: World): Promise<SearchResult & { readonly columns: readonly string[] }> {
  const made: string[] = [];
  const planner: Planner = {
    add: (indexes) =>
      Promise.resolve(indexes.map((one) => (made.push(one), bytes[one] === undefined ? { refused: "no" } : { bytes: bytes[one], isGuess: false, doubts: [] }))),
    price: (asked, present) => {
      const columns = new Set([...present].map((one) => made[one] ?? ""));
      return Promise.resolve(
        asked.map((one) => {
          const [cost, used, careful = cost] = questions[one]?.costs(columns) ?? [0, []];
          return { cost, careful, used: used.map((column) => made.indexOf(column)) };
        }),
      );
    },
  };
  const input: SearchInput = {
    questions: questions.map(({ weight }, statement) => ({ statement, weight })),
    candidates: questions.map(({ candidates }) => candidates),
    tables: questions.map(({ candidates }) => new Set(candidates.map((one) => one.table.oid))),
    sqlOf: ({
      spec: {
        keys: [key],
      },
    }) => key?.column ?? "",
    upkeepOf: () => upkeep,
    isThere,
    budget,
    planner,
    solver: await openSolver(),
    isOver,
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
    progress,
  };
  const result = await searchIndexes(input);
  return { ...result, columns: result.chosen.map((one) => made[one] ?? "") };
}

const alone =
  (column: string, cost: number, base = 100): Costs =>
  (columns) =>
    columns.has(column) ? [cost, [column]] : [base, []];

test("a variant of a chosen index is none that is there already", async () => {
  const wide: Candidate = { table: table(1), spec: { keys: [{ kind: "column", column: "a" }], include: ["x"] } };
  const world: World = { questions: [{ weight: 1, costs: alone("a", 10), candidates: [wide] }], bytes: { a: 5 * MEGABYTE }, budget: 10 * MEGABYTE };
  const isBare = ({ spec }: Candidate): boolean => spec.include === undefined;
  const bareOf = ({ candidates }: SearchResult): boolean => candidates.some(({ candidate }) => isBare(candidate));
  expect(bareOf(await search(world))).toBe(true);
  expect(bareOf(await search({ ...world, isThere: isBare }))).toBe(false);
});

test("takes what saves most within the budget", async () => {
  const world: World = {
    questions: [
      { weight: 1, costs: alone("a", 10), candidates: [on(1, "a")] },
      { weight: 1, costs: alone("b", 40), candidates: [on(1, "b")] },
      { weight: 1, costs: alone("c", 40), candidates: [on(1, "c")] },
    ],
    bytes: { a: 10 * MEGABYTE, b: 5 * MEGABYTE, c: 5 * MEGABYTE },
    budget: 10 * MEGABYTE,
  };
  // Two of 60 each are more than one of 90, though that one is the best by itself.
  const { columns, gap, isComplete } = await search(world);
  expect(columns).toEqual(["b", "c"]);
  expect(gap).toBeLessThan(0.001);
  expect(isComplete).toBe(true);
  expect((await search({ ...world, budget: 20 * MEGABYTE })).columns).toEqual(["a", "b", "c"]);
});

test("two that help only together are found", async () => {
  const both: Costs = (columns) => (columns.has("a") && columns.has("b") ? [5, ["a", "b"]] : [100, []]);
  const { columns, costs } = await search({ questions: [{ weight: 3, costs: both, candidates: [on(1, "a"), on(2, "b")] }], bytes: { a: 1, b: 1 }, budget: 10 });
  expect(columns).toEqual(["a", "b"]);
  expect(costs).toEqual([{ before: 100, after: 5, used: [0, 1] }]);
});

test("of two ways the one that others share is taken", async () => {
  const either: Costs = (columns) => (columns.has("own") ? [10, ["own"]] : columns.has("shared") ? [12, ["shared"]] : [100, []]);
  const { columns } = await search({
    questions: [
      { weight: 1, costs: either, candidates: [on(1, "own"), on(1, "shared")] },
      { weight: 1, costs: alone("shared", 10), candidates: [on(1, "shared")] },
    ],
    bytes: { own: 6, shared: 6 },
    budget: 10,
  });
  expect(columns).toEqual(["shared"]);
});

test("an index whose upkeep is more than it saves is not taken", async () => {
  const world: World = { questions: [{ weight: 10, costs: alone("a", 10), candidates: [on(1, "a")] }], bytes: { a: 1 }, budget: 10 };
  expect((await search({ ...world, upkeep: 899 })).columns).toEqual(["a"]);
  const { columns, useful } = await search({ ...world, upkeep: 901 });
  expect(columns).toEqual([]);
  expect(useful).toEqual([{ candidate: 0, share: 0.9, upkeep: 0.901 }]);
});

test("what the server refuses, and what is larger than the budget, is no candidate", async () => {
  const { columns } = await search({
    questions: [
      { weight: 1, costs: alone("a", 1), candidates: [on(1, "a"), on(1, "refused")] },
      { weight: 1, costs: alone("big", 1), candidates: [on(1, "big")] },
    ],
    bytes: { a: 1, big: 100 },
    budget: 10,
  });
  expect(columns).toEqual(["a"]);
});

test("the same question gets the same answer, and an end that comes early gets the best so far", async () => {
  const questions: World["questions"] = Array.from({ length: 12 }, (_, index) => ({
    weight: 1 + (index % 3),
    costs: alone(`c${index}`, 20 + index),
    candidates: [on(1 + (index % 4), `c${index}`)],
  }));
  const bytes = Object.fromEntries(questions.map((_, index) => [`c${index}`, 10 + index]));
  const world: World = { questions, bytes, budget: 70 };
  const first = await search(world);
  expect(await search(world)).toEqual(first);
  let asked = 0;
  const early = await search({ ...world, isOver: () => (asked += 1) > 30 });
  expect(early.isComplete).toBe(false);
  expect(early.columns.length).toBeGreaterThan(0);
});

test("a set that makes a statement dearer is passed over for the next best", async () => {
  // The planner is mistaken once both are there, as it can be where it guesses among many joins.
  const misled: Costs = (columns) => (columns.has("a") && columns.has("b") ? [50, ["a", "b"]] : [10, []]);
  const { columns, costs } = await search({
    questions: [
      { weight: 1, costs: alone("a", 10), candidates: [on(1, "a")] },
      { weight: 1, costs: alone("b", 20), candidates: [on(1, "b")] },
      { weight: 1, costs: misled, candidates: [on(1, "a"), on(1, "b")] },
    ],
    bytes: { a: 1, b: 1 },
    budget: 10,
  });
  expect(columns).toEqual(["a"]);
  expect(costs.map(({ after }) => after)).toEqual([10, 100, 10]);
});

test("one that is better in place of one that is there is found, though no plan had both", async () => {
  // "wide" is used only where "narrow" is not: what is gone hides what could come.
  const first: Costs = (columns) => (columns.has("narrow") ? [30, ["narrow"]] : columns.has("wide") ? [31, ["wide"]] : [100, []]);
  const { columns, gap } = await search({
    questions: [
      { weight: 1, costs: first, candidates: [on(1, "narrow"), on(1, "wide")] },
      { weight: 1, costs: alone("wide", 10), candidates: [on(1, "wide")] },
    ],
    bytes: { narrow: 5, wide: 6 },
    budget: 6,
  });
  expect(columns).toEqual(["wide"]);
  expect(gap).toBeLessThan(0.001);
});

test("no plan with many candidates says nothing of the plans with fewer", async () => {
  const crowded: Costs = (columns) => (columns.size > 1 ? [Infinity, []] : columns.has("a") ? [10, ["a"]] : [100, []]);
  const { columns, costs } = await search({
    questions: [{ weight: 1, costs: crowded, candidates: [on(1, "a"), on(1, "b"), on(1, "c")] }],
    bytes: { a: 1, b: 1, c: 1 },
    budget: 10,
  });
  expect(columns).toEqual(["a"]);
  expect(costs[0]?.after).toBe(10);
});

test("what is asked after the time is nearly over is asked for the choice alone, and the solver has no more than what is left", async () => {
  const questions: World["questions"] = Array.from({ length: 40 }, (_, index) => ({
    weight: 1,
    costs: alone(`c${index}`, 20 + index),
    candidates: [on(1 + (index % 4), `c${index}`)],
  }));
  const bytes = Object.fromEntries(questions.map((_, index) => [`c${index}`, 10]));
  let left = 100;
  const result = await search({ questions, bytes, budget: 70, secondsLeft: () => (left -= 1) });
  expect(result.isComplete).toBe(false);
  expect(result.columns.length).toBeGreaterThan(0);
  // The clock was looked at on the way down, and hardly any more once it was over.
  expect(left).toBeGreaterThan(-20);
  expect((await search({ questions, bytes, budget: 70, secondsLeft: () => 1000 })).isComplete).toBe(true);
});

test("an index whose plan would be dear with little memory counts for less, and is taken where another keeps that plan away", async () => {
  // The planner takes the plan with `a`: cheaper by a little, and fifteen times as dear where pages do not stay in memory.
  const first: Costs = (columns) => (columns.has("wide") ? [80, ["wide"]] : columns.has("a") ? [90, ["a"], 1500] : [100, []]);
  const second = alone("a", 60);
  const world: World = {
    questions: [
      { weight: 1, costs: first, candidates: [on(1, "a"), on(1, "wide")] },
      { weight: 1, costs: second, candidates: [on(1, "a")] },
    ],
    bytes: { a: 10, wide: 30 },
    budget: 20,
  };
  expect((await search(world)).columns).toEqual([]);
  expect((await search({ ...world, budget: 40 })).columns.toSorted()).toEqual(["a", "wide"]);
  // By the server's price alone it is worth its place.
  const careless: Costs = (columns) => [first(columns)[0], first(columns)[1]];
  expect(
    (
      await search({
        ...world,
        questions: [
          { weight: 1, costs: careless, candidates: [on(1, "a"), on(1, "wide")] },
          { weight: 1, costs: second, candidates: [on(1, "a")] },
        ],
      })
    ).columns,
  ).toEqual(["a"]);
});

test("what saves most is looked at first, so that it is not lost where the clock ends the search", async () => {
  const questions = Array.from({ length: 40 }, (_, index) => ({
    weight: index === 39 ? 20 : 1,
    costs: ((columns) => (columns.has(`a${index}`) && columns.has(`b${index}`) ? [index, [`a${index}`, `b${index}`]] : [100, []])) as Costs,
    candidates: [on(index * 2, `a${index}`), on(index * 2 + 1, `b${index}`)],
  }));
  const bytes = Object.fromEntries(questions.flatMap((_, index) => [`a${index}`, `b${index}`].map((one) => [one, 10])));
  let left = 180;
  const phases: string[] = [];
  const result = await search({ questions, bytes, budget: 20, secondsLeft: () => (left -= 1), progress: (phase, done) => phases.push(`${phase} ${done}`) });
  expect(result.columns).toEqual(["a39", "b39"]);
  expect(result.isComplete).toBe(false);
  // The exploring ends early enough for the choice and what betters it.
  expect(phases.filter((one) => one.startsWith("exploring")).length).toBeLessThan(40);
});

test("candidates that save nothing by themselves and that no plan has used are not shown again and again with all the others", async () => {
  const names = Array.from({ length: 64 }, (_, index) => `c${String(index).padStart(2, "0")}`);
  let crowded = 0;
  const costs: Costs = (columns) => {
    if (columns.size > 40) crowded += 1;
    if (columns.has("c10") && columns.has("c50")) return [10, ["c10", "c50"]];
    return columns.has("c20") ? [50, ["c20"]] : [100, []];
  };
  const { columns } = await search({
    questions: [{ weight: 1, costs, candidates: names.map((one, index) => on(index % 3, one)) }],
    bytes: Object.fromEntries(names.map((one) => [one, 1])),
    budget: 2,
  });
  expect(columns).toEqual(["c10", "c50"]);
  expect(crowded).toBe(1);
});
