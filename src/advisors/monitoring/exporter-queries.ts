/**
 * Queries that postgres_exporter runs for this database (`--extend.query-path`). All alerts rest on these and not on the exporter's collectors: their
 * names differ between versions, and those of 0.20.1 open a connection for each scrape, so that all their metrics are gone, with pg_up at 1, when
 * connections are used up. These go over the connection that the exporter holds.
 */
import { quoteLiteral, quoteName } from "../../postgres/quote.ts";
import type { Watched } from "./watched.ts";

export type MetricUsage = "LABEL" | "GAUGE" | "COUNTER";

export interface ExporterQuery {
  /** Metrics are called by it and their column: `luthier_session` and `waiting` make `luthier_session_waiting`. */
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly usage: MetricUsage; readonly help: string }[];
}

type Column = ExporterQuery["columns"][number];

const label = (name: string, help: string): Column => ({ name, usage: "LABEL", help });
const gauge = (name: string, help: string): Column => ({ name, usage: "GAUGE", help });
const counter = (name: string, help: string): Column => ({ name, usage: "COUNTER", help });

export function exporterQueries(watched: Watched): ExporterQuery[] {
  return [
    sessionQuery(watched),
    applicationQuery(),
    databaseQuery(),
    wraparoundQuery(),
    checkpointQuery(watched),
    settingQuery(),
    indexQuery(),
    ...tableQuery(watched),
    ...statementQueries(watched),
    ...(watched.isArchiving ? [archiverQuery()] : []),
    ...(watched.standbys > 0 ? [standbyQuery(), replicaQuery()] : []),
    ...(watched.slots.length > 0 ? [slotQuery()] : []),
  ];
}

/** Since when a lock is waited for is told from 14 on. */
const WITH_WAITSTART = 140_000;

function sessionQuery({ database: { server } }: Watched): ExporterQuery {
  const longest =
    server.versionNumber >= WITH_WAITSTART
      ? "(SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0) FROM pg_locks WHERE NOT granted)"
      : "coalesce(max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE wait_event_type = 'Lock'), 0)";
  const here = "datname = current_database()";
  return {
    name: "luthier_session",
    sql: [
      "SELECT count(*) FILTER (WHERE backend_type = 'client backend') AS connections,",
      `  count(*) FILTER (WHERE backend_type = 'client backend' AND state = 'active') AS active,`,
      `  count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,`,
      `  ${longest} AS longest_wait_seconds,`,
      `  coalesce(max(extract(epoch FROM clock_timestamp() - state_change)) FILTER (WHERE ${here} AND state LIKE 'idle in transaction%'), 0) AS longest_idle_in_transaction_seconds,`,
      `  coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE ${here} AND backend_type = 'client backend'), 0) AS longest_transaction_seconds`,
      "FROM pg_stat_activity",
    ].join("\n"),
    columns: [
      gauge("connections", "Connections of clients, of all databases: they share max_connections"),
      gauge("active", "Of these, the ones that run a statement"),
      gauge("waiting", "Sessions that wait for a lock"),
      gauge("longest_wait_seconds", "How long the longest of them has waited"),
      gauge("longest_idle_in_transaction_seconds", "How long the longest idle transaction has been idle"),
      gauge("longest_transaction_seconds", "Age of the oldest transaction of a client"),
    ],
  };
}

/** Names of applications are the clients' own: no more than ten make series. */
function applicationQuery(): ExporterQuery {
  return {
    name: "luthier_application",
    sql: "SELECT application_name AS application, count(*) AS connections FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    columns: [label("application", "application_name of the connection"), gauge("connections", "Connections of this application")],
  };
}

