import type { DatabaseDraft, EvidenceInput, Rule, Said } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, durationWords, isOpen, keptFor, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { reviewFix, siblingKey } from "../deployment/setting-edits.ts";
import { isAtLeast } from "../../model/django-at-least.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S04",
    chapter: "4.1",
    summary: "Connections are kept, and nothing asks whether they still work",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

/** CONN_HEALTH_CHECKS came with Django 4.1. Whoever wrote False has decided. */
function draftsOf(entry: Entry, { source }: EvidenceInput): DatabaseDraft[] {
  const { database } = entry;
  if (database.healthChecks !== null || isOpen(database, "CONN_HEALTH_CHECKS", ["code"])) return [];
  if (!isAtLeast(source?.project.djangoVersion ?? null, 4, 1)) return [];
  const [pool, kept] = [poolOf(database), keptFor(database)];
  const held: Said<unknown> | null = kept ?? pool;
  if (held === null || held.spot === null) return [];
  const how = kept === null ? "takes connections from a pool" : `keeps connections ${durationWords(kept)}`;
  const edit = siblingKey(source, kept ?? database.name ?? database.engine, "CONN_HEALTH_CHECKS", "True");
  return [
    {
      key: [database.alias, held.spot.span.file],
      confidence: confidenceOf(entry, held),
      claim: `Database \`${database.alias}\` ${how} and never checks them: after a restart of the server, requests fail.`,
      reason:
        "A kept connection that the server, a failover or a firewall has closed is noticed by the first query on it, which raises OperationalError: one failed request for each connection.",
      remedy: "Set CONN_HEALTH_CHECKS to True: Django then asks each connection once, when a request first uses it, and reconnects.",
      doubt: doubtOf(
        "a proxy that hides the server's restarts may make it needless",
        held,
        ...(isOpen(database, "CONN_HEALTH_CHECKS") ? [{ value: null, spot: null, dependsOn: database.unread[0] ?? "the URL" }] : []),
      ),
      places: [{ ...held.spot, label: "kept, unchecked" }],
      evidence: [filesEvidence(held.spot)],
      fixes: reviewFix("Check connections that were kept", [edit], "safe"),
    },
  ];
}
