/** What of this database is watched, and the figures that thresholds are made of. */
import type { Database, Deployment, Said, SettingValue, Statement, StatementCounters, StatementSite, Table } from "../../model/index.ts";
import { isApplication } from "../../rules/database/statement-kind.ts";
import { shortName } from "../../rules/database/names.ts";
import { autovacuumOff, optionNumber, triggersOf } from "../../rules/database/table-options.ts";
import { describeShape } from "../../sql/describe-shape.ts";
import type { Target } from "./alert.ts";

export interface Watched {
  readonly database: Database;
  /** Of the database, as it is said in names of jobs: lower-case letters, digits and dashes. */
  readonly slug: string;
  readonly target: Target;
  readonly replicaTargets: readonly Target[];
  readonly connections: Connections;
  readonly tables: readonly WatchedTable[];
  readonly statements: readonly HotStatement[];
  /** Null where pg_stat_statements is not installed in the database. */
  readonly statementsFrom: StatementsView | null;
  readonly standbys: number;
  /** Slots that hold WAL back, by their names. */
  readonly slots: readonly string[];
  readonly isArchiving: boolean;
  /** Of pgbouncer.ini in the repository, in seconds; null where there is none. */
  readonly queryWaitTimeout: number | null;
  /** Settings of DATABASES send reads to another host. */
  readonly readsReplicas: boolean;
  /** Place of a site, `orders/views.py:31`. */
  readonly placeOf: (site: StatementSite) => string;
  readonly thresholds: Readonly<Record<string, number>>;
}

export interface Connections {
  readonly most: number;
  readonly reserved: number;
  readonly usable: number;
}

export interface WatchedTable {
  readonly table: Table;
  readonly name: string;
  readonly rows: number;
  readonly dead: number | null;
  readonly vacuum: Trigger;
  readonly analyze: Trigger;
  readonly off: "table" | "server" | null;
}

/** `base + factor × rows`, at most `cap`. */
export interface Trigger {
  readonly base: number;
  readonly factor: number;
  readonly cap: number | null;
}

export interface HotStatement {
  readonly statement: Statement;
  readonly id: string;
  readonly meanMs: number;
  /** Null where the counters' start is not known. */
  readonly callsPerHour: number | null;
  readonly share: number;
  readonly words: string;
  /** The first line that sends it; null where no line is known. */
  readonly place: string | null;
  readonly symbol: string | null;
}

export interface StatementsView {
  /** The view's name with its schema, quoted. */
  readonly schema: string;
  /** 1.8 (PostgreSQL 13) renamed total_time, 1.9 brought pg_stat_statements_info. */
  readonly version: number;
}

/** So many tables take most of the writes of any application that was looked at, and each costs six series: ours. */
const MOST_TABLES = 20;
/** A dashboard's legend is read up to about ten lines: ours. */
const MOST_STATEMENTS = 10;
/** Statements of less than this share of the time are nobody's alert: ours. */
const LEAST_SHARE = 0.005;

export interface WatchInput {
  readonly database: Database;
  readonly deployment: Deployment;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly placeOf: Watched["placeOf"];
}

export function watch({ database, deployment, thresholds, placeOf }: WatchInput): Watched {
  const { catalog, server, snapshot } = database;
  const slug = slugOf(catalog.database.name);
  const job = `${slug}-postgres`;
  const replicas = snapshot.servers.filter((one) => one !== server && one.role === "replica");
  return {
    database,
    slug,
    target: { job, instance: exporterAt(server.address) },
    replicaTargets: replicas.map(({ address }) => ({ job, instance: exporterAt(address) })),
    connections: connectionsOf(database),
    tables: watchedTables(database),
    statements: hotStatements(database, placeOf),
    statementsFrom: statementsView(database),
    standbys: Math.max(replicas.length, server.replication.standbys.filter(isStandby).length),
    slots: server.replication.slots.map(({ name }) => name),
    isArchiving: (database.setting("archive_mode") ?? "off") !== "off",
    queryWaitTimeout: queryWaitTimeout(deployment),
    readsReplicas: hosts(deployment).size > 1,
    placeOf,
    thresholds,
  };
}

/** A backup streams for a while. */
const isStandby = ({ application, state }: { readonly application: string; readonly state: string }): boolean =>
  state === "streaming" && !/^pg_(?:basebackup|receivewal|recvlogical)/.test(application);

export const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "") || "database";

/** Exporters stand beside their server, at the port that is theirs by custom (prometheus' wiki of default ports). */
function exporterAt(address: string): string {
  const host = address.startsWith("/") ? "localhost" : address.replace(/:\d+$/, "");
  return `${host === "" ? "localhost" : host}:9187`;
}

function connectionsOf(database: Database): Connections {
  const most = database.settingNumber("max_connections") ?? DEFAULT_CONNECTIONS;
  const reserved = (database.settingNumber("superuser_reserved_connections") ?? DEFAULT_RESERVED) + (database.settingNumber("reserved_connections") ?? 0);
  return { most, reserved, usable: Math.max(1, most - reserved) };
}

