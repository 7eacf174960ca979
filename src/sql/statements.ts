/** Whole statements of PostgreSQL's syntax tree to shapes. */
import type { DeleteStmt, InsertStmt, Node, RangeVar, ResTarget, SelectStmt, SortBy, UpdateStmt, WithClause } from "libpg-query";
import type { QueryShape, ShapeExpression, ShapePredicate } from "../model/shape.ts";
import { expressionKey } from "./compare-shapes.ts";
import { call, PARAMETER, readAll, readConstant, readExpression } from "./expressions.ts";
import { addRelation, readFrom, type Sources } from "./from-clause.ts";
import { readPredicates } from "./predicates.ts";
import { addSubquery, openScope, type Scope, type Subquery } from "./scope.ts";
import { NOTHING } from "./empty-shape.ts";

/** The shape of a statement that asks or changes rows, also from within EXPLAIN, DECLARE CURSOR, PREPARE and COPY (…) TO; null for others. */
export function readStatement(node: Node): QueryShape | null {
  if ("SelectStmt" in node) return node.SelectStmt.intoClause === undefined ? readSelect(node.SelectStmt, null) : null;
  if ("InsertStmt" in node) return readInsert(node.InsertStmt, null);
  if ("UpdateStmt" in node) return readUpdate(node.UpdateStmt, null);
  if ("DeleteStmt" in node) return readDelete(node.DeleteStmt, null);
  const inner = wrapped(node);
  return inner === undefined ? null : readStatement(inner);
}

function wrapped(node: Node): Node | undefined {
  if ("ExplainStmt" in node) return node.ExplainStmt.query;
  if ("DeclareCursorStmt" in node) return node.DeclareCursorStmt.query;
  if ("PrepareStmt" in node) return node.PrepareStmt.query;
  return "CopyStmt" in node ? node.CopyStmt.query : undefined;
}

function readSelect(node: SelectStmt, outer: Scope | null): QueryShape {
  const scope = openScope(outer, readSelect);
  readWith(node.withClause, scope);
  return node.op === undefined || node.op === "SETOP_NONE" ? readPlainSelect(node, scope) : readSetOperation(node, scope);
}

function readPlainSelect(node: SelectStmt, scope: Scope): QueryShape {
  const sources: Sources = { joins: [], predicates: [] };
  readFrom(node.fromClause, scope, sources);
  const projection = readProjection(node.targetList, scope);
  const where = readPredicates(node.whereClause, "where", scope);
  const groupBy = (node.groupClause ?? []).map((one) => readOutput(one, projection, scope));
  const having = readPredicates(node.havingClause, "having", scope);
  return {
    ...NOTHING,
    kind: "select",
    base: scope.tables[0] ?? null,
    joins: sources.joins,
    predicates: [...where, ...sources.predicates, ...having],
    groupBy,
    projection,
    distinct: distinctOf(node),
    rows: rowsOf(node),
    ...endOf(node, projection, scope),
    subqueries: scope.subqueries,
  };
}

function readProjection(targets: readonly Node[] | undefined, scope: Scope): ShapeExpression[] {
  return (targets ?? []).map((target) => {
    const read = readExpression(target, scope);
    if ("ResTarget" in target && target.ResTarget.name !== undefined) scope.outputs.set(target.ResTarget.name, read);
    return read;
  });
}

/** DISTINCT alone is written as a list with one empty entry. */
function distinctOf({ distinctClause }: SelectStmt): QueryShape["distinct"] {
  if (distinctClause === undefined) return "no";
  return distinctClause.some((one) => Object.keys(one).length > 0) ? "on" : "all";
}

function rowsOf({ valuesLists }: SelectStmt): QueryShape["rows"] {
  if (valuesLists === undefined) return null;
  return valuesLists.length > 1 ? "many" : "one";
}

type End = Pick<QueryShape, "orderBy" | "limit" | "offset" | "lock" | "lockOf">;

function endOf(node: SelectStmt, projection: readonly ShapeExpression[], scope: Scope): End {
  return {
    orderBy: (node.sortClause ?? []).flatMap((one) => ("SortBy" in one ? [readSort(one.SortBy, projection, scope)] : [])),
    limit: countOf(node.limitCount),
    offset: countOf(node.limitOffset),
    ...lockOf(node, scope),
  };
}

