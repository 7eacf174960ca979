/**
 * A copy of the database, to measure on. All that happens there happens in one transaction that is never committed, so that whatever ends it (an error, Ctrl+C, a
 * lost connection, kill -9) leaves the copy's tables and indexes as they were.
 */
import type { Client } from "pg";
import type { Snapshot } from "../../model/index.ts";
import { UsageError } from "../../model/usage-error.ts";
import { addressOf, close, open } from "../postgres/connection.ts";
import { readTarget } from "../postgres/target.ts";

export interface Copy {
  readonly address: string;
  readonly database: string;
  /** `16.4`, and `160004`. */
  readonly version: string;
  readonly versionNumber: number;
  /** By PostgreSQL's extended protocol: one statement, whatever is in it. */
  readonly ask: <Row extends object>(sql: string) => Promise<Row[]>;
  /** Statements of ours, several in one message. */
  readonly run: (sql: string) => Promise<void>;
  /** Ends the statement that runs now; it fails. */
  readonly cancel: () => Promise<void>;
  /** Refuses when somebody else is at work here. */
  readonly refuseCompany: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** An index of a large table takes its time; the server limits statements itself. */
const SILENCE_MS = 86_400_000;

export async function openCopy(given: string, snapshot: Snapshot): Promise<Copy> {
  const target = readTarget(given);
  const client = await open(target, { statementTimeout: SILENCE_MS, connectTimeout: CONNECT_TIMEOUT_MS });
  try {
    const ask: Copy["ask"] = async (sql) => (await client.query({ text: sql, queryMode: "extended" } as { text: string })).rows as never;
    const [who] = await ask<Identity>(IDENTITY);
    if (who === undefined) throw new Error("the server does not say who it is");
    const copy: Copy = {
      address: addressOf(client),
      database: who.database,
      version: who.version.split(" ")[0] ?? who.version,
      versionNumber: who.number,
      ask,
      run: async (sql) => void (await client.query(sql)),
      cancel: () => cancel(target, who.pid),
      refuseCompany: () => refuseCompany(ask, who.database),
      close: () => close(client),
    };
    refuseOriginal(copy, await identifierOf(client), snapshot);
    refuseStandby(copy, who);
    await copy.refuseCompany();
    return copy;
  } catch (error) {
    await close(client);
    throw error;
  }
}

/** Before anybody waits for a search. */
export async function refuseNoCopy(given: string, snapshot: Snapshot): Promise<void> {
  await (await openCopy(given, snapshot)).close();
}

interface Identity {
  readonly database: string;
  readonly version: string;
  readonly number: number;
  readonly pid: number;
  readonly recovering: boolean;
  readonly readonly: boolean;
}

const IDENTITY = `SELECT current_database() AS database, current_setting('server_version') AS version, current_setting('server_version_num')::int AS number, pg_backend_pid() AS pid,
  pg_is_in_recovery() AS recovering, current_setting('transaction_read_only')::bool AS readonly`;

async function identifierOf(client: Client): Promise<string | null> {
  try {
    const { rows } = await client.query<{ id: string }>("SELECT system_identifier::text AS id FROM pg_control_system()");
    return rows[0]?.id ?? null;
  } catch {
    return null;
  }
}

// ------------------------------------------------------------------------------------------------------------ what is no copy

/** A copy by files has the identifier of its original: only another name tells them apart then. */
function refuseOriginal({ address, database }: Copy, identifier: string | null, { catalog, servers }: Snapshot): void {
  if (database !== catalog.database.name) return;
  const isOther = identifier !== null && servers.length > 0 && servers.every((one) => one.systemIdentifier !== null && one.systemIdentifier !== identifier);
  if (isOther) return;
  const why =
    identifier !== null && servers.some((one) => one.systemIdentifier === identifier)
      ? "is the database that the snapshot was taken of"
      : "cannot be told from the database that the snapshot was taken of";
  throw new UsageError(
    "no-copy",
    `${database} at ${address} ${why}.`,
    "Measure on a copy: restore a dump elsewhere, or give a copy by files another name (ALTER DATABASE … RENAME TO …).",
  );
}

function refuseStandby({ address, database }: Copy, { recovering, readonly }: Identity): void {
  if (recovering)
    throw new UsageError("no-copy", `${database} at ${address} is in recovery: it follows another server.`, "Measure on a copy that stands by itself.");
  if (readonly)
    throw new UsageError("no-copy", `${database} at ${address} takes no writes: transactions are read-only there.`, "Measure as a user who may make indexes.");
}

interface Company {
  readonly here: number;
  readonly busy: number;
  readonly standbys: number;
  readonly subscriptions: number;
}

/** A role that may not see what others do sees them at least. */
const COMPANY = `SELECT
  (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND coalesce(backend_type, 'client backend') = 'client backend') AS here,
  (SELECT count(*)::int FROM pg_stat_activity WHERE datname <> current_database() AND state IS DISTINCT FROM 'idle' AND coalesce(backend_type, 'client backend') = 'client backend') AS busy,
  (SELECT count(*)::int FROM pg_stat_replication) AS standbys,
  (SELECT count(*)::int FROM pg_stat_subscription WHERE pid IS NOT NULL) AS subscriptions`;

async function refuseCompany(ask: Copy["ask"], database: string): Promise<void> {
  // Within a transaction, what was seen once is seen again.
  await ask("SELECT pg_stat_clear_snapshot()");
  const [found] = await ask<Company>(COMPANY);
  const { here = 0, busy = 0, standbys = 0, subscriptions = 0 } = found ?? {};
  const who = (count: number, one: string, several: string): string => (count === 1 ? `another session ${one}` : `${count} other sessions ${several}`);
  const why =
    standbys > 0
      ? `${database}'s server has a standby or a backup running: it is no copy to try things on`
      : subscriptions > 0
        ? `${database} receives changes from another server by a subscription`
        : here > 0
          ? `${who(here, "is", "are")} connected to ${database}`
          : busy > 0
            ? `${who(busy, "works", "work")} on ${database}'s server`
            : null;
  if (why !== null)
    throw new UsageError("copy-in-use", `${why}.`, "Measure where nobody else is: times would be theirs too, and an index to try would stand in their way.");
}

/** By a connection of its own, as only another session can. */
async function cancel(target: ReturnType<typeof readTarget>, pid: number): Promise<void> {
  try {
    const client = await open(target, { statementTimeout: CONNECT_TIMEOUT_MS, connectTimeout: CONNECT_TIMEOUT_MS });
    await client.query("SELECT pg_cancel_backend($1)", [pid]).catch(() => {});
    await close(client);
  } catch {
    // The server is gone, and with it what ran.
  }
}
