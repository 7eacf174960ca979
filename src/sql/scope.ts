/** What names mean in one statement: aliases are positions of tables, and what is not found here is an outer statement's. */
import type { SelectStmt } from "libpg-query";
import type { QueryShape, ShapeColumn, ShapeExpression, ShapeTable } from "../model/shape.ts";

export type Subquery = QueryShape["subqueries"][number];

/** A column of one of the statements around this one. */
export const OUTER_TABLE = -1;
/** Several tables are there, and the statement does not say which one has the column. */
export const TABLE_NOT_SAID = -2;

export interface Scope {
  readonly outer: Scope | null;
  /** Aliases and names of tables, by position. */
  readonly names: Map<string, number>;
  /** By position; null for a subquery, a function or a CTE in FROM. */
  readonly tables: (ShapeTable | null)[];
  readonly ctes: Set<string>;
  /** Named expressions of the SELECT list, which ORDER BY and GROUP BY may mention. */
  readonly outputs: Map<string, ShapeExpression>;
  readonly subqueries: Subquery[];
  /** OR groups so far. */
  groups: number;
  readonly readSelect: (select: SelectStmt, outer: Scope) => QueryShape;
}

export function openScope(outer: Scope | null, readSelect: Scope["readSelect"]): Scope {
  const ctes = new Set(outer === null ? [] : outer.ctes);
  return { outer, names: new Map(), tables: [], ctes, outputs: new Map(), subqueries: [], groups: 0, readSelect };
}

/** Takes the next position for a table, or for what stands in its place. */
export function addTable(scope: Scope, alias: string | undefined, table: Omit<ShapeTable, "position"> | null): ShapeTable | null {
  const position = scope.tables.length;
  const added = table === null ? null : { ...table, position };
  scope.tables.push(added);
  if (alias !== undefined) scope.names.set(alias, position);
  return added;
}

export function addSubquery(scope: Scope, role: Subquery["role"], select: SelectStmt): number {
  const shape = scope.readSelect(select, scope);
  scope.subqueries.push({ role, shape });
  return scope.subqueries.length - 1;
}

export function resolveColumn(scope: Scope, qualifier: string | undefined, name: string): ShapeColumn {
  return { kind: "column", table: qualifier === undefined ? unqualified(scope) : positionOf(scope, qualifier), name };
}

export function positionOf(scope: Scope, qualifier: string): number {
  const position = scope.names.get(qualifier);
  if (position !== undefined) return position;
  return isOuterName(scope.outer, qualifier) ? OUTER_TABLE : TABLE_NOT_SAID;
}

function isOuterName(scope: Scope | null, name: string): boolean {
  return scope !== null && (scope.names.has(name) || isOuterName(scope.outer, name));
}

function unqualified(scope: Scope): number {
  if (scope.tables.length === 1) return 0;
  return scope.tables.length === 0 && scope.outer !== null ? OUTER_TABLE : TABLE_NOT_SAID;
}