function readSort(
  { node, sortby_dir: direction, sortby_nulls: nulls }: SortBy,
  projection: readonly ShapeExpression[],
  scope: Scope,
): QueryShape["orderBy"][number] {
  return {
    what: node === undefined ? PARAMETER : readOutput(node, projection, scope),
    descending: direction === "SORTBY_DESC",
    nulls: nulls === "SORTBY_NULLS_FIRST" ? "first" : nulls === "SORTBY_NULLS_LAST" ? "last" : null,
  };
}

/** ORDER BY and GROUP BY may say a result's number or its name. */
function readOutput(node: Node, projection: readonly ShapeExpression[], scope: Scope): ShapeExpression {
  if ("A_Const" in node && node.A_Const.ival !== undefined) {
    const numbered = projection[(node.A_Const.ival.ival ?? 0) - 1];
    if (numbered !== undefined) return numbered;
  }
  return outputNamed(node, scope) ?? readExpression(node, scope);
}

function outputNamed(node: Node, scope: Scope): ShapeExpression | undefined {
  if (!("ColumnRef" in node) || node.ColumnRef.fields?.length !== 1) return undefined;
  const [name] = node.ColumnRef.fields;
  return name !== undefined && "String" in name ? scope.outputs.get(name.String.sval ?? "") : undefined;
}

/** `LIMIT ALL` and `LIMIT NULL` are none. */
function countOf(node: Node | undefined): number | "parameter" | null {
  if (node === undefined) return null;
  if (!("A_Const" in node)) return "parameter";
  const value = readConstant(node.A_Const);
  if (value.kind !== "constant" || value.type === "null") return null;
  return value.type === "integer" ? Number(value.text) : "parameter";
}

const STRENGTHS: Readonly<Record<string, QueryShape["lock"]>> = {
  LCS_FORUPDATE: "update",
  LCS_FORNOKEYUPDATE: "no key update",
  LCS_FORSHARE: "share",
  LCS_FORKEYSHARE: "key share",
};

function lockOf({ lockingClause = [] }: SelectStmt, scope: Scope): Pick<QueryShape, "lock" | "lockOf"> {
  const clauses = lockingClause.flatMap((one) => ("LockingClause" in one ? [one.LockingClause] : []));
  const names = clauses.flatMap((one) => (one.lockedRels ?? []).flatMap((table) => ("RangeVar" in table ? [tableNamed(table.RangeVar, scope)] : [])));
  return { lock: STRENGTHS[clauses[0]?.strength ?? ""] ?? null, lockOf: names };
}

function tableNamed({ relname = "" }: RangeVar, scope: Scope): string {
  const position = scope.names.get(relname);
  return (position === undefined ? null : scope.tables[position])?.name ?? relname;
}

const SET_OPERATIONS: Readonly<Record<string, "union" | "intersect" | "except">> = {
  SETOP_UNION: "union",
  SETOP_INTERSECT: "intersect",
  SETOP_EXCEPT: "except",
};

function readSetOperation(node: SelectStmt, scope: Scope): QueryShape {
  const operation = SET_OPERATIONS[node.op ?? ""] ?? "union";
  const role = operation === "union" && node.all === true ? "union all" : operation;
  for (const arm of armsOf(node, node)) addSubquery(scope, role, arm);
  return { ...NOTHING, kind: "select", base: null, ...endOf(node, scope.subqueries[0]?.shape.projection ?? [], scope), subqueries: scope.subqueries };
}

/** `a UNION b UNION c` is three arms; one with an ORDER BY or LIMIT of its own stays whole. */
function armsOf(node: SelectStmt, top: SelectStmt): SelectStmt[] {
  const isPart = node.op === top.op && (node.all === true) === (top.all === true) && top.op !== "SETOP_EXCEPT";
  const isBare = node === top || (node.sortClause === undefined && node.limitCount === undefined && node.withClause === undefined);
  if (node !== top && !(isPart && isBare)) return [node];
  return [node.larg, node.rarg].flatMap((arm) => (arm === undefined ? [] : armsOf(arm, top)));
}

function readWith(clause: WithClause | undefined, scope: Scope): void {
  for (const one of clause?.ctes ?? []) {
    if (!("CommonTableExpr" in one)) continue;
    const { ctename = "", ctequery } = one.CommonTableExpr;
    if (clause?.recursive === true) scope.ctes.add(ctename);
    const shape = ctequery === undefined ? null : readCte(ctequery, scope);
    if (shape !== null) scope.subqueries.push({ role: "cte", shape } satisfies Subquery);
    scope.ctes.add(ctename);
  }
}