function databaseQuery(): ExporterQuery {
  return {
    name: "luthier_database",
    sql: [
      "SELECT xact_commit AS commits, xact_rollback AS rollbacks, xact_commit + xact_rollback AS transactions, blks_read AS blocks_read, blks_read + blks_hit AS blocks_asked,",
      "  temp_bytes AS temporary_bytes, deadlocks, pg_database_size(datid) AS bytes",
      "FROM pg_stat_database WHERE datname = current_database()",
    ].join("\n"),
    columns: [
      counter("commits", "Transactions committed"),
      counter("rollbacks", "Transactions rolled back"),
      counter("transactions", "Transactions ended"),
      counter("blocks_read", "Blocks that were not in shared buffers"),
      counter("blocks_asked", "Blocks asked for"),
      counter("temporary_bytes", "Bytes of temporary files"),
      counter("deadlocks", "Deadlocks"),
      gauge("bytes", "Size of the database"),
    ],
  };
}

/** Every database of the cluster counts: one that is too old stops all. */
function wraparoundQuery(): ExporterQuery {
  return {
    name: "luthier_wraparound",
    sql: "SELECT max(age(datfrozenxid)) AS transactions, max(mxid_age(datminmxid)) AS multixacts FROM pg_database",
    columns: [
      gauge("transactions", "Transactions since the oldest database was frozen"),
      gauge("multixacts", "Multixacts since the oldest database was frozen"),
    ],
  };
}

/** From 17 on the checkpointer has a view of its own. */
const WITH_CHECKPOINTER = 170_000;

function checkpointQuery({ database: { server } }: Watched): ExporterQuery {
  const sql =
    server.versionNumber >= WITH_CHECKPOINTER
      ? "SELECT num_timed AS timed, num_requested AS requested FROM pg_stat_checkpointer"
      : "SELECT checkpoints_timed AS timed, checkpoints_req AS requested FROM pg_stat_bgwriter";
  return {
    name: "luthier_checkpoint",
    sql,
    columns: [counter("timed", "Checkpoints by checkpoint_timeout"), counter("requested", "Checkpoints that were asked for, by max_wal_size above all")],
  };
}

/** What thresholds were computed from: when one changes, the rules are out of date. */
export const WATCHED_SETTINGS = [
  "max_connections",
  "superuser_reserved_connections",
  "autovacuum_freeze_max_age",
  "autovacuum_multixact_freeze_max_age",
  "autovacuum_vacuum_scale_factor",
  "checkpoint_timeout",
  "max_wal_size",
  "work_mem",
  "deadlock_timeout",
  "idle_in_transaction_session_timeout",
] as const;

function settingQuery(): ExporterQuery {
  return {
    name: "luthier_setting",
    sql: `SELECT name, setting::float8 AS value FROM pg_settings WHERE vartype IN ('integer', 'real') AND name IN (${WATCHED_SETTINGS.map((name) => quoteLiteral(name)).join(", ")})`,
    columns: [label("name", "Name of the setting"), gauge("value", "Its value in the unit of pg_settings")],
  };
}

/** An index that is being built is invalid until it is done. */
function indexQuery(): ExporterQuery {
  return {
    name: "luthier_index",
    sql: "SELECT count(*) AS invalid FROM pg_index WHERE NOT indisvalid AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index)",
    columns: [gauge("invalid", "Indexes that are written and never read")],
  };
}

/** No size is asked for: that would wait behind a migration's lock, and the exporter with it. */
function tableQuery({ tables }: Watched): ExporterQuery[] {
  if (tables.length === 0) return [];
  const names = tables.map(({ table }) => `(${quoteLiteral(table.schema)}, ${quoteLiteral(table.name)})`).join(", ");
  return [
    {
      name: "luthier_table",
      sql: [
        `SELECT CASE schemaname WHEN 'public' THEN relname ELSE schemaname || '.' || relname END AS "table", n_dead_tup AS dead_rows, n_live_tup AS live_rows, n_mod_since_analyze AS changed_rows,`,
        "  n_tup_ins + n_tup_upd + n_tup_del AS writes, seq_tup_read + coalesce(idx_tup_fetch, 0) AS rows_read",
        `FROM pg_stat_user_tables WHERE (schemaname, relname) IN (${names})`,
      ].join("\n"),
      columns: [
        label("table", "The table, with its schema where that is not public"),
        gauge("dead_rows", "Rows that no transaction sees and no vacuum has removed"),
        gauge("live_rows", "Rows, as far as the server counts"),
        gauge("changed_rows", "Rows changed since the last ANALYZE"),
        counter("writes", "Rows inserted, updated and deleted"),
        counter("rows_read", "Rows read by scans"),
      ],
    },
  ];
}

