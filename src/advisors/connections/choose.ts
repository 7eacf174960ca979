/** How connections are to be kept, chosen for the processes that this project runs, with the sums that decide it. */
import type { Service } from "../../model/index.ts";
import { formatCount } from "../../model/numbers.ts";
import type { ConnectionFacts } from "./facts.ts";

export type Choice =
  | { readonly kind: "pgbouncer"; readonly why: string }
  /** Connections of one process. */
  | { readonly kind: "native"; readonly size: number; readonly why: string }
  | { readonly kind: "persistent"; readonly why: string };

/** Shells, migrations, cron jobs (3) and monitoring (2): this project's notes, §A.4. */
export const BESIDE = 5;
/** Of the server's connections: the services together stay below the share from which CONN-D01 warns. */
const SHARE = 0.7;
/** PostgreSQL's own default of max_connections, less the three that are reserved: what is reckoned with while nobody says more. */
const DEFAULT_USABLE = 97;
/** More of one process are hardly ever at work at once: psycopg's documentation takes small pools for enough. Ours. */
const LARGEST = 10;

export function allowed({ usable }: ConnectionFacts): { readonly count: number; readonly said: string } {
  const base = usable ?? { count: DEFAULT_USABLE, said: "PostgreSQL's default of 100, less 3 for superusers" };
  return {
    count: Math.max(1, Math.floor(base.count * SHARE) - BESIDE),
    said: `${Math.round(SHARE * 100)} % of ${base.count} (${base.said}), less ${BESIDE} for shells, migrations and monitoring`,
  };
}

export function choose(facts: ConnectionFacts): Choice {
  const { pooler, driver, budget } = facts;
  if (pooler !== null) return { kind: "pgbouncer", why: `a pooler is there already: ${pooler.name}` };
  const limit = allowed(facts);
  const services = servicesOf(facts);
  const asgi = services.filter(({ kind }) => kind === "asgi");
  const pooled = services.filter(isPooled);
  const others = budget.rows.filter(({ service }) => !pooled.includes(service)).reduce((sum, { total }) => sum + total, 0);
  const processes = pooled.reduce((sum, one) => sum + processesOf(one), 0);
  if (pooled.length === 0) return simple(budget.total, limit.count);
  const [first] = pooled;
  const name = first?.name ?? "";
  const left = limit.count - others;
  const each = processes === 0 ? 0 : Math.floor(left / processes);
  const wanted = Math.min(LARGEST, Math.max(...pooled.map(wantedOf)));
  if (driver.canPool === true && each >= Math.min(2, wanted)) {
    const size = Math.min(wanted, each);
    return {
      kind: "native",
      size,
      why: `${formatCount(processes, "process", "processes")} of \`${name}\`${pooled.length > 1 ? ` and ${pooled.length - 1} more` : ""} × ${size} + ${others} of the others = ${processes * size + others}, within ${limit.count}`,
    };
  }
  const total = budget.rows.reduce((sum, { total: one }) => sum + one, 0);
  if (asgi.length === 0 && driver.canPool !== true && total <= limit.count)
    return { kind: "persistent", why: `${total} connections of all threads are within ${limit.count}, and ${driver.said} has no pool of its own` };
  const why =
    driver.canPool === true
      ? `${formatCount(processes, "process", "processes")} of \`${name}\` share ${Math.max(0, left)} connections: ${each} each is too few for a pool in every process`
      : `${driver.said} has no pool of its own, and \`${name}\` ${asgi.length > 0 ? "runs under ASGI, where persistent connections leak" : `asks for ${total} connections of ${limit.count}`}`;
  return { kind: "pgbouncer", why };
}

function simple(total: number, limit: number): Choice {
  if (total <= limit) return { kind: "persistent", why: `one connection a process: ${total} in all, within ${limit}` };
  return { kind: "pgbouncer", why: `${total} processes want a connection each, and there are ${limit}` };
}

function servicesOf({ budget }: ConnectionFacts): readonly Service[] {
  return [...new Set([...budget.rows.map(({ service }) => service), ...budget.unknown.map(({ service }) => service)])];
}

/** Threads that can ask at once; under ASGI as many as Django's own executor has by default is more than a pool wants. */
function wantedOf(service: Service): number {
  if (service.kind === "asgi" || service.workerClass?.value === "gevent") return LARGEST;
  return service.threads?.value ?? 1;
}

export function processesOf({ processes, replicas, surge }: Service): number {
  return (processes?.value ?? 1) * Math.ceil((replicas?.value ?? 1) * (1 + (surge?.value ?? 0)));
}

/** Connections of each service once the choice is made: `service` to its number. */
export function proposed(choice: Choice, facts: ConnectionFacts, poolSize: number): readonly { readonly label: string; readonly count: number }[] {
  if (choice.kind === "pgbouncer") return [{ label: "PgBouncer", count: poolSize }];
  const rows = facts.budget.rows.map((row) => ({
    label: row.service.name,
    count: choice.kind === "native" && isPooled(row.service) ? processesOf(row.service) * Math.min(choice.size, wantedOf(row.service)) : row.total,
  }));
  const unknown = facts.budget.unknown.map(({ service }) => ({
    label: service.name,
    count: choice.kind === "native" ? processesOf(service) * choice.size : processesOf(service),
  }));
  return [...rows, ...unknown];
}

/** Celery closes a pool after each task: its processes keep connections of their own. */
function isPooled({ kind, workerClass }: Service): boolean {
  return kind !== "celery" && (kind === "asgi" || workerClass?.value === "gthread" || workerClass?.value === "gevent");
}
