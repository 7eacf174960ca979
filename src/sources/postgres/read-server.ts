/** What one server says of itself: settings, counters, statements, activity, replication. */
import type { Backend, Counters, DatabaseCounters, IndexCounters, Replication, Server, Setting, StatementCounters, TableCounters } from "../../model/index.ts";
import { dropSecrets } from "../../postgres/drop-literals.ts";
import type { CatalogRead } from "./collect-catalog.ts";
import type { ReadOnlyConnection } from "./connection.ts";
import * as q from "./counter-queries.ts";
import { roleGaps, type RoleFacts } from "./gaps.ts";
import type { Probe } from "./probe.ts";
import { readMachine } from "./read-machine.ts";
import { flag, number, numberOrNull, numbers, row as inner, text, textOrNull, texts, time, type Row } from "./row-values.ts";

/** The first versions that have a view. */
const WITH_WAL = 140_000;
const WITH_IO = 160_000;
const WITH_CHECKPOINTER = 170_000;

/** `read` is of the server that it was read from, and null for the others. */
export async function readServer(
  probe: Probe,
  connection: Pick<ReadOnlyConnection, "address" | "version" | "isReplica">,
  oids: readonly number[],
  read: CatalogRead | null,
): Promise<Server> {
  const { address, version, isReplica } = connection;
  const [server = {}] = await probe.rows<Row>("server", q.SERVER, [], { cost: "the role's rights are not known" });
  const [started = {}] = await probe.rows<Row>("start", q.STARTED);
  const [system = {}] = await probe.rows<Row>("system identifier", q.SYSTEM_IDENTIFIER, [], {
    cost: "replicas are not told from other clusters",
    remedy: "GRANT EXECUTE ON FUNCTION pg_control_system() TO role",
  });
  const unreadable = (await probe.rows<Row>("privileges", q.UNREADABLE, [oids])).map((one) => text(one, "name"));
  const statements = await readStatements(probe);
  const user = {
    name: text(server, "user"),
    superuser: flag(server, "superuser"),
    memberOf: texts(server, "member_of") ?? [],
    readableTables: oids.length - unreadable.length,
    tables: oids.length,
  };
  const settings = (await probe.rows<Row>("settings", q.SETTINGS, [], { cost: "no setting is judged" })).map(settingOf);
  if (statements.seen === 0 && settings.some(({ name, value }) => name === "pg_stat_statements.track" && value === "none")) probe.gap(UNTRACKED);
  if (server["version"] !== undefined) for (const gap of roleGaps(factsOf({ user, version, unreadable, read, statements }))) probe.gap(gap);
  return {
    role: isReplica ? "replica" : "primary",
    address,
    version: text(server, "version").split(" ")[0] ?? "",
    versionNumber: version,
    build: text(server, "build"),
    blockSize: number(server, "block_size"),
    systemIdentifier: textOrNull(system, "identifier"),
    startedAt: time(started, "started"),
    takenAt: time(server, "now") ?? new Date().toISOString(),
    user,
    settings,
    counters: await readCounters(probe, { connection, oids, startedAt: time(started, "started") }),
    later: null,
    statements: statements.rows,
    activity: (await probe.rows<Row>("activity", q.ACTIVITY, [], { cost: "no session is judged" })).map(backendOf),
    replication: await readReplication(probe, isReplica),
    machine: await readMachine(probe, user),
    ...(await readSessions(probe)),
  };
}

interface Seen {
  readonly user: Server["user"];
  readonly version: number;
  readonly unreadable: readonly string[];
  readonly read: CatalogRead | null;
  readonly statements: StatementsRead;
}

