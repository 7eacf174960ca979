import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, durationWords, keptFor, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { replaceValue, reviewFix } from "../deployment/setting-edits.ts";
import { isAtLeast } from "../../model/django-at-least.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S02",
    chapter: "4.1",
    summary: "Django's own pool together with CONN_MAX_AGE: Django refuses to connect",
    severity: "error",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

/** The pool came with Django 5.1, and with it the refusal. */
function draftsOf(entry: Entry, { source }: EvidenceInput): DatabaseDraft[] {
  const [pool, kept] = [poolOf(entry.database), keptFor(entry.database)];
  if (pool === null || kept === null || kept.spot === null || !isAtLeast(source?.project.djangoVersion ?? null, 5, 1)) return [];
  const { alias } = entry.database;
  return [
    {
      key: [alias, kept.spot.span.file],
      confidence: confidenceOf(entry, kept),
      claim: `Database \`${alias}\` has a pool and keeps connections ${durationWords(kept)}: Django refuses to connect.`,
      reason: 'The first query raises ImproperlyConfigured, "Pooling doesn\'t support persistent connections": the pool itself keeps connections.',
      remedy: "Set CONN_MAX_AGE to 0; the pool's `max_idle` and `max_lifetime` say how long a connection stays.",
      doubt: doubtOf("", pool, kept) || "settings that are not read may take one of the two away again",
      places: [{ ...kept.spot, label: "kept" }, ...(pool.spot === null ? [] : [{ ...pool.spot, label: "pooled" }])],
      evidence: [filesEvidence(kept.spot, pool.spot)],
      fixes: reviewFix("Leave keeping connections to the pool", [replaceValue(kept, "0")], "safe"),
    },
  ];
}
