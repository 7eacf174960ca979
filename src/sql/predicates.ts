/** Conditions to predicates: AND is taken apart, OR becomes a group, NOT is moved inwards by De Morgan. */
import type { A_Expr, BoolExpr, Node, SubLink } from "libpg-query";
import type { ShapeExpression, ShapePredicate } from "../model/shape.ts";
import { booleanTest, call, operatorText, PARAMETER, readAll, readExpression, readList, subLinkOperator, subqueryOf } from "./expressions.ts";
import type { Scope } from "./scope.ts";

type Clause = ShapePredicate["clause"];
type Test = Pick<ShapePredicate, "operator" | "left" | "right">;
interface Reading {
  readonly clause: Clause;
  readonly scope: Scope;
}

export function readPredicates(node: Node | undefined, clause: Clause, scope: Scope): ShapePredicate[] {
  return node === undefined ? [] : conjuncts(node, false, { clause, scope });
}

/** Of a condition that holds, or with `negated` does not, what must hold. */
function conjuncts(node: Node, negated: boolean, reading: Reading): ShapePredicate[] {
  if (!("BoolExpr" in node)) return [predicate(node, negated, reading)];
  const { boolop, args = [] } = node.BoolExpr;
  if (boolop === "NOT_EXPR") return args.flatMap((arg) => conjuncts(arg, !negated, reading));
  if (isConjunction(node.BoolExpr, negated)) return args.flatMap((arg) => conjuncts(arg, negated, reading));
  return alternatives(node, negated, reading);
}

const isConjunction = ({ boolop }: BoolExpr, negated: boolean): boolean => (boolop === "AND_EXPR") !== negated;

function alternatives(node: Node, negated: boolean, reading: Reading): ShapePredicate[] {
  const any = reading.scope.groups;
  reading.scope.groups += 1;
  return disjuncts(node, negated).flatMap(({ arm, isNegated }, index) => {
    const parts = armParts(arm, isNegated, reading);
    return parts.map((one) => (parts.length === 1 ? { ...one, any } : { ...one, any, arm: index }));
  });
}

interface Arm {
  readonly arm: Node;
  readonly isNegated: boolean;
}

function disjuncts(node: Node, negated: boolean): Arm[] {
  if (!("BoolExpr" in node)) return [{ arm: node, isNegated: negated }];
  const { boolop, args = [] } = node.BoolExpr;
  if (boolop === "NOT_EXPR") return args.flatMap((arg) => disjuncts(arg, !negated));
  return isConjunction(node.BoolExpr, negated) ? [{ arm: node, isNegated: negated }] : args.flatMap((arg) => disjuncts(arg, negated));
}

/** An OR within an AND within an OR stays an expression. */
function armParts(node: Node, negated: boolean, reading: Reading): ShapePredicate[] {
  if (!("BoolExpr" in node)) return [predicate(node, negated, reading)];
  const { boolop, args = [] } = node.BoolExpr;
  if (boolop === "NOT_EXPR") return args.flatMap((arg) => armParts(arg, !negated, reading));
  if (isConjunction(node.BoolExpr, negated)) return args.flatMap((arg) => armParts(arg, negated, reading));
  return [{ clause: reading.clause, operator: "true", left: readExpression(node, reading.scope), right: null, any: null, negated }];
}

function predicate(node: Node, negated: boolean, { clause, scope }: Reading): ShapePredicate {
  const test = columnFirst(readTest(node, scope));
  const opposite = OPPOSITES.get(test.operator);
  const isSaid = negated && opposite !== undefined;
  return { clause, ...test, operator: isSaid ? opposite : test.operator, any: null, negated: negated && !isSaid };
}

/** `NOT (a IN …)` and `a NOT IN …` are one. `NOT (a = b)` stays, as Django writes it. */
const OPPOSITES: ReadonlyMap<string, string> = new Map(
  [
    ["in", "not in"] as const,
    ["is null", "is not null"] as const,
    ["like", "not like"] as const,
    ["ilike", "not ilike"] as const,
    ["exists", "not exists"] as const,
    ["between", "not between"] as const,
  ].flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
);

const MIRRORED: ReadonlyMap<string, string> = new Map([
  ["=", "="],
  ["<>", "<>"],
  ["<", ">"],
  [">", "<"],
  ["<=", ">="],
  [">=", "<="],
]);

