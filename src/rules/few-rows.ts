/** Rows that the code goes through only where they are few: `if len(rows) > 5: return "many"`, and then a loop over them. */
import type { Expr, LazyLoad, RuleInput, Stmt } from "../model/index.ts";
import { functionAt, soleValueOf } from "./code.ts";
import { loopSite } from "./loops.ts";

/** For so few rows a query each is worth no change. Ours. */
const FEW = 10;

export const FEW_ROWS = "the code goes through these rows only where they are few";

export function areFew({ loop, calls, access }: LazyLoad, input: RuleInput): boolean {
  if (loop === null) return false;
  const { iterable, path } = loopSite(input, loop, calls[0] ?? access);
  const holder = functionAt(path);
  if (iterable?.kind !== "name" || holder?.kind !== "function") return false;
  const { file } = loop.span;
  const counts = (expr: Expr): boolean => isCountOf(expr.kind === "name" ? (soleValueOf(input, file, expr) ?? expr) : expr, iterable.name);
  const isLeftEarly = holder.body.some(
    (stmt) => stmt.kind === "if" && stmt.end < loop.span.start && leaves(stmt.then) && isBound(stmt.test, [">", ">="], counts),
  );
  return (
    isLeftEarly || path.some((node, at) => node.kind === "if" && isBound(node.test, ["<", "<=", "=="], counts) && node.then.includes(path[at + 1] as Stmt))
  );
}

function leaves(body: readonly Stmt[]): boolean {
  const last = body.at(-1);
  return last?.kind === "return" || last?.kind === "raise";
}

function isBound(test: Expr, operators: readonly string[], counts: (expr: Expr) => boolean): boolean {
  if (test.kind !== "compare" || test.rights.length !== 1) return false;
  const [right] = test.rights;
  return right?.kind === "num" && right.value <= FEW && operators.includes(test.operators[0] ?? "") && counts(test.left);
}

/** `len(rows)`, `rows.count()`. */
function isCountOf(expr: Expr, name: string): boolean {
  if (expr.kind !== "call") return false;
  const { callee, args } = expr;
  const [counted] = callee.kind === "name" && callee.name === "len" ? args : callee.kind === "attribute" && callee.name === "count" ? [callee.object] : [];
  return counted?.kind === "name" && counted.name === name;
}
