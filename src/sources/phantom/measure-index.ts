/** What the size model needs to know of an index that was made empty. */
import type { IndexColumnFacts, IndexFacts } from "../../postgres/phantom/index-size.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { leavesOutNulls } from "../../postgres/phantom/leaves-out-nulls.ts";
import type { Ask } from "./connection.ts";
import { explainThroughDoor } from "./door.ts";

/** An index that was made empty, as the server describes it. */
export interface MadeIndex {
  readonly oid: number;
  readonly table: number;
  readonly method: string;
  readonly unique: boolean;
  readonly keys: number;
  /** As SQL calls it. */
  readonly table_name: string;
  readonly predicate: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly table_pages: number;
  readonly known_together: boolean;
  readonly columns: readonly MadeColumn[];
}

export interface MadeColumn {
  readonly position: number;
  /** Of the table; 0 for an expression. */
  readonly column: number;
  readonly length: number;
  readonly alignment: number;
  readonly type_name: string;
  readonly class: string;
  readonly collation: number;
  readonly equal_images: boolean;
  readonly definition: string;
}

interface StatisticsRow {
  readonly number: number;
  readonly null_fraction: number | null;
  readonly width: number | null;
  readonly distinct: number | null;
  readonly frequencies: readonly number[] | null;
  readonly bounds: readonly number[] | null;
  readonly common_lengths: readonly number[] | null;
  readonly histogram_lengths: readonly number[] | null;
  readonly correlation: number | null;
}

type ColumnRow = MadeColumn & StatisticsRow;

/** Rows of tables as production counts them, by the oid here. The planner's estimate follows the file, dead rows and all; an index holds the live ones. */
export type LiveRows = ReadonlyMap<number, number>;

/** What does not change while indexes are tried. */
export interface SizeMemory {
  /** Of tables: what the planner takes them for. */
  readonly rows: Map<string, number>;
  /** Of columns, by table and number. */
  readonly statistics: Map<string, StatisticsRow>;
  /** Of columns as indexes hold them: the size model keeps what it worked out by this very object. */
  readonly facts: Map<string, IndexColumnFacts>;
}

export interface MeasureContext {
  readonly ask: Ask;
  readonly liveRows: LiveRows;
  readonly memory: SizeMemory;
}

export async function measureIndex(context: MeasureContext, index: MadeIndex): Promise<IndexFacts> {
  const { ask, liveRows, memory } = context;
  const from = `FROM ONLY ${index.table_name}`;
  const where = index.predicate === null ? "" : ` WHERE ${index.predicate}`;
  const estimated = memory.rows.get(index.table_name) ?? (await estimatedRows(ask, `SELECT 1 ${from}`));
  memory.rows.set(index.table_name, estimated);
  const tableRows = believable(liveRows.get(index.table), estimated);
  const share = where === "" || estimated === 0 ? 1 : (await estimatedRows(ask, `SELECT 1 ${from}${where}`)) / estimated;
  const rows = tableRows * share;
  const columns = await withStatistics(context, index);
  const full = columns.filter(({ definition, null_fraction: nulls }) => (nulls ?? 0) > 0 && (nulls ?? 0) < 1 && leavesOutNulls(index.predicate, definition));
  const possible = full.reduce((left, one) => left * (1 - (one.null_fraction ?? 0)), tableRows);
  const keys = columns.slice(0, index.keys).map(({ definition }) => `(${definition})`);
  const most = Math.max(rows, possible);
  return {
    method: index.method,
    unique: index.unique,
    tableRows: most,
    rows,
    tablePages: index.table_pages,
    columns: await withTexts(
      ask,
      index,
      columns.map((one) => (full.includes(one) ? columnFacts(withoutNulls(one, tableRows), most) : rememberedFacts(memory, index, one, most))),
    ),
    keys: index.keys,
    options: index.options,
    mostGroups: index.known_together ? await estimatedRows(ask, `SELECT 1 ${from}${where} GROUP BY ${keys.join(", ")}`) : null,
  };
}

/** Statistics of the table's columns, and of the index's own expressions. */
async function withStatistics({ ask, memory }: MeasureContext, { oid, table, method, columns }: MadeIndex): Promise<ColumnRow[]> {
  const placeOf = (number: number): string => `${table} ${number}`;
  const missing = columns.flatMap(({ column }) => (column === 0 || memory.statistics.has(placeOf(column)) ? [] : [column]));
  if (missing.length > 0)
    for (const row of await ask<StatisticsRow>(q.COLUMN_STATISTICS, [table, missing, true])) memory.statistics.set(placeOf(row.number), row);
  const expressions = columns.flatMap(({ column, position }) => (column === 0 ? [position] : []));
  const own = expressions.length === 0 ? [] : await ask<StatisticsRow>(q.COLUMN_STATISTICS, [oid, expressions, method === "btree"]);
  return columns.map((one) => {
    const known = one.column === 0 ? own.find(({ number }) => number === one.position) : memory.statistics.get(placeOf(one.column));
    return { ...NOTHING, ...known, ...one };
  });
}

