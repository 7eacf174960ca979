/** What rules ask of statements by their shapes. */
import type { Database, QueryShape, ShapeExpression, ShapeTable, Statement, Table, Unjudged } from "../../model/index.ts";
import { isTable, ownTables } from "../../sql/compare-shapes.ts";
import { gapIn, NEEDS_STATEMENTS } from "./evidence.ts";
import { isApplication } from "./statement-kind.ts";

/** A statement that could be read, with its shape. */
export interface ShapedStatement {
  readonly statement: Statement;
  readonly shape: QueryShape;
}

/** Statements of the application; what PostgreSQL itself sends to check foreign keys is not. */
export function shapedStatements({ workload }: Database): ShapedStatement[] {
  return workload.statements.flatMap((statement) => (statement.shape === null || !isApplication(statement) ? [] : [{ statement, shape: statement.shape }]));
}

/** Reads of the table, subqueries included. */
export function readsOf(table: Table, database: Database): ShapedStatement[] {
  return database
    .statementsOn(table)
    .flatMap((statement) => (statement.shape?.kind === "select" && isApplication(statement) ? [{ statement, shape: statement.shape }] : []));
}

/** Statements that write the table itself. */
export function writesOn(table: Table, database: Database): ShapedStatement[] {
  return database.statementsOn(table).flatMap((statement) => {
    const { shape } = statement;
    return shape !== null && shape.kind !== "select" && shape.base !== null && isTable(shape.base, fullName(table)) ? [{ statement, shape }] : [];
  });
}

export const fullName = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;

/** The catalog's table behind a shape's. */
export function tableOfShape(shape: QueryShape, position: number, database: Database): Table | null {
  const found = ownTables(shape).find((one) => one.position === position);
  return found === undefined ? null : database.tableNamed(nameOf(found));
}

const nameOf = ({ schema, name }: ShapeTable): string => (schema === null ? name : `${schema}.${name}`);

/** Its appearances in the statement itself. */
export function positionsIn(shape: QueryShape, table: Table): number[] {
  return ownTables(shape).flatMap((one) => (isTable(one, fullName(table)) ? [one.position] : []));
}

const AGGREGATES: ReadonlySet<string> = new Set([
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "array_agg",
  "string_agg",
  "jsonb_agg",
  "json_agg",
  "bool_and",
  "bool_or",
  "stddev_pop",
  "stddev_samp",
  "var_pop",
  "var_samp",
]);

/** The aggregate calls in an expression. */
export function aggregatesIn(expression: ShapeExpression): Extract<ShapeExpression, { kind: "call" }>[] {
  if (expression.kind !== "call") return [];
  const own = AGGREGATES.has(expression.name) && !expression.isWindow ? [expression] : [];
  return [...own, ...expression.arguments.flatMap(aggregatesIn)];
}

export const sumOf = (statements: readonly ShapedStatement[], figure: (statement: Statement) => number): number =>
  statements.reduce((total, { statement }) => total + figure(statement), 0);

/** Why a rule that rests on statements says nothing; null when there are some, from wherever. */
export function noStatements(database: Database): Unjudged | null {
  if (database.workload.statements.length > 0) return null;
  return gapIn(database, "statements") ?? { object: "", why: NEEDS_STATEMENTS };
}

/** Of several, the ones that take most time first. */
export function dearestFirst(statements: readonly ShapedStatement[]): ShapedStatement[] {
  return statements.toSorted((a, b) => b.statement.totalMs - a.statement.totalMs);
}
