/** Expressions over one row's own columns, as the database could compute them. */
import type { Expr, Model } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";

/** Columns that a condition reads of the row named `target`; null when it reads anything else of it. */
export function conditionColumns(expr: Expr, target: string, model: Model): string[] | null {
  switch (expr.kind) {
    case "attribute":
      return columnOf(expr, target, model);
    case "compare":
      return isComparable(expr.operators) ? all([expr.left, ...expr.rights], target, model) : null;
    case "bool":
      return all(expr.items, target, model);
    case "not":
      return conditionColumns(expr.operand, target, model);
    case "str":
    case "num":
    case "constant":
      return [];
    default:
      return mentions(expr, target) ? null : [];
  }
}

function isComparable(operators: readonly string[]): boolean {
  return operators.every((one) => ["==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in"].includes(one));
}

function all(parts: readonly Expr[], target: string, model: Model): string[] | null {
  const found = parts.map((one) => conditionColumns(one, target, model));
  return found.some((one) => one === null) ? null : found.flatMap((one) => one ?? []);
}

/** `row.price` where `price` is a column, not a property or a relation. */
export function columnOf(expr: Expr, target: string, model: Model): string[] | null {
  if (expr.kind !== "attribute" || expr.object.kind !== "name" || expr.object.name !== target) return mentions(expr, target) ? null : [];
  const field = [...model.fields.values()].find((one) => (one.relation === null ? one.name : one.attname) === expr.name);
  return field === undefined ? null : [expr.name];
}

function mentions(expr: Expr, name: string): boolean {
  return [...nodesIn(expr)].some((node) => node.kind === "name" && node.name === name);
}
