import type { DatabaseDraft, Rule, Said, Service, SettingValue } from "../../model/index.ts";
import { auditEntries, confidenceOf, count, doubtOf, isPlain, poolNumber, poolOf, type Entry } from "../deployment/entries.ts";
import { filesEvidence } from "../deployment/evidence.ts";
import { replaceValue, reviewFix } from "../deployment/setting-edits.ts";

export const rule: Rule = {
  meta: {
    id: "CONN-S05",
    chapter: "4.1",
    summary: "Django's own pool does not fit the threads of its processes",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  audit: (input) => auditEntries(input, draftsOf),
};

/** psycopg_pool's own defaults (3.2): four connections are opened at once, and without max_size there are never more; a client waits 30 s. */
const MIN_SIZE = 4;
const TIMEOUT = 30;

function draftsOf(entry: Entry): DatabaseDraft[] {
  const pool = poolOf(entry.database);
  if (pool === null || pool.spot === null || !(pool.value === true || isPlain(pool.value))) return [];
  return entry.services.flatMap((service) => {
    const found = misfit(pool, service);
    return found === null ? [] : [toDraft(entry, pool, service, found)];
  });
}

interface Misfit {
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  /** Sizes that fit; null where nobody knows how many requests run at once. */
  readonly sizes: readonly [number, number] | null;
}

function misfit(pool: Said<SettingValue>, { name, kind, workerClass, threads, processes }: Service): Misfit | null {
  const least = poolNumber(pool, "min_size") ?? MIN_SIZE;
  const most = poolNumber(pool, "max_size");
  const many = processes === null ? "each process" : `each of ${count(processes.value, "process").replace("processs", "processes")}`;
  if (kind === "asgi") {
    if (most !== null) return null;
    return {
      claim: `has no \`max_size\`, and \`${name}\` runs under ASGI: request ${least + 1} at once waits for a connection`,
      reason: `Without max_size a pool never grows beyond its min_size of ${least}. The next request waits up to ${poolNumber(pool, "timeout") ?? TIMEOUT} s, and then PoolTimeout is raised.`,
      remedy: "Set `max_size` to the number of requests that run at once, within what the server allows, and a `timeout` of a few seconds.",
      sizes: null,
    };
  }
  if (kind !== "wsgi" || workerClass === null) return null;
  const bound = Math.max(most ?? least, least);
  if (workerClass.value === "gthread" && threads !== null && threads.isDefault !== true && bound < threads.value) {
    return {
      claim: `has at most ${count(bound, "connection")} for the ${threads.value} threads of \`${name}\``,
      reason: `${count(threads.value - bound, "thread")} of each process wait up to ${poolNumber(pool, "timeout") ?? TIMEOUT} s for a connection, and then PoolTimeout is raised.`,
      remedy: `Set \`max_size\` to ${threads.value}, as many as there are threads.`,
      sizes: [1, threads.value],
    };
  }
  if (workerClass.value !== "sync" || least <= 1) return null;
  return {
    claim: `opens ${count(least, "connection")} in ${many} of \`${name}\`, and a sync worker uses one`,
    reason: "A pool belongs to one process, and opens min_size connections as soon as it is used. A sync worker serves one request at a time.",
    remedy: "Set `min_size` and `max_size` to 1, or keep the connection with CONN_MAX_AGE and leave out the pool.",
    sizes: [1, 1],
  };
}

function toDraft(entry: Entry, pool: Said<SettingValue>, service: Service, { claim, reason, remedy, sizes }: Misfit): DatabaseDraft {
  const { alias } = entry.database;
  const edit = sizes === null || pool.value !== true ? null : replaceValue(pool, `{"min_size": ${sizes[0]}, "max_size": ${sizes[1]}}`);
  return {
    key: [alias, service.name],
    confidence: confidenceOf(entry, pool, service.threads, service.workerClass),
    claim: `The pool of \`${alias}\` ${claim}.`,
    reason,
    remedy,
    doubt: doubtOf("another command line than the one that was read may start the server", pool, service.threads),
    places: [...(pool.spot === null ? [] : [{ ...pool.spot, label: "the pool" }]), { ...service.spot, label: "the server" }],
    evidence: [filesEvidence(pool.spot, service.spot)],
    fixes: reviewFix("Fit the pool to the process", [edit]),
  };
}
