import type { DatabaseDraft, Rule, Service } from "../../model/index.ts";
import { auditEntries, confidenceOf, doubtOf, durationWords, keptFor, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { replaceValue, reviewFix } from "../deployment/setting-edits.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S06",
    chapter: "4.1",
    summary: "Each greenlet of gevent or eventlet keeps a connection of its own",
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
  // Celery closes connections after each task, whatever CONN_MAX_AGE says.
  const service = entry.services.find(({ kind, workerClass }) => kind === "wsgi" && (workerClass?.value === "gevent" || workerClass?.value === "eventlet"));
  return service === undefined ? [] : [toDraft(entry, kept, service)];
}

function toDraft(entry: Entry, kept: NonNullable<ReturnType<typeof keptFor>>, service: Service): DatabaseDraft {
  const { alias } = entry.database;
  const { connections, workerClass, processes } = service;
  const most = connections === null ? "" : ` ${connections.value} greenlets${processes === null ? "" : ` in each of ${processes.value} processes`}`;
  return {
    key: [alias, service.name],
    confidence: confidenceOf(entry, kept, workerClass),
    claim: `Each ${workerClass?.value ?? "green"} greenlet of \`${service.name}\` keeps its own connection to \`${alias}\` ${durationWords(kept)}.`,
    reason: `To Django a greenlet is a thread, and connections are kept for each thread.${most === "" ? "" : `${most} can hold as many connections as there are greenlets: nothing below \`worker_connections\` bounds them.`}`,
    remedy: "Set CONN_MAX_AGE to 0 and put PgBouncer in between, or a pool that knows greenlets.",
    doubt: doubtOf("few requests at once keep few connections", kept),
    places: [...(kept.spot === null ? [] : [{ ...kept.spot, label: "kept" }]), { ...(workerClass?.spot ?? service.spot), label: "greenlets" }],
    evidence: [filesEvidence(kept.spot, service.spot)],
    fixes: reviewFix("Do not keep connections", [replaceValue(kept, "0")]),
  };
}
