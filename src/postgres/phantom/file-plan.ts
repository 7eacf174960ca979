import type { Catalog, Index, Table } from "../../model/index.ts";
import { BLOCK, brinMeta, btreePages, emptyBtreeMeta, ginMeta, readBtreeHeight, readGinCounters, readLastRevmapPage } from "./pages.ts";
import { estimateHeight, keyWidth, PAGES_PER_RANGE, revmapPages } from "./index-size.ts";

/** A relation's file: its length in pages, and the first of them. The rest are zeros. */
export interface FilePlan {
  readonly relation: number;
  readonly pages: number;
  readonly first: readonly Buffer[];
  /** The rows of its first page are visible to all. */
  readonly hasVisibilityMap: boolean;
}

/** Relations without a page are as they are made. `leaves`: those of indexes' ends, by the index's oid; `whole`: tables whose ends are looked up in others, too. */
export function planFiles(catalog: Catalog, leaves: ReadonlyMap<number, Buffer>, whole: ReadonlySet<number>): FilePlan[] {
  const tables = new Map(catalog.tables.map((one) => [one.oid, one]));
  const probed = new Set(catalog.indexes.filter(({ oid }) => leaves.has(oid)).map(({ table }) => table));
  const files = [
    ...catalog.tables.map((table) => ({
      relation: table.oid,
      pages: pagesOf(table),
      first: [],
      hasVisibilityMap: probed.has(table.oid) || whole.has(table.oid),
    })),
    ...catalog.indexes.map((index) => ({
      relation: index.oid,
      pages: pagesOf(index),
      first: firstPages(index, tables.get(index.table), leaves.get(index.oid) ?? null),
      hasVisibilityMap: false,
    })),
  ];
  return files.filter(({ pages }) => pages > 0).map((one) => ({ ...one, pages: Math.max(one.pages, one.first.length) }));
}

/** Of now, as the planner has it; of the last VACUUM where the size could not be seen. */
function pagesOf({ bytes, relpages }: Pick<Table, "bytes" | "relpages">): number {
  return bytes === null ? relpages : Math.floor(bytes / BLOCK);
}

function firstPages(index: Index, table: Table | undefined, leaf: Buffer | null): readonly Buffer[] {
  const metapage = index.metapage === null ? null : Buffer.from(index.metapage, "base64");
  const pages = pagesOf(index);
  if (index.method === "btree") {
    const height = (metapage === null ? null : readBtreeHeight(metapage)) ?? (pages <= 1 ? -1 : estimateHeight(pages, keyWidth(index, table)));
    return height < 0 ? [emptyBtreeMeta()] : btreePages(height, leaf);
  }
  if (index.method === "gin") {
    const read = metapage === null ? null : readGinCounters(metapage);
    // Without counters the planner guesses them from the number of pages.
    return [ginMeta(read?.counters ?? { pendingPages: 0, entryPages: 0, dataPages: 0, entries: 0 }, read?.pages ?? 0)];
  }
  if (index.method !== "brin") return [];
  const range = Number(index.options["pages_per_range"] ?? PAGES_PER_RANGE);
  const last = metapage === null ? null : readLastRevmapPage(metapage);
  return [brinMeta(range, last ?? revmapPages(table === undefined ? 0 : pagesOf(table), range))];
}
