/** How many leaves a build of a B-tree writes: its own rule (`_bt_buildadd` in `nbtsort.c`), run over the entries or over a sample of them. */
import { BLOCK } from "./pages.ts";

/** An entry without the pointer to it; `list` is what of it is a list of row numbers, which a high key would not keep. */
export interface Entry {
  readonly bytes: number;
  readonly list: number;
}

const HEADER = 24;
const SPECIAL = 16;
export const POINTER = 4;

/** All that a page holds but for its header, its special space and the pointer to its high key. */
export const ROOM = BLOCK - HEADER - SPECIAL - POINTER;

/** What a build leaves free of a page, in bytes. */
export const leftFree = (fillfactor: number): number => Math.floor((BLOCK * (100 - fillfactor)) / 100);

/**
 * Pages that are full, and how full the last one is, 0 to 1. The last entry of a page that is full goes to the next one: a copy of its key stays as the high key.
 *
 * @example
 * fillLeaves([{ bytes: 16, list: 0 }], 10) // { full: 0, begun: 0.0025 }
 */
export function fillLeaves(entries: Iterable<Entry>, fillfactor: number): { readonly full: number; readonly begun: number } {
  const least = leftFree(fillfactor);
  let [full, used, count, keptList, last] = [0, 0, 0, 0, 0];
  for (const { bytes, list } of entries) {
    const free = Math.max(0, ROOM - used - POINTER);
    if (count > 0 && (free < bytes || (count > 1 && free + keptList < least))) {
      full += 1;
      [used, count] = [last, 1];
    }
    used += bytes + POINTER;
    count += 1;
    keptList = list;
    last = bytes + POINTER;
  }
  return { full, begun: Math.min(1, used / Math.max(1, ROOM - least)) };
}

/** Entries of one size that stay on a page. */
export function entriesAPage({ bytes, list }: Entry, fillfactor: number): number {
  const size = bytes + POINTER;
  const soft = Math.floor((ROOM - POINTER - leftFree(fillfactor) + list + 1e-9) / size);
  return Math.max(1, Math.min(soft, Math.floor((ROOM + 1e-9) / size) - 1));
}
