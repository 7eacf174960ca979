import type { Catalog } from "../../model/index.ts";
import { buildDdl } from "../../postgres/ddl.ts";
import * as q from "./catalog-queries.ts";
import { collectPlanner } from "./collect-planner.ts";
import type { ReadOnlyConnection } from "./connection.ts";
import type { Probe, Values } from "./probe.ts";
import { readCatalog } from "./read-catalog.ts";
import { readSchema } from "./read-schema.ts";
import { readSequenceValues } from "./read-sequences.ts";
import { text, type Row } from "./row-values.ts";

const STEPS = 16;

export interface CatalogRead {
  readonly catalog: Catalog;
  /** Sequences whose last value the role may not read. */
  readonly hiddenSequences: number;
}

/** Null when not even the tables could be listed. */
export async function collectCatalog(
  probe: Probe,
  { version, isReplica }: Pick<ReadOnlyConnection, "version" | "isReplica">,
  progress: (part: string, done: number, total: number) => void,
): Promise<CatalogRead | null> {
  let done = 0;
  const of = async (part: string, sql: string, values: Values = [], cost = "", remedy = ""): Promise<Row[]> => {
    progress("catalog", (done += 1), STEPS);
    return await probe.rows<Row>(part, sql, values, { cost, remedy });
  };
  const tables = await of("tables", q.TABLES, (locked) => [locked], "nothing of the schema is known");
  if (tables.length === 0 && probe.locked().length === 0 && (await of("database", q.DATABASE)).length === 0) return null;
  const oids = tables.map((one) => Number(one["oid"]));
  const free = (all: readonly number[], locked: readonly number[]): readonly number[] => all.filter((one) => !locked.includes(one));
  const indexes = await of("indexes", q.indexes(version), (locked) => [free(oids, locked)], "no index is judged");
  const indexOids = indexes.map((one) => Number(one["oid"]));
  const sequences = await of("sequences", q.SEQUENCES, [], "no key's exhaustion is judged");
  const rows = {
    database: await of("database", q.DATABASE),
    extensions: await of("extensions", q.EXTENSIONS),
    tables,
    tableSizes: await of("sizes", q.TABLE_SIZES, (locked) => [free(oids, locked)], "no size of a table is known"),
    columns: await of("columns", q.COLUMNS, (locked) => [oids, locked], "no column is judged"),
    statistics: await of(
      "statistics",
      q.STATISTICS,
      [[...new Set(tables.map((one) => text(one, "schema")))]],
      "no distribution of values is known",
      "GRANT pg_read_all_data TO role",
    ),
    indexes,
    indexSizes: await of("sizes", q.INDEX_SIZES, (locked) => [free(indexOids, locked)], "no size of an index is known"),
    indexProgress: await of("progress", q.INDEX_PROGRESS),
    metapages: await of(
      "metapages",
      q.METAPAGES,
      [indexOids],
      "the planner's model of index heights is estimated",
      "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO role; it reads any file of the server's data folder",
    ),
    constraints: await of("constraints", q.CONSTRAINTS, [oids], "no constraint is judged"),
    sequences: await readSequenceValues(probe, sequences, isReplica),
    views: await of("views", q.VIEWS, (locked) => [locked], "no view is judged"),
    enums: await of("types", q.ENUMS),
    extendedStatistics: await of("extended statistics", q.EXTENDED_STATISTICS, (locked) => [free(oids, locked)]),
    extendedValues: await of("extended statistics", q.EXTENDED_VALUES),
  };
  progress("catalog", STEPS, STEPS);
  const catalog = readCatalog(rows, buildDdl(await readSchema(probe, version, rows)));
  return {
    catalog: { ...catalog, planner: await collectPlanner(probe, version, catalog) },
    hiddenSequences: sequences.filter((one) => one["readable"] !== true).length,
  };
}

export const EMPTY_CATALOG: Catalog = {
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
