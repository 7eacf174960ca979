/** Querysets that are built for nothing: an expression whose value is dropped, a variable that nobody reads. */
import type { Assign, Expr, FunctionDef } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { spanOf } from "./recorder.ts";
import type { QuerysetValue, Value } from "./values.ts";

/** Django's own methods that return a queryset without running it; a project's method may do more than its name says. */
const LAZY: ReadonlySet<string> = new Set([
  "all",
  "filter",
  "exclude",
  "order_by",
  "reverse",
  "distinct",
  "annotate",
  "alias",
  "select_related",
  "prefetch_related",
  "only",
  "defer",
  "values",
  "values_list",
  "select_for_update",
  "using",
  "union",
  "none",
]);

export function noteDiscarded(engine: Engine, expr: Expr, value: Value, frame: Frame): void {
  if (value.kind === "queryset" && isOwn(frame) && isLazyChain(expr)) discard(engine, value, expr, null, frame);
}

export function noteUnread(engine: Engine, stmt: Assign, value: Value, frame: Frame): void {
  const [target] = stmt.targets;
  if (value.kind !== "queryset" || stmt.targets.length !== 1 || target?.kind !== "name" || stmt.value === null) return;
  if (!isOwn(frame) || frame.def?.kind !== "function" || !isLazyChain(stmt.value)) return;
  if (reads(frame.def, target.name) === 0) discard(engine, value, stmt.value, target.name, frame);
}

function isOwn(frame: Frame): boolean {
  return frame.module?.origin === "project" && frame.def !== null;
}

function isLazyChain(expr: Expr): boolean {
  return expr.kind === "call" && expr.callee.kind === "attribute" && LAZY.has(expr.callee.name);
}

function discard(engine: Engine, value: QuerysetValue, expr: Expr, name: string | null, frame: Frame): void {
  const { origin } = value;
  engine.recorder.discard({ origin, model: value.model.label, span: spanOf(frame.file, expr), name, symbol: frame.symbol });
}

const counted = new WeakMap<FunctionDef, ReadonlyMap<string, number>>();

/** How often a function mentions a name other than as the target of a plain assignment. */
function reads(def: FunctionDef, name: string): number {
  let names = counted.get(def);
  if (names === undefined) {
    const found = new Map<string, number>();
    countNames(def.body, found);
    names = found;
    counted.set(def, names);
  }
  return (names.get(name) ?? 0) + (names.get("locals") ?? 0) + (names.get("vars") ?? 0) + (names.get("eval") ?? 0);
}

function countNames(part: unknown, found: Map<string, number>): void {
  if (Array.isArray(part)) {
    for (const one of part) countNames(one, found);
    return;
  }
  if (typeof part !== "object" || part === null) return;
  const node = part as {
    readonly kind?: string;
    readonly name?: unknown;
    readonly targets?: readonly Expr[];
    readonly value?: unknown;
    readonly body?: unknown;
  };
  if (node.kind === "name" && typeof node.name === "string") found.set(node.name, (found.get(node.name) ?? 0) + 1);
  if (node.kind === "scope") for (const one of (part as { readonly names: readonly string[] }).names) found.set(one, 1);
  const isPlain = node.kind === "assign" && node.targets?.every((one) => one.kind === "name") === true;
  if (isPlain) {
    countNames(node.value, found);
    return;
  }
  for (const key of Object.keys(part)) countNames((part as Record<string, unknown>)[key], found);
  // A body that comes out of the cache is a getter of its own.
  if (node.kind === "function" && !Object.keys(part).includes("body")) countNames(node.body, found);
}