function columnFirst(test: Test): Test {
  const mirrored = MIRRORED.get(test.operator);
  if (mirrored === undefined || test.right === null || hasColumn(test.left) || !hasColumn(test.right)) return test;
  return { operator: mirrored, left: test.right, right: test.left };
}

function hasColumn(expression: ShapeExpression): boolean {
  return expression.kind === "column" || (expression.kind === "call" && expression.arguments.some((one) => hasColumn(one)));
}

function readTest(node: Node, scope: Scope): Test {
  if ("A_Expr" in node && node.A_Expr.lexpr !== undefined) return readComparison(node.A_Expr, node.A_Expr.lexpr, scope);
  if ("NullTest" in node && node.NullTest.arg !== undefined) {
    return { operator: node.NullTest.nulltesttype === "IS_NULL" ? "is null" : "is not null", left: readExpression(node.NullTest.arg, scope), right: null };
  }
  if ("BooleanTest" in node && node.BooleanTest.arg !== undefined) {
    return { operator: booleanTest(node.BooleanTest.booltesttype), left: readExpression(node.BooleanTest.arg, scope), right: null };
  }
  if ("SubLink" in node) return readSubLinkTest(node, node.SubLink, scope);
  return { operator: "true", left: readExpression(node, scope), right: null };
}

function readSubLinkTest(node: Node, link: SubLink, scope: Scope): Test {
  if (link.subLinkType === "EXISTS_SUBLINK") return { operator: "exists", left: subqueryOf(link, "exists", scope), right: null };
  if ((link.subLinkType === "ANY_SUBLINK" || link.subLinkType === "ALL_SUBLINK") && link.testexpr !== undefined) {
    const left = readExpression(link.testexpr, scope);
    return { operator: subLinkOperator(link), left, right: subqueryOf(link, "in", scope) };
  }
  return { operator: "true", left: readExpression(node, scope), right: null };
}

const WORDS: Readonly<Record<string, string>> = { "~~": "like", "!~~": "not like", "~~*": "ilike", "!~~*": "not ilike" };
const RANGES: Readonly<Record<string, string>> = {
  AEXPR_BETWEEN: "between",
  AEXPR_NOT_BETWEEN: "not between",
  AEXPR_BETWEEN_SYM: "between symmetric",
  AEXPR_NOT_BETWEEN_SYM: "not between symmetric",
};
const COMPARISONS: Readonly<Record<string, string>> = { AEXPR_DISTINCT: "is distinct from", AEXPR_NOT_DISTINCT: "is not distinct from" };

function readComparison(node: A_Expr, lexpr: Node, scope: Scope): Test {
  const kind = node.kind ?? "AEXPR_OP";
  const operator = operatorText(node);
  const left = readExpression(lexpr, scope);
  const right = (): ShapeExpression => (node.rexpr === undefined ? PARAMETER : readExpression(node.rexpr, scope));
  if (kind === "AEXPR_IN") return { operator: operator === "=" ? "in" : "not in", left, right: readList(node.rexpr, scope) };
  if (kind === "AEXPR_OP_ANY") return listed("in", operator === "=", `${operator} any`, left, readList(node.rexpr, scope));
  if (kind === "AEXPR_OP_ALL") return listed("not in", operator === "<>", `${operator} all`, left, readList(node.rexpr, scope));
  const range = RANGES[kind];
  if (range !== undefined) return { operator: range, left, right: bounds(node.rexpr, scope) };
  if (kind === "AEXPR_SIMILAR") return { operator: operator === "~" ? "similar to" : "not similar to", left, right: right() };
  if (kind === "AEXPR_NULLIF") return { operator: "true", left: call("nullif", [left, right()]), right: null };
  return { operator: COMPARISONS[kind] ?? WORDS[operator] ?? operator, left, right: right() };
}

/** `= ANY ($1)` asks what `IN ($1, $2)` does; an array that is a column is something else. */
function listed(word: string, isMembership: boolean, otherwise: string, left: ShapeExpression, right: ShapeExpression): Test {
  return { operator: isMembership && right.kind === "value" ? word : otherwise, left, right };
}

function bounds(node: Node | undefined, scope: Scope): ShapeExpression {
  return call("row", node !== undefined && "List" in node ? readAll(node.List.items, scope) : []);
}
