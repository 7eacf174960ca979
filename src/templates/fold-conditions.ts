import type { Expr, If, Stmt } from "../model/ir.ts";

/** Longer chains are cut: what follows is lowered as a row of conditions in the last `otherwise`. */
const MAX_CHAIN = 200;

export interface ConditionalBranch {
  /** `null` for `else`. */
  readonly test: Expr | null;
  readonly start: number;
  readonly body: readonly Stmt[];
}

/** Nests `if … elif … else` as the IR has it: each `elif` is an `If` alone in `otherwise`. */
export function foldConditions(first: ConditionalBranch & { readonly test: Expr }, branches: readonly ConditionalBranch[], end: number): readonly Stmt[] {
  const nested = branches.slice(0, MAX_CHAIN);
  const rest = branches.slice(MAX_CHAIN).flatMap((branch) => wrap(branch, [], end));
  const otherwise = nested.toReversed().reduce((inner, branch) => wrap(branch, inner, end), rest);
  return wrap(first, otherwise, end);
}

function wrap(branch: ConditionalBranch, otherwise: readonly Stmt[], end: number): Stmt[] {
  if (!branch.test) return [...branch.body, ...otherwise];
  return [makeIf(branch.test, branch.body, otherwise, { start: branch.start, end })];
}

export function makeIf(test: Expr, body: readonly Stmt[], otherwise: readonly Stmt[], at: { readonly start: number; readonly end: number }): If {
  // oxlint-disable-next-line unicorn/no-thenable -- the model's name for the branch; never awaited
  return { kind: "if", test, then: body, otherwise, ...at };
}
