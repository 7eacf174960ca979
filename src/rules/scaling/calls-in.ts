import type { Call, Expr, Stmt } from "../../model/ir.ts";

/** Every call below a node, in no particular order; of statements and of expressions alike. */
export function callsIn(node: Stmt | Expr | readonly (Stmt | Expr)[]): Call[] {
  const found: Call[] = [];
  const visit = (one: unknown): void => {
    if (Array.isArray(one)) return one.forEach(visit);
    if (typeof one !== "object" || one === null) return;
    if (isCall(one)) found.push(one);
    for (const value of Object.values(one)) if (typeof value === "object") visit(value);
  };
  visit(node);
  return found;
}

const isCall = (one: object): one is Call => "kind" in one && one.kind === "call";
