/** Querysets that are stored as they are. */
import type { DatabaseDraft, RuleInput } from "../../model/index.ts";
import { cacheCalls, isStore, keyWords } from "../caching/cache-calls.ts";
import { SOURCE_EVIDENCE } from "../caching/evidence.ts";

export function lazyValues(input: RuleInput): readonly DatabaseDraft[] {
  const seen = new Set<string>();
  return cacheCalls(input).flatMap((call) => {
    const { lazy, span } = call;
    const place = `${span.file}:${span.start}`;
    if (!isStore(call) || lazy === null || seen.has(place)) return [];
    seen.add(place);
    const name = lazy.model.split(".").at(-1) ?? lazy.model;
    return [
      {
        key: ["queryset", call.symbol, keyWords(call)],
        chapter: "6.1",
        claim: `${keyWords(call)} stores a queryset of ${name}: pickling it loads every row, whole.`,
        reason: `Whatever is chained on what comes back out of the cache asks the database again, and every column of ${name} travels to and fro.`,
        remedy: "Store a list of what is needed: list(….values(…)) or list(….only(…)).",
        doubt: "a short queryset whose rows are used whole, and on which nothing is chained, loses little",
        model: lazy.model,
        places: [
          { role: "call" as const, span },
          { role: "queryset" as const, span: lazy.span },
        ],
        evidence: [SOURCE_EVIDENCE],
        fixes: [],
      },
    ];
  });
}
