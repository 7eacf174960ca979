import type { DatabaseDraft, EvidenceInput, Judgement, Rule, RuleInput, Unjudged } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import { cacheCalls } from "../caching/cache-calls.ts";
import { sharedBackends } from "./backends.ts";
import { keptForEver } from "./kept-for-ever.ts";
import { lazyValues } from "./lazy-values.ts";
import { libraryGaps } from "./library-gaps.ts";
import { patternDeletes } from "./pattern-deletes.ts";
import { removedTooEarly } from "./removed-too-early.ts";
import { signalGaps } from "./signal-gaps.ts";
import { userData } from "./user-data.ts";
import { userPages } from "./user-pages.ts";

export const rule: Rule = {
  meta: {
    id: "CACHE-S",
    chapter: "6.2",
    summary: "What is cached is wrong, belongs to somebody else, or is kept where the other processes do not see it",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => audit(input),
};

const OF_SOURCE: readonly ((source: RuleInput) => readonly DatabaseDraft[])[] = [
  keptForEver,
  removedTooEarly,
  lazyValues,
  userData,
  userPages,
  signalGaps,
  patternDeletes,
];

function audit(input: EvidenceInput): Judgement {
  const { source } = input;
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const drafts = [...OF_SOURCE.flatMap((check) => check(source)), ...sharedBackends(input, source), ...libraryGaps(input, source)];
  return { drafts, unjudged: unread(input), examined: examinedWords(input, source) };
}

/** A cache whose backend is made by code that was not read is not judged. */
function unread({ deployment }: EvidenceInput): Unjudged[] {
  return deployment.settings.flatMap(({ module, caches }) =>
    caches.flatMap(({ alias, backend, unread: parts }) =>
      backend === null && parts.length > 0 ? [{ object: `setting CACHES["${alias}"] of ${module}`, why: `needs ${parts[0]}, which was not read` }] : [],
    ),
  );
}

function examinedWords({ deployment }: EvidenceInput, source: RuleInput): string {
  const calls = `${formatCount(new Set(cacheCalls(source).map(({ span }) => `${span.file}:${span.start}`)).size, "call")} of Django's cache`;
  const caches = deployment.settings.reduce((sum, one) => sum + one.caches.length, 0);
  return caches === 0 ? calls : `${calls}, ${formatCount(caches, "entry", "entries")} of CACHES`;
}
