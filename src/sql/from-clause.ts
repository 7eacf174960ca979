/** Tables and joins of FROM, in the order in which they appear. */
import type { JoinExpr, Node, RangeSubselect, RangeVar } from "libpg-query";
import type { ShapeColumn, ShapeJoin, ShapePredicate, ShapeTable } from "../model/shape.ts";
import { readAll } from "./expressions.ts";
import { readPredicates } from "./predicates.ts";
import { addSubquery, addTable, type Scope } from "./scope.ts";

/** What FROM adds to a statement, beside its tables in the scope. */
export interface Sources {
  readonly joins: ShapeJoin[];
  readonly predicates: ShapePredicate[];
}

export function readFrom(nodes: readonly Node[] | undefined, scope: Scope, into: Sources): void {
  for (const node of nodes ?? []) {
    const start = scope.tables.length;
    readSource(node, scope, into);
    if (start > 0) addJoin("cross", start, [], scope, into);
  }
}

function readSource(node: Node, scope: Scope, into: Sources): void {
  if ("RangeVar" in node) addRelation(node.RangeVar, scope);
  else if ("JoinExpr" in node) readJoin(node.JoinExpr, scope, into);
  else if ("RangeSubselect" in node) readDerived(node.RangeSubselect, scope);
  else if ("RangeFunction" in node) {
    readAll(node.RangeFunction.functions, scope);
    addTable(scope, node.RangeFunction.alias?.aliasname, null);
  } else if ("RangeTableSample" in node && node.RangeTableSample.relation !== undefined) readSource(node.RangeTableSample.relation, scope, into);
  else addTable(scope, undefined, null);
}

/** A table, or null for the name of a CTE. */
export function addRelation({ schemaname, relname = "", alias, inh }: RangeVar, scope: Scope): ShapeTable | null {
  const isCte = schemaname === undefined && scope.ctes.has(relname);
  return addTable(scope, alias?.aliasname ?? relname, isCte ? null : { schema: schemaname ?? null, name: relname, ...(inh === true ? {} : { only: true }) });
}

function readDerived({ subquery, alias }: RangeSubselect, scope: Scope): void {
  if (subquery !== undefined && "SelectStmt" in subquery) {
    const index = addSubquery(scope, "from", subquery.SelectStmt);
    const added = scope.subqueries[index];
    if (added !== undefined) scope.subqueries[index] = { ...added, position: scope.tables.length };
  }
  addTable(scope, alias?.aliasname, null);
}

const KINDS: Readonly<Record<string, ShapeJoin["kind"]>> = { JOIN_INNER: "inner", JOIN_LEFT: "left", JOIN_RIGHT: "right", JOIN_FULL: "full" };

function readJoin(node: JoinExpr, scope: Scope, into: Sources): void {
  const before = scope.tables.length;
  if (node.larg !== undefined) readSource(node.larg, scope, into);
  const start = scope.tables.length;
  if (node.rarg !== undefined) readSource(node.rarg, scope, into);
  const isCross = node.quals === undefined && node.usingClause === undefined && node.isNatural !== true;
  const kind = isCross ? "cross" : (KINDS[node.jointype ?? ""] ?? "inner");
  addJoin(kind, start, usingPairs(node, before, start), scope, into, node.quals);
}

/** `USING (a)`: the left side's first table has it, as far as the statement says. */
function usingPairs({ usingClause = [] }: JoinExpr, left: number, right: number): ShapeJoin["on"] {
  return usingClause.flatMap((one) => ("String" in one ? [{ left: column(left, one.String.sval ?? ""), right: column(right, one.String.sval ?? "") }] : []));
}

const column = (table: number, name: string): ShapeColumn => ({ kind: "column", table, name });

/** Joins what was read from position `start` on to what stood there before. */
function addJoin(kind: ShapeJoin["kind"], start: number, using: ShapeJoin["on"], scope: Scope, into: Sources, quals?: Node): void {
  const conditions = readPredicates(quals, "on", scope);
  const table = scope.tables[start] ?? null;
  const pairs = new Map(
    table === null
      ? []
      : conditions.flatMap((one) => {
          const pair = pairOf(one, start);
          return pair === null ? [] : [[one, pair] as const];
        }),
  );
  into.predicates.push(...conditions.filter((one) => !pairs.has(one)));
  if (table === null) return;
  const at = into.joins.findIndex((one) => one.table.position > start);
  into.joins.splice(at < 0 ? into.joins.length : at, 0, { table, kind, on: [...using, ...pairs.values()] });
}

function pairOf({ operator, left, right, any, negated }: ShapePredicate, start: number): ShapeJoin["on"][number] | null {
  if (operator !== "=" || negated || any !== null || left.kind !== "column" || right?.kind !== "column") return null;
  if (right.table >= start && left.table < start) return { left, right };
  return left.table >= start && right.table < start ? { left: right, right: left } : null;
}
