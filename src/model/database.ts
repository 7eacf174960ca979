import type { Gap } from "./gap.ts";

/**
 * What one look at a PostgreSQL server gave, as it is stored (docs/snapshot-format.md). Read-only data: whoever needs more than is
 * written here derives it. Sizes are bytes, durations milliseconds, times ISO 8601 in UTC. A figure that the role could not see, or
 * that this version of the server does not have, is null: never 0.
 */
export interface Snapshot {
  readonly schema: "luthier-snapshot/1";
  readonly tool: { readonly name: "luthier"; readonly version: string };
  /** When the collection began, by the server's clock. */
  readonly takenAt: string;
  /** `values`: statistics and statements hold values of rows. `redacted`: frequencies were kept, values dropped. */
  readonly data: "values" | "redacted";
  readonly catalog: Catalog;
  /** The first is the server that the catalog was read from; further ones are its replicas or its primary, for their counters. */
  readonly servers: readonly Server[];
  /** What could not be seen, and what that costs. */
  readonly gaps: readonly Gap[];
  /** What was measured on rows, with `--sample` alone. */
  readonly samples: readonly Sample[];
  /** What a connection pooler in front of it said, with `--pgbouncer` alone. */
  readonly pooler?: PoolerLooks;
}

// ------------------------------------------------------------------------------------------------------------ catalog

export interface Catalog {
  readonly database: {
    readonly name: string;
    readonly encoding: string;
    readonly collate: string;
    readonly ctype: string;
    /** `libc`, `icu`, `builtin` (17 and later). */
    readonly localeProvider: string;
    readonly bytes: number | null;
    readonly xidAge: number | null;
    readonly multixactAge: number | null;
  };
  readonly extensions: readonly { readonly name: string; readonly version: string; readonly schema: string }[];
  readonly tables: readonly Table[];
  readonly indexes: readonly Index[];
  readonly constraints: readonly Constraint[];
  readonly sequences: readonly DatabaseSequence[];
  readonly views: readonly View[];
  readonly extendedStatistics: readonly ExtendedStatistics[];
  readonly enums: readonly { readonly schema: string; readonly name: string; readonly labels: readonly string[] }[];
  /** Statements that rebuild the schema, in an order that works, one statement each. */
  readonly ddl: readonly string[];
  /** What a server needs besides to plan as this one does (docs/phantom.md). Absent from a redacted snapshot: it holds values. */
  readonly planner?: PlannerData;
}

export type TableKind = "table" | "partitioned" | "foreign" | "materialised-view" | "toast";

export interface Table {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: TableKind;
  readonly persistence: "permanent" | "unlogged" | "temporary";
  readonly owner: string;
  readonly comment: string | null;
  /** Access method, `heap`; null where there is no storage. */
  readonly accessMethod: string | null;
  readonly tablespace: string | null;
  readonly columns: readonly Column[];
  /** `fillfactor`, `autovacuum_enabled`, …; those of the TOAST table with the prefix `toast.`. */
  readonly options: Readonly<Record<string, string>>;
  readonly replicaIdentity: "default" | "nothing" | "full" | "index";
  readonly rowSecurity: boolean;
  /** Estimate of VACUUM or ANALYZE; -1 where neither has run (14 and later). */
  readonly reltuples: number;
  readonly relpages: number;
  readonly relallvisible: number;
  /** Of the main fork now; null without permission. The planner takes its number of pages from this. */
  readonly bytes: number | null;
  /** Heap with TOAST, free space map and visibility map, without indexes. */
  readonly tableBytes: number | null;
  readonly toastBytes: number | null;
  readonly indexBytes: number | null;
  readonly xidAge: number | null;
  readonly multixactAge: number | null;
  readonly toast: { readonly oid: number; readonly xidAge: number | null; readonly multixactAge: number | null } | null;
  readonly partitioning: Partitioning | null;
  /** For a partition: its parent and its bounds, as `FOR VALUES FROM (…) TO (…)` or `DEFAULT`. */
  readonly partitionOf: { readonly parent: number; readonly bounds: string } | null;
  /** Oids of the tables that it inherits from without being a partition. */
  readonly inherits: readonly number[];
}

export interface Partitioning {
  readonly strategy: "range" | "list" | "hash";
  /** As `pg_get_partkeydef` says it: `RANGE (viewed_at)`. */
  readonly definition: string;
  /** Columns of the key in order; null for an expression. */
  readonly columns: readonly (string | null)[];
  readonly defaultPartition: number | null;
}

