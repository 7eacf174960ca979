/** A snapshot of a few tables, written by hand, for what needs no server. */
import type { Column, Index, Snapshot, Table } from "../../src/model/index.ts";

export interface SmallIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly operatorClass?: string;
  readonly unique?: boolean;
  readonly isConstraint?: boolean;
}

export interface SmallTable {
  readonly name: string;
  /** Types by column. */
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes?: readonly SmallIndex[];
  readonly kind?: Table["kind"];
  readonly bytes?: number;
  readonly schema?: string;
}

const GIGABYTE = 1024 ** 3;

export function smallSnapshot(tables: readonly SmallTable[]): Snapshot {
  let oid = 100;
  const next = (): number => (oid += 1);
  const rows = tables.map((one) => ({ one, table: tableOf(one, next()) }));
  const indexes = rows.flatMap(({ one, table }) => (one.indexes ?? []).map((index) => indexOf(index, table, next())));
  return {
    schema: "luthier-snapshot/1",
    tool: { name: "luthier", version: "0.0.0" },
    takenAt: "2026-01-01T00:00:00Z",
    data: "values",
    catalog: {
      database: { name: "shop", encoding: "UTF8", collate: "C", ctype: "C", localeProvider: "libc", bytes: null, xidAge: null, multixactAge: null },
      extensions: [],
      tables: rows.map(({ table }) => table),
      indexes,
      constraints: [],
      sequences: [],
      views: [],
      extendedStatistics: [],
      enums: [],
      ddl: [],
    },
    servers: [SERVER],
    gaps: [],
    samples: [],
  };
}

function tableOf({ name, columns, kind = "table", bytes = GIGABYTE, schema = "public" }: SmallTable, oid: number): Table {
  return {
    oid,
    schema,
    name,
    kind,
    persistence: "permanent",
    owner: "shop",
    comment: null,
    accessMethod: "heap",
    tablespace: null,
    columns: Object.entries(columns).map(([column, type], index) => columnOf(column, type, index + 1)),
    options: {},
    replicaIdentity: "default",
    rowSecurity: false,
    reltuples: 1_000_000,
    relpages: bytes / 8192,
    relallvisible: 0,
    bytes,
    tableBytes: bytes,
    toastBytes: 0,
    indexBytes: bytes / 4,
    xidAge: null,
    multixactAge: null,
    toast: null,
    partitioning: null,
    partitionOf: null,
    inherits: [],
  };
}

function columnOf(name: string, type: string, number: number): Column {
  return {
    number,
    name,
    type,
    typeName: type,
    typeKind: "b",
    length: -1,
    alignment: 4,
    storage: "extended",
    notNull: false,
    default: null,
    generated: null,
    identity: null,
    collation: null,
    statisticsTarget: null,
    comment: null,
    statistics: null,
  };
}

function indexOf(
  { name, columns, operatorClass = "text_ops", unique = false, isConstraint = false }: SmallIndex,
  { oid: table, name: tableName, schema }: Table,
  oid: number,
): Index {
  return {
    oid,
    schema,
    name,
    table,
    method: "btree",
    keys: columns.map((column) => ({
      column,
      expression: null,
      operatorClass,
      isDefaultClass: !operatorClass.endsWith("_pattern_ops"),
      collation: null,
      descending: false,
      nullsFirst: false,
    })),
    include: [],
    unique,
    nullsNotDistinct: false,
    primary: false,
    exclusion: false,
    immediate: true,
    valid: true,
    ready: true,
    live: true,
    clustered: false,
    replicaIdentity: false,
    predicate: null,
    definition: `CREATE ${unique ? "UNIQUE " : ""}INDEX ${name} ON ${schema}.${tableName} USING btree (${columns.join(", ")})`,
    options: {},
    tablespace: null,
    comment: null,
    constraint: isConstraint ? oid + 10_000 : null,
    referencedBy: [],
    partitionOf: null,
    reltuples: 0,
    relpages: 0,
    bytes: null,
    metapage: null,
    expressionStatistics: {},
    progress: null,
  };
}

const COUNTERS: Snapshot["servers"][number]["counters"] = {
  at: "2026-01-01T00:00:00Z",
  since: null,
  statementsSince: null,
  statementsEvicted: null,
  database: null,
  tables: {},
  indexes: {},
  checkpoints: null,
  io: null,
  wal: null,
};

const SERVER: Snapshot["servers"][number] = {
  role: "primary",
  address: "127.0.0.1:5432",
  version: "15.4",
  versionNumber: 150_004,
  build: "",
  blockSize: 8192,
  systemIdentifier: null,
  startedAt: null,
  takenAt: "2026-01-01T00:00:00Z",
  user: { name: "shop", superuser: false, memberOf: [], readableTables: 0, tables: 0 },
  settings: [
    { name: "work_mem", value: "4096", unit: "kB", source: "default", context: "user", bootValue: "4096", category: "", pendingRestart: false },
    { name: "random_page_cost", value: "1.1", unit: null, source: "configuration file", context: "user", bootValue: "4", category: "", pendingRestart: false },
    {
      name: "shared_buffers",
      value: "16384",
      unit: "8kB",
      source: "configuration file",
      context: "postmaster",
      bootValue: "16384",
      category: "",
      pendingRestart: false,
    },
  ],
  counters: COUNTERS,
  later: null,
  statements: [],
  activity: [],
  replication: { standbys: [], slots: [], preparedTransactions: [], replayLagMs: null },
};