/** A column over whose trigrams the index is gets the texts that are known. */
async function withTexts(ask: Ask, { oid, table, method, columns }: MadeIndex, facts: readonly IndexColumnFacts[]): Promise<readonly IndexColumnFacts[]> {
  if (method !== "gin") return facts;
  const all: IndexColumnFacts[] = [];
  for (const [index, one] of facts.entries()) {
    const column = columns[index];
    const isCut = column !== undefined && one.operatorClass.includes("trgm");
    const [row] = isCut ? await ask<TextsRow>(q.KNOWN_TEXTS, column.column === 0 ? [oid, column.position] : [table, column.column]) : [];
    all.push(row === undefined ? one : { ...one, texts: textsOf(row, one) });
  }
  return all;
}

interface TextsRow {
  readonly common: readonly string[] | null;
  readonly histogram: readonly string[] | null;
}

/** As shares of the rows that are not null. */
function textsOf({ common, histogram }: TextsRow, { frequencies, nullFraction }: IndexColumnFacts): NonNullable<IndexColumnFacts["texts"]> {
  const often = (common ?? []).map((text, index) => ({ text, share: (frequencies[index] ?? 0) / Math.max(1e-9, 1 - nullFraction) }));
  const left = Math.max(0, 1 - often.reduce((sum, { share }) => sum + share, 0));
  return [...often, ...(histogram ?? []).map((text) => ({ text, share: left / (histogram?.length ?? 1) }))];
}

const NOTHING: StatisticsRow = {
  number: 0,
  null_fraction: null,
  width: null,
  distinct: null,
  frequencies: null,
  bounds: null,
  common_lengths: null,
  histogram_lengths: null,
  correlation: null,
};

function rememberedFacts({ facts }: SizeMemory, { table }: MadeIndex, column: ColumnRow, tableRows: number): IndexColumnFacts {
  if (column.column === 0) return columnFacts(column, tableRows);
  // A class of a hash index is called as that of a B-tree.
  const key = `${table} ${column.column} ${column.class} ${column.equal_images} ${column.length} ${tableRows}`;
  const known = facts.get(key) ?? columnFacts(column, tableRows);
  facts.set(key, known);
  return known;
}

/** What the index's condition leaves of a column. */
function withoutNulls(row: ColumnRow, tableRows: number): ColumnRow {
  const left = 1 - (row.null_fraction ?? 0);
  const { distinct } = row;
  return {
    ...row,
    null_fraction: 0,
    frequencies: row.frequencies?.map((one) => one / left) ?? null,
    distinct: distinct === null || distinct >= 0 ? distinct : Math.min(tableRows * left, -distinct * tableRows),
  };
}

/** Counters begin anew when they are reset, or after a crash; and they count twice what was inserted just before ANALYZE. Ours. */
const FAR_OFF = 3;

/** A table cannot have more rows than fit its file. */
function believable(live: number | undefined, estimated: number): number {
  return live !== undefined && live * FAR_OFF > estimated ? Math.min(live, estimated) : estimated;
}

async function estimatedRows(ask: Ask, sql: string): Promise<number> {
  const [row] = await ask<{ "QUERY PLAN": readonly { readonly Plan: { readonly "Plan Rows": number } }[] }>(explainThroughDoor(`EXPLAIN (FORMAT JSON) ${sql}`));
  return row?.["QUERY PLAN"][0]?.Plan["Plan Rows"] ?? 0;
}

/** Of an expression without statistics. */
const UNKNOWN_WIDTH = 32;

function columnFacts(row: ColumnRow, tableRows: number): IndexColumnFacts {
  const { distinct } = row;
  return {
    length: row.length,
    alignment: row.alignment,
    nullFraction: row.null_fraction ?? 0,
    width: row.width ?? UNKNOWN_WIDTH,
    widths: widthsOf(row),
    correlation: row.correlation,
    distinct: distinct === null || distinct === 0 ? null : distinct < 0 ? -distinct * tableRows : distinct,
    frequencies: row.frequencies ?? [],
    bounds: row.bounds ?? [],
    hasEqualImages: row.equal_images,
    typeName: row.type_name,
    operatorClass: row.class,
  };
}

/** Common values by how common they are; of the others the histogram's bounds are as good as a sample, moved to the mean that all rows of ANALYZE's had. */
function widthsOf({ common_lengths: common, histogram_lengths: histogram, frequencies, width }: ColumnRow): IndexColumnFacts["widths"] {
  const shares = (common ?? []).map((bytes, index) => ({ bytes, share: frequencies?.[index] ?? 0 }));
  const left = Math.max(0, 1 - shares.reduce((sum, { share }) => sum + share, 0));
  const known = [...shares, ...(histogram ?? []).map((bytes) => ({ bytes, share: left / (histogram?.length ?? 1) }))];
  const mean =
    known.reduce((sum, { bytes, share }) => sum + bytes * share, 0) /
    Math.max(
      1e-9,
      known.reduce((sum, { share }) => sum + share, 0),
    );
  const off = (width ?? mean) + HALF - mean;
  return Math.abs(off) < 1 ? known : known.map(({ bytes, share }) => ({ bytes: Math.max(1, Math.round(bytes + off)), share }));
}

/** The mean is kept as a whole number, rounded down. */
const HALF = 0.5;
