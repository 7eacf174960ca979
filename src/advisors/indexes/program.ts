/** The choice as an integer program: which candidates, so that each question finds the cheapest of its plans that they allow. */

import type { ModelData } from "highs";
import { groupBy } from "../../model/group-by.ts";
import { chargedCost, costWith, greedyChoice } from "./greedy.ts";

/** A plan that one question can have, with the candidates that it needs. */
export interface Option {
  readonly question: number;
  readonly needs: readonly number[];
  /** The planner takes the cheapest by this. */
  readonly cost: number;
  /**
   * What it is worth less than that, since it would be dear if memory were small; absent for nothing. The program may reckon with a dearer plan beside it that has none, although the planner would take
   * this one: no row forbids it. What a choice is worth is told by its plans afterwards.
   */
  readonly charge?: number;
}

export interface Program {
  /** By question: what it costs with nothing new, and its weight. */
  readonly questions: readonly { readonly cost: number; readonly weight: number }[];
  readonly options: readonly Option[];
  /** By candidate: bytes, and what its upkeep costs. */
  readonly candidates: readonly { readonly bytes: number; readonly upkeep: number }[];
  readonly budget: number;
  readonly limits?: Limits;
}

/** What no choice may do to a question, whatever it saves elsewhere. */
export interface Limits {
  /** The most that a question's cost may become, as a share of what it costs with nothing new. */
  readonly most: number;
  /** What a candidate adds to each call of a question that writes its columns, in the planner's units. */
  readonly burdens: readonly { readonly question: number; readonly candidate: number; readonly cost: number }[];
}

export interface Choice {
  readonly chosen: readonly number[];
  /** Distance between this choice and the best that could exist, as a share; null when the solver does not say. */
  readonly gap: number | null;
  /** No choice costs less than this, by the plans that the program knows; in the planner's units. Null when the solver does not say. */
  readonly bound: number | null;
  /** False when the clock ended the proof: a quieter machine might choose otherwise. */
  readonly isComplete: boolean;
}

/** In so many seconds at most, where the caller has no more. */
export type Solver = (program: Program, seconds?: number) => Choice;

/** Nodes of the solver's tree, which every machine counts alike; seconds are only what keeps a hard program from taking all the time there is. Ours. */
const MOST_NODES = 500;
const TIME_LIMIT_S = 20;
const SMALL_GAP = 0.0005;
/** Ours: even when all time is gone, a small program is solved. */
const LEAST_TIME_S = 0.5;

/** Loads HiGHS, once a process. */
export async function openSolver(): Promise<Solver> {
  const loaded = await import("highs");
  // Its types say CommonJS, but its entry for import is a module.
  const load = loaded.default as unknown as (typeof loaded.default)["default"];
  const highs = await load();
  return (program, seconds = TIME_LIMIT_S) => {
    const matrix = matrixOf(program);
    if (matrix.candidates.length === 0) return { chosen: [], gap: 0, bound: totalOf(program), isComplete: true };
    return highs.withModel(modelOf(matrix), (model) => {
      model.options.set({
        output_flag: false,
        time_limit: Math.max(LEAST_TIME_S, Math.min(TIME_LIMIT_S, seconds)),
        mip_max_nodes: MOST_NODES,
        mip_rel_gap: SMALL_GAP,
        random_seed: 1,
      });
      model.run();
      const values = model.getSolution().colValue;
      const solved = matrix.candidates.filter((_, index) => (values[index] ?? 0) > 0.5);
      const gap = Number(model.info.get("mip_gap"));
      const bound = Number(model.info.get("mip_dual_bound"));
      const total = totalOf(program);
      const isComplete = model.getModelStatus() !== highs.constants.modelStatus.timeLimit;
      const chosen = isComplete ? solved : cheaper(program, solved, greedyChoice(program, matrix.candidates));
      return {
        chosen,
        gap: Number.isFinite(gap) ? gap : null,
        bound: Number.isFinite(bound) ? total + (bound * total) / SCALE - matrix.lost : null,
        isComplete,
      };
    });
  };
}

function cheaper(program: Program, one: readonly number[], other: readonly number[]): readonly number[] {
  return costWith(program, new Set(other)) < costWith(program, new Set(one)) ? other : one;
}

/** With nothing new. */
function totalOf({ questions }: Program): number {
  return questions.reduce((sum, { cost, weight }) => sum + cost * weight, 0) || 1;
}

/** Rows that are at most so much. Columns are candidates first, then options. */
export interface Matrix {
  readonly candidates: readonly number[];
  readonly costs: readonly number[];
  readonly rows: readonly { readonly terms: readonly (readonly [column: number, factor: number])[]; readonly most: number }[];
  /** The most that a choice can cost less than the matrix knows, in the planner's units. */
  readonly lost: number;
}