export interface Column {
  /** `attnum`. Dropped columns are not listed; their numbers are not used again. */
  readonly number: number;
  readonly name: string;
  /** As `format_type` says it: `character varying(20)`. */
  readonly type: string;
  /** The type's own name without modifier: `varchar`, `int4`, `numeric`, `timestamptz`; arrays as `_int4`. */
  readonly typeName: string;
  /** `b` base, `e` enum, `d` domain, `c` composite, `r` range, `m` multirange. */
  readonly typeKind: string;
  /** Bytes of a fixed-length type; -1 for variable length. */
  readonly length: number;
  /** Alignment in bytes: 1, 2, 4 or 8. */
  readonly alignment: 1 | 2 | 4 | 8;
  readonly storage: "plain" | "external" | "extended" | "main";
  readonly notNull: boolean;
  /** SQL of the default or of the generated value. */
  readonly default: string | null;
  readonly generated: "stored" | "virtual" | null;
  readonly identity: "always" | "by default" | null;
  /** Name of a collation other than the type's own. */
  readonly collation: string | null;
  /** `SET STATISTICS`; null for the default. */
  readonly statisticsTarget: number | null;
  readonly comment: string | null;
  readonly statistics: ColumnStatistics | null;
}

/** A row of `pg_stats`; for a parent with children, that of the whole tree where there is one. */
export interface ColumnStatistics {
  readonly nullFraction: number;
  readonly averageWidth: number;
  /** Above 0 a count, below 0 the share of rows that differ, 0 unknown. */
  readonly distinct: number;
  /** Most common values as text, most frequent first. Null where there are none; empty of values in a redacted snapshot. */
  readonly commonValues: readonly string[] | null;
  readonly commonFrequencies: readonly number[] | null;
  readonly histogram: readonly string[] | null;
  /** Of the histogram's bounds: their number, which redaction keeps. */
  readonly histogramBounds: number;
  readonly correlation: number | null;
  /** Elements of arrays and lexemes. */
  readonly commonElements: readonly string[] | null;
  readonly elementFrequencies: readonly number[] | null;
  readonly inherited: boolean;
}

export interface Index {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** Oid of its table. */
  readonly table: number;
  /** `btree`, `hash`, `gin`, `gist`, `brin`, `spgist`, or an extension's. */
  readonly method: string;
  readonly keys: readonly IndexKey[];
  /** Columns of INCLUDE. */
  readonly include: readonly string[];
  readonly unique: boolean;
  readonly nullsNotDistinct: boolean;
  readonly primary: boolean;
  readonly exclusion: boolean;
  readonly immediate: boolean;
  readonly valid: boolean;
  readonly ready: boolean;
  readonly live: boolean;
  readonly clustered: boolean;
  readonly replicaIdentity: boolean;
  /** SQL of the WHERE clause of a partial index. */
  readonly predicate: string | null;
  /** As `pg_get_indexdef` says it. */
  readonly definition: string;
  readonly options: Readonly<Record<string, string>>;
  readonly tablespace: string | null;
  readonly comment: string | null;
  /** Oid of the constraint that it backs (primary key, unique, exclusion). */
  readonly constraint: number | null;
  /** Foreign keys elsewhere that refer to its columns through it. */
  readonly referencedBy: readonly number[];
  /** For an index of a partition: the parent's index. */
  readonly partitionOf: number | null;
  readonly reltuples: number;
  readonly relpages: number;
  readonly bytes: number | null;
  /** First 88 bytes of the metapage in base64; null without permission to read files. */
  readonly metapage: string | null;
  /** Statistics of its expressions, by position among the keys. */
  readonly expressionStatistics: Readonly<Record<number, ColumnStatistics>>;
  /** Phase and blocks done of a CREATE INDEX that is still running. */
  readonly progress: { readonly phase: string; readonly done: number; readonly total: number } | null;
}

