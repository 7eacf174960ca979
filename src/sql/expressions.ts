/** Expressions of PostgreSQL's syntax tree as shapes. Whatever has no name of its own keeps the columns in it, under the node's name. */
import type { A_Const, A_Expr, ColumnRef, FuncCall, Node, SubLink, TypeName, WindowDef } from "libpg-query";
import type { ShapeExpression, ShapeValue } from "../model/shape.ts";
import { addSubquery, resolveColumn, positionOf, type Scope } from "./scope.ts";

type Call = Extract<ShapeExpression, { kind: "call" }>;

export const PARAMETER: ShapeExpression = { kind: "value", value: { kind: "parameter" } };

export function call(name: string, args: readonly ShapeExpression[], more: Partial<Pick<Call, "distinct" | "filtered" | "isWindow">> = {}): Call {
  return { kind: "call", name, arguments: args, distinct: false, filtered: false, isWindow: false, ...more };
}

export function readAll(nodes: readonly Node[] | undefined, scope: Scope): ShapeExpression[] {
  return (nodes ?? []).map((node) => readExpression(node, scope));
}

export function readExpression(node: Node, scope: Scope): ShapeExpression {
  if ("ColumnRef" in node) return readColumn(node.ColumnRef, scope);
  if ("ParamRef" in node) return PARAMETER;
  if ("A_Const" in node) return { kind: "value", value: readConstant(node.A_Const) };
  if ("TypeCast" in node) return call(`cast:${typeText(node.TypeCast.typeName)}`, maybe(node.TypeCast.arg, scope));
  if ("FuncCall" in node) return readCall(node.FuncCall, scope);
  if ("A_Expr" in node) return readOperator(node.A_Expr, scope);
  if ("BoolExpr" in node) return call(BOOLEANS[node.BoolExpr.boolop ?? ""] ?? "op:not", readAll(node.BoolExpr.args, scope));
  if ("SubLink" in node) return readSubLink(node.SubLink, scope);
  if ("NullTest" in node) return call(node.NullTest.nulltesttype === "IS_NULL" ? "op:is null" : "op:is not null", maybe(node.NullTest.arg, scope));
  return readOther(node, scope);
}

const BOOLEANS: Readonly<Record<string, string>> = { AND_EXPR: "op:and", OR_EXPR: "op:or", NOT_EXPR: "op:not" };

