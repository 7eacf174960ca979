/** What the size model needs to know of an index that was made empty. */
import type { IndexColumnFacts, IndexFacts } from "../../postgres/phantom/index-size.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { leavesOutNulls } from "../../postgres/phantom/leaves-out-nulls.ts";
import type { Ask } from "./connection.ts";
import { explainThroughDoor } from "./door.ts";

interface FactsRow {
  readonly method: string;
  readonly unique: boolean;
  readonly keys: number;
  readonly table: string;
  readonly table_oid: number;
  readonly predicate: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly table_pages: number;
  readonly known_together: boolean;
}

export interface ColumnRow {
  readonly position: number;
  /** Of the table; 0 for an expression. */
  readonly column: number;
  readonly length: number;
  readonly alignment: number;
  readonly type_name: string;
  readonly class: string;
  readonly equal_images: boolean;
  readonly null_fraction: number | null;
  readonly width: number | null;
  readonly distinct: number | null;
  readonly frequencies: readonly number[] | null;
  readonly bounds: readonly number[] | null;
  readonly common_lengths: readonly number[] | null;
  readonly histogram_lengths: readonly number[] | null;
  readonly correlation: number | null;
  readonly definition: string;
}

/** Rows of tables as production counts them, by the oid here. The planner's estimate follows the file, dead rows and all; an index holds the live ones. */
export type LiveRows = ReadonlyMap<number, number>;

export async function measureIndex(ask: Ask, oid: number, columns: readonly ColumnRow[], liveRows: LiveRows): Promise<IndexFacts> {
  const [facts] = await ask<FactsRow>(q.INDEX_FACTS, [oid]);
  if (facts === undefined) throw new Error("the index is gone");
  const from = `FROM ONLY ${facts.table}`;
  const where = facts.predicate === null ? "" : ` WHERE ${facts.predicate}`;
  const estimated = await estimatedRows(ask, `SELECT 1 ${from}`);
  const tableRows = believable(liveRows.get(facts.table_oid), estimated);
  const share = where === "" || estimated === 0 ? 1 : (await estimatedRows(ask, `SELECT 1 ${from}${where}`)) / estimated;
  const rows = tableRows * share;
  const full = columns.filter(({ definition, null_fraction: nulls }) => (nulls ?? 0) > 0 && (nulls ?? 0) < 1 && leavesOutNulls(facts.predicate, definition));
  const possible = full.reduce((left, one) => left * (1 - (one.null_fraction ?? 0)), tableRows);
  const keys = columns.slice(0, facts.keys).map(({ definition }) => `(${definition})`);
  return {
    method: facts.method,
    unique: facts.unique,
    tableRows: Math.max(rows, possible),
    rows,
    tablePages: facts.table_pages,
    columns: columns.map((one) => columnFacts(full.includes(one) ? withoutNulls(one, tableRows) : one, Math.max(rows, possible))),
    keys: facts.keys,
    options: facts.options,
    mostGroups: facts.known_together ? await estimatedRows(ask, `SELECT 1 ${from}${where} GROUP BY ${keys.join(", ")}`) : null,
  };
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