export interface IndexKey {
  /** Name of the column; null for an expression. */
  readonly column: string | null;
  /** SQL of an expression; null for a column. */
  readonly expression: string | null;
  /** Name of the operator class: `text_ops`, `varchar_pattern_ops`, `jsonb_path_ops`. */
  readonly operatorClass: string;
  /** It is what the type would get by itself. */
  readonly isDefaultClass: boolean;
  /** Name of the key's collation, `default` for the database's; null where the type has none. */
  readonly collation: string | null;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type ConstraintKind = "primary" | "unique" | "foreign" | "check" | "exclusion" | "not-null";

export interface Constraint {
  readonly oid: number;
  readonly name: string;
  readonly kind: ConstraintKind;
  readonly table: number;
  readonly columns: readonly string[];
  /** For a foreign key. */
  readonly references: {
    readonly table: number;
    readonly columns: readonly string[];
    readonly onDelete: "no action" | "restrict" | "cascade" | "set null" | "set default";
    readonly onUpdate: "no action" | "restrict" | "cascade" | "set null" | "set default";
  } | null;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  readonly validated: boolean;
  /** Its index, for those that have one. */
  readonly index: number | null;
  /** As `pg_get_constraintdef` says it. */
  readonly definition: string;
  /** It belongs to a partition and follows the parent's. */
  readonly parent: number | null;
}

export interface DatabaseSequence {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  /** Null without permission, or before the first value. Text in the file, since it may exceed 2^53. */
  readonly lastValue: string | null;
  readonly minimum: string;
  readonly maximum: string;
  readonly increment: string;
  readonly cycles: boolean;
  /** The column that it fills, owned or as identity. */
  readonly ownedBy: { readonly table: number; readonly column: string } | null;
}

export interface View {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly materialised: boolean;
  readonly definition: string;
  readonly isPopulated: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** Oids of the tables and views that it reads. */
  readonly reads: readonly number[];
}

export interface ExtendedStatistics {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly table: number;
  readonly columns: readonly string[];
  readonly expressions: readonly string[];
  readonly kinds: readonly ("ndistinct" | "dependencies" | "mcv" | "expressions")[];
  readonly definition: string;
  readonly target: number | null;
  /** As `pg_stats_ext` shows them; null without statistics. */
  readonly distinct: string | null;
  readonly dependencies: string | null;
}

// ------------------------------------------------------------------------------------------------------------ planner

export interface PlannerData {
  /** Rows of `pg_statistic`, of tables' columns and of indexes' expressions. */
  readonly statistics: readonly StatisticRow[];
  /** Rows of `pg_statistic_ext_data`. */
  readonly extended: readonly ExtendedStatisticRow[];
  /** What oids in these rows stand for, as the server writes it: `=(integer,integer)`, `"C"`, `citext`. */
  readonly operators: Readonly<Record<number, string>>;
  readonly collations: Readonly<Record<number, string>>;
  readonly types: Readonly<Record<number, string>>;
  /** Labels by their oids, which lists of several columns' values hold in place of them. */
  readonly labels: Readonly<Record<number, { readonly type: number; readonly label: string }>>;
  readonly ends: readonly ColumnEnds[];
  /** Locale of a database whose provider is not libc. */
  readonly locale: string | null;
}

export interface StatisticRow {
  readonly relation: number;
  /** `attnum`: of a table's column, or the position in an index. */
  readonly attribute: number;
  readonly inherited: boolean;
  readonly figures: StatisticFigures;
}

export interface StatisticFigures {
  /** Figures as text, so that they come back to the last bit. */
  readonly nullFraction: string;
  readonly width: number;
  readonly distinct: string;
  readonly slots: readonly StatisticSlot[];
}

export interface StatisticSlot {
  /** 1 common values, 2 histogram, 3 correlation, 4 common elements, 5 distinct elements, 6 and 7 of ranges; others are of extensions. */
  readonly kind: number;
  /** Oids; 0 for none. */
  readonly operator: number;
  readonly collation: number;
  /** Arrays as the server writes them. */
  readonly numbers: string | null;
  readonly values: string | null;
  /** The values are those that the statistics of the column, or of the index's expression, show. */
  readonly shown?: true;
}

export interface ExtendedStatisticRow {
  readonly statistics: number;
  readonly inherited: boolean;
  /** Columns by the number that the data names them with. */
  readonly columns: Readonly<Record<number, string>>;
  /** The server's own bytes, in base64. */
  readonly distinct: string | null;
  readonly dependencies: string | null;
  readonly commonValues: string | null;
  /** Of expressions, in order. */
  readonly expressions: readonly StatisticFigures[];
}

/** Least and greatest value of a column, by an index that it leads: the planner looks them up when a condition goes beyond the histogram. */
export interface ColumnEnds {
  readonly table: number;
  readonly column: string;
  readonly low: string;
  readonly high: string;
}

// ------------------------------------------------------------------------------------------------------------ servers

export interface Server {
  /** `primary` of a cluster, or a `replica` in recovery. */
  readonly role: "primary" | "replica";
  /** Host and port as they were connected to, without user and password. */
  readonly address: string;
  /** `16.4`. */
  readonly version: string;
  /** `160004`. */
  readonly versionNumber: number;
  /** The whole of `version()`: compiler and platform. */
  readonly build: string;
  readonly blockSize: number;
  /** Equal for a primary and its replicas; null without permission. */
  readonly systemIdentifier: string | null;
  readonly startedAt: string | null;
  readonly takenAt: string;
  /** What the role may see. */
  readonly user: {
    readonly name: string;
    readonly superuser: boolean;
    /** Of `pg_monitor`, `pg_read_all_data`, `pg_read_all_stats`, `pg_read_server_files`, those that it is a member of. */
    readonly memberOf: readonly string[];
    /** Tables of which it may read the statistics, and all. */
    readonly readableTables: number;
    readonly tables: number;
  };
  readonly settings: readonly Setting[];
  readonly counters: Counters;
  /** A second look, `--interval` later; null with a single look. */
  readonly later: Counters | null;
  readonly statements: readonly StatementCounters[];
  readonly activity: readonly Backend[];
  readonly replication: Replication;
  /** Sessions of clients of all databases, counted by who has them and what they do. Absent from snapshots that are older than it. */
  readonly sessions?: readonly SessionGroup[];
  /** Limits of connections that a role that may log in, or a database, has. */
  readonly connectionLimits?: readonly { readonly kind: "role" | "database"; readonly name: string; readonly connections: number }[];
  /** Settings of roles and databases (`ALTER ROLE … SET`); null stands for all. */
  readonly overrides?: readonly SettingOverride[];
  /** What active sessions waited for, once a second during `--interval`; null or absent without one. */
  readonly waits?: WaitSamples | null;
  /** Null or absent where neither the server nor the user said what it runs on. */
  readonly machine?: Machine | null;
}

export interface SessionGroup {
  readonly database: string | null;
  readonly user: string | null;
  readonly application: string;
  /** Address of the client; null for a local socket, and where the role may not see it. */
  readonly client: string | null;
  readonly state: string | null;
  /** Encrypted; null where the role may not see it. */
  readonly tls: boolean | null;
  readonly count: number;
}

export interface SettingOverride {
  readonly database: string | null;
  readonly role: string | null;
  readonly name: string;
  /** `(not kept)` for settings that are not the server's own: they may hold secrets. */
  readonly value: string;
}

/** What a server runs on. Of a container, its limits; null for what is not known. */
export interface Machine {
  readonly memoryBytes: number | null;
  readonly cores: number | null;
  /** `server`: read from its own files, which a superuser may. `option`: `--ram`, `--cores`. */
  readonly by: "server" | "option";
}

/** Sessions of all databases of the server, looked at once a second. */
export interface WaitSamples {
  readonly from: string;
  readonly to: string;
  readonly samples: number;
  /** Samples in which the sessions of others were hidden from the role: nothing is said about waits then. */
  readonly hidden: number;
  /** Active sessions and parallel workers, added up over all samples; a session that waits for nothing is on `CPU`. */
  readonly waits: readonly { readonly type: string; readonly event: string; readonly statement: string | null; readonly count: number }[];
  /** Client sessions of a sample, on average and at most. */
  readonly sessions: { readonly mean: number; readonly most: number };
  readonly active: { readonly mean: number; readonly most: number };
  readonly idleInTransaction: { readonly mean: number; readonly most: number };
}

export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly unit: string | null;
  /** `default`, `configuration file`, `database`, `user`, `command line`, … */
  readonly source: string;
  readonly context: string;
  readonly bootValue: string | null;
  /** `Query Tuning / Planner Cost Constants`. */
  readonly category: string;
  readonly pendingRestart: boolean;
}

