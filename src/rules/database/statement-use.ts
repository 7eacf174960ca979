/** What the statements of the workload ask of one table: conditions on its columns, orders, columns that are written. */
import type { Database, QueryShape, ShapeExpression, ShapePredicate, ShapeTable, Statement, Table } from "../../model/index.ts";
import { ownTables, shapesIn } from "../../sql/compare-shapes.ts";

/** One appearance of a table in a statement, subqueries included. */
export interface TableUse {
  readonly statement: Statement;
  readonly shape: QueryShape;
  /** Of the table in the shape. */
  readonly position: number;
}

export function usesOf(table: Table, database: Database): readonly TableUse[] {
  return database.statementsOn(table).flatMap((statement) => (statement.shape === null ? [] : appearances(statement, statement.shape, table, database)));
}

function appearances(statement: Statement, whole: QueryShape, table: Table, database: Database): TableUse[] {
  return shapesIn(whole).flatMap((shape) =>
    ownTables(shape).flatMap((one) => (isSame(one, table, database) ? [{ statement, shape, position: one.position }] : [])),
  );
}

function isSame({ schema, name }: ShapeTable, table: Table, database: Database): boolean {
  const found = database.tableNamed(schema === null ? name : `${schema}.${name}`);
  return found !== null && (found.oid === table.oid || found.partitionOf?.parent === table.oid);
}

/** A condition on one column of the table, with what is applied to the column: `upper`, `cast:text`, outermost first. */
export interface ColumnCondition {
  readonly use: TableUse;
  readonly column: string;
  readonly wrappers: readonly string[];
  readonly predicate: ShapePredicate;
}

/** Those that must hold; alternatives of an OR are left out, for no index on one of them serves the whole. */
export function conditionsOf(use: TableUse): readonly ColumnCondition[] {
  return use.shape.predicates.flatMap((predicate) => {
    if (predicate.any !== null || predicate.clause === "having") return [];
    const found = wrappedColumn(predicate.left, use.position);
    return found === null ? [] : [{ use, ...found, predicate }];
  });
}

/** Conditions, those within an OR included. */
export function allConditionsOf(use: TableUse): readonly ColumnCondition[] {
  return use.shape.predicates.flatMap((predicate) => {
    const sides = [predicate.left, ...(predicate.right === null ? [] : [predicate.right])].flatMap((side) => wrappedColumn(side, use.position) ?? []);
    return sides.map((found) => ({ use, ...found, predicate }));
  });
}

/** A column by itself, or under functions and casts of which it is the only column. */
export function wrappedColumn(expression: ShapeExpression, position: number): { readonly column: string; readonly wrappers: readonly string[] } | null {
  if (expression.kind === "column") return expression.table === position ? { column: expression.name, wrappers: [] } : null;
  if (expression.kind !== "call" || expression.name === "row" || expression.name === "array") return null;
  const found = expression.arguments.flatMap((one) => wrappedColumn(one, position) ?? []);
  const [only] = found;
  return only === undefined || found.length > 1 ? null : { column: only.column, wrappers: [expression.name, ...only.wrappers] };
}

const isCast = (wrapper: string): boolean => wrapper.startsWith("cast:");

/** Functions around the column, without casts between text types. */
export function functionsAround({ wrappers }: Pick<ColumnCondition, "wrappers">): readonly string[] {
  return wrappers.filter((one) => !isCast(one));
}

/** Columns that joins and conditions set equal to something, IN included. */
export function equalColumns(use: TableUse): readonly string[] {
  const { shape, position } = use;
  const own = conditionsOf(use).filter(
    ({ predicate, wrappers }) => wrappers.length === 0 && !predicate.negated && (predicate.operator === "=" || predicate.operator === "in"),
  );
  const joined = shape.joins.flatMap(({ on }) => on.flatMap(({ left, right }) => [left, right])).filter((side) => side.table === position);
  return [...new Set([...own.map(({ column }) => column), ...joined.map(({ name }) => name)])];
}

/** The statement's order, when it is wholly by columns of this table. */
export function orderOf({ shape, position }: TableUse): readonly { readonly column: string; readonly descending: boolean }[] {
  const columns = shape.orderBy.flatMap(({ what, descending }) =>
    what.kind === "column" && what.table === position ? [{ column: what.name, descending }] : [],
  );
  return columns.length === shape.orderBy.length ? columns : [];
}

/** Ours: `save()` sets every column, and what it sets has hardly ever another value. A statement that sets more than half of them tells nothing. */
const WHOLE_ROW = 0.5;

/** Rows in which statements change the column, columns that are changed most first. */
export function updatedColumns(table: Table, database: Database): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { shape, statement, position } of usesOf(table, database)) {
    if (shape.kind !== "update" || shape.base?.position !== position || shape.written.length > table.columns.length * WHOLE_ROW) continue;
    for (const column of shape.written) calls.set(column, (calls.get(column) ?? 0) + (statement.rows ?? statement.calls));
  }
  return new Map([...calls].toSorted(([, a], [, b]) => b - a));
}

/** Each statement once. */
export function statementsIn(found: readonly { readonly use: TableUse }[]): readonly Statement[] {
  return [...new Set(found.map(({ use }) => use.statement))].toSorted((a, b) => b.totalMs - a.totalMs);
}

/** Of the time of all statements seen. */
export function shareOf(statements: readonly Statement[]): number {
  return statements.reduce((sum, { share }) => sum + share, 0);
}

export function callsOf(statements: readonly Statement[]): number {
  return statements.reduce((sum, { calls }) => sum + calls, 0);
}
