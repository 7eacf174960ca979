import type { Expr, Stmt } from "../model/ir.ts";

/** Statements within a statement, branch by branch; templates have them too. An expression has none. */
export function blocksOf(stmt: Stmt | Expr): readonly (readonly Stmt[])[] {
  switch (stmt.kind) {
    case "if":
      return [stmt.then, stmt.otherwise];
    case "for":
    case "while":
      return [stmt.body, stmt.otherwise];
    case "try":
      return [stmt.body, ...stmt.handlers.map(({ body }) => body), stmt.otherwise, stmt.finally];
    case "match":
      return stmt.cases.map(({ body }) => body);
    case "with":
    case "function":
    case "class":
    case "block":
    case "tag":
      return [stmt.body];
    default:
      return [];
  }
}
