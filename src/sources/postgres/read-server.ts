/** What one server says of itself: settings, counters, statements, activity, replication. */
import type { Backend, Counters, DatabaseCounters, IndexCounters, Replication, Server, Setting, StatementCounters, TableCounters } from "../../model/index.ts";
import type { Probe } from "./collect.ts";
import * as q from "./counter-queries.ts";
import { flag, number, numberOrNull, numbers, row as inner, text, textOrNull, texts, time, type Row } from "./row-values.ts";

/** The first versions that have a view. */
const WITH_WAL = 140_000;
const WITH_IO = 160_000;
const WITH_CHECKPOINTER = 170_000;

export async function readServer(probe: Probe, address: string, oids: readonly number[]): Promise<Server> {
  const [server = {}] = await probe.rows<Row>("server", q.SERVER, [], { cost: "the version is not known" });
  const versionNumber = number(server, "version_number");
  const [started = {}] = await probe.rows<Row>("start", q.STARTED);
  const [system = {}] = await probe.rows<Row>("system identifier", q.SYSTEM_IDENTIFIER, [], { cost: "replicas are not told from other clusters" });
  const [readable = {}] = await probe.rows<Row>("privileges", q.READABLE, [oids]);
  const statements = await readStatements(probe, versionNumber);
  return {
    role: flag(server, "recovery") ? "replica" : "primary",
    address,
    version: text(server, "version").split(" ")[0] ?? "",
    versionNumber,
    build: text(server, "build"),
    blockSize: number(server, "block_size"),
    systemIdentifier: textOrNull(system, "identifier"),
    startedAt: time(started, "started"),
    takenAt: time(server, "now") ?? "",
    user: {
      name: text(server, "user"),
      superuser: flag(server, "superuser"),
      memberOf: texts(server, "member_of") ?? [],
      readableTables: number(readable, "readable"),
      tables: oids.length,
    },
    settings: (await probe.rows<Row>("settings", q.SETTINGS, [], { cost: "no setting is judged", remedy: "GRANT pg_read_all_settings TO role" })).map(settingOf),
    counters: await readCounters(probe, { versionNumber, oids, at: time(server, "now") ?? "", startedAt: time(started, "started"), statements: statements.info }),
    later: null,
    statements: statements.rows,
    activity: (await probe.rows<Row>("activity", q.ACTIVITY, [], { cost: "no session is judged", remedy: "GRANT pg_monitor TO role" })).map(backendOf),
    replication: await readReplication(probe),
  };
}

function settingOf(row: Row): Setting {
  return {
    name: text(row, "name"),
    value: text(row, "value"),
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
  readonly versionNumber: number;
  readonly oids: readonly number[];
  readonly at: string;
  readonly startedAt: string | null;
  readonly statements: { readonly evicted: number | null; readonly since: string | null };
}

export async function readCounters(probe: Probe, { versionNumber, oids, at, startedAt, statements }: CountersWanted): Promise<Counters> {
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
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "number" || value === null ? value : String(value)]));
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
    return { timed: number(row, "num_timed"), requested: number(row, "num_requested"), buffersWritten: number(row, "buffers_written"), backendBuffers: null, since: time(row, "stats_reset") };
  }
  if (writer === undefined) return null;
  const row = inner(writer, "row");
  return { timed: number(row, "checkpoints_timed"), requested: number(row, "checkpoints_req"), buffersWritten: number(row, "buffers_checkpoint"), backendBuffers: numberOrNull(row, "buffers_backend"), since: time(row, "stats_reset") };
}

// ---------------------------------------------------------------------------------------------------------- statements

interface StatementsRead {
  readonly rows: StatementCounters[];
  readonly info: { readonly evicted: number | null; readonly since: string | null };
}

async function readStatements(probe: Probe, versionNumber: number): Promise<StatementsRead> {
  const [extension] = await probe.rows<Row>("statements", q.STATEMENTS_EXTENSION);
  const nothing = { rows: [], info: { evicted: null, since: null } };
  const cost = "no statement's time is known";
  if (extension === undefined) {
    probe.gap({ part: "statements", why: "pg_stat_statements is not installed in this database", cost, remedy: "add it to shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements" });
    return nothing;
  }
  const schema = text(extension, "schema");
  const rows = await probe.rows<Row>("statements", q.statements(schema), [], { cost, remedy: "GRANT pg_read_all_stats TO role" });
  const [info = {}] = versionNumber >= WITH_WAL ? await probe.rows<Row>("statements", q.statementsInfo(schema)) : [];
  return { rows: sumOverUsers(rows.flatMap(statementOf)), info: { evicted: numberOrNull(info, "evicted"), since: time(info, "since") } };
}

/** Rows of other users are shown without their text to a role that may not read it. */
function statementOf(outer: Row): StatementCounters[] {
  const row = inner(outer, "row");
  const id = textOrNull(outer, "id");
  if (id === null) return [];
  const timed = numberOrNull(row, "shared_blk_read_time") ?? numberOrNull(row, "blk_read_time");
  return [
    {
      id,
      sql: text(outer, "sql"),
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
    sql: textOrNull(row, "sql"),
  };
}

async function readReplication(probe: Probe): Promise<Replication> {
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
    preparedTransactions: prepared.map((one) => ({ id: text(one, "id"), owner: text(one, "owner"), preparedAt: time(one, "prepared_at") ?? "", xminAge: number(one, "xmin_age") })),
    replayLagMs: numberOrNull(lag, "lag"),
  };
}
