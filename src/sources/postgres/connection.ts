/** A connection that can only read: every group of queries is a read-only transaction that gives up rather than wait. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { Client, ClientConfig, TypeOverrides } from "pg";
import { UsageError } from "../../model/usage-error.ts";
import { connectFailure } from "./connect-failure.ts";
import { readTarget, type Target } from "./target.ts";

/** One group of queries; each returns its rows. */
export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface ReadOnlyConnection {
  /** Host and port, or the socket's folder; never user or password. */
  readonly address: string;
  /** As `server_version_num` has it: `160004`. */
  readonly version: number;
  readonly isReplica: boolean;
  /** Runs `work` in a read-only transaction of its own. */
  readonly group: <Result>(work: (query: Query) => Promise<Result>) => Promise<Result>;
  /** Why nothing more comes of it; null while it works. */
  readonly broken: () => string | null;
  readonly close: () => Promise<void>;
}

export interface ConnectionOptions {
  /** A libpq URL, `key=value` words or the name of a service. */
  readonly target: string;
  /** Of one statement, in milliseconds. */
  readonly statementTimeout: number;
  readonly connectTimeout: number;
}

/** In every statement of ours. */
const MARK = "/* luthier */";

/** No lock is waited for: who reads statistics must never stand in a queue in front of the application. */
const LOCK_TIMEOUT_MS = 100;
/** How much longer than the server's own limit an answer is waited for. */
const SILENCE_MS = 5_000;
/** A server that says nothing does not end a connection either. */
const CLOSE_MS = 1_000;
/** The first version that Luthier knows. */
const OLDEST = 130_000;

export async function connect(options: ConnectionOptions): Promise<ReadOnlyConnection> {
  const target = readTarget(options.target);
  const state: { broken: string | null } = { broken: null };
  const client = await open(target, options);
  // A connection that breaks between two queries must end the run, not the process.
  client.on("error", () => (state.broken ??= "the server closed the connection"));
  client.on("end", () => (state.broken ??= "the server closed the connection"));
  const connection = { address: addressOf(client), broken: () => state.broken, close: () => close(client) };
  const run = <Result>(work: (query: Query) => Promise<Result>): Promise<Result> => inTransaction(client, options.statementTimeout, state, work);
  try {
    const [row] = await run((query) =>
      query<{ version: string; replica: boolean }>("SELECT current_setting('server_version_num') AS version, pg_is_in_recovery() AS replica"),
    );
    const version = Number(row?.version);
    if (version < OLDEST)
      throw new UsageError(
        "old-server",
        `${connection.address} is PostgreSQL ${Math.floor(version / 10_000)}, and Luthier reads 13 and later.`,
        "PostgreSQL 13 itself gets no corrections any more: upgrade.",
      );
    return { ...connection, version, isReplica: row?.replica === true, group: run };
  } catch (error) {
    await connection.close();
    throw error instanceof UsageError ? error : connectFailure(error, connection.address, target);
  }
}

/** By TLS where the server has it, unless the mode says otherwise, as libpq does. */
export async function open(target: Target, options: Omit<ConnectionOptions, "target">): Promise<Client> {
  const withTls = target.tls !== "disable" && target.tls !== "allow" && !isSocket(target);
  const first = await attempt(target, options, withTls ? tlsOptions(target) : false);
  if (first.client !== null) return first.client;
  // "SSL on" is how 13 says it.
  const lacksTls = withTls && target.tls === "prefer" && /does not support SSL|SSL encryption|SSL on/.test(messageOf(first.error));
  const wantsTls = target.tls === "allow" && messageOf(first.error).includes("no encryption");
  if (!lacksTls && !wantsTls) throw connectFailure(first.error, first.address, target);
  const second = await attempt(target, options, wantsTls ? tlsOptions(target) : false);
  if (second.client === null) throw connectFailure(second.error, second.address, target);
  return second.client;
}