const INFO_VERSION = 9;
const RENAMED_VERSION = 8;

function statementQueries({ statements, statementsFrom }: Watched): ExporterQuery[] {
  if (statementsFrom === null) return [];
  const { schema, version } = statementsFrom;
  const time = version >= RENAMED_VERSION ? "total_exec_time" : "total_time";
  const hot: ExporterQuery = {
    name: "luthier_statement",
    sql: [
      `SELECT queryid::text AS queryid, sum(calls) AS calls, sum(${time}) AS milliseconds, sum(rows) AS rows, sum(shared_blks_read) AS blocks_read`,
      `FROM ${quoteName(schema)}.pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      `  AND queryid IN (${statements.map(({ id }) => id).join(", ")}) GROUP BY 1`,
    ].join("\n"),
    columns: [
      label("queryid", "Identifier of the statement in pg_stat_statements"),
      counter("calls", "How often it was run"),
      counter("milliseconds", "Time that it took"),
      counter("rows", "Rows that it gave or changed"),
      counter("blocks_read", "Blocks that it did not find in shared buffers"),
    ],
  };
  const info: ExporterQuery = {
    name: "luthier_statements",
    sql: `SELECT dealloc AS evicted FROM ${quoteName(schema)}.pg_stat_statements_info`,
    columns: [counter("evicted", "Times that entries were thrown out of pg_stat_statements")],
  };
  return [...(statements.length === 0 ? [] : [hot]), ...(version >= INFO_VERSION ? [info] : [])];
}

function archiverQuery(): ExporterQuery {
  return {
    name: "luthier_archiver",
    sql: "SELECT archived_count AS archived, failed_count AS failed FROM pg_stat_archiver",
    columns: [counter("archived", "WAL files archived"), counter("failed", "Attempts at it that failed")],
  };
}

function standbyQuery(): ExporterQuery {
  const now = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END";
  return {
    name: "luthier_standby",
    sql: [
      "SELECT pg_is_in_recovery()::int AS in_recovery, count(*) FILTER (WHERE state = 'streaming' AND application_name NOT LIKE 'pg\\_%') AS streaming,",
      `  coalesce(max(pg_wal_lsn_diff(${now}, replay_lsn)) FILTER (WHERE state = 'streaming'), 0) AS behind_bytes`,
      "FROM pg_stat_replication",
    ].join("\n"),
    columns: [
      gauge("in_recovery", "1 on a standby"),
      gauge("streaming", "Standbys that follow this server"),
      gauge("behind_bytes", "WAL that the slowest of them has not replayed"),
    ],
  };
}

/** Whether WAL still comes in is asked for by itself: the age of what was replayed grows on an idle primary, and received equals replayed on a standby that is cut off. */
function replicaQuery(): ExporterQuery {
  return {
    name: "luthier_replica",
    sql: "SELECT pg_is_in_recovery()::int AS in_recovery, (SELECT count(*) FROM pg_stat_wal_receiver) AS receiving",
    columns: [gauge("in_recovery", "1 on a standby"), gauge("receiving", "1 while WAL comes in from the primary")],
  };
}

function slotQuery(): ExporterQuery {
  const now = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END";
  return {
    name: "luthier_slot",
    sql: `SELECT slot_name AS slot, active::int AS active, coalesce(pg_wal_lsn_diff(${now}, restart_lsn), 0) AS retained_bytes FROM pg_replication_slots`,
    columns: [
      label("slot", "Name of the replication slot"),
      gauge("active", "1 while somebody reads from it"),
      gauge("retained_bytes", "WAL that is kept for it"),
    ],
  };
}
