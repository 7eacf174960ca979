import type { LazyLoad, QueryRun, SourceFacts } from "../model/index.ts";
import { isSameSpan } from "../model/span.ts";

const SINGLE: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest", "index"]);
const FINDS_OR_MAKES = /^a?(?:get|update)_or_create$/;
const MANY: ReadonlySet<string> = new Set(["iterate", "list", "sorted", "in_bulk", "iterator", "unpack"]);

/** `[order] = Order.objects.filter(pk=pk)` gets one row as well. */
function givesOne({ how, atMostOne }: QueryRun): boolean {
  return SINGLE.has(how) || (MANY.has(how) && atMostOne === true);
}

function givesMany({ how, atMostOne }: QueryRun): boolean {
  return MANY.has(how) && atMostOne !== true;
}

/** Each round fetches its row in a query of its own, so that there are no rows to load something for at once. */
export function isFetchedEachRound(load: LazyLoad, facts: SourceFacts): boolean {
  return fetchesEachRound(load, facts).length > 0 || isFoundOrMade(load, facts);
}

function isFoundOrMade({ origin, loop, path }: LazyLoad, { runs }: SourceFacts): boolean {
  if (loop === null || path.includes("__") || !origin.calls.some(({ name }) => FINDS_OR_MAKES.test(name))) return false;
  return !(runsByOrigin(runs).get(origin.id) ?? []).some((run) => givesMany(run));
}

/** Those queries, none where its rows come in number. */
export function fetchesEachRound(load: LazyLoad, { runs, loads }: SourceFacts): readonly QueryRun[] {
  const { origin, loop, path } = load;
  if (loop === null) return [];
  const isReadOfMany = loads.some((one) => one.origin.id === origin.id && one.path === path && one.loop?.origin?.id === origin.id);
  // What a round fetches and goes through has nothing to do with the one row of it that is asked here.
  const isOfRound = (run: QueryRun): boolean => !isReadOfMany && run.loop !== null && isSameSpan(run.loop.span, loop.span);
  const own = (runsByOrigin(runs).get(origin.id) ?? []).filter((run) => givesOne(run) || !isOfRound(run));
  // Rows that one loop fetched and kept may be read in another. Further down, what pays may be the many rows of the one.
  const isAlone = (run: QueryRun): boolean => run.loop !== null && (isSameSpan(run.loop.span, loop.span) || !path.includes("__"));
  const ofRound = isReadOfMany || loop.origin?.id === origin.id ? [] : own.filter((run) => givesOne(run) && run.how !== "index" && isOfRound(run));
  // Whoever else goes through rows of the same queryset does so elsewhere.
  if (ofRound.length > 0) return ofRound;
  return own.some((run) => givesMany(run)) ? [] : own.filter((run) => givesOne(run) && isAlone(run));
}

/** No query of it gives more than one row. */
export function isFetchedAlone({ id }: Pick<LazyLoad["origin"], "id">, { runs }: SourceFacts): boolean {
  const own = runsByOrigin(runs).get(id) ?? [];
  return own.length > 0 && own.every(givesOne);
}

const byOrigin = new WeakMap<SourceFacts["runs"], ReadonlyMap<number, readonly QueryRun[]>>();

function runsByOrigin(runs: SourceFacts["runs"]): ReadonlyMap<number, readonly QueryRun[]> {
  const known = byOrigin.get(runs);
  if (known !== undefined) return known;
  const found = new Map<number, QueryRun[]>();
  for (const run of runs) {
    const own = found.get(run.origin.id);
    if (own === undefined) found.set(run.origin.id, [run]);
    else own.push(run);
  }
  byOrigin.set(runs, found);
  return found;
}
