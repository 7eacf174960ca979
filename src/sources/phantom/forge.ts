/** Files of production's lengths under new numbers: nothing of them is in any buffer, and no restart is needed. */
import { chownSync, closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import type { Catalog, Index, PlannerData } from "../../model/index.ts";
import { planFiles } from "../../postgres/phantom/file-plan.ts";
import { BLOCK, visibilityMap } from "../../postgres/phantom/pages.ts";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import { buildTwin, canHaveTwin, TWIN_SCHEMA, type TwinColumn } from "../../postgres/phantom/twins.ts";
import type { Cluster } from "./cluster.ts";
import type { Ask } from "./connection.ts";
import { runThroughDoor } from "./door.ts";
import { messageOf, type Note } from "./load-schema.ts";
import type { Places } from "./places.ts";

/** Files are cut into pieces of a gibibyte. */
const SEGMENT = 131_072;

/** Numbers that the server itself does not come to. */
const FIRST_FILE = 2_000_000_000;

export interface FileStore {
  /** Writes a file beside `beside`, and returns its number. */
  readonly write: (beside: string, file: { readonly pages: number; readonly first: readonly Buffer[]; readonly hasVisibilityMap: boolean }) => ForgedFile;
  /** A relation's first page, as the server wrote it; null where it has none. */
  readonly firstPage: (file: string) => Buffer | null;
}

export interface ForgedFile {
  readonly number: number;
  readonly paths: readonly string[];
}

export function fileStore({ data, owner }: Pick<Cluster, "data" | "owner">): FileStore {
  let next = FIRST_FILE;
  const write = (file: string, pages: readonly Buffer[], length: number): string => {
    const descriptor = openSync(file, "w", 0o600);
    try {
      ftruncateSync(descriptor, length * BLOCK);
      pages.forEach((page, index) => writeSync(descriptor, page, 0, BLOCK, index * BLOCK));
    } finally {
      closeSync(descriptor);
    }
    if (owner !== null) chownSync(file, owner.uid, owner.gid);
    return file;
  };
  return {
    firstPage: (file) => readPage(path.join(data, file), 0),
    write: (beside, { pages, first, hasVisibilityMap }) => {
      const number = (next += 1);
      const file = path.join(data, path.dirname(beside), String(number));
      const paths: string[] = [];
      for (let segment = 0; segment * SEGMENT < pages; segment += 1) {
        const name = segment === 0 ? file : `${file}.${segment}`;
        paths.push(write(name, segment === 0 ? first : [], Math.min(pages - segment * SEGMENT, SEGMENT)));
      }
      if (hasVisibilityMap) paths.push(write(`${file}_vm`, [visibilityMap()], 1));
      return { number, paths };
    },
  };
}

export interface Forging {
  readonly catalog: Catalog;
  readonly places: Places;
  readonly leaves: ReadonlyMap<number, Buffer>;
  /** Tables in which an index that is not there has its ends, too. */
  readonly whole: ReadonlySet<number>;
}

export async function forgeFiles(ask: Ask, store: FileStore, { catalog, places, leaves, whole }: Forging): Promise<void> {
  const swaps: { readonly oid: number; readonly file: number }[] = [];
  for (const plan of planFiles(catalog, leaves, whole)) {
    const place = places.of(plan.relation);
    if (place?.path === null || place === null || !["r", "m", "i"].includes(place.kind)) continue;
    swaps.push({ oid: place.oid, file: store.write(place.path, plan).number });
  }
  await ask(q.SET_FILES, [swaps.map(({ oid }) => oid), swaps.map(({ file }) => file)]);
}

// ------------------------------------------------------------------------------------------------------------ ends

/** Columns of one twin. */
const AT_ONCE = 40;

/** Leaves with the ends of columns, by production's oid of the index. */
export async function buildLeaves(
  ask: Ask,
  data: string,
  catalog: Catalog,
  { ends }: PlannerData,
  places: Places,
  note: Note,
): Promise<ReadonlyMap<number, Buffer>> {
  const leaves = new Map<number, Buffer>();
  const columns = twinColumns(catalog, ends, places);
  if (columns.length === 0) return leaves;
  await runThroughDoor(ask, `CREATE SCHEMA ${TWIN_SCHEMA}`);
  let count = 0;
  const build = async (some: readonly TwinColumn[]): Promise<void> => {
    const twin = buildTwin(`t${(count += 1)}`, some);
    try {
      await runThroughDoor(ask, twin.statements.join(";\n"));
    } catch (error) {
      if (some.length > 1) {
        await build(some.slice(0, some.length / 2));
        await build(some.slice(some.length / 2));
      } else note(`ends of an index were refused: ${messageOf(error)}`);
      return;
    }
    await readLeaves(ask, data, twin.indexes, leaves);
  };
  for (let from = 0; from < columns.length; from += AT_ONCE) await build(columns.slice(from, from + AT_ONCE));
  return leaves;
}

function twinColumns(catalog: Catalog, ends: PlannerData["ends"], places: Places): TwinColumn[] {
  const tables = new Map(catalog.tables.map((one) => [one.oid, one]));
  return ends.flatMap(({ table: oid, column: name, low, high }) => {
    const column = tables.get(oid)?.columns.find((one) => one.name === name);
    const place = places.of(oid);
    const indexes = catalog.indexes.filter((one) => one.table === oid && one.keys[0]?.column === name && canHaveTwin(one));
    return column === undefined || place === null || indexes.length === 0 ? [] : [{ type: column.type, collation: column.collation, low, high, indexes }];
  });
}

/** A new index's root is its only leaf, and follows the metapage. Its pages are in the file when CREATE INDEX ends. */
async function readLeaves(ask: Ask, data: string, twins: ReadonlyMap<string, Index>, leaves: Map<number, Buffer>): Promise<void> {
  const names = [...twins.keys()];
  const rows = await ask<{ name: string; path: string }>(
    "SELECT c.relname AS name, pg_catalog.pg_relation_filepath(c.oid) AS path FROM pg_catalog.pg_class c WHERE c.relnamespace = $2::pg_catalog.regnamespace AND c.relname = ANY ($1)",
    [names, TWIN_SCHEMA],
  );
  for (const { name, path: file } of rows) {
    const index = twins.get(name);
    const page = index === undefined ? null : readPage(path.join(data, file), 1);
    if (index !== undefined && page !== null) leaves.set(index.oid, page);
  }
}

function readPage(file: string, block: number): Buffer | null {
  const page = Buffer.alloc(BLOCK);
  const descriptor = openSync(file, "r");
  try {
    return readSync(descriptor, page, 0, BLOCK, block * BLOCK) === BLOCK ? page : null;
  } finally {
    closeSync(descriptor);
  }
}