function readCte(node: Node, scope: Scope): QueryShape | null {
  if ("SelectStmt" in node) return readSelect(node.SelectStmt, scope);
  if ("InsertStmt" in node) return readInsert(node.InsertStmt, scope);
  if ("UpdateStmt" in node) return readUpdate(node.UpdateStmt, scope);
  return "DeleteStmt" in node ? readDelete(node.DeleteStmt, scope) : null;
}

/** Opens a scope with the table that is written. */
function openTarget(relation: RangeVar | undefined, clause: WithClause | undefined, outer: Scope | null): Scope {
  const scope = openScope(outer, readSelect);
  readWith(clause, scope);
  if (relation !== undefined) addRelation(relation, scope);
  return scope;
}

function readInsert(node: InsertStmt, outer: Scope | null): QueryShape {
  const scope = openTarget(node.relation, node.withClause, outer);
  const rows = readRows(node, scope);
  const { action } = node.onConflictClause ?? {};
  const conflict = action === "ONCONFLICT_NOTHING" ? "nothing" : action === "ONCONFLICT_UPDATE" ? "update" : null;
  const projection = readProjection(node.returningClause?.exprs, scope);
  const written = targetsOf(node.cols).map((one) => one.name ?? "");
  return {
    ...NOTHING,
    kind: "insert",
    base: scope.tables[0] ?? null,
    projection,
    written,
    rows,
    subqueries: scope.subqueries,
    ...(conflict === null ? {} : { conflict }),
  };
}

/** Rows of VALUES, or of the UNNEST of arrays that Django's bulk inserts send; those of another SELECT are a subquery's. */
function readRows({ selectStmt }: InsertStmt, scope: Scope): QueryShape["rows"] {
  if (selectStmt === undefined || !("SelectStmt" in selectStmt)) return "one";
  const select = selectStmt.SelectStmt;
  if (select.valuesLists !== undefined) {
    for (const row of select.valuesLists) if ("List" in row) readAll(row.List.items, scope);
    return rowsOf(select);
  }
  if (isUnnest(select)) return "many";
  addSubquery(scope, "from", select);
  return null;
}

function isUnnest({ fromClause = [], whereClause }: SelectStmt): boolean {
  const [only] = fromClause;
  if (fromClause.length !== 1 || whereClause !== undefined || only === undefined || !("RangeFunction" in only)) return false;
  return JSON.stringify(only.RangeFunction.functions ?? []).includes('"sval":"unnest"');
}

const targetsOf = (nodes: readonly Node[] | undefined): ResTarget[] => (nodes ?? []).flatMap((one) => ("ResTarget" in one ? [one.ResTarget] : []));

function readUpdate(node: UpdateStmt, outer: Scope | null): QueryShape {
  const scope = openTarget(node.relation, node.withClause, outer);
  const sources: Sources = { joins: [], predicates: [] };
  readFrom(node.fromClause, scope, sources);
  const targets = targetsOf(node.targetList);
  const assigned = targets.map((one) => (one.val === undefined ? PARAMETER : foldCase(readExpression(one.val, scope))));
  const predicates = [...readPredicates(node.whereClause, "where", scope), ...sources.predicates];
  const projection = readProjection(node.returningClause?.exprs, scope);
  return {
    ...NOTHING,
    kind: "update",
    base: scope.tables[0] ?? null,
    joins: sources.joins,
    predicates,
    projection,
    written: targets.map((one) => one.name ?? ""),
    assigned,
    subqueries: scope.subqueries,
  };
}

/** `bulk_update` writes one WHEN a row: those that differ in values alone are one. */
function foldCase(expression: ShapeExpression): ShapeExpression {
  if (expression.kind !== "call") return expression;
  const args = expression.arguments.map((one) => foldCase(one));
  if (expression.name !== "case") return { ...expression, arguments: args };
  const seen = new Set<string>();
  return call(
    "case",
    args.filter((one) => !(one.kind === "call" && one.name === "when") || isNew(seen, expressionKey(one, { constants: "erased", subqueries: [] }))),
  );
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function readDelete(node: DeleteStmt, outer: Scope | null): QueryShape {
  const scope = openTarget(node.relation, node.withClause, outer);
  const sources: Sources = { joins: [], predicates: [] };
  readFrom(node.usingClause, scope, sources);
  const predicates: ShapePredicate[] = [...readPredicates(node.whereClause, "where", scope), ...sources.predicates];
  const projection = readProjection(node.returningClause?.exprs, scope);
  return { ...NOTHING, kind: "delete", base: scope.tables[0] ?? null, joins: sources.joins, predicates, projection, subqueries: scope.subqueries };
}
