/** Which table's column a statement means: PostgreSQL's parser does not say it of names without a qualifier. */
import type { QueryShape, ShapeColumn, ShapeTable, Table } from "../../model/index.ts";
import { ownTables } from "../../sql/compare-shapes.ts";

/** A statement, the ones around it, and the tables of the catalog. */
export interface Reading {
  readonly shape: QueryShape;
  readonly outer: Reading | null;
  readonly tableNamed: (name: string) => Table | null;
}

/** An appearance of a table. */
export interface Appearance {
  readonly table: Table;
  readonly position: number;
  /** Of the statement itself, not of one around it. */
  readonly isOwn: boolean;
}

export function tableOf({ tableNamed }: Pick<Reading, "tableNamed">, { schema, name }: ShapeTable): Table | null {
  return tableNamed(schema === null ? name : `${schema}.${name}`);
}

/** Null for a column of a subquery or of no table that is known. */
export function resolve(reading: Reading, column: ShapeColumn): Appearance | null {
  const own = ownTables(reading.shape);
  const has = (one: ShapeTable): boolean => tableOf(reading, one)?.columns.some(({ name }) => name === column.name) === true;
  const named = own.find((one) => one.position === column.table && has(one)) ?? (column.table === OUTER ? undefined : only(own.filter(has)));
  const table = named === undefined ? null : tableOf(reading, named);
  if (named !== undefined && table !== null) return { table, position: named.position, isOwn: true };
  const outside = reading.outer === null ? null : resolve(reading.outer, { ...column, table: NOT_SAID });
  return outside === null ? null : { ...outside, isOwn: false };
}

const OUTER = -1;
const NOT_SAID = -2;

const only = <One>(all: readonly One[]): One | undefined => (all.length === 1 ? all[0] : undefined);

/** The statement and those within it, each with what is around it. */
export function readingsIn(shape: QueryShape, tableNamed: Reading["tableNamed"], outer: Reading | null = null): Reading[] {
  const reading: Reading = { shape, outer, tableNamed };
  return [reading, ...shape.subqueries.flatMap((one) => readingsIn(one.shape, tableNamed, reading))];
}
