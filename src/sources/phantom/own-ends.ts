/**
 * The ends of a column for an index that is not there. A real one would show the planner the least and the greatest value, which it looks up where a
 * condition goes beyond the histogram. Where ANALYZE saw every row and none has changed since, the statistics hold both.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Snapshot } from "../../model/index.ts";
import { BLOCK } from "../../postgres/phantom/pages.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { quoteLiteral } from "../../postgres/quote.ts";
import { kept } from "./add-index.ts";
import type { Ask } from "./connection.ts";
import { runThroughDoor } from "./door.ts";
import type { Places } from "./places.ts";

/** Rows of a sample for each point of a column's statistics target (`std_typanalyze`). */
const ROWS_A_POINT = 300;
const DEFAULT_TARGET = 100;

/** Tables, by the oid in the snapshot, all of whose rows the statistics are of. */
export function seenWhole({ catalog, servers: [server] }: Snapshot): ReadonlySet<number> {
  const target = Number(server?.settings.find(({ name }) => name === "default_statistics_target")?.value ?? DEFAULT_TARGET);
  const isWhole = ({ oid, reltuples }: Snapshot["catalog"]["tables"][number]): boolean => {
    const counters = server?.counters.tables[oid];
    if (counters === undefined || counters.modifiedSinceAnalyze > 0 || (counters.lastAnalyze ?? counters.lastAutoanalyze) === null) return false;
    return reltuples > 0 && Math.max(reltuples, counters.liveRows) <= target * ROWS_A_POINT;
  };
  return new Set(catalog.tables.filter(isWhole).map(({ oid }) => oid));
}

export interface OwnEnds {
  /** The leaf that is to be found at both ends of this index; null where nobody knows what is there. */
  readonly leafOf: (ask: Ask, index: number, table: number) => Promise<Buffer | null>;
}

export function ownEnds(data: string, snapshot: Snapshot, places: Places): OwnEnds {
  const whole = new Set([...seenWhole(snapshot)].flatMap((oid) => places.of(oid)?.oid ?? []));
  const known = new Map<string, Buffer | null>();
  return {
    leafOf: async (ask, index, table) => {
      if (!whole.has(table)) return null;
      const [row] = await ask<EndsRow>(q.OWN_ENDS, [index]);
      if (row === undefined || row.values === null) return null;
      const key = JSON.stringify([table, row.column, row.order, row.columns]);
      const before = known.get(key);
      if (before !== undefined) return before;
      // A value that its own type does not take any more: then the end stays unknown.
      const leaf = await kept(ask, () => makeLeaf(ask, data, row)).catch(() => null);
      known.set(key, leaf);
      return leaf;
    },
  };
}

interface EndsRow {
  readonly table: string;
  readonly column: string;
  readonly array: string;
  /** An array as text. */
  readonly values: string | null;
  /** `DESC NULLS FIRST`. */
  readonly order: string;
  readonly columns: number;
}

const HERE = "luthier_phantom";

/** An index over the two values alone, of which the server itself writes the leaf. All but the first column are null, which takes any type. */
async function makeLeaf(ask: Ask, data: string, { table, column, array, values, order, columns }: EndsRow): Promise<Buffer | null> {
  const copy = (name: string): string =>
    `CREATE TABLE ${HERE}.${name} AS SELECT ${column} AS value, NULL::pg_catalog.int2 AS n FROM ONLY ${table} WITH NO DATA`;
  const end = (direction: string): string => `INSERT INTO ${HERE}.own_ends (value) SELECT value FROM ${HERE}.own_values ORDER BY value ${direction} LIMIT 1`;
  const others = Array.from({ length: columns - 1 }, () => ", n").join("");
  await runThroughDoor(
    ask,
    [
      copy("own_values"),
      `INSERT INTO ${HERE}.own_values (value) SELECT v FROM pg_catalog.unnest(${quoteLiteral(values ?? "{}")}::${array}) v`,
      copy("own_ends"),
      end("ASC"),
      end("DESC"),
      `CREATE INDEX own_leaf ON ${HERE}.own_ends (value ${order}${others})`,
    ].join(";\n"),
  );
  const [made] = await ask<{ path: string }>(`SELECT pg_catalog.pg_relation_filepath('${HERE}.own_leaf') AS path`);
  const pages = made === undefined ? Buffer.alloc(0) : readFileSync(path.join(data, made.path));
  await runThroughDoor(ask, `DROP TABLE ${HERE}.own_values, ${HERE}.own_ends`);
  // The metapage, and the root that is the only leaf.
  return pages.length === 2 * BLOCK ? pages.subarray(BLOCK) : null;
}
