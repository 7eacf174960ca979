import type { LazyLoad, SourceFacts, Span } from "../model/index.ts";

const SINGLE: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest", "index"]);
const MANY: ReadonlySet<string> = new Set(["iterate", "list", "sorted", "in_bulk", "iterator", "unpack"]);

/** Each round fetches its row in a query of its own, so that there are no rows to load something for at once. */
export function isFetchedEachRound({ origin, loop }: LazyLoad, { runs }: SourceFacts): boolean {
  if (loop === null) return false;
  const own = runs.filter((run) => run.origin.id === origin.id);
  return own.some((run) => SINGLE.has(run.how) && run.loop !== null && isSame(run.loop.span, loop.span)) && !own.some((run) => MANY.has(run.how));
}

function isSame(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}