/** Counters of one look at one server. */
export interface Counters {
  readonly at: string;
  /** Since when the counters of this database have been counting: the later of reset and start; null when unknown. */
  readonly since: string | null;
  readonly statementsSince: string | null;
  /** Entries thrown out of pg_stat_statements (14 and later). */
  readonly statementsEvicted: number | null;
  readonly database: DatabaseCounters | null;
  /** By oid of the table, TOAST tables included. */
  readonly tables: Readonly<Record<number, TableCounters>>;
  /** By oid of the index. */
  readonly indexes: Readonly<Record<number, IndexCounters>>;
  readonly checkpoints: {
    readonly timed: number;
    readonly requested: number;
    readonly buffersWritten: number;
    /** Buffers that backends had to write themselves. */
    readonly backendBuffers: number | null;
    readonly since: string | null;
  } | null;
  /** Rows of `pg_stat_io` (16 and later). */
  readonly io: readonly Readonly<Record<string, string | number | null>>[] | null;
  /** The row of `pg_stat_wal` (14 and later). */
  readonly wal: Readonly<Record<string, string | number | null>> | null;
}

export interface DatabaseCounters {
  readonly commits: number;
  readonly rollbacks: number;
  readonly blocksHit: number;
  readonly blocksRead: number;
  readonly blockReadMs: number | null;
  readonly temporaryFiles: number;
  readonly temporaryBytes: number;
  readonly deadlocks: number;
  readonly conflicts: number;
  readonly sessions: number | null;
  readonly sessionMs: number | null;
  readonly activeMs: number | null;
  readonly idleInTransactionMs: number | null;
  readonly sessionsAbandoned: number | null;
  readonly sessionsFatal: number | null;
  readonly sessionsKilled: number | null;
}