function factsOf({ user, version, unreadable, read, statements }: Seen): RoleFacts {
  const catalog = read?.catalog;
  const isMember = (role: string): boolean => user.superuser || user.memberOf.includes(role);
  const analysed = new Set(catalog?.tables.filter(({ reltuples }) => reltuples > 0).map(({ oid }) => oid));
  const valued =
    catalog?.extendedStatistics.filter(({ kinds, table }) => analysed.has(table) && kinds.some((kind) => kind === "ndistinct" || kind === "dependencies")) ??
    [];
  return {
    user,
    version,
    unreadable,
    statements: statements.seen,
    hiddenStatements: statements.hidden,
    sequences: catalog?.sequences.length ?? 0,
    hiddenSequences: read?.hiddenSequences ?? 0,
    hiddenExtended: user.superuser ? 0 : valued.filter(({ distinct, dependencies }) => distinct === null && dependencies === null).length,
    seesSettings: isMember("pg_read_all_settings"),
    seesSessions: isMember("pg_read_all_stats"),
  };
}

/** Settings that hold passwords, or commands that may: that they are set is all that is kept. */
const SECRET_SETTINGS = new Set([
  "primary_conninfo",
  "ssl_passphrase_command",
  "archive_command",
  "restore_command",
  "archive_cleanup_command",
  "recovery_end_command",
]);

function settingOf(row: Row): Setting {
  const name = text(row, "name");
  const value = text(row, "value");
  return {
    name,
    value: SECRET_SETTINGS.has(name) && value !== "" ? "(not kept)" : value,
    unit: textOrNull(row, "unit"),
    source: text(row, "source"),
    context: text(row, "context"),
    bootValue: textOrNull(row, "boot_value"),
    category: text(row, "category"),
    pendingRestart: flag(row, "pending_restart"),
  };
}

// ------------------------------------------------------------------------------------------------------------ counters

interface CountersWanted {
  readonly connection: Pick<ReadOnlyConnection, "version">;
  readonly oids: readonly number[];
  readonly startedAt: string | null;
}

export async function readCounters(probe: Probe, { connection: { version: versionNumber }, oids, startedAt }: CountersWanted): Promise<Counters> {
  const [now = {}] = await probe.rows<Row>("server", q.NOW);
  const at = time(now, "now") ?? new Date().toISOString();
  const statements = await readStatementsInfo(probe, versionNumber);
  const [database] = await probe.rows<Row>("database counters", q.DATABASE_COUNTERS, [], { cost: "no counter of the database is known" });
  const tables = await probe.rows<Row>("table counters", q.TABLE_COUNTERS, [oids], { cost: "no use of a table is known" });
  const indexes = await probe.rows<Row>("index counters", q.INDEX_COUNTERS, [oids], { cost: "no use of an index is known" });
  const [writer] = await probe.rows<Row>("checkpoints", q.BACKGROUND_WRITER);
  const [checkpointer] = versionNumber >= WITH_CHECKPOINTER ? await probe.rows<Row>("checkpoints", q.CHECKPOINTER) : [];
  const io = versionNumber >= WITH_IO ? await probe.rows<Row>("io", q.IO) : null;
  const [wal] = versionNumber >= WITH_WAL ? await probe.rows<Row>("wal", q.WAL) : [];
  return {
    at,
    // Counters outlive a restart; a reset or a crash begins them anew. Where no reset is on record they have counted at least since the start.
    since: database === undefined ? null : (time(database, "since") ?? startedAt),
    statementsSince: statements.since,
    statementsEvicted: statements.evicted,
    database: database === undefined ? null : databaseCountersOf(inner(database, "row")),
    tables: Object.fromEntries(tables.map((one) => [number(one, "oid"), tableCountersOf(inner(one, "row"), inner(one, "io"))])),
    indexes: Object.fromEntries(indexes.map((one) => [number(one, "oid"), indexCountersOf(inner(one, "row"), inner(one, "io"))])),
    checkpoints: checkpointsOf(writer, checkpointer),
    io: io === null ? null : io.map((one) => plain(inner(one, "row"))),
    wal: wal === undefined ? null : plain(inner(wal, "row")),
  };
}