type Attempt = { readonly client: Client } | { readonly client: null; readonly error: unknown; readonly address: string };

async function attempt(target: Target, { statementTimeout, connectTimeout }: Omit<ConnectionOptions, "target">, ssl: false | TlsOptions): Promise<Attempt> {
  const { default: pg } = await import("pg");
  const config: ClientConfig = {
    ...(target.host === undefined ? {} : { host: target.host }),
    ...(target.port === undefined ? {} : { port: target.port }),
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.database === undefined ? {} : { database: target.database }),
    ...(target.options === undefined ? {} : { options: target.options }),
    ssl,
    application_name: "luthier",
    connectionTimeoutMillis: connectTimeout,
    // The server's own limit ends a statement; this one ends the wait for a server that says nothing any more.
    query_timeout: statementTimeout + SILENCE_MS,
    types: typeParsers(new pg.TypeOverrides()),
  };
  const client = new pg.Client(config);
  client.on("error", () => {});
  try {
    await client.connect();
    return { client };
  } catch (error) {
    void close(client);
    return { client: null, error, address: addressOf(client) };
  }
}

function isSocket({ host }: Target): boolean {
  return host?.startsWith("/") ?? false;
}

/** `require` encrypts without asking who is at the other end, as libpq has it, unless a root certificate is named. */
function tlsOptions({ tls, rootCertificate, certificate, key }: Target): TlsOptions {
  const files = { ...read("ca", rootCertificate), ...read("cert", certificate), ...read("key", key) };
  if (tls === "verify-full") return files;
  const isVerified = tls === "verify-ca" || (tls === "require" && rootCertificate !== undefined);
  return isVerified ? { ...files, checkServerIdentity: () => undefined } : { ...files, rejectUnauthorized: false };
}

function read(name: "ca" | "cert" | "key", file: string | undefined): TlsOptions {
  if (file === undefined || file === "system") return {};
  try {
    return { [name]: readFileSync(file, "utf8") };
  } catch (cause) {
    throw new UsageError("bad-database", `${file} cannot be read.`, "Name a certificate's file that can be.", { cause });
  }
}

/** One message to begin with, since each costs the way to the server and back. */
async function inTransaction<Result>(
  client: Client,
  timeout: number,
  state: { broken: string | null },
  work: (query: Query) => Promise<Result>,
): Promise<Result> {
  const ask = async <Rows>(sql: string, values?: readonly unknown[]): Promise<Rows> => {
    if (state.broken !== null) throw new Error(state.broken);
    try {
      return (await client.query(sql, values === undefined ? undefined : [...values])).rows as Rows;
    } catch (error) {
      // The answer may still come, and everything after it: nothing more can be asked here.
      if (messageOf(error) === "Query read timeout") state.broken = `the server did not answer within ${Math.round((timeout + SILENCE_MS) / 1000)} s`;
      throw state.broken === null ? error : new Error(state.broken, { cause: error });
    }
  };
  // Compiling queries that run once takes longer than they do. Names in definitions are always qualified with this search path, whatever the role's own is.
  await ask(
    `BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${timeout}; SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; SET LOCAL search_path = pg_catalog; SET LOCAL jit = off`,
  );
  try {
    return await work((sql, values) => ask(marked(sql), values ?? []));
  } finally {
    if (state.broken === null) await ask("ROLLBACK").catch(() => {});
  }
}

/** So that the server's statistics of statements can tell ours from the application's. */
function marked(sql: string): string {
  return sql.replace(/^\s*(SELECT|WITH)\b/, `$1 ${MARK}`);
}

export async function close(client: Client): Promise<void> {
  const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
  await Promise.race([client.end().catch(() => {}), late]);
  // What is left of it would keep the process alive.
  const { connection } = client as unknown as { readonly connection?: { readonly stream?: { readonly destroy?: () => void } } };
  connection?.stream?.destroy?.();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function addressOf(client: Client): string {
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
