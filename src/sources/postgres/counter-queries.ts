/** Queries of counters, activity and settings. Rows of views that grow a column with each version are taken whole, as JSON. */

export const SERVER = `
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS version_number, version() AS build, current_setting('block_size')::int AS block_size,
  pg_is_in_recovery() AS recovery, now() AS now, current_user AS user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  (SELECT array_agg(r.rolname::text ORDER BY 1) FROM pg_roles r WHERE r.rolname IN ('pg_monitor', 'pg_read_all_data', 'pg_read_all_stats', 'pg_read_all_settings', 'pg_read_server_files') AND pg_has_role(current_user, r.oid, 'USAGE')) AS member_of`;

/** `pg_stats` shows neither columns that a role may not read nor tables whose rows are hidden from it. */
export const UNREADABLE = `
SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY($1::oid[]) AND (NOT has_any_column_privilege(c.oid, 'SELECT') OR row_security_active(c.oid)) ORDER BY 1`;

export const NOW = `SELECT clock_timestamp() AS now`;
export const STARTED = `SELECT pg_postmaster_start_time() AS started`;
export const SYSTEM_IDENTIFIER = `SELECT system_identifier::text AS identifier FROM pg_control_system()`;

/** What this session has set for itself is not the server's. */
export const SETTINGS = `
SELECT name, CASE WHEN source = 'session' THEN reset_val ELSE setting END AS value, unit, source, context, boot_val AS boot_value, category, pending_restart FROM pg_settings ORDER BY name`;

export const DATABASE_COUNTERS = `SELECT to_jsonb(d) AS row, d.stats_reset AS since FROM pg_stat_database d WHERE d.datname = current_database()`;

export const TABLE_COUNTERS = `
SELECT s.relid::int8 AS oid, to_jsonb(s) AS row, to_jsonb(io) AS io FROM pg_stat_all_tables s LEFT JOIN pg_statio_all_tables io ON io.relid = s.relid
WHERE s.relid = ANY($1::oid[]) OR s.relid IN (SELECT c.reltoastrelid FROM pg_class c WHERE c.oid = ANY($1::oid[]))`;

export const INDEX_COUNTERS = `
SELECT s.indexrelid::int8 AS oid, to_jsonb(s) AS row, to_jsonb(io) AS io FROM pg_stat_all_indexes s LEFT JOIN pg_statio_all_indexes io ON io.indexrelid = s.indexrelid
WHERE s.relid = ANY($1::oid[])`;

export const BACKGROUND_WRITER = `SELECT to_jsonb(b) AS row FROM pg_stat_bgwriter b`;
/** 17 and later. */
export const CHECKPOINTER = `SELECT to_jsonb(c) AS row FROM pg_stat_checkpointer c`;
/** 16 and later. */
export const IO = `SELECT to_jsonb(i) AS row FROM pg_stat_io i`;
/** 14 and later. */
export const WAL = `SELECT to_jsonb(w) AS row FROM pg_stat_wal w`;

export const STATEMENTS_EXTENSION = `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

/** Of a look itself: what it sends, and what begins and ends its transactions. */
const OURS = `s.query ~ '^(SELECT|WITH) /[*] luthier [*]/' OR s.query IN ('BEGIN TRANSACTION READ ONLY', 'ROLLBACK') OR s.query ~ '^SET LOCAL (statement_timeout|lock_timeout|search_path|jit) = '`;

/** One row for each user who sent it; none of those that this look sends. */
export const statements = (schema: string): string => `
SELECT to_jsonb(s) - 'query' - 'queryid' AS row, s.queryid::text AS id, s.query AS sql FROM ${schema}.pg_stat_statements s WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND NOT (${OURS})`;

export const STATEMENTS_INFO_VIEW = `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_class c ON c.relname = 'pg_stat_statements_info' AND c.relnamespace = e.extnamespace
JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

/** 14 and later. */
export const statementsInfo = (schema: string): string => `SELECT dealloc AS evicted, stats_reset AS since FROM ${schema}.pg_stat_statements_info`;

export const ACTIVITY = `
SELECT a.pid, a.backend_type AS kind, a.usename AS user, coalesce(a.application_name, '') AS application, a.state, a.wait_event_type AS wait_type, a.wait_event AS wait, a.backend_start AS backend_at,
  a.xact_start AS transaction_at, a.query_start AS statement_at, a.state_change AS state_at, age(a.backend_xmin) AS xmin_age,
  CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END AS blocked_by, a.query AS sql
FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.datname IS NULL) ORDER BY a.pid`;