function plain(row: Row): Record<string, string | number | null> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "number" ? value : textOrNull(row, name)]));
}

function databaseCountersOf(row: Row): DatabaseCounters {
  return {
    commits: number(row, "xact_commit"),
    rollbacks: number(row, "xact_rollback"),
    blocksHit: number(row, "blks_hit"),
    blocksRead: number(row, "blks_read"),
    blockReadMs: numberOrNull(row, "blk_read_time"),
    temporaryFiles: number(row, "temp_files"),
    temporaryBytes: number(row, "temp_bytes"),
    deadlocks: number(row, "deadlocks"),
    conflicts: number(row, "conflicts"),
    sessions: numberOrNull(row, "sessions"),
    sessionMs: numberOrNull(row, "session_time"),
    activeMs: numberOrNull(row, "active_time"),
    idleInTransactionMs: numberOrNull(row, "idle_in_transaction_time"),
    sessionsAbandoned: numberOrNull(row, "sessions_abandoned"),
    sessionsFatal: numberOrNull(row, "sessions_fatal"),
    sessionsKilled: numberOrNull(row, "sessions_killed"),
  };
}

function tableCountersOf(row: Row, io: Row): TableCounters {
  return {
    seqScans: number(row, "seq_scan"),
    seqRows: number(row, "seq_tup_read"),
    indexScans: numberOrNull(row, "idx_scan"),
    indexRows: numberOrNull(row, "idx_tup_fetch"),
    inserted: number(row, "n_tup_ins"),
    updated: number(row, "n_tup_upd"),
    deleted: number(row, "n_tup_del"),
    hotUpdated: number(row, "n_tup_hot_upd"),
    newPageUpdated: numberOrNull(row, "n_tup_newpage_upd"),
    liveRows: number(row, "n_live_tup"),
    deadRows: number(row, "n_dead_tup"),
    modifiedSinceAnalyze: number(row, "n_mod_since_analyze"),
    insertedSinceVacuum: numberOrNull(row, "n_ins_since_vacuum"),
    lastVacuum: time(row, "last_vacuum"),
    lastAutovacuum: time(row, "last_autovacuum"),
    lastAnalyze: time(row, "last_analyze"),
    lastAutoanalyze: time(row, "last_autoanalyze"),
    vacuums: number(row, "vacuum_count"),
    autovacuums: number(row, "autovacuum_count"),
    analyzes: number(row, "analyze_count"),
    autoanalyzes: number(row, "autoanalyze_count"),
    heapRead: numberOrNull(io, "heap_blks_read"),
    heapHit: numberOrNull(io, "heap_blks_hit"),
    indexRead: numberOrNull(io, "idx_blks_read"),
    indexHit: numberOrNull(io, "idx_blks_hit"),
    toastRead: numberOrNull(io, "toast_blks_read"),
    toastHit: numberOrNull(io, "toast_blks_hit"),
    lastSeqScan: time(row, "last_seq_scan"),
    lastIndexScan: time(row, "last_idx_scan"),
    autovacuumMs: numberOrNull(row, "total_autovacuum_time"),
  };
}

function indexCountersOf(row: Row, io: Row): IndexCounters {
  return {
    scans: number(row, "idx_scan"),
    rowsRead: number(row, "idx_tup_read"),
    rowsFetched: number(row, "idx_tup_fetch"),
    blocksRead: numberOrNull(io, "idx_blks_read"),
    blocksHit: numberOrNull(io, "idx_blks_hit"),
    lastScan: time(row, "last_idx_scan"),
  };
}

