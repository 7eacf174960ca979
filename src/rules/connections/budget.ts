/** How many connections the project's services can open: hosts × processes × connections of one process (knowledge: need = surge × Σ replicas × processes × per process). */
import type { Deployment, Service } from "../../model/index.ts";
import type { DatabaseSettings } from "../../model/deployment.ts";
import { poolNumber, poolOf, postgresEntries } from "../deployment/entries.ts";

export interface BudgetRow {
  readonly service: Service;
  readonly alias: string;
  /** Hosts, with those that a rolling update adds for a while. */
  readonly hosts: number;
  /** Nothing says how many hosts there are: one is assumed. */
  readonly isOneHost: boolean;
  readonly processes: number;
  readonly perProcess: number;
  /** How it was reckoned: `4 threads`. */
  readonly how: string;
  readonly total: number;
}

export interface Budget {
  readonly rows: readonly BudgetRow[];
  readonly total: number;
  /** Services that have no number: what is missing of each. */
  readonly unknown: readonly { readonly service: Service; readonly why: string }[];
}

/** Django's pool without `max_size` stops at psycopg_pool's `min_size`, which is four. */
const POOL_DEFAULT = 4;
/** gunicorn's own `worker_connections`. */
const GREENLETS = 1000;

export function budgetOf(deployment: Deployment): Budget {
  const rows: BudgetRow[] = [];
  const unknown: Budget["unknown"][number][] = [];
  const entries = postgresEntries(deployment);
  const seen = new Set<string>();
  for (const { database, services } of entries) {
    for (const service of services) {
      const key = `${service.name}:${service.spot.span.file}:${service.spot.span.start}:${database.alias}`;
      if (seen.has(key) || service.kind === "command") continue;
      seen.add(key);
      const one = rowOf(service, database);
      if ("why" in one) unknown.push({ service, why: one.why });
      else rows.push(one);
    }
  }
  return { rows, total: rows.reduce((sum, { total }) => sum + total, 0), unknown };
}

function rowOf(service: Service, database: DatabaseSettings): BudgetRow | { readonly why: string } {
  const processes = service.processes?.value;
  const per = perProcess(service, database);
  if (processes === undefined) return { why: "how many processes it starts" };
  if ("why" in per) return per;
  const replicas = service.replicas?.value ?? 1;
  const hosts = Math.ceil(replicas * (1 + (service.surge?.value ?? 0)));
  return {
    service,
    alias: database.alias,
    hosts,
    isOneHost: service.replicas === null,
    processes,
    perProcess: per.count,
    how: per.how,
    total: hosts * processes * per.count,
  };
}

type Per = { readonly count: number; readonly how: string } | { readonly why: string };

/** At once in one process: one for each thread that can ask, at most what its pool has. */
function perProcess(service: Service, database: DatabaseSettings): Per {
  const pool = poolOf(database);
  const most = pool === null ? null : (poolNumber(pool, "max_size") ?? poolNumber(pool, "min_size") ?? POOL_DEFAULT);
  const within = (count: number, how: string): Per => (most !== null && most < count ? { count: most, how: `a pool of ${most}` } : { count, how });
  if (service.kind === "asgi")
    return most === null
      ? { why: "how many requests it serves at once: under ASGI nothing but a pool limits its connections" }
      : { count: most, how: `a pool of ${most}` };
  switch (service.workerClass?.value) {
    case "gevent":
    case "eventlet": {
      const greenlets = service.connections?.value ?? GREENLETS;
      return within(greenlets, `${greenlets} greenlets`);
    }
    case "gthread":
    case "threads": {
      const threads = service.threads?.value ?? 1;
      return within(threads, `${threads} threads`);
    }
    default: {
      const threads = service.threads?.value ?? 1;
      return threads > 1 && service.server !== "gunicorn" && service.kind === "wsgi"
        ? within(threads, `${threads} threads`)
        : { count: 1, how: "one at a time" };
    }
  }
}
