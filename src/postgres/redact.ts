import type { ColumnStatistics, Index, Sample, Server, Snapshot, Table } from "../model/index.ts";
import { dropLiterals } from "./drop-literals.ts";

/**
 * A snapshot without values of rows: of statistics, frequencies and numbers of bounds stay; of statements, the text without literals and
 * comments; of sessions, all but what they run. The schema stays as it was written, with the values that are in it: defaults, checks,
 * partitions' bounds, labels of enums, comments.
 */
export function redact(snapshot: Snapshot): Snapshot {
  const { planner: _values, ...catalog } = snapshot.catalog;
  return {
    ...snapshot,
    data: "redacted",
    catalog: { ...catalog, tables: catalog.tables.map(redactTable), indexes: catalog.indexes.map(redactIndex) },
    servers: snapshot.servers.map(redactServer),
    samples: snapshot.samples.map(redactSample),
  };
}

function redactTable(table: Table): Table {
  return {
    ...table,
    columns: table.columns.map((column) => ({ ...column, statistics: column.statistics === null ? null : redactStatistics(column.statistics) })),
  };
}

function redactIndex(index: Index): Index {
  return {
    ...index,
    expressionStatistics: Object.fromEntries(Object.entries(index.expressionStatistics).map(([position, one]) => [position, redactStatistics(one)])),
  };
}

function redactStatistics(statistics: ColumnStatistics): ColumnStatistics {
  const empty = (values: readonly string[] | null): readonly string[] | null => (values === null ? null : []);
  return {
    ...statistics,
    commonValues: empty(statistics.commonValues),
    histogram: empty(statistics.histogram),
    commonElements: empty(statistics.commonElements),
  };
}

function redactServer(server: Server): Server {
  return {
    ...server,
    statements: server.statements.map((one) => ({ ...one, sql: dropLiterals(one.sql) })),
    activity: server.activity.map((one) => ({ ...one, sql: null })),
    replication: {
      ...server.replication,
      preparedTransactions: server.replication.preparedTransactions.map((one, index) => ({ ...one, id: `prepared transaction ${index + 1}` })),
    },
  };
}

function redactSample(sample: Sample): Sample {
  return sample.kind === "range" ? { ...sample, minimum: null, maximum: null } : sample;
}
