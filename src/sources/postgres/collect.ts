/** One look at a server: what the role may see, and in `gaps` what it may not. */
import type { Catalog, Gap, Server, Snapshot } from "../../model/index.ts";
import { readCatalog, type CatalogRows } from "./read-catalog.ts";
import * as catalogQueries from "./catalog-queries.ts";
import { connect, type Query, type ReadOnlyConnection } from "./connection.ts";
import { readServer } from "./read-server.ts";
import { sampleRows, type Sampled } from "./sample.ts";

export interface CollectOptions {
  /** libpq URLs: the primary first, then its replicas. */
  readonly targets: readonly string[];
  /** Of one statement, in milliseconds. */
  readonly statementTimeout: number;
  readonly connectTimeout: number;
  readonly version: string;
  /** Measure a bounded number of rows of each table too. */
  readonly sample?: boolean;
  readonly progress: (part: string, done: number, total: number) => void;
}

export async function collectSnapshot(options: CollectOptions): Promise<Snapshot> {
  const { targets, version } = options;
  const [first, ...others] = targets;
  if (first === undefined) throw new Error("no server to look at");
  const gaps: Gap[] = [];
  const main = await lookAt(first, options, gaps, true);
  const servers = [main.server];
  for (const target of others) servers.push((await lookAt(target, options, gaps, false)).server);
  return {
    schema: "luthier-snapshot/1",
    tool: { name: "luthier", version },
    takenAt: main.server.takenAt,
    data: "values",
    catalog: main.catalog ?? EMPTY_CATALOG,
    servers,
    gaps,
    samples: main.sampled.samples,
  };
}

interface Look {
  readonly server: Server;
  readonly catalog: Catalog | null;
  readonly sampled: Sampled;
}

const NOT_SAMPLED: Sampled = { samples: [], gaps: [] };

async function lookAt(target: string, options: CollectOptions, gaps: Gap[], withCatalog: boolean): Promise<Look> {
  const { statementTimeout, connectTimeout } = options;
  const connection = await connect({ target, statementTimeout, connectTimeout });
  try {
    const probe = prober(connection, gaps);
    const rows = withCatalog ? await collectCatalog(probe, options.progress) : null;
    const oids = rows === null ? await tableOids(probe) : rows.tables.map((one) => Number(one["oid"]));
    const server = await readServer(probe, connection.address, oids);
    const catalog = rows === null ? null : readCatalog(rows);
    const sampled = catalog === null || options.sample !== true ? NOT_SAMPLED : await sampleRows({ connection, catalog, progress: options.progress, now: () => performance.now() });
    gaps.push(...sampled.gaps);
    return { server, catalog, sampled };
  } finally {
    await connection.close().catch(() => {});
  }
}

/** Queries whose failure is a gap, not the end. */
export interface Probe {
  /** Rows of one query, in a group of its own; none, and a gap, when it fails. */
  readonly rows: <Row extends object>(part: string, sql: string, values?: readonly unknown[], missed?: Missed) => Promise<Row[]>;
  readonly gap: (gap: Omit<Gap, "server">) => void;
}

/** What is lost when a part cannot be read, and how to get it. */
export interface Missed {
  readonly cost: string;
  readonly remedy?: string;
}

function prober(connection: ReadOnlyConnection, gaps: Gap[]): Probe {
  const gap = (one: Omit<Gap, "server">): void => void gaps.push({ ...one, server: connection.address });
  return {
    gap,
    rows: async <Row extends object>(part: string, sql: string, values: readonly unknown[] = [], missed: Missed = { cost: "" }): Promise<Row[]> => {
      try {
        return await connection.group((query: Query) => query<Row>(sql, values));
      } catch (error) {
        gap({ part, why: error instanceof Error ? error.message : String(error), cost: missed.cost, remedy: missed.remedy ?? "" });
        return [];
      }
    },
  };
}

async function tableOids(probe: Probe): Promise<number[]> {
  return (await probe.rows<{ oid: number }>("tables", catalogQueries.TABLES, [], { cost: "no counter is known" })).map((one) => one.oid);
}

async function collectCatalog(probe: Probe, progress: CollectOptions["progress"]): Promise<CatalogRows> {
  const q = catalogQueries;
  const tables = await probe.rows<Record<string, unknown>>("tables", q.TABLES, [], { cost: "nothing of the schema is known" });
  const oids = tables.map((one) => Number(one["oid"]));
  const steps = 13;
  let done = 0;
  const of = async (part: string, sql: string, values: readonly unknown[] = [], cost = "", remedy = ""): Promise<Record<string, unknown>[]> => {
    progress("catalog", (done += 1), steps);
    return await probe.rows<Record<string, unknown>>(part, sql, values, { cost, remedy });
  };
  const indexes = await of("indexes", q.INDEXES, [oids], "no index is judged");
  const indexOids = indexes.map((one) => Number(one["oid"]));
  return {
    database: await of("database", q.DATABASE),
    extensions: await of("extensions", q.EXTENSIONS),
    tables,
    tableSizes: await of("sizes", q.TABLE_SIZES, [oids], "no size of a table is known"),
    columns: await of("columns", q.COLUMNS, [oids], "no column is judged"),
    statistics: await of("statistics", q.STATISTICS, [[...oids, ...indexOids]], "no distribution of values is known", "GRANT pg_read_all_data TO role"),
    indexes,
    indexSizes: await of("sizes", q.INDEX_SIZES, [indexOids], "no size of an index is known"),
    indexProgress: await of("progress", q.INDEX_PROGRESS),
    metapages: await of("metapages", q.METAPAGES, [indexOids], "the planner's model of index heights is estimated", "GRANT pg_read_server_files TO role"),
    constraints: await of("constraints", q.CONSTRAINTS, [oids], "no constraint is judged"),
    sequences: await of("sequences", q.SEQUENCES, [], "no key's exhaustion is judged"),
    views: await of("views", q.VIEWS),
    enums: await of("types", q.ENUMS),
    extendedStatistics: await of("extended statistics", q.EXTENDED_STATISTICS, [oids]),
    extendedValues: await of("extended statistics", q.EXTENDED_VALUES),
  };
}

const EMPTY_CATALOG: Catalog = {
  database: { name: "", encoding: "", collate: "", ctype: "", localeProvider: "", bytes: null, xidAge: null, multixactAge: null },
  extensions: [],
  tables: [],
  indexes: [],
  constraints: [],
  sequences: [],
  views: [],
  extendedStatistics: [],
  enums: [],
  ddl: [],
};

