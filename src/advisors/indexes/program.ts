/** The choice as an integer program: which candidates, so that each question finds the cheapest of its plans that they allow. */

import type { ModelData } from "highs";
import { groupBy } from "../../model/group-by.ts";

/** A plan that one question can have, with the candidates that it needs. */
export interface Option {
  readonly question: number;
  readonly needs: readonly number[];
  readonly cost: number;
}

export interface Program {
  /** By question: what it costs with nothing new, and its weight. */
  readonly questions: readonly { readonly cost: number; readonly weight: number }[];
  readonly options: readonly Option[];
  /** By candidate: bytes, and what its upkeep costs. */
  readonly candidates: readonly { readonly bytes: number; readonly upkeep: number }[];
  readonly budget: number;
}

export interface Choice {
  readonly chosen: readonly number[];
  /** Distance between this choice and the best that could exist, as a share; null when the solver does not say. */
  readonly gap: number | null;
}

export type Solver = (program: Program) => Choice;

/** Seconds; a choice of some hundred candidates is proven in a few of them. */
const TIME_LIMIT_S = 4;
const SMALL_GAP = 0.0005;

/** Loads HiGHS, once a process. */
export async function openSolver(): Promise<Solver> {
  const loaded = await import("highs");
  // Its types say CommonJS, but its entry for import is a module.
  const load = loaded.default as unknown as (typeof loaded.default)["default"];
  const highs = await load();
  return (program) => {
    const matrix = matrixOf(program);
    if (matrix.candidates.length === 0) return { chosen: [], gap: 0 };
    return highs.withModel(modelOf(matrix), (model) => {
      model.options.set({ output_flag: false, time_limit: TIME_LIMIT_S, mip_rel_gap: SMALL_GAP, random_seed: 1 });
      model.run();
      const values = model.getSolution().colValue;
      const chosen = matrix.candidates.filter((_, index) => (values[index] ?? 0) > 0.5);
      const gap = Number(model.info.get("mip_gap"));
      return { chosen, gap: Number.isFinite(gap) ? gap : null };
    });
  };
}

/** Rows that are at most so much. Columns are candidates first, then options. */
export interface Matrix {
  readonly candidates: readonly number[];
  readonly costs: readonly number[];
  readonly rows: readonly { readonly terms: readonly (readonly [column: number, factor: number])[]; readonly most: number }[];
}

/** Figures are parts of the whole cost, so that they are of like size. */
export function matrixOf({ questions, options, candidates, budget }: Program): Matrix {
  const total = questions.reduce((sum, { cost, weight }) => sum + cost * weight, 0) || 1;
  const saving = (one: Option): number => (((questions[one.question]?.cost ?? 0) - one.cost) * (questions[one.question]?.weight ?? 0) * SCALE) / total;
  const isPossible = ({ needs }: Option): boolean => needs.length > 0 && needs.every((one) => (candidates[one]?.bytes ?? Infinity) <= budget);
  const possible = options.filter((one) => isPossible(one) && saving(one) > 0);
  const named = [...new Set(possible.flatMap(({ needs }) => needs))].toSorted((a, b) => a - b);
  const columns = new Map(named.map((one, column) => [one, column]));
  const rows: Matrix["rows"][number][] = [{ terms: named.map((one, column) => [column, (candidates[one]?.bytes ?? 0) / budget] as const), most: 1 }];
  for (const all of groupBy(possible.map(({ question, needs }, index) => ({ question, needs, column: named.length + index })), ({ question }) => question).values()) {
    rows.push({ terms: all.map(({ column }) => [column, 1] as const), most: 1 });
    for (const candidate of new Set(all.flatMap(({ needs }) => needs))) {
      const users = all.filter(({ needs }) => needs.includes(candidate)).map(({ column }) => [column, 1] as const);
      rows.push({ terms: [...users, [columns.get(candidate) ?? 0, -1] as const], most: 0 });
    }
  }
  const costs = [...named.map((one) => ((candidates[one]?.upkeep ?? 0) * SCALE) / total), ...possible.map((one) => -saving(one))];
  return { candidates: named, costs, rows };
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
    matrix: { format: "csr", numRows: rows.length, numCols: costs.length, starts, indices: rows.flatMap(({ terms }) => terms.map(([column]) => column)), values: rows.flatMap(({ terms }) => terms.map(([, factor]) => factor)) },
    integrality: costs.map((_, column) => (column < candidates.length ? 1 : 0)),
  };
}
