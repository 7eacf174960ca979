/** What a write sets off: a model's own `save()` and `delete()`, receivers of signals. */
import type { LazyLoad, RuleInput, SourceFacts, Span } from "../model/index.ts";
import { pathTo } from "../python/syntax-tree.ts";
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
  return calls.some((call) => writers.has(placeKey(call))) || [...calls.slice(1), access].some((at) => writers.has(functionKey(at, input)));
}

export const SET_OFF = "the write of a row sets it off, and costs each round more";

/** More calls than these between a loop and a question are a job that is done for each row. Ours. */
export const FAR = 3;

export const FAR_DOWN = "it is asked far down in a round that writes rows, and is a small part of what that costs";

/** What a write sets off does a job for the row, and this is a small part of it. */
export function isFarBelowWrite({ calls, access, origin }: LazyLoad, input: RuleInput): boolean {
  // Django itself calls the receivers of what a delete takes with it.
  if (origin.collected === true) return calls.length + 1 > FAR;
  return calls.length > FAR && isSetOffByWrite(calls, access, input);
}

/** Places that write, and the functions that are called to write. */
function writersIn(input: RuleInput): ReadonlySet<string> {
  const known = writersOf.get(input.facts);
  if (known !== undefined) return known;
  const found = new Set(input.facts.writes.flatMap(({ span }) => [placeKey(span), functionKey(span, input)]));
  found.delete("");
  writersOf.set(input.facts, found);
  return found;
}

function functionKey(at: Span, { program }: RuleInput): string {
  const holder = functionAt(pathTo(program, at));
  return holder?.kind === "function" && WRITERS.has(holder.name) ? placeKey({ ...holder, file: at.file }) : "";
}

function placeKey({ file, start, end }: Span): string {
  return `${file}:${start}:${end}`;
}