function readOther(node: Node, scope: Scope): ShapeExpression {
  if ("CaseExpr" in node) {
    const { arg, args, defresult } = node.CaseExpr;
    return call("case", [...maybe(arg, scope), ...readAll(args, scope), ...maybe(defresult, scope)]);
  }
  if ("CaseWhen" in node) return call("when", [...maybe(node.CaseWhen.expr, scope), ...maybe(node.CaseWhen.result, scope)]);
  if ("CoalesceExpr" in node) return call("coalesce", readAll(node.CoalesceExpr.args, scope));
  if ("MinMaxExpr" in node) return call(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest", readAll(node.MinMaxExpr.args, scope));
  if ("RowExpr" in node) return call("row", readAll(node.RowExpr.args, scope));
  if ("A_ArrayExpr" in node) return call("array", readAll(node.A_ArrayExpr.elements, scope));
  if ("List" in node) return call("array", readAll(node.List.items, scope));
  if ("BooleanTest" in node) return call(`op:${booleanTest(node.BooleanTest.booltesttype)}`, maybe(node.BooleanTest.arg, scope));
  if ("SQLValueFunction" in node) return call((node.SQLValueFunction.op ?? "").replace("SVFOP_", "").toLowerCase(), []);
  if ("CollateClause" in node) return call(`collate:${textOf(node.CollateClause.collname?.at(-1)) ?? ""}`, maybe(node.CollateClause.arg, scope));
  if ("A_Indirection" in node) return call("element", [...maybe(node.A_Indirection.arg, scope), ...readAll(node.A_Indirection.indirection, scope)]);
  if ("SortBy" in node) return maybe(node.SortBy.node, scope)[0] ?? PARAMETER;
  if ("ResTarget" in node) return maybe(node.ResTarget.val, scope)[0] ?? PARAMETER;
  if ("NamedArgExpr" in node) return maybe(node.NamedArgExpr.arg, scope)[0] ?? PARAMETER;
  if ("String" in node) return call(`name:${node.String.sval ?? ""}`, []);
  return readUnnamed(node, scope);
}

/** XML, JSON and other rare nodes: named by their kind, with every expression that is found in them. */
function readUnnamed(node: object, scope: Scope): ShapeExpression {
  const [kind, content] = Object.entries(node)[0] ?? ["nothing", null];
  return call(
    kind,
    childNodes(content).map((child) => readExpression(child, scope)),
  );
}

function childNodes(content: unknown): Node[] {
  if (Array.isArray(content)) return content.flatMap((one: unknown) => childNodes(one));
  if (typeof content !== "object" || content === null) return [];
  return isNode(content) ? [content] : Object.values(content).flatMap((one: unknown) => childNodes(one));
}

/** A node is written as an object with one key, the capitalised name of its kind. */
function isNode(content: object): content is Node {
  const keys = Object.keys(content);
  return keys.length === 1 && /^[A-Z]/.test(keys[0] ?? "");
}

const maybe = (node: Node | undefined, scope: Scope): ShapeExpression[] => (node === undefined ? [] : [readExpression(node, scope)]);

function readColumn({ fields = [] }: ColumnRef, scope: Scope): ShapeExpression {
  const names = fields.map((field) => textOf(field) ?? "*");
  const name = names.at(-1) ?? "*";
  const qualifier = names.at(-2);
  const last = fields.at(-1);
  if (last !== undefined && "A_Star" in last) return { kind: "star", table: qualifier === undefined ? null : positionOf(scope, qualifier) };
  return resolveColumn(scope, qualifier, name);
}

/** The text of a name in the tree. */
export function textOf(node: Node | undefined): string | undefined {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : undefined;
}

export function readConstant(constant: A_Const): ShapeValue {
  const { isnull, ival, fval, boolval, sval } = constant;
  if (isnull === true) return { kind: "constant", type: "null", text: "null" };
  if (ival !== undefined) return { kind: "constant", type: "integer", text: String(ival.ival ?? 0) };
  if (fval !== undefined) return { kind: "constant", type: "float", text: fval.fval ?? "0" };
  if (boolval !== undefined) return { kind: "constant", type: "boolean", text: String(boolval.boolval ?? false) };
  if (sval !== undefined) return { kind: "constant", type: "string", text: sval.sval ?? "" };
  return { kind: "constant", type: "other", text: "" };
}

function typeText(type: TypeName | undefined): string {
  const name = (type?.names ?? [])
    .map((one) => textOf(one) ?? "")
    .filter((one) => one !== "pg_catalog")
    .join(".");
  return name + "[]".repeat(type?.arrayBounds?.length ?? 0);
}

function readCall(node: FuncCall, scope: Scope): ShapeExpression {
  const name = (node.funcname ?? [])
    .map((one) => textOf(one) ?? "")
    .filter((one) => one !== "pg_catalog")
    .join(".");
  const star: ShapeExpression[] = node.agg_star === true ? [{ kind: "star", table: null }] : [];
  const args = [
    ...star,
    ...readAll(node.args, scope),
    ...clause("order by", node.agg_order, scope),
    ...clause("filter", node.agg_filter === undefined ? [] : [node.agg_filter], scope),
    ...over(node.over, scope),
  ];
  return call(name, args, { distinct: node.agg_distinct === true, filtered: node.agg_filter !== undefined, isWindow: node.over !== undefined });
}

function over(window: WindowDef | undefined, scope: Scope): ShapeExpression[] {
  if (window === undefined) return [];
  return [call("over", [...clause("partition by", window.partitionClause, scope), ...clause("order by", window.orderClause, scope)])];
}

/** What stands beside a function's arguments is one more argument, so that no column is overlooked. */
function clause(name: string, nodes: readonly Node[] | undefined, scope: Scope): ShapeExpression[] {
  return nodes === undefined || nodes.length === 0 ? [] : [call(name, readAll(nodes, scope))];
}

/** The operator of an expression as it is written. */
export function operatorText({ name = [] }: A_Expr): string {
  return textOf(name.at(-1)) ?? "";
}

const EXPRESSION_KINDS: Readonly<Record<string, string>> = {
  AEXPR_DISTINCT: "op:is distinct from",
  AEXPR_NOT_DISTINCT: "op:is not distinct from",
  AEXPR_NULLIF: "nullif",
  AEXPR_BETWEEN: "op:between",
  AEXPR_NOT_BETWEEN: "op:not between",
  AEXPR_BETWEEN_SYM: "op:between symmetric",
  AEXPR_NOT_BETWEEN_SYM: "op:not between symmetric",
  AEXPR_SIMILAR: "op:similar to",
};

function readOperator(node: A_Expr, scope: Scope): ShapeExpression {
  const kind = node.kind ?? "AEXPR_OP";
  if (kind === "AEXPR_IN") return call(operatorText(node) === "=" ? "op:in" : "op:not in", [...maybe(node.lexpr, scope), readList(node.rexpr, scope)]);
  const suffix = kind === "AEXPR_OP_ANY" ? " any" : kind === "AEXPR_OP_ALL" ? " all" : "";
  return call(EXPRESSION_KINDS[kind] ?? `op:${operatorText(node)}${suffix}`, [...maybe(node.lexpr, scope), ...maybe(node.rexpr, scope)]);
}

/** What IN or ANY compares with: a list where it is all values, however many. */
export function readList(node: Node | undefined, scope: Scope): ShapeExpression {
  if (node === undefined) return PARAMETER;
  const read = readExpression(node, scope);
  return asList(read) ?? read;
}

function asList(expression: ShapeExpression): ShapeExpression | null {
  if (expression.kind === "value") return { kind: "value", value: { kind: "list", length: "parameter" } };
  if (expression.kind !== "call") return null;
  if (expression.name.startsWith("cast:"))
    return expression.arguments.length === 1 && expression.arguments[0] !== undefined ? asList(expression.arguments[0]) : null;
  if (expression.name !== "array" || !expression.arguments.every((one) => isValue(one))) return null;
  const hasParameter = expression.arguments.some((one) => holdsParameter(one));
  return { kind: "value", value: { kind: "list", length: hasParameter ? "parameter" : expression.arguments.length } };
}

/** A constant or a parameter, a cast of one, or a row of them. */
export function isValue(expression: ShapeExpression): boolean {
  if (expression.kind === "value") return true;
  return expression.kind === "call" && (expression.name.startsWith("cast:") || expression.name === "row") && expression.arguments.every((one) => isValue(one));
}

function holdsParameter(expression: ShapeExpression): boolean {
  if (expression.kind === "value") return expression.value.kind === "parameter";
  return expression.kind === "call" && expression.arguments.some((one) => holdsParameter(one));
}

function readSubLink(node: SubLink, scope: Scope): ShapeExpression {
  const { subLinkType } = node;
  const exists = subLinkType === "EXISTS_SUBLINK";
  const compared = subLinkType === "ANY_SUBLINK" || subLinkType === "ALL_SUBLINK";
  const inner = subqueryOf(node, exists ? "exists" : compared ? "in" : "scalar", scope);
  if (exists) return call("op:exists", [inner]);
  if (compared) return call(`op:${subLinkOperator(node)}`, [...maybe(node.testexpr, scope), inner]);
  return subLinkType === "ARRAY_SUBLINK" ? call("array", [inner]) : inner;
}

/** `in`, `not in`, or `> any` and its like. */
export function subLinkOperator({ operName, subLinkType }: SubLink): string {
  const operator = textOf(operName?.at(-1));
  if (subLinkType === "ALL_SUBLINK") return operator === "<>" ? "not in" : `${operator ?? "="} all`;
  return operator === undefined || operator === "=" ? "in" : `${operator} any`;
}

export function subqueryOf({ subselect }: SubLink, role: "in" | "exists" | "scalar", scope: Scope): ShapeExpression {
  if (subselect === undefined || !("SelectStmt" in subselect)) return PARAMETER;
  return { kind: "subquery", index: addSubquery(scope, role, subselect.SelectStmt) };
}

export function booleanTest(kind: string | undefined): string {
  return (kind ?? "IS_TRUE").toLowerCase().replaceAll("_", " ");
}
