/** A connection that can only read: every group of queries is a read-only transaction that gives up rather than wait. */
import type { Client, TypeOverrides } from "pg";

/** One group of queries; each returns its rows. */
export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface ReadOnlyConnection {
  /** Host and port, or the socket's folder; never user or password. */
  readonly address: string;
  /** Runs `work` in a read-only transaction of its own. */
  readonly group: <Result>(work: (query: Query) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  /** A libpq URL or `key=value` words. */
  readonly target: string;
  /** Of one statement, in milliseconds. */
  readonly statementTimeout: number;
  readonly connectTimeout: number;
}

/** No lock is waited for: who reads statistics must never stand in a queue in front of the application. */
const LOCK_TIMEOUT_MS = 100;

export async function connect({ target, statementTimeout, connectTimeout }: ConnectionOptions): Promise<ReadOnlyConnection> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    connectionString: target,
    application_name: "luthier",
    connectionTimeoutMillis: connectTimeout,
    // The server's own limit ends a statement; this one ends the wait for a server that says nothing any more.
    query_timeout: statementTimeout + 5_000,
    types: typeParsers(new pg.TypeOverrides()),
  });
  // A connection that breaks between two queries must end the run, not the process.
  client.on("error", () => {});
  await client.connect();
  return { address: addressOf(client), group: (work) => inTransaction(client, statementTimeout, work), close: () => client.end() };
}

async function inTransaction<Result>(client: Client, timeout: number, work: (query: Query) => Promise<Result>): Promise<Result> {
  await client.query("BEGIN TRANSACTION READ ONLY");
  try {
    await client.query(`SET LOCAL statement_timeout = ${timeout}`);
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // Names in definitions are then always qualified, whatever the role's search path is.
    await client.query("SET LOCAL search_path = pg_catalog");
    const query: Query = async (sql, values) => (await client.query(sql, values === undefined ? [] : [...values])).rows as never;
    return await work(query);
  } finally {
    await client.query("ROLLBACK").catch(() => {});
  }
}

function addressOf(client: Client): string {
  return client.host.startsWith("/") ? client.host : `${client.host}:${client.port}`;
}

const INT8 = 20;
const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;

/** Counters fit a double; where one may not (sequences), the query casts it to text. Times become ISO 8601 in UTC. */
function typeParsers(types: TypeOverrides): TypeOverrides {
  types.setTypeParser(INT8, Number);
  types.setTypeParser(NUMERIC, Number);
  types.setTypeParser(TIMESTAMPTZ, (text: string) => (/infinity/.test(text) ? null : new Date(text).toISOString()));
  return types;
}