function checkpointsOf(writer: Row | undefined, checkpointer: Row | undefined): Counters["checkpoints"] {
  if (checkpointer !== undefined) {
    const row = inner(checkpointer, "row");
    return {
      timed: number(row, "num_timed"),
      requested: number(row, "num_requested"),
      buffersWritten: number(row, "buffers_written"),
      backendBuffers: null,
      since: time(row, "stats_reset"),
    };
  }
  if (writer === undefined) return null;
  const row = inner(writer, "row");
  return {
    timed: number(row, "checkpoints_timed"),
    requested: number(row, "checkpoints_req"),
    buffersWritten: number(row, "buffers_checkpoint"),
    backendBuffers: numberOrNull(row, "buffers_backend"),
    since: time(row, "stats_reset"),
  };
}

// ---------------------------------------------------------------------------------------------------------- statements

interface StatementsRead {
  readonly rows: StatementCounters[];
  /** Entries, and those of them that are shown without text and identity. */
  readonly seen: number;
  readonly hidden: number;
}

/** Some providers install the extension and leave it idle. */
const UNTRACKED = {
  part: "statements",
  why: "pg_stat_statements.track is none, so that no statement is counted",
  cost: "no statement's time is known",
  remedy: "set pg_stat_statements.track to top",
};

const NO_STATEMENTS: StatementsRead = { rows: [], seen: 0, hidden: 0 };

async function readStatements(probe: Probe): Promise<StatementsRead> {
  const cost = "no statement's time is known";
  const extensions = await probe.rows<Row>("statements", q.STATEMENTS_EXTENSION, [], { cost });
  const [extension] = extensions;
  if (extension === undefined) {
    probe.gap({
      part: "statements",
      why: "pg_stat_statements is not installed in this database",
      cost,
      remedy: "add it to shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements",
    });
    return NO_STATEMENTS;
  }
  const rows = await probe.rows<Row>("statements", q.statements(text(extension, "schema")), [], { cost });
  const shown = rows.flatMap(statementOf);
  return { rows: sumOverUsers(shown), seen: rows.length, hidden: rows.length - shown.length };
}

/** The view came with version 1.9 of the extension, which an upgrade of the server does not bring by itself. */
async function readStatementsInfo(probe: Probe, versionNumber: number): Promise<{ evicted: number | null; since: string | null }> {
  const [info = {}] = versionNumber >= WITH_WAL ? await probe.rows<Row>("statements", q.STATEMENTS_INFO_VIEW) : [];
  const schema = textOrNull(info, "schema");
  const [row = {}] =
    schema === null ? [] : await probe.rows<Row>("age of statements", q.statementsInfo(schema), [], { cost: "since when statements are counted is not known" });
  return { evicted: numberOrNull(row, "evicted"), since: time(row, "since") };
}

/** Rows of other users are shown without their text to a role that may not read it. */
function statementOf(outer: Row): StatementCounters[] {
  const row = inner(outer, "row");
  const id = textOrNull(outer, "id");
  if (id === null || text(outer, "sql") === "<insufficient privilege>") return [];
  const timed = numberOrNull(row, "shared_blk_read_time") ?? numberOrNull(row, "blk_read_time");
  return [
    {
      id,
      sql: dropSecrets(text(outer, "sql")),
      topLevel: row["toplevel"] !== false,
      calls: number(row, "calls"),
      totalMs: number(row, "total_exec_time"),
      meanMs: number(row, "mean_exec_time"),
      minMs: number(row, "min_exec_time"),
      maxMs: number(row, "max_exec_time"),
      deviationMs: number(row, "stddev_exec_time"),
      rows: number(row, "rows"),
      sharedHit: number(row, "shared_blks_hit"),
      sharedRead: number(row, "shared_blks_read"),
      sharedDirtied: number(row, "shared_blks_dirtied"),
      sharedWritten: number(row, "shared_blks_written"),
      tempRead: number(row, "temp_blks_read"),
      tempWritten: number(row, "temp_blks_written"),
      readMs: timed === 0 ? null : timed,
      writeMs: numberOrNull(row, "shared_blk_write_time") ?? numberOrNull(row, "blk_write_time"),
      plans: number(row, "plans") === 0 ? null : number(row, "plans"),
      planMs: number(row, "plans") === 0 ? null : number(row, "total_plan_time"),
      walBytes: numberOrNull(row, "wal_bytes"),
      jitMs: jitOf(row),
      workersPlanned: numberOrNull(row, "parallel_workers_to_launch"),
      workersLaunched: numberOrNull(row, "parallel_workers_launched"),
      since: time(row, "stats_since"),
    },
  ];
}

