/** Where a lazy load is made, run and read; how sure that is. */
import type { ChainCall, Confidence, LazyLoad, SourceFacts, Span, Spot } from "../model/index.ts";

/** Reads of one finding that are listed; more are summed up. */
const MAX_ACCESSES = 6;

export function loadPlaces(load: LazyLoad, others: readonly LazyLoad[]): Spot[] {
  const spots: Spot[] = [{ role: "queryset", span: load.origin.span, label: `loads ${load.origin.model.split(".").at(-1) ?? ""} only` }];
  if (load.loop !== null && !isSame(load.loop.span, load.origin.span)) spots.push({ role: "loop", span: load.loop.span });
  spots.push(...eagerSpots(load));
  for (const call of load.calls) spots.push({ role: "call", span: call });
  spots.push({ role: "access", span: load.access, label: "one query a row" });
  for (const other of others.slice(0, MAX_ACCESSES)) {
    if (spots.every((spot) => !isSame(spot.span, other.access))) spots.push({ role: "access", span: other.access });
  }
  return spots.filter((spot) => !spot.span.file.startsWith("builtin/"));
}

/** Where other relations are loaded already, if that is not written at the queryset itself. */
function eagerSpots({ origin: { calls, span }, path }: LazyLoad): Spot[] {
  const eager = calls.findLast((one) => (one.name === "select_related" || one.name === "prefetch_related") && !loads(one, path));
  if (eager === undefined || (eager.file === span.file && eager.start <= span.start && span.end <= eager.end)) return [];
  return [{ role: "definition", span: { file: eager.file, start: eager.dot, end: eager.end }, label: "loads other relations" }];
}

/** A call that loads the relation is on another way than the one that lacks it. */
function loads({ args }: ChainCall, path: string): boolean {
  return args.some((arg) => arg.kind === "str" && (arg.value === path || arg.value.startsWith(`${path}__`)));
}

function isSame(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** A method's own view, while a caller that loads the relation eagerly is known: not guilty. */
export function isCoveredElsewhere(load: LazyLoad, facts: SourceFacts): boolean {
  if (!load.withoutCaller) return false;
  const relation = load.path.split("__").at(-1) ?? load.path;
  return facts.covered.has(`${load.access.file}:${load.access.start}:${relation}`);
}

export function confidenceOf(load: LazyLoad): Confidence {
  if (load.doubts.length > 0 || load.origin.kind === "parameter") return "possible";
  if (load.withoutCaller || load.loop?.over === "unknown" || load.origin.computed === true) return "likely";
  return "certain";
}

/** In an event loop the read is refused, not slow: `lazy-in-async` speaks of it. */
export function isRefused(load: LazyLoad): boolean {
  return load.isAsync && !load.awaited;
}

/** Once for each row, in a loop over rows, and no caller is known to load it. */
export function isLoadPerRow(load: LazyLoad, facts: SourceFacts): boolean {
  return load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, facts);
}

export function isRowLoop(load: LazyLoad): boolean {
  return load.loop?.over !== "literal" && load.loop?.over !== "while";
}

export function loadDoubt(load: LazyLoad): string {
  if (load.doubts.length > 0) return load.doubts.join("; ");
  if (load.origin.computed === true) return "names that are computed when it runs may load it";
  return load.withoutCaller ? "a caller that was not found may load it eagerly" : "a loop over one row saves one query";
}
