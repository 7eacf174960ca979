/** What the careful cost of a plan is reckoned from: sizes and order of the tables and indexes that it names. */
import type { Database, Index, Table } from "../../model/index.ts";
import type { Candidate } from "./candidates.ts";
import type { Constants, CostFacts, IndexFacts, TableFacts } from "./careful-cost.ts";
import { carefulSettings } from "./verdict.ts";

const BLOCK = 8192;

export function costFacts(database: Database): CostFacts {
  const { catalog } = database;
  const tables = new Map(catalog.tables.map((one) => [one.name, tableFacts(one)]));
  const byOid = new Map(catalog.tables.map((one) => [one.oid, one]));
  const indexes = new Map(catalog.indexes.map((one) => [one.name, indexFacts(one, byOid.get(one.table))]));
  const { server, careful } = constantsOf(database);
  return { table: (name) => tables.get(name), index: (name) => indexes.get(name), server, careful };
}

export function candidateFacts({ table, spec }: Candidate, bytes: number): IndexFacts {
  const columns = spec.keys.map(({ column }) => column ?? null);
  return { pages: Math.ceil(bytes / BLOCK), rows: tableFacts(table).rows, ...keyFacts(table, columns) };
}

function tableFacts({ bytes, relpages, reltuples, relallvisible }: Table): TableFacts {
  const pages = bytes === null ? relpages : Math.ceil(bytes / BLOCK);
  // The planner takes rows and visible pages to grow with the table.
  const growth = relpages > 0 ? pages / relpages : 1;
  return { pages, rows: Math.max(0, reltuples) * growth, visible: Math.min(pages, relallvisible * growth) };
}

function indexFacts({ bytes, relpages, reltuples, keys }: Index, table: Table | undefined): IndexFacts {
  return {
    pages: bytes === null ? relpages : Math.ceil(bytes / BLOCK),
    rows: Math.max(0, reltuples),
    ...keyFacts(
      table,
      keys.map(({ column }) => column),
    ),
  };
}

function keyFacts(table: Table | undefined, columns: readonly (string | null)[]): Pick<IndexFacts, "keys" | "correlation"> {
  if (table === undefined) return { keys: [], correlation: 0 };
  return {
    keys: columns.flatMap((column) => (column === null ? [] : [{ column, distinct: distinctOf(table, column) }])),
    correlation: orderOf(table, columns),
  };
}

function distinctOf(table: Table, column: string): number {
  const distinct = table.columns.find(({ name }) => name === column)?.statistics?.distinct ?? 0;
  return distinct < 0 ? -distinct * Math.max(0, table.reltuples) : distinct;
}

/** PostgreSQL's: of several columns, the first one's order counts three quarters. */
const OF_SEVERAL = 0.75;

function orderOf(table: Table, columns: readonly (string | null)[]): number {
  const first = table.columns.find(({ name }) => name === columns[0])?.statistics?.correlation ?? 0;
  return columns.length > 1 ? first * OF_SEVERAL : first;
}

/** Defaults of PostgreSQL, where a snapshot does not say. */
const DEFAULTS = {
  seq_page_cost: 1,
  random_page_cost: 4,
  cpu_tuple_cost: 0.01,
  cpu_index_tuple_cost: 0.005,
  cpu_operator_cost: 0.0025,
  effective_cache_size: 524_288,
} as const;

function constantsOf(database: Database): { readonly server: CostFacts["server"]; readonly careful: Constants } {
  const own = (name: keyof typeof DEFAULTS): number => {
    const value = Number(database.setting(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : DEFAULTS[name];
  };
  const careful = carefulSettings(database);
  const server = {
    seq_page_cost: own("seq_page_cost"),
    random_page_cost: own("random_page_cost"),
    cpu_tuple_cost: own("cpu_tuple_cost"),
    cpu_index_tuple_cost: own("cpu_index_tuple_cost"),
    cpu_operator_cost: own("cpu_operator_cost"),
    effective_cache_size: own("effective_cache_size"),
  };
  return { server, careful: { random_page_cost: Number(careful["random_page_cost"]), effective_cache_size: Number(careful["effective_cache_size"]) } };
}
