/** What a write sets off: a model's own `save()` and `delete()`, receivers of signals. */
import type { LazyLoad, RuleInput, SourceFacts, Span } from "../model/index.ts";
import { pathTo } from "../python/syntax-tree.ts";
import { stepsToPayers } from "../fixes/eager-paths.ts";
import { fetchesEachRound } from "../fixes/fetched-each-round.ts";
import { isSameSpan, isWithin } from "../model/span.ts";
import { loopSite } from "./loops.ts";
import { functionAt } from "./code.ts";

/** `save()` and `delete()` that write by `super()`. */
const WRITERS: ReadonlySet<string> = new Set(["save", "asave", "delete", "adelete"]);

const writersOf = new WeakMap<SourceFacts, ReadonlySet<string>>();

/**
 * Between loop and query a row is written. Each round pays for that write as well, and what asks belongs to the writing of one row, wherever it is
 * written: the loop has no place for its answers. `calls` lead from the loop to the query.
 */
export function isSetOffByWrite(calls: readonly Span[], access: Span, input: RuleInput): boolean {
  if (calls.length === 0) return false;
  const writers = writersIn(input);
  return calls.some((call) => writers.has(placeKey(call))) || [...calls.slice(1), access].some((at) => writers.has(writerKey(at, input)));
}

export const SET_OFF = "the write of a row sets it off, and costs each round more";

/** More calls than these between a loop and a question are a job that is done for each row. Ours. */
export const FAR = 3;

export const FAR_DOWN = "it is asked far down in a round that writes rows, and is a small part of what that costs";

/** Why it is a small part of what a round costs; null where it may be most of it. */
export function smallPart(load: LazyLoad, input: RuleInput): string | null {
  if (isFarBelowWrite(load, input)) return FAR_DOWN;
  if (isBesideOthers(load, input)) return BESIDE;
  if (isOfRowOfRound(load, input)) return ROW_FIRST;
  return isJobForTicked(load, input) ? TICKED : null;
}

const ROW_FIRST = "each round fetches its row in a query of its own, for a list that somebody wrote or sent: that query comes first";

/** What a loop of the code goes through came from a form, a file or another caller. Many rows of the one pay for themselves. */
function isOfRowOfRound(load: LazyLoad, input: RuleInput): boolean {
  const { loop, origin, path, calls, access } = load;
  if (loop === null || loop.over === "rows" || loopSite(input, loop, calls[0] ?? access).rounds === null) return false;
  return fetchesEachRound(load, input.facts).length > 0 && stepsToPayers(input.graph, origin.model, path) === 0;
}

const BESIDE = "the receiver sends several statements for each row that is deleted";

/** Django calls the receiver for one row after the other, and nothing can be loaded for all of them. */
function isBesideOthers({ origin, access }: LazyLoad, { facts, program }: RuleInput): boolean {
  const holder = origin.collected === true ? functionAt(pathTo(program, access)) : null;
  if (holder === null) return false;
  const own = [...facts.writes, ...facts.runs].filter(({ span }) => isWithin(span, { ...holder, file: access.file }));
  return new Set(own.map(({ span }) => placeKey(span))).size >= JOB;
}

const TICKED = "somebody ticks these rows, and each of them sets off several writes";

/** Places that write in a round of a whole job. Ours. */
const JOB = 3;

/** What the loop itself reads is loaded with its queryset in a word; what a call of the job reads is the job's. */
function isJobForTicked({ origin, loop, calls }: LazyLoad, { facts }: RuleInput): boolean {
  if (origin.forAction !== true || loop === null || calls.length === 0) return false;
  const writes = facts.writes.filter((write) => write.loop !== null && isSameSpan(write.loop.span, loop.span));
  return new Set(writes.map(({ span }) => placeKey(span))).size >= JOB;
}

/** What a write sets off does a job for the row, and this is a small part of it. */
function isFarBelowWrite({ calls, access, origin }: LazyLoad, input: RuleInput): boolean {
  // Django itself calls the receivers of what a delete takes with it.
  if (origin.collected === true) return calls.length + 1 > FAR;
  return calls.length > FAR && isSetOffByWrite(calls, access, input);
}

/** Places that write, and the functions that are called to write. */
function writersIn(input: RuleInput): ReadonlySet<string> {
  const known = writersOf.get(input.facts);
  if (known !== undefined) return known;
  const found = new Set(input.facts.writes.flatMap(({ span }) => [placeKey(span), writerKey(span, input)]));
  found.delete("");
  writersOf.set(input.facts, found);
  return found;
}

function writerKey(at: Span, { program }: RuleInput): string {
  const holder = functionAt(pathTo(program, at));
  return holder?.kind === "function" && WRITERS.has(holder.name) ? placeKey({ ...holder, file: at.file }) : "";
}

function placeKey({ file, start, end }: Span): string {
  return `${file}:${start}:${end}`;
}