export interface TableCounters {
  readonly seqScans: number;
  readonly seqRows: number;
  readonly indexScans: number | null;
  readonly indexRows: number | null;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly hotUpdated: number;
  /** Updates whose new row had to go to another page (16 and later). */
  readonly newPageUpdated: number | null;
  readonly liveRows: number;
  readonly deadRows: number;
  readonly modifiedSinceAnalyze: number;
  readonly insertedSinceVacuum: number | null;
  readonly lastVacuum: string | null;
  readonly lastAutovacuum: string | null;
  readonly lastAnalyze: string | null;
  readonly lastAutoanalyze: string | null;
  readonly vacuums: number;
  readonly autovacuums: number;
  readonly analyzes: number;
  readonly autoanalyzes: number;
  readonly heapRead: number | null;
  readonly heapHit: number | null;
  readonly indexRead: number | null;
  readonly indexHit: number | null;
  readonly toastRead: number | null;
  readonly toastHit: number | null;
  /** 16 and later. */
  readonly lastSeqScan: string | null;
  readonly lastIndexScan: string | null;
  /** 18 and later. */
  readonly autovacuumMs: number | null;
}

export interface IndexCounters {
  readonly scans: number;
  readonly rowsRead: number;
  readonly rowsFetched: number;
  readonly blocksRead: number | null;
  readonly blocksHit: number | null;
  /** 16 and later. */
  readonly lastScan: string | null;
}

/** A row of `pg_stat_statements`, of this database alone, summed over users. */
export interface StatementCounters {
  /** `queryid`, as text. */
  readonly id: string;
  /** Normalised by the server: `$1` for literals. Dropped to its shape in a redacted snapshot, when it holds literals. */
  readonly sql: string;
  readonly topLevel: boolean;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly deviationMs: number;
  readonly rows: number;
  readonly sharedHit: number;
  readonly sharedRead: number;
  readonly sharedDirtied: number;
  readonly sharedWritten: number;
  readonly tempRead: number;
  readonly tempWritten: number;
  /** Null unless `track_io_timing` is on. */
  readonly readMs: number | null;
  readonly writeMs: number | null;
  /** Null unless `track_planning` is on. */
  readonly plans: number | null;
  readonly planMs: number | null;
  readonly walBytes: number | null;
  readonly jitMs: number | null;
  readonly workersPlanned: number | null;
  readonly workersLaunched: number | null;
  /** 17 and later: when this entry came into being. */
  readonly since: string | null;
}

/** A row of `pg_stat_activity`, without its statement's text in a redacted snapshot. */
export interface Backend {
  readonly pid: number;
  readonly kind: string;
  readonly user: string | null;
  readonly application: string;
  readonly state: string | null;
  readonly waitType: string | null;
  readonly wait: string | null;
  readonly backendAt: string | null;
  readonly transactionAt: string | null;
  readonly statementAt: string | null;
  readonly stateAt: string | null;
  readonly xminAge: number | null;
  readonly blockedBy: readonly number[];
  readonly sql: string | null;
}

