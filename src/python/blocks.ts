import type { Expr, Stmt } from "../model/index.ts";
import { visibility } from "./cursor.ts";
import { cut, deepest, lowerExpression, opaque } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** Lowers the statements in the cursor's node: a block, a whole module or what a syntax error left of them. */
export function lowerBlock(walk: Walk, body: Stmt[] = []): Stmt[] {
  const { cursor } = walk;
  if (walk.depth >= deepest) {
    cut(walk);
    return body;
  }
  if (!cursor.down(visibility.error)) return body;
  walk.depth++;
  do lowerStatement(walk, body);
  while (cursor.next(visibility.error));
  walk.depth--;
  cursor.up();
  return body;
}

function lowerStatement(walk: Walk, body: Stmt[]): void {
  const { cursor, grammar } = walk;
  const lower = grammar.statements[cursor.type];
  if (lower !== undefined) lower(walk, body);
  else if (grammar.expressions[cursor.type] === undefined) lowerBlock(walk, body);
  else lowerLoose(walk, body);
}

/** A syntax error leaves expressions where statements should be. What they would have done is unknown. */
function lowerLoose(walk: Walk, body: Stmt[]): void {
  const { start, end } = walk.cursor;
  const value: Expr = opaque(start, end, [lowerExpression(walk)]);
  body.push({ kind: "expr", start, end, value });
}