function jitOf(row: Row): number | null {
  if (row["jit_functions"] === undefined) return null;
  return ["jit_generation_time", "jit_inlining_time", "jit_optimization_time", "jit_emission_time"].reduce((sum, name) => sum + number(row, name), 0);
}

function sumOverUsers(rows: readonly StatementCounters[]): StatementCounters[] {
  const sums = new Map<string, StatementCounters>();
  for (const one of rows) {
    const key = `${one.id} ${one.topLevel}`;
    const known = sums.get(key);
    sums.set(key, known === undefined ? one : addStatements(known, one));
  }
  return [...sums.values()];
}

function addStatements(a: StatementCounters, b: StatementCounters): StatementCounters {
  const calls = a.calls + b.calls;
  const totalMs = a.totalMs + b.totalMs;
  const meanMs = calls === 0 ? 0 : totalMs / calls;
  const squares = (one: StatementCounters): number => one.calls * (one.deviationMs ** 2 + (one.meanMs - meanMs) ** 2);
  return {
    ...a,
    sql: a.sql.startsWith("<") ? b.sql : a.sql,
    calls,
    totalMs,
    meanMs,
    minMs: Math.min(a.minMs, b.minMs),
    maxMs: Math.max(a.maxMs, b.maxMs),
    deviationMs: calls === 0 ? 0 : Math.sqrt((squares(a) + squares(b)) / calls),
    rows: a.rows + b.rows,
    sharedHit: a.sharedHit + b.sharedHit,
    sharedRead: a.sharedRead + b.sharedRead,
    sharedDirtied: a.sharedDirtied + b.sharedDirtied,
    sharedWritten: a.sharedWritten + b.sharedWritten,
    tempRead: a.tempRead + b.tempRead,
    tempWritten: a.tempWritten + b.tempWritten,
    readMs: addKnown(a.readMs, b.readMs),
    writeMs: addKnown(a.writeMs, b.writeMs),
    plans: addKnown(a.plans, b.plans),
    planMs: addKnown(a.planMs, b.planMs),
    walBytes: addKnown(a.walBytes, b.walBytes),
    jitMs: addKnown(a.jitMs, b.jitMs),
    workersPlanned: addKnown(a.workersPlanned, b.workersPlanned),
    workersLaunched: addKnown(a.workersLaunched, b.workersLaunched),
    since: a.since !== null && b.since !== null && b.since < a.since ? b.since : a.since,
  };
}

const addKnown = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);

// ------------------------------------------------------------------------------------------------------------ activity

function backendOf(row: Row): Backend {
  return {
    pid: number(row, "pid"),
    kind: text(row, "kind"),
    user: textOrNull(row, "user"),
    application: text(row, "application"),
    state: textOrNull(row, "state"),
    waitType: textOrNull(row, "wait_type"),
    wait: textOrNull(row, "wait"),
    backendAt: time(row, "backend_at"),
    transactionAt: time(row, "transaction_at"),
    statementAt: time(row, "statement_at"),
    stateAt: time(row, "state_at"),
    xminAge: numberOrNull(row, "xmin_age"),
    blockedBy: numbers(row, "blocked_by") ?? [],
    sql: row["sql"] === null ? null : dropSecrets(text(row, "sql")),
  };
}

