/** What is asked of the planner for a workload: statements with values of their calls, or for any values. */
import { distinctBy } from "../../model/group-by.ts";
import type { Database, QueryShape, Statement } from "../../model/index.ts";
import { isForeignKeyCheck } from "../../sql/shape-facts.ts";
import { candidatesOf, type Candidate } from "./candidates.ts";
import { readingsIn, tableOf } from "./resolve-columns.ts";
import { ownTables } from "../../sql/compare-shapes.ts";

export interface Asked {
  /** Number of the statement in the workload. */
  readonly statement: number;
  readonly weight: number;
  readonly sql: string;
  readonly parameters: { readonly literals: readonly (string | null)[] } | { readonly generic: true };
}

/** Samples of one statement that are planned. Ours: they are spread over what was seen. */
const MOST_SAMPLES = 3;
/** Statements that are planned; what is left out has the least time. Ours. */
const MOST_STATEMENTS = 400;

/** Plans are asked of statements that look for rows; an INSERT looks for none. */
export function questionsOf(statements: readonly Statement[]): Asked[] {
  const asked = statements
    .map((one, statement) => ({ one, statement }))
    .filter(({ one }) => isLookup(one.shape))
    .slice(0, MOST_STATEMENTS);
  return asked.flatMap(({ one, statement }): Asked[] => {
    const samples = spread(one.samples);
    const base = { statement, sql: one.sql };
    if (!/\$\d/.test(one.sql)) return [{ ...base, weight: one.calls, parameters: { literals: [] } }];
    if (samples.length === 0) return [{ ...base, weight: one.calls, parameters: { generic: true } }];
    return samples.map((literals) => ({ ...base, weight: one.calls / samples.length, parameters: { literals } }));
  });
}

function isLookup(shape: QueryShape | null): shape is QueryShape {
  if (shape === null || isForeignKeyCheck(shape)) return false;
  return shape.kind !== "insert" || shape.subqueries.length > 0;
}

function spread(samples: Statement["samples"]): Statement["samples"] {
  const different = distinctBy(samples, (one) => one.join("\0"));
  if (different.length <= MOST_SAMPLES) return different;
  return Array.from({ length: MOST_SAMPLES }, (_, index) => different[Math.floor((index * (different.length - 1)) / (MOST_SAMPLES - 1))] ?? []);
}

/** A statement's own shape, and those of the views that it reads. */
export function shapesOf(shape: QueryShape, views: ReadonlyMap<string, QueryShape>): QueryShape[] {
  const found = new Map<string, QueryShape>();
  const visit = (one: QueryShape): void => {
    for (const { name } of ownTables(one)) {
      const view = views.get(name);
      if (view === undefined || found.has(name)) continue;
      found.set(name, view);
      visit(view);
    }
    for (const { shape: inner } of one.subqueries) visit(inner);
  };
  visit(shape);
  return [shape, ...found.values()];
}

export function candidatesOfAll(shapes: readonly QueryShape[], database: Database): Candidate[] {
  return shapes.flatMap((one) => candidatesOf(one, database));
}

export function tablesRead(shapes: readonly QueryShape[], database: Database): ReadonlySet<number> {
  const tables = shapes
    .flatMap((shape) => readingsIn(shape, (name) => database.tableNamed(name)))
    .flatMap((reading) => ownTables(reading.shape).flatMap((one) => tableOf(reading, one) ?? []));
  return new Set(tables.map(({ oid }) => oid));
}
