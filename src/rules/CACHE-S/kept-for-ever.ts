/** Values of the database that nothing ever removes from the cache. */
import type { CacheCall, DatabaseDraft, RuleInput, SentStatement } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { cacheCalls, isRemoval, isStore, keysMeet, keyWords, valueSpans, valueStatements, wholeKey } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";
import { modelsOf } from "../caching/models-of.ts";
import { functionAt } from "../code.ts";

export function keptForEver(input: RuleInput): readonly DatabaseDraft[] {
  const calls = cacheCalls(input);
  const seen = new Set<string>();
  return calls.flatMap((call) => {
    const place = `${call.span.file}:${call.span.start}:${wholeKey(call)}`;
    if (seen.has(place)) return [];
    seen.add(place);
    if (!isStore(call) || call.timeout !== "for ever" || wholeKey(call) === null) return [];
    if (calls.some((one) => isRemoval(one) && keysMeet(one, call))) return [];
    if (calls.some((one) => isStore(one) && one.key !== null && keysMeet(one, call) && !isSameFunction(input, one, call))) return [];
    const sources = valueStatements(input, valueSpans(input, call));
    return sources.length === 0 ? [] : [toDraft(input, call, sources)];
  });
}

function isSameFunction(input: RuleInput, a: CacheCall, b: CacheCall): boolean {
  return a.span.file === b.span.file && functionAt(pathTo(input.program, a.span)) === functionAt(pathTo(input.program, b.span));
}

function toDraft(input: RuleInput, call: CacheCall, sources: readonly SentStatement[]): DatabaseDraft {
  const models = modelsOf(input, sources);
  return {
    key: ["for-ever", call.symbol, keyWords(call)],
    chapter: "6.2",
    claim: `${keyWords(call)} is kept for ever, and nothing in the source removes it when ${models.words} changes.`,
    reason: "Without a timeout the value stays until the cache is emptied: readers get what was true when it was stored.",
    remedy: `Give it a timeout, and remove ${keyWords(call)} in transaction.on_commit() wherever ${models.words} is written.`,
    doubt: "a job outside of this source can remove the key, and rows that never change need no removal",
    ...(models.first === null ? {} : { model: models.first }),
    places: [{ role: "call", span: call.span }, ...sources.slice(0, 2).map(({ origin }) => ({ role: "queryset" as const, span: origin }))],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  };
}