/** What could not be read is left out, and said among the gaps. */
async function readSessions(probe: Probe): Promise<Pick<Server, "sessions" | "connectionLimits" | "overrides">> {
  const sessions = await probe.rows<Row>("sessions", q.SESSIONS, [], { cost: "connections are not counted" });
  const limits = await probe.rows<Row>("connection limits", q.CONNECTION_LIMITS, [], { cost: "limits of roles are not known" });
  const overrides = await probe.rows<Row>("settings of roles", q.OVERRIDES, [], { cost: "settings of roles and of the database are not judged" });
  return {
    sessions: sessions.map((one) => ({
      database: textOrNull(one, "database"),
      user: textOrNull(one, "user"),
      application: text(one, "application"),
      client: textOrNull(one, "client"),
      state: textOrNull(one, "state"),
      tls: one["tls"] === null || one["tls"] === undefined ? null : flag(one, "tls"),
      count: number(one, "count"),
    })),
    connectionLimits: limits.map((one) => ({
      kind: text(one, "kind") === "role" ? ("role" as const) : ("database" as const),
      name: text(one, "name"),
      connections: number(one, "connections"),
    })),
    overrides: overrides.map(overrideOf),
  };
}

function overrideOf(row: Row): NonNullable<Server["overrides"]>[number] {
  const word = text(row, "word");
  const at = word.indexOf("=");
  const isKept = flag(row, "known") && !SECRET_SETTINGS.has(word.slice(0, at));
  return { database: textOrNull(row, "database"), role: textOrNull(row, "role"), name: word.slice(0, at), value: isKept ? word.slice(at + 1) : "(not kept)" };
}

async function readReplication(probe: Probe, isReplica: boolean): Promise<Replication> {
  const [receiver] = isReplica ? await probe.rows<Row>("receiver", q.RECEIVER) : [];
  const [conflicts] = isReplica ? await probe.rows<Row>("conflicts", q.CONFLICTS) : [];
  const standbys = await probe.rows<Row>("replication", q.STANDBYS, [], { cost: "no standby's lag is known", remedy: "GRANT pg_monitor TO role" });
  const slots = await probe.rows<Row>("replication slots", q.SLOTS);
  const prepared = await probe.rows<Row>("prepared transactions", q.PREPARED);
  const [lag = {}] = await probe.rows<Row>("replay lag", q.REPLAY_LAG);
  return {
    standbys: standbys.map((one) => ({
      application: text(one, "application"),
      state: text(one, "state"),
      syncState: text(one, "sync_state"),
      lagBytes: numberOrNull(one, "lag_bytes"),
      replayLagMs: numberOrNull(one, "replay_lag"),
      xminAge: numberOrNull(one, "xmin_age"),
      address: textOrNull(one, "address"),
    })),
    slots: slots.map((one) => ({
      name: text(one, "name"),
      kind: text(one, "kind") === "logical" ? ("logical" as const) : ("physical" as const),
      active: flag(one, "active"),
      walStatus: textOrNull(one, "wal_status"),
      retainedBytes: numberOrNull(one, "retained_bytes"),
      xminAge: numberOrNull(one, "xmin_age"),
      catalogXminAge: numberOrNull(one, "catalog_xmin_age"),
      inactiveSince: time(one, "inactive_since"),
    })),
    preparedTransactions: prepared.map((one) => ({
      id: text(one, "id"),
      owner: text(one, "owner"),
      preparedAt: time(one, "prepared_at") ?? "",
      xminAge: number(one, "xmin_age"),
    })),
    replayLagMs: numberOrNull(lag, "lag"),
    ...(isReplica
      ? {
          receiver: receiver === undefined ? null : textOrNull(receiver, "status"),
          conflicts: conflicts === undefined ? null : conflictsOf(inner(conflicts, "row")),
        }
      : {}),
  };
}

/** `confl_lock` → `lock`. */
function conflictsOf(row: Row): Record<string, number> {
  return Object.fromEntries(Object.keys(row).map((name) => [name.replace(/^confl_/, ""), number(row, name)]));
}
