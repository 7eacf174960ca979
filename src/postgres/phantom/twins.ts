/**
 * Tables that hold nothing but least and greatest values of columns, and indexes on them laid out like production's: the server itself
 * writes the leaf that is then found at an index's ends, whatever the type.
 */
import type { Index } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../quote.ts";

export interface TwinColumn {
  /** `character varying(20)`, and a collation other than the type's own. */
  readonly type: string;
  readonly collation: string | null;
  readonly low: string;
  readonly high: string;
  readonly indexes: readonly Index[];
}

export interface Twin {
  readonly statements: readonly string[];
  /** Names of the twins' indexes, and whose leaf they write. */
  readonly indexes: ReadonlyMap<string, Index>;
}

export const TWIN_SCHEMA = "luthier_twins";

export function buildTwin(name: string, columns: readonly TwinColumn[]): Twin {
  const indexes = new Map<string, Index>();
  const table = `${TWIN_SCHEMA}.${name}`;
  const create = columns.flatMap((column, position) =>
    column.indexes.map((index) => {
      const twin = `${name}_${indexes.size}`;
      indexes.set(twin, index);
      return `CREATE INDEX ${twin} ON ${table} (${[keyOf(index, `c${position}`), ...others(index)].join(", ")})`;
    }),
  );
  const row = (which: "low" | "high"): string => `(${columns.map((one) => quoteLiteral(one[which])).join(", ")})`;
  const list = columns.map(({ type, collation }, position) => `c${position} ${type}${collation === null ? "" : ` COLLATE ${collation}`}`);
  return {
    statements: [
      `CREATE TABLE ${table} (${[...list, "n pg_catalog.int2"].join(", ")})`,
      `INSERT INTO ${table} (${columns.map((_, position) => `c${position}`).join(", ")}) VALUES ${row("low")}, ${row("high")}`,
      ...create,
    ],
    indexes,
  };
}

function keyOf({ keys: [key] }: Index, column: string): string {
  const order = key?.descending === true ? " DESC" : "";
  return `${quoteName(column)}${order}${key?.nullsFirst === true ? " NULLS FIRST" : " NULLS LAST"}`;
}

/** An entry has as many columns as the index: all but the first are null, which takes any type. */
function others({ keys, include }: Index): string[] {
  return Array.from({ length: keys.length + include.length - 1 }, () => "n");
}

/** An index whose first column is in the order of the column's own type and collation. */
export function canHaveTwin(index: Index): boolean {
  const [key] = index.keys;
  return index.method === "btree" && index.valid && index.predicate === null && key?.column !== null && key?.isDefaultClass === true;
}
