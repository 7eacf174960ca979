/** One or two looks at PgBouncer's console: SHOW and nothing else, in the simple protocol, which is the only one that it speaks. */
import type { Client } from "pg";
import type { Gap, PoolerDatabase, PoolerLook, PoolerLooks, PoolerPool, PoolerStats } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { addressOf, close, open } from "./connection.ts";
import { number, numberOrNull, text, textOrNull, type Row } from "./row-values.ts";
import { readTarget } from "./target.ts";

export interface PoolerOptions {
  /** URL of the console; its database is `pgbouncer`, and need not be said. */
  readonly target: string;
  readonly statementTimeout: number;
  readonly connectTimeout: number;
}

export interface PoolerConsole {
  readonly look: (gaps: Gap[]) => Promise<PoolerLook>;
  readonly about: (gaps: Gap[]) => Promise<Omit<PoolerLooks, "first" | "later">>;
  readonly close: () => Promise<void>;
}

export async function openPooler(options: PoolerOptions): Promise<PoolerConsole> {
  const target = readTarget(options.target);
  const client = await open({ ...target, database: target.database ?? "pgbouncer" }, options);
  const address = addressOf(client);
  const show = shower(client, address);
  return {
    look: (gaps) => look(show, gaps),
    about: async (gaps) => ({
      kind: "pgbouncer",
      address,
      ...(await readVersion(client, address)),
      config: await readConfig(show, gaps),
      databases: (await show("DATABASES", gaps)).map(databaseOf).filter(isServed),
    }),
    close: () => close(client),
  };
}

type Show = (what: string, gaps: Gap[]) => Promise<Row[]>;

/** A command that this user may not give is a gap: `stats_users` may SHOW nearly all, others nothing. */
function shower(client: Client, server: string): Show {
  return async (what, gaps) => {
    try {
      return (await client.query(`SHOW ${what}`)).rows as Row[];
    } catch (error) {
      gaps.push({
        part: `pgbouncer ${what.toLowerCase()}`,
        server,
        why: error instanceof Error ? error.message : String(error),
        cost: "the pooler is judged without it",
        remedy: "name the user in stats_users of pgbouncer.ini",
      });
      return [];
    }
  };
}

/** `PgBouncer 1.18.0`; until 1.11 or so it came as a notice. */
async function readVersion(client: Client, address: string): Promise<{ version: string; versionNumber: number }> {
  const said = await client.query("SHOW VERSION").then(
    ({ rows }) => text((rows as Row[])[0] ?? {}, "version"),
    () => "",
  );
  const [, major = "", minor = "", patch = "0"] = /PgBouncer (\d+)\.(\d+)(?:\.(\d+))?/i.exec(said) ?? [];
  if (major === "")
    throw new UsageError(
      "no-pgbouncer",
      `what listens at ${address} is not the console of a PgBouncer.`,
      "Name the database pgbouncer and a user of stats_users: postgresql://stats@host:6432/pgbouncer.",
    );
  return { version: `${major}.${minor}.${patch}`, versionNumber: Number(major) * 10_000 + Number(minor) * 100 + Number(patch) };
}

/** Paths and names of users are configuration, passwords are not in it. */
async function readConfig(show: Show, gaps: Gap[]): Promise<Record<string, string>> {
  return Object.fromEntries((await show("CONFIG", gaps)).map((row) => [text(row, "key"), text(row, "value")]));
}

async function look(show: Show, gaps: Gap[]): Promise<PoolerLook> {
  return {
    at: new Date().toISOString(),
    pools: (await show("POOLS", gaps)).map(poolOf).filter(isServed),
    stats: (await show("STATS", gaps)).map(statsOf).filter(isServed),
    lists: Object.fromEntries((await show("LISTS", gaps)).map((row) => [text(row, "list"), number(row, "items")])),
    users: (await show("USERS", gaps)).map((row) => ({ name: text(row, "name"), poolMode: filled(row, "pool_mode") })),
  };
}

/** The console itself is no pool. */
function isServed(one: { readonly name: string } | { readonly database: string }): boolean {
  return ("name" in one ? one.name : one.database) !== "pgbouncer";
}

const filled = (row: Row, name: string): string | null => {
  const value = textOrNull(row, name);
  return value === "" ? null : value;
};

function databaseOf(row: Row): PoolerDatabase {
  return {
    name: text(row, "name"),
    host: filled(row, "host"),
    port: numberOrNull(row, "port"),
    database: text(row, "database"),
    forceUser: filled(row, "force_user"),
    poolSize: number(row, "pool_size"),
    // Renamed in 1.24.
    reservePool: numberOrNull(row, "reserve_pool_size") ?? number(row, "reserve_pool"),
    poolMode: filled(row, "pool_mode"),
    maxConnections: number(row, "max_connections"),
  };
}

const MICROSECONDS = 1_000_000;

function poolOf(row: Row): PoolerPool {
  return {
    database: text(row, "database"),
    user: text(row, "user"),
    clientsActive: number(row, "cl_active"),
    clientsWaiting: number(row, "cl_waiting"),
    serversActive: number(row, "sv_active"),
    serversIdle: number(row, "sv_idle"),
    serversUsed: number(row, "sv_used"),
    serversLogin: number(row, "sv_login"),
    waited: number(row, "maxwait") * MICROSECONDS + number(row, "maxwait_us"),
    poolMode: text(row, "pool_mode"),
  };
}

function statsOf(row: Row): PoolerStats {
  return {
    database: text(row, "database"),
    transactions: number(row, "total_xact_count"),
    queries: number(row, "total_query_count"),
    transactionTime: number(row, "total_xact_time"),
    queryTime: number(row, "total_query_time"),
    waitTime: number(row, "total_wait_time"),
    serverParses: numberOrNull(row, "total_server_parse_count"),
    binds: numberOrNull(row, "total_bind_count"),
  };
}