/** Figures are parts of the whole cost, so that they are of like size. */
export function matrixOf(program: Program): Matrix {
  const { questions, options, candidates, budget } = program;
  const total = totalOf(program);
  const saving = (one: Option): number => (((questions[one.question]?.cost ?? 0) - chargedCost(one)) * (questions[one.question]?.weight ?? 0) * SCALE) / total;
  const isPossible = ({ needs }: Option): boolean => needs.length > 0 && needs.every((one) => (candidates[one]?.bytes ?? Infinity) <= budget);
  const met = undominated(options.filter((one) => isPossible(one) && one.cost < (questions[one.question]?.cost ?? 0)));
  const { kept: possible, lost } = withoutNear(met, program);
  const named = [...new Set(possible.flatMap(({ needs }) => needs))].toSorted((a, b) => a - b);
  const columns = new Map(named.map((one, column) => [one, column]));
  const rows: Matrix["rows"][number][] = [{ terms: named.map((one, column) => [column, (candidates[one]?.bytes ?? 0) / budget] as const), most: 1 }];
  const placed = possible.map((option, index) => ({ ...option, column: named.length + index }));
  for (const all of groupBy(placed, ({ question }) => question).values()) {
    rows.push({ terms: all.map(({ column }) => [column, 1] as const), most: 1 });
    for (const candidate of new Set(all.flatMap(({ needs }) => needs))) {
      const users = all.filter(({ needs }) => needs.includes(candidate)).map(({ column }) => [column, 1] as const);
      rows.push({ terms: [...users, [columns.get(candidate) ?? 0, -1] as const], most: 0 });
    }
  }
  rows.push(...limitRows(program, placed, columns));
  const costs = [...named.map((one) => ((candidates[one]?.upkeep ?? 0) * SCALE) / total), ...possible.map((one) => -saving(one))];
  return { candidates: named, costs, rows, lost };
}

/** A plan that needs what a cheaper one needs, and more, is never the best of a question. */
function undominated(options: readonly Option[]): Option[] {
  return [...groupBy(options, ({ question }) => question).values()].flatMap((all) => {
    const kept: Option[] = [];
    for (const one of all.toSorted((a, b) => a.cost - b.cost || a.needs.length - b.needs.length)) {
      if (!kept.some(({ needs }) => needs.every((need) => one.needs.includes(need)))) kept.push(one);
    }
    return kept;
  });
}

/** `lost`: the most that a choice can be worth more, for the plans that were left out. */
interface Fewer {
  readonly kept: readonly Option[];
  readonly lost: number;
}

/**
 * Without plans that are worth hardly more than one that needs less, charges included. All questions together lose no more by it than the solver's own gap;
 * a program of 90 statements and 8,700 plans is solved in a third of the time. Of a statement that writes all are kept: what they save makes room for what an index adds.
 */
function withoutNear(options: readonly Option[], program: Program): Fewer {
  const all = [...groupBy(options, ({ question }) => question)];
  const near = (SMALL_GAP * totalOf(program)) / Math.max(1, all.length);
  let lost = 0;
  const writing = new Set((program.limits?.burdens ?? []).map(({ question }) => question));
  const kept = all.flatMap(([question, own]) => {
    if (writing.has(question)) return own;
    const { cost, weight } = program.questions[question] ?? { cost: 0, weight: 0 };
    const found: Option[] = [];
    let isLost = false;
    for (const one of own.toSorted((a, b) => a.needs.length - b.needs.length || chargedCost(a) - chargedCost(b))) {
      const rival = Math.min(cost, ...found.filter(({ needs }) => needs.every((need) => one.needs.includes(need))).map(chargedCost));
      const gained = (rival - chargedCost(one)) * weight;
      if (gained > near) found.push(one);
      else isLost ||= gained > 0;
    }
    if (isLost) lost += near;
    return found;
  });
  return { kept, lost };
}

/**
 * For each question: what its plan costs, and what the chosen candidates add to it, is at most so much. And of the plans that were met and cost more,
 * though the planner took them, one candidate at least stays away: the planner would take it again.
 */
function limitRows(
  { questions, options, limits }: Program,
  placed: readonly (Option & { readonly column: number })[],
  columns: ReadonlyMap<number, number>,
): Matrix["rows"][number][] {
  if (limits === undefined) return [];
  const { most, burdens } = limits;
  const base = (question: number): number => questions[question]?.cost || 1;
  const dearer = options.filter(({ question, needs, cost }) => cost > base(question) * most && needs.length > 0 && needs.every((one) => columns.has(one)));
  const kept = dearer.map(({ needs }) => ({ terms: needs.map((one) => [columns.get(one) ?? 0, 1] as const), most: needs.length - 1 }));
  const burdened = [
    ...groupBy(
      burdens.filter(({ candidate }) => columns.has(candidate)),
      ({ question }) => question,
    ),
  ].map(([question, all]) => ({
    terms: [
      ...all.map(({ candidate, cost }) => [columns.get(candidate) ?? 0, cost / base(question)] as const),
      ...placed.filter((one) => one.question === question).map(({ column, cost }) => [column, cost / base(question) - 1] as const),
    ],
    most: most - 1,
  }));
  return [...kept, ...burdened];
}

const SCALE = 1e4;

function modelOf({ candidates, costs, rows }: Matrix): ModelData {
  const starts = [0];
  for (const { terms } of rows) starts.push((starts.at(-1) ?? 0) + terms.length);
  return {
    numCols: costs.length,
    numRows: rows.length,
    colCost: costs,
    colLower: costs.map(() => 0),
    colUpper: costs.map(() => 1),
    rowLower: rows.map(() => -Infinity),
    rowUpper: rows.map(({ most }) => most),
    matrix: {
      format: "csr",
      numRows: rows.length,
      numCols: costs.length,
      starts,
      indices: rows.flatMap(({ terms }) => terms.map(([column]) => column)),
      values: rows.flatMap(({ terms }) => terms.map(([, factor]) => factor)),
    },
    integrality: costs.map((_, column) => (column < candidates.length ? 1 : 0)),
  };
}
