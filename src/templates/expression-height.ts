import type { Expr } from "../model/ir.ts";

/** No template nests expressions so deep; the IR must stay shallow for those who recurse over it. */
const MAX_HEIGHT = 200;

/** Knows how deep the expressions of one tag are nested. */
export class ExpressionHeight {
  private readonly heights = new WeakMap<Expr, number>();

  /** False when `expr` over `parts` is too high to keep. */
  allows(expr: Expr, parts: Iterable<Expr>): boolean {
    let highest = 0;
    for (const part of parts) highest = Math.max(highest, this.heights.get(part) ?? 1);
    this.heights.set(expr, highest + 1);
    return highest < MAX_HEIGHT;
  }
}