export const STANDBYS = `
SELECT application_name AS application, host(client_addr) AS address, state, sync_state, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, replay_lsn) AS lag_bytes,
  (extract(epoch FROM replay_lag) * 1000)::float8 AS replay_lag, age(backend_xmin) AS xmin_age FROM pg_stat_replication ORDER BY 1`;

export const SLOTS = `
SELECT slot_name AS name, slot_type AS kind, active, wal_status, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) AS retained_bytes,
  age(xmin) AS xmin_age, age(catalog_xmin) AS catalog_xmin_age, (to_jsonb(s)->>'inactive_since')::timestamptz AS inactive_since FROM pg_replication_slots s ORDER BY 1`;

export const PREPARED = `SELECT gid AS id, owner, prepared AS prepared_at, age(transaction) AS xmin_age FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1`;

export const REPLAY_LAG = `SELECT CASE WHEN pg_is_in_recovery() THEN CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE (extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000)::float8 END END AS lag`;

/** Of all databases. To a role that may not see others' sessions, these have neither kind nor state; what has a database is counted. */
export const SESSIONS = `
SELECT a.datname AS database, a.usename AS user, coalesce(a.application_name, '') AS application, host(a.client_addr) AS client, a.state, s.ssl AS tls, count(*)::int AS count
FROM pg_stat_activity a LEFT JOIN pg_stat_ssl s ON s.pid = a.pid
WHERE a.pid <> pg_backend_pid() AND coalesce(a.backend_type, CASE WHEN a.datname IS NOT NULL THEN 'client backend' END) = 'client backend' GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 7 DESC, 1, 2, 3, 4, 5`;

export const CONNECTION_LIMITS = `
SELECT 'role' AS kind, rolname AS name, rolconnlimit AS connections FROM pg_roles WHERE rolcanlogin AND rolconnlimit >= 0
UNION ALL SELECT 'database', datname, datconnlimit FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0 ORDER BY 1, 2`;

/** Of this database, of all, and of roles that may log in. */
export const OVERRIDES = `
SELECT d.datname AS database, r.rolname AS role, c.word, EXISTS (SELECT FROM pg_settings g WHERE g.name = lower(split_part(c.word, '=', 1)) AND g.category <> 'Customized Options') AS known
FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole CROSS JOIN LATERAL unnest(s.setconfig) AS c(word)
WHERE (s.setdatabase = 0 OR d.datname = current_database()) AND (s.setrole = 0 OR r.rolname IS NOT NULL) ORDER BY 1, 2, 3`;
/** By what replay cancelled queries of this database. */
export const CONFLICTS = `SELECT to_jsonb(c) - 'datid' - 'datname' AS row FROM pg_stat_database_conflicts c WHERE c.datname = current_database()`;

/** No row while the standby is cut off: a lag of 0 says nothing then. */
export const RECEIVER = `SELECT status FROM pg_stat_wal_receiver`;

/** 14 and later have the statement's id beside its session. */
const WITH_QUERY_ID = 140_000;

/** One look at what active sessions of all databases wait for, as one row; a session of whom the role may see nothing is `hidden`. */
export const waitSample = (version: number): string => `
SELECT coalesce(jsonb_agg(to_jsonb(w)), '[]') AS rows FROM (
SELECT coalesce(a.wait_event_type, 'CPU') AS type, coalesce(a.wait_event, 'CPU') AS event, ${version >= WITH_QUERY_ID ? "a.query_id::text" : "NULL::text"} AS statement, coalesce(a.state, 'hidden') AS state,
  a.backend_type IS DISTINCT FROM 'parallel worker' AS is_client, count(*)::int AS count
FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND (a.backend_type IN ('client backend', 'parallel worker') OR a.backend_type IS NULL) GROUP BY 1, 2, 3, 4, 5) w`;

/** Files of the kernel that say what the server runs on. A superuser may read them; nobody else is asked to. The limits are those of a container. */
export const MACHINE = `
SELECT pg_read_file('/proc/meminfo', 0, 4000, true) AS memory, pg_read_file('/sys/devices/system/cpu/online', 0, 400, true) AS cores,
  pg_read_file('/sys/fs/cgroup/memory.max', 0, 100, true) AS memory_limit, pg_read_file('/sys/fs/cgroup/cpu.max', 0, 100, true) AS cpu_limit`;
