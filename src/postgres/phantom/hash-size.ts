/** Pages of a hash index as it is built: buckets for all rows, and overflow pages where rows of equal keys crowd into one. */
import type { GroupClass } from "./group-sizes.ts";

/** A hash code with its row number, and the pointer to it. */
const ITEM = 20;
const BLOCK = 8192;
/** Items of a page without its header and special space. */
const ITEMS_A_PAGE = 407;
/** Per cent (`HASH_DEFAULT_FILLFACTOR`). */
const FILL = 75;
/** Up to here buckets double; from here on by a quarter at a time (`HASH_SPLITPOINT_GROUPS_WITH_ONE_PHASE`). */
const DOUBLED = 9;
/** Overflow pages that a page of the map knows. */
const MAPPED = 32_768;

export interface HashFacts {
  readonly rows: number;
  readonly fillfactor?: number;
  readonly groups: readonly GroupClass[];
}

export function hashPages({ rows, fillfactor = FILL, groups }: HashFacts): number {
  const buckets = bucketsFor(rows / Math.max(10, Math.floor((BLOCK * fillfactor) / 100 / ITEM)));
  const half = 2 ** Math.floor(Math.log2(buckets));
  // What has been split already has half of what the others have.
  const [split, whole] = buckets === half ? [0, buckets] : [2 * (buckets - half), 2 * half - buckets];
  const overflow = split * overflowOf(groups, 1 / (2 * half)) + whole * overflowOf(groups, 1 / half);
  return Math.ceil(1 + buckets + overflow + Math.max(1, overflow / MAPPED));
}

function bucketsFor(wanted: number): number {
  if (wanted <= 2) return 2;
  const power = Math.ceil(Math.log2(wanted));
  if (power <= DOUBLED) return 2 ** power;
  const [base, quarter] = [2 ** (power - 1), 2 ** (power - 3)];
  return base + quarter * Math.ceil((wanted - base) / quarter);
}

/** Buckets that are drawn to see how full they are. Ours. */
const DRAWS = 1000;

/** Pages beyond the first of a bucket that each key falls into with this chance. */
function overflowOf(groups: readonly GroupClass[], chance: number): number {
  const next = figures();
  let pages = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const rows = groups.reduce((sum, one) => sum + rowsOf(one, chance, next), 0);
    pages += Math.max(0, Math.ceil(rows / ITEMS_A_PAGE) - 1);
  }
  return pages / DRAWS;
}

function rowsOf({ groups, rows, isExact }: GroupClass, chance: number, next: () => number): number {
  const keys = poisson(groups * chance, next);
  // Of a mean, the rows of one key differ from another's.
  return isExact || keys === 0 ? keys * rows : keys + poisson(keys * Math.max(0, rows - 1), next);
}

/** From this mean on the normal distribution is as good. */
const NORMAL_FROM = 30;

function poisson(mean: number, next: () => number): number {
  if (mean >= NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())));
  let [count, left] = [0, next() * Math.exp(mean) - 1];
  for (let term = 1; left > 0 && count < NORMAL_FROM * 10; left -= term) {
    count += 1;
    term *= mean / count;
  }
  return count;
}

/** The same ones each time. */
function figures(): () => number {
  let state = 12_345;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}