export interface Replication {
  readonly standbys: readonly {
    readonly application: string;
    readonly state: string;
    readonly syncState: string;
    readonly lagBytes: number | null;
    readonly replayLagMs: number | null;
    readonly xminAge: number | null;
    /** Where it connects from; null by a socket, absent in older snapshots. */
    readonly address?: string | null;
  }[];
  readonly slots: readonly {
    readonly name: string;
    readonly kind: "physical" | "logical";
    readonly active: boolean;
    readonly walStatus: string | null;
    readonly retainedBytes: number | null;
    readonly xminAge: number | null;
    readonly catalogXminAge: number | null;
    readonly inactiveSince: string | null;
  }[];
  readonly preparedTransactions: readonly { readonly id: string; readonly owner: string; readonly preparedAt: string; readonly xminAge: number }[];
  /** Of a replica: how far behind it is; null on a primary. */
  readonly replayLagMs: number | null;
  /** Of a replica: `streaming`, or null while nothing comes from the primary; then the lag is that of what was received. */
  readonly receiver?: string | null;
  /** Of a replica: queries that replay has cancelled, by cause (`pg_stat_database_conflicts`); null or absent on a primary. */
  readonly conflicts?: Readonly<Record<string, number>> | null;
}

// ------------------------------------------------------------------------------------------------------------ pooler

/** One or two looks at PgBouncer's console. */
export interface PoolerLooks {
  readonly kind: "pgbouncer";
  /** Host and port, without user and password. */
  readonly address: string;
  /** `1.18.0`, and `11800`. */
  readonly version: string;
  readonly versionNumber: number;
  /** SHOW CONFIG by key. */
  readonly config: Readonly<Record<string, string>>;
  readonly databases: readonly PoolerDatabase[];
  readonly first: PoolerLook;
  /** A second look, `--interval` later; null with a single look. */
  readonly later: PoolerLook | null;
}

/** A row of SHOW DATABASES. */
export interface PoolerDatabase {
  readonly name: string;
  /** As configured: a list with commas too. Null for a socket. */
  readonly host: string | null;
  readonly port: number | null;
  readonly database: string;
  readonly forceUser: string | null;
  readonly poolSize: number;
  readonly reservePool: number;
  /** Null where `pool_mode` of the whole holds. */
  readonly poolMode: string | null;
  /** 0 for no limit. */
  readonly maxConnections: number;
}

export interface PoolerLook {
  /** By the clock of the machine that looked. */
  readonly at: string;
  readonly pools: readonly PoolerPool[];
  readonly stats: readonly PoolerStats[];
  /** SHOW LISTS by name: `databases`, `pools`, `used_clients`, `free_servers`. */
  readonly lists: Readonly<Record<string, number>>;
  /** SHOW USERS: users with a mode of their own. */
  readonly users: readonly { readonly name: string; readonly poolMode: string | null }[];
}

/** A row of SHOW POOLS: of one user in one database. */
export interface PoolerPool {
  readonly database: string;
  readonly user: string;
  readonly clientsActive: number;
  readonly clientsWaiting: number;
  readonly serversActive: number;
  readonly serversIdle: number;
  readonly serversUsed: number;
  readonly serversLogin: number;
  /** How long the first one in the queue has waited, in microseconds. */
  readonly waited: number;
  readonly poolMode: string;
}

/** A row of SHOW STATS; cumulative, times in microseconds. */
export interface PoolerStats {
  readonly database: string;
  readonly transactions: number;
  readonly queries: number;
  readonly transactionTime: number;
  readonly queryTime: number;
  readonly waitTime: number;
  /** 1.24 and later. */
  readonly serverParses: number | null;
  readonly binds: number | null;
}

// ------------------------------------------------------------------------------------------------------------ samples

/** What `--sample` measured on a bounded number of rows; every one names its base. */
export type Sample =
  | {
      readonly kind: "dependency";
      readonly table: number;
      readonly from: readonly string[];
      readonly to: string;
      readonly rows: number;
      /** Distinct values of `from`, and of those the ones that occur in more than one row. */
      readonly groups: number;
      readonly repeatedGroups: number;
      /** Rows of groups with more than one value of `to` that do not have the group's commonest value. */
      readonly violations: number;
    }
  | {
      readonly kind: "copy";
      readonly table: number;
      readonly column: string;
      /** The foreign key that leads to the parent, and the parent's column. */
      readonly through: string;
      readonly parent: number;
      readonly parentColumn: string;
      readonly rows: number;
      readonly equal: number;
    }
  | {
      readonly kind: "range";
      readonly table: number;
      readonly column: string;
      readonly rows: number;
      readonly minimum: string | null;
      readonly maximum: string | null;
    }
  | {
      readonly kind: "pattern";
      readonly table: number;
      readonly column: string;
      /** `uuid`: texts that are UUIDs. `list`: texts that hold separators between short parts. `integer`: numerics without fraction. */
      readonly pattern: "uuid" | "list" | "integer";
      readonly rows: number;
      readonly matching: number;
    };
