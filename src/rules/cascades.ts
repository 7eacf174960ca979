/** Receivers of rows that a delete takes along with others. */
import type { LoopFact, RuleInput } from "../model/index.ts";
import { isSameSpan } from "../model/span.ts";

/**
 * The rows are not those that the code deletes: they go with them. What such a receiver asks about, the same delete takes too, so that after it there
 * is nothing left to ask for; whether anybody has to be told of each row is another question.
 */
export function isTakenAlong({ collects, span }: LoopFact, { facts }: RuleInput): boolean {
  if (collects === undefined) return false;
  return !facts.writes.some((write) => write.how.includes("delete") && write.model === collects && isSameSpan(write.span, span));
}

export const TAKEN_ALONG = "the rows go with others, and what their receiver asks about may go as well: one that knows whose delete it is need not ask";
