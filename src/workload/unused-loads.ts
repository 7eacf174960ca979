/** What was fetched and never read, over a whole recording made with `--fields`. */
import type { Recording, RowUse } from "../model/recording.ts";
import { blamedFrame } from "../recording/user-code.ts";

export interface UnreadColumns {
  readonly use: RowUse;
  readonly table: string;
  readonly loaded: number;
  readonly unread: readonly string[];
}

/** One fetch says little: a page may have had nothing to show. */
const LEAST_FETCHES = 2;

/** Prefetches whose relation nothing read, and of whose rows nothing but keys was. */
export function unusedPrefetches({ uses }: Recording): readonly RowUse[] {
  return uses.filter((use) => use.prefetch !== null && !use.isHandedOut && use.rows > 0 && use.fields.every(({ field }) => isKey(field)) && isOwn(use));
}

/** Django itself reads these to hand prefetched rows out. */
function isKey(field: string): boolean {
  return field === "id" || field === "pk" || field.endsWith("_id") || field.endsWith("_ptr");
}

/** Columns of a queryset's own table that nothing read of any of its rows, the most values first. */
export function unreadColumns({ uses }: Recording): readonly UnreadColumns[] {
  return uses
    .filter((use) => use.fetches >= LEAST_FETCHES && use.rows > 0 && isOwn(use))
    .flatMap((use): UnreadColumns[] => {
      const [own] = use.columns;
      const read = new Set(use.fields.filter(({ model }) => model === use.model).map(({ field }) => field));
      if (own === undefined || read.size === 0) return [];
      const unread = own.columns.filter((column) => !read.has(column) && !isKey(column));
      return unread.length === 0 ? [] : [{ use, table: own.table, loaded: own.columns.length, unread }];
    })
    .toSorted((a, b) => b.use.rows * b.unread.length - a.use.rows * a.unread.length);
}

function isOwn({ fetch }: RowUse): boolean {
  return blamedFrame(fetch) !== null;
}
