/** How large an index becomes that is not there: a model of what a build writes. */
import type { Index, Table } from "../../model/index.ts";
import { BLOCK } from "./pages.ts";

const HEADER = 24;
const BTREE_SPECIAL = 16;
const LINE_POINTER = 4;
const TUPLE_HEADER = 8;

const align = (bytes: number, to = 8): number => Math.ceil(bytes / to) * to;

/** Inner pages are filled to 70 % by a build (`BTREE_NONLEAF_FILLFACTOR`). */
const INNER_FILL = 0.7;

function fanout(width: number): number {
  return Math.max(2, Math.floor(((BLOCK - HEADER - BTREE_SPECIAL) * INNER_FILL) / (align(TUPLE_HEADER + width) + LINE_POINTER)));
}

/** Of a B-tree of so many pages, all levels and the metapage included. */
export function estimateHeight(pages: number, width: number): number {
  const fan = fanout(width);
  let height = 0;
  for (let nodes = Math.max(1, pages - 1); nodes > 1; nodes = Math.ceil(nodes / fan)) height += 1;
  return height;
}

/** Of the keys on inner pages: what follows the first column that tells two neighbours apart is cut off, and the first mostly does. */
export function keyWidth({ keys: [key] }: Pick<Index, "keys">, table: Table | undefined): number {
  const column = table?.columns.find(({ name }) => name === key?.column);
  return column === undefined ? 8 : column.length > 0 ? column.length : (column.statistics?.averageWidth ?? 16);
}

/** Ranges that one page of a BRIN index's map holds (`REVMAP_PAGE_MAXITEMS`). */
const RANGES_A_PAGE = 1360;

export function revmapPages(tablePages: number, pagesPerRange: number): number {
  return Math.max(1, Math.ceil(tablePages / pagesPerRange / RANGES_A_PAGE));
}
