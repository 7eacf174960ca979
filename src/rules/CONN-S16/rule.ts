import type { DatabaseDraft, EvidenceInput, Rule } from "../../model/index.ts";
import { auditEntries, confidenceOf, count, doubtOf, isBelow, poolNumber, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S16",
    chapter: "4.1",
    summary: "Django's own pool in processes of Celery, each of which runs one task at a time",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, (entry) => draftsOf(entry, input)),
};

/** psycopg_pool's default of min_size. */
const MIN_SIZE = 4;

function draftsOf(entry: Entry, { deployment }: EvidenceInput): DatabaseDraft[] {
  const pool = poolOf(entry.database);
  const service = entry.services.find(({ kind, workerClass }) => kind === "celery" && workerClass?.value === "prefork");
  if (pool === null || pool.spot === null || service === undefined) return [];
  const least = poolNumber(pool, "min_size") ?? MIN_SIZE;
  const { alias } = entry.database;
  const processes = service.processes === null ? "each process" : `each of ${service.processes.value} processes`;
  const version = deployment.packages.get("celery")?.version ?? null;
  return [
    {
      key: [alias, service.name],
      confidence: confidenceOf(entry, pool, service.workerClass),
      claim: `\`${service.name}\` opens a pool of ${count(least, "connection")} to \`${alias}\` in ${processes}, and a prefork process runs one task at a time.`,
      reason: isBelow(version, 5, 6)
        ? "A process of Celery uses one connection; the others wait in vain, and count against the server's limit."
        : "Celery closes connections and pool after each task: the next task opens all of them again to use one.",
      remedy: 'Give the workers settings without `OPTIONS["pool"]`, and share connections by PgBouncer where there are many workers.',
      doubt: doubtOf("tasks that query from threads of their own use more", pool, service.processes),
      places: [
        { ...pool.spot, label: "the pool" },
        { ...service.spot, label: "runs tasks by these settings" },
      ],
      evidence: [filesEvidence(pool.spot, service.spot)],
      fixes: [],
    },
  ];
}
