import type { Expr } from "../../model/index.ts";

/** Wrappers that keep the names of what they hold. */
const KEEPS: ReadonlySet<string> = new Set(["list", "set", "tuple", "sorted", "frozenset"]);

/** `list(names)` → `names`. */
export function withoutWrapper(expr: Expr): Expr {
  const [first] = expr.kind === "call" && expr.callee.kind === "name" && KEEPS.has(expr.callee.name) ? expr.args : [];
  return first === undefined ? expr : withoutWrapper(first);
}
