/** What the advice on connections is reckoned from: services, what they can open, what the server has, what was measured. */
import type { AdvisorInput } from "../../model/advice.ts";
import { budgetOf, type Budget } from "../../rules/connections/budget.ts";
import { flowOf, usableConnections } from "../../rules/connections/live.ts";
import { viewsOf, type PoolerView } from "../../rules/connections/pooler.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { postgresEntries, type Entry } from "../../rules/deployment/entries.ts";
import { poolerOf } from "../../rules/deployment/pooler.ts";
import { requestTime, type RequestTime } from "../../rules/deployment/request-time.ts";

export interface ConnectionFacts {
  /** The entry that most services run by. */
  readonly entry: Entry | null;
  readonly budget: Budget;
  /** Connections that ordinary roles can have, and who says so. */
  readonly usable: { readonly count: number; readonly said: string } | null;
  /** Connections that were in a transaction at once on average, and over which time. */
  readonly concurrency: { readonly mean: number; readonly said: string } | null;
  readonly pooler: { readonly name: string; readonly view: PoolerView | null } | null;
  readonly driver: Driver;
  /** Seconds after which a web server kills a request; null where no file says. */
  readonly request: RequestTime | null;
}

export interface Driver {
  readonly django: string | null;
  readonly psycopg: 2 | 3 | null;
  /** Django 5.1 with psycopg 3: it can pool. Null where a version is not known. */
  readonly canPool: boolean | null;
  readonly said: string;
}

export function connectionFacts(input: AdvisorInput): ConnectionFacts {
  const { database, deployment } = input;
  const usable = database === null ? null : usableConnections(database);
  const flow = database === null ? null : flowOf(database);
  const entry = entryOf(postgresEntries(deployment));
  const [view] = viewsOf(input);
  // What settings that nothing starts with say of a pooler is an experiment of somebody's.
  const hinted = entry === null ? null : poolerOf(entry.database, deployment);
  const name = view?.name ?? (hinted === null || entry === null ? null : `${hinted.why} of \`${entry.database.alias}\` (${entry.settings.module})`);
  return {
    entry,
    budget: budgetOf(deployment),
    usable:
      usable !== null && database !== null
        ? { count: usable, said: `max_connections ${database.setting("max_connections") ?? "?"} of ${database.server.address}, less those kept for superusers` }
        : fromFiles(input),
    concurrency:
      flow === null || "why" in flow
        ? null
        : { mean: ((flow.counters.activeMs ?? 0) + (flow.counters.idleInTransactionMs ?? 0)) / 1000 / flow.seconds, said: `pg_stat_database, ${flow.said}` },
    pooler: name === null ? null : { name, view: view ?? null },
    driver: driverOf(input),
    request: requestTime(input.deployment),
  };
}

/** PostgreSQL's own superuser_reserved_connections. */
const RESERVED = 3;

function fromFiles({ deployment: { maxConnections } }: AdvisorInput): ConnectionFacts["usable"] {
  if (maxConnections === undefined || maxConnections === null) return null;
  return {
    count: maxConnections.value - RESERVED,
    said: `max_connections ${maxConnections.value} in ${maxConnections.spot?.span.file ?? "a file"}, less ${RESERVED} kept for superusers`,
  };
}

function entryOf(entries: readonly Entry[]): Entry | null {
  const plain = entries.filter(({ database }) => database.alias === "default");
  const [most] = (plain.length > 0 ? plain : entries).toSorted((a, b) => b.services.length - a.services.length);
  return most ?? null;
}

function driverOf({ source, deployment: { packages } }: AdvisorInput): Driver {
  const django = packages.get("django")?.version ?? source?.project.djangoVersion ?? null;
  const psycopg = packages.has("psycopg") ? 3 : packages.has("psycopg2") || packages.has("psycopg2-binary") ? 2 : null;
  const isNew = django === null ? null : isAtLeast(django, 5, 1);
  const canPool = psycopg === 2 || isNew === false ? false : psycopg === 3 && isNew === true ? true : null;
  return { django, psycopg, canPool, said: `Django ${django ?? "of unknown version"} with ${psycopg === null ? "an unknown driver" : `psycopg ${psycopg}`}` };
}
