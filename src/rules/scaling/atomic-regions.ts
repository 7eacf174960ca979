/** Where code runs inside a transaction, as it is written: decorators and blocks. */
import { blocksOf } from "../../python/inner-blocks.ts";
import type { ClassDef, Expr, FunctionDef, Program, PythonModule, Span, Stmt } from "../../model/index.ts";

export interface AtomicRegions {
  /** The innermost block, function or class around a place that is in a transaction; null for none. */
  atomicAt(span: Span): Span | null;
  /** The view at a place is kept out of ATOMIC_REQUESTS by its decorator. */
  isExempt(span: Span): boolean;
}

type Region = { readonly start: number; readonly end: number };
interface Found {
  readonly atomic: Map<string, Region[]>;
  readonly exempt: Map<string, Region[]>;
}

export function atomicRegions(program: Program): AtomicRegions {
  const found: Found = { atomic: new Map(), exempt: new Map() };
  for (const module of program.modules.values()) if (module.origin === "project") inBody(module, module.ir.body, found);
  return {
    atomicAt: ({ file, start }) => {
      const around = (found.atomic.get(file) ?? []).filter((one) => one.start <= start && start < one.end).toSorted((a, b) => b.start - a.start);
      return around[0] === undefined ? null : { file, ...around[0] };
    },
    isExempt: ({ file, start }) => (found.exempt.get(file) ?? []).some((one) => one.start <= start && start < one.end),
  };
}

function inBody(module: PythonModule, body: readonly Stmt[], found: Found): void {
  for (const stmt of body) {
    if (stmt.kind === "function" || stmt.kind === "class") decorated(module, stmt, found);
    if (stmt.kind === "with" && stmt.items.some(({ context }) => isNamed(context, "atomic")))
      add(found.atomic, module, { start: stmt.body[0]?.start ?? stmt.start, end: stmt.end });
    for (const block of blocksOf(stmt)) inBody(module, block, found);
  }
}

function decorated(module: PythonModule, stmt: FunctionDef | ClassDef, found: Found): void {
  const region = { start: stmt.start, end: stmt.end };
  if (stmt.decorators.some((one) => isNamed(one, "atomic") || isMethodDecorator(one, "atomic"))) add(found.atomic, module, region);
  if (stmt.decorators.some((one) => isNamed(one, "non_atomic_requests") || isMethodDecorator(one, "non_atomic_requests"))) add(found.exempt, module, region);
}

function add(regions: Map<string, Region[]>, { ir }: PythonModule, region: Region): void {
  regions.set(ir.file, [...(regions.get(ir.file) ?? []), region]);
}

/** `atomic`, `transaction.atomic`, `transaction.atomic(using="x")`. */
function isNamed(expr: Expr, name: string): boolean {
  if (expr.kind === "call") return isNamed(expr.callee, name);
  if (expr.kind === "attribute") return expr.name === name;
  return expr.kind === "name" && expr.name === name;
}

/** `@method_decorator(transaction.atomic, name="dispatch")`. */
function isMethodDecorator(expr: Expr, name: string): boolean {
  return expr.kind === "call" && isNamed(expr.callee, "method_decorator") && expr.args.some((one) => isNamed(one, name));
}
