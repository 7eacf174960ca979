/** `delete_pattern()` looks at every key of the cache. */
import type { DatabaseDraft, RuleInput } from "../../model/index.ts";
import { cacheCalls, keyWords } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";

export function patternDeletes(input: RuleInput): readonly DatabaseDraft[] {
  const calls = new Map(
    cacheCalls(input)
      .filter(({ how }) => how === "delete_pattern")
      .map((call) => [`${call.span.file}:${call.span.start}`, call]),
  );
  return [...calls.values()].map((call) => ({
    key: ["pattern", call.symbol, keyWords(call)],
    chapter: "6.3",
    severity: "info" as const,
    claim: `cache.delete_pattern(${keyWords(call)}) walks over every key of the cache to find these.`,
    reason: "django-redis sends SCAN until it has seen the whole keyspace: the time grows with all keys, not with those that match.",
    remedy: "Put a generation into the keys and change it; old keys end by their timeout.",
    doubt: "a cache of a few thousand keys is walked over in milliseconds",
    places: [{ role: "call" as const, span: call.span }],
    evidence: [SOURCE_EVIDENCE],
    fixes: [],
  }));
}
