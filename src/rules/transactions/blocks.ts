/** Transactions as the source writes them: `with transaction.atomic():` and functions that are decorated with it. */
import type { Expr, FunctionDef, PythonModule, RuleInput, Span, With } from "../../model/index.ts";
import { moduleOf, pathTo } from "../../python/syntax-tree.ts";
import { callAt } from "../code.ts";
import { isInside } from "../../model/span.ts";

export interface AtomicBlock {
  readonly file: string;
  /** The whole of it: what stands within runs in the transaction. */
  readonly start: number;
  readonly end: number;
  /** The line that opens it. */
  readonly head: Span;
  /** Name of the function around it, or that it is; empty at module level. */
  readonly holder: string;
  /** The function that is the block, or holds it. */
  readonly def: FunctionDef | null;
}

const ATOMIC = "django.db.transaction.atomic";

/** The outermost block of the innermost function around the place: what a function made within a block does, it does later. */
export function blockAround(input: RuleInput, span: Span): AtomicBlock | null {
  const module = moduleOf(input.program, span.file);
  if (module === null || module.origin !== "project") return null;
  const path = pathTo(input.program, span);
  const at = path.findLastIndex(({ kind }) => kind === "function" || kind === "lambda");
  const holder = path[at];
  if (holder?.kind === "lambda") return null;
  const def = holder?.kind === "function" ? holder : null;
  if (def !== null) {
    const decorator = def.decorators.find((one) => isAtomic(input, module, one));
    if (decorator !== undefined && !def.decorators.some((one) => isInside(span, one))) {
      return { file: span.file, start: def.start, end: def.end, head: { file: span.file, start: decorator.start, end: decorator.end }, holder: def.name, def };
    }
  }
  const block = path.slice(at + 1).find((one): one is With => one.kind === "with" && one.items.some(({ context }) => isAtomic(input, module, context)));
  if (block === undefined || block.items.some(({ context }) => isInside(span, context))) return null;
  return { file: span.file, start: block.start, end: block.end, head: headOf(block, span.file), holder: def?.name ?? "", def };
}

function headOf({ start, items }: With, file: string): Span {
  return { file, start, end: items.at(-1)?.context.end ?? start };
}

/** `transaction.atomic`, called or not, and `method_decorator(transaction.atomic)`. */
function isAtomic(input: RuleInput, module: PythonModule, expr: Expr): boolean {
  if (expr.kind === "call") {
    const [first] = expr.args;
    return (
      isAtomic(input, module, expr.callee) ||
      (lastName(expr.callee) === "method_decorator" && first !== undefined && expr.keywords.length === 0 && isAtomic(input, module, first))
    );
  }
  return dottedName(input, module, expr) === ATOMIC;
}

/** The name as imports make it; of a name that a function imports itself, `transaction.atomic` says enough. */
function dottedName(input: RuleInput, module: PythonModule, expr: Expr): string | null {
  if (expr.kind === "name") {
    const symbol = input.program.resolve(module, expr.name);
    if (symbol?.kind === "external") return symbol.name;
    return symbol === null && expr.name === "transaction" ? "django.db.transaction" : null;
  }
  if (expr.kind !== "attribute") return null;
  const object = dottedName(input, module, expr.object);
  return object === null ? null : `${object}.${expr.name}`;
}

export function lastName(expr: Expr): string {
  if (expr.kind === "name" || expr.kind === "attribute") return expr.name;
  return expr.kind === "call" ? lastName(expr.callee) : "";
}

export interface Entered {
  readonly block: AtomicBlock;
  /** Calls that lead from the block to the place. */
  readonly calls: readonly Span[];
}

/** The first of the transactions that a place is reached through. */
export function enteredAt(input: RuleInput, { trail, span }: { readonly trail: readonly Span[]; readonly span: Span }): Entered | null {
  const spots = [...trail, span];
  const committed = lastCommit(input, spots);
  for (const [index, spot] of spots.entries()) {
    const block = index <= committed ? null : blockAround(input, spot);
    if (block !== null) return { block, calls: spots.slice(Math.max(index, 1), -1) };
  }
  return null;
}

/** Where the way leads through `on_commit(…)`: what comes after it runs when the transaction is over. -1 where it does not. */
export function lastCommit(input: RuleInput, spots: readonly Span[]): number {
  return spots.findLastIndex((spot) => {
    const call = callAt(input, spot);
    return call !== null && lastName(call.callee) === "on_commit";
  });
}
