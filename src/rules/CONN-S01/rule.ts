import type { DatabaseDraft, Rule, Service } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, durationWords, keptFor, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { replaceValue, reviewFix } from "../deployment/setting-edits.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S01",
    chapter: "4.1",
    summary: "Connections are kept by CONN_MAX_AGE under ASGI, where no later request gets them",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, draftsOf),
};

function draftsOf(entry: Entry): DatabaseDraft[] {
  const kept = keptFor(entry.database);
  if (kept === null || kept.spot === null) return [];
  const service = entry.services.find(({ kind }) => kind === "asgi");
  return service === undefined ? [] : [toDraft(entry, kept, service)];
}

function toDraft(entry: Entry, kept: NonNullable<ReturnType<typeof keptFor>>, service: Service): DatabaseDraft {
  const { alias } = entry.database;
  return {
    key: [alias, kept.spot?.span.file ?? ""],
    confidence: confidenceOf(entry, kept),
    claim: `Database \`${alias}\` keeps connections ${durationWords(kept)}, and \`${service.name}\` runs under ASGI: no later request finds them.`,
    reason:
      "Django keeps a connection for the thread that opened it, and under ASGI each request's synchronous code has a thread of its own. The connection stays open on the server until its thread's end is noticed.",
    remedy: 'Set CONN_MAX_AGE to 0, and pool with `OPTIONS["pool"]` (Django 5.1, psycopg 3) or PgBouncer.',
    doubt: doubtOf("a service of other settings may be the only one that runs under ASGI", kept),
    places: [...(kept.spot === null ? [] : [{ ...kept.spot, label: "kept" }]), { ...service.spot, label: "runs under ASGI" }],
    evidence: [filesEvidence(kept.spot, service.spot)],
    fixes: reviewFix("Do not keep connections", [replaceValue(kept, "0")]),
  };
}