/** Of PostgreSQL, where a setting was not read. */
const DEFAULT_CONNECTIONS = 100;
const DEFAULT_RESERVED = 3;

// ---------------------------------------------------------------------------------------------------------------- tables

function watchedTables(database: Database): WatchedTable[] {
  return database.tables
    .filter(({ kind, persistence }) => kind === "table" && persistence !== "temporary")
    .toSorted((a, b) => weight(database, b) - weight(database, a) || shortName(a).localeCompare(shortName(b)))
    .slice(0, MOST_TABLES)
    .flatMap((table) => watchedTable(database, table) ?? [])
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Writes first, rows second: where dead rows come up, then where they would cost. */
function weight(database: Database, table: Table): number {
  const counters = database.tableCounters(table);
  return (counters === null ? 0 : counters.updated + counters.deleted + counters.inserted) + Math.max(0, table.reltuples) / 1000;
}

function watchedTable(database: Database, table: Table): WatchedTable | null {
  const triggers = triggersOf(database, table);
  const rows = Math.max(0, table.reltuples, database.tableCounters(table)?.liveRows ?? 0);
  const figure = (name: string, fallback: number): number => optionNumber(database, table, name) ?? fallback;
  const most = database.server.versionNumber >= WITH_MAXIMUM ? figure("autovacuum_vacuum_max_threshold", 100_000_000) : -1;
  if (triggers === null) return null;
  return {
    table,
    name: shortName(table),
    rows,
    dead: database.tableCounters(table)?.deadRows ?? null,
    vacuum: { base: figure("autovacuum_vacuum_threshold", 50), factor: figure("autovacuum_vacuum_scale_factor", 0.2), cap: most >= 0 ? most : null },
    analyze: { base: figure("autovacuum_analyze_threshold", 50), factor: figure("autovacuum_analyze_scale_factor", 0.1), cap: null },
    off: autovacuumOff(database, table),
  };
}

const WITH_MAXIMUM = 180_000;

export const triggerAt = ({ base, factor, cap }: Trigger, rows: number): number => Math.min(base + factor * rows, cap ?? Number.POSITIVE_INFINITY);

// ------------------------------------------------------------------------------------------------------------ statements

function statementsView({ catalog }: Database): StatementsView | null {
  const extension = catalog.extensions.find(({ name }) => name === "pg_stat_statements");
  return extension === undefined ? null : { schema: extension.schema, version: Number(extension.version.split(".")[1] ?? 0) };
}

function hotStatements(database: Database, placeOf: Watched["placeOf"]): HotStatement[] {
  if (statementsView(database) === null) return [];
  const { days } = database.workload;
  const rows = new Map(database.server.statements.map((one) => [one.id, one]));
  return database.workload.statements
    .filter((one) => isApplication(one) && one.share >= LEAST_SHARE && /^-?\d+$/.test(one.id))
    .toSorted((a, b) => b.totalMs - a.totalMs)
    .flatMap((one) => hotStatement(one, rows.get(one.id), days, placeOf) ?? [])
    .slice(0, MOST_STATEMENTS);
}

/** The row of its own identifier, not the sum of all that ask the same: the exporter sees the former. */
function hotStatement(statement: Statement, row: StatementCounters | undefined, days: number | null, placeOf: Watched["placeOf"]): HotStatement | null {
  if (row === undefined || row.calls === 0) return null;
  const { written, shape, sql, id, share } = statement;
  const [site] = written.certainty === "unique" || written.certainty === "one-of" ? written.sites : [];
  return {
    statement,
    id,
    meanMs: row.totalMs / row.calls,
    callsPerHour: days === null || days <= 0 ? null : row.calls / (days * 24),
    share,
    words: shorten(shape === null ? sql : describeShape(shape)),
    place: site === undefined ? null : placeOf(site),
    symbol: site?.symbol ?? null,
  };
}

const MOST_WORDS = 120;

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MOST_WORDS ? line : `${line.slice(0, MOST_WORDS - 1)}…`;
}

// ------------------------------------------------------------------------------------------------------------ deployment

function queryWaitTimeout({ poolers }: Deployment): number | null {
  const [pooler] = poolers;
  if (pooler === undefined) return null;
  const said = Number(pooler.values.get("query_wait_timeout")?.value ?? Number.NaN);
  return Number.isFinite(said) && said > 0 ? said : PGBOUNCER_WAIT;
}

/** pgbouncer's own default, in seconds. */
const PGBOUNCER_WAIT = 120;

function hosts({ settings }: Deployment): ReadonlySet<string> {
  const [trusted] = settings;
  const all = (trusted?.databases ?? [])
    .filter(({ mirrorOf }) => mirrorOf === null)
    .map(({ host, port, name }) => [host, port, name].map((one) => textOf(one)).join("|"));
  return new Set(all);
}

const textOf = (said: Said<SettingValue> | null): string => (typeof said?.value === "string" ? said.value : "");
