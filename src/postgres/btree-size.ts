/** How big a B-tree would be if it were built now, from the planner's statistics. Sizes are of PostgreSQL's page and tuple layout (bufpage.h, itup.h, nbtree.h). */

export interface BtreeKey {
  /** Bytes of a value that is not NULL, as `pg_stats.avg_width` says it. */
  readonly width: number;
  readonly nullFraction: number;
  /** As `pg_stats.n_distinct`: above 0 a count, below 0 a share, 0 unknown. */
  readonly distinct: number;
  readonly alignment: number;
  /** Name of the type; null for an expression. */
  readonly type: string | null;
}

export interface BtreeInput {
  readonly entries: number;
  readonly keys: readonly BtreeKey[];
  readonly includedWidth: number;
  readonly hasIncluded: boolean;
  readonly isUnique: boolean;
  /** In percent, of leaf pages. */
  readonly fillfactor: number;
  /** The server is of version 13 or later, and the index does not say otherwise. */
  readonly deduplicates: boolean;
  readonly blockSize: number;
}

export interface BtreeEstimate {
  readonly bytes: number;
  readonly entries: number;
}

const PAGE_HEADER = 24;
/** BTPageOpaqueData. */
const SPECIAL = 16;
const LINE_POINTER = 4;
const TUPLE_HEADER = 8;
/** IndexAttributeBitMapData, which an entry with a NULL has beside its header. */
const NULL_BITMAP = 4;
/** A row's address in a posting list. */
const ROW_POINTER = 6;
/** A tenth of a page: the most that a build puts into one posting list (nbtsort.c). */
const POSTING_SHARE = 0.1;

/** Types whose equal values can differ in what they show, which are stored one by one (PostgreSQL, B-tree deduplication), with arrays and composites. */
const NEVER_MERGED: ReadonlySet<string> = new Set(["numeric", "float4", "float8", "jsonb"]);

export function estimateBtree(input: BtreeInput): BtreeEstimate {
  const { entries, blockSize, fillfactor } = input;
  const usable = (blockSize - PAGE_HEADER - SPECIAL) * (fillfactor / 100);
  const whole = entryBytes(input);
  const leafBytes = canMerge(input) ? mergedBytes(input, whole) : entries * (whole + LINE_POINTER);
  const leaves = Math.max(1, Math.ceil(leafBytes / usable));
  return { bytes: (1 + leaves + innerPages(leaves, whole, blockSize)) * blockSize, entries };
}

/** Header, keys with their padding, included columns; rounded up to 8 bytes. */
function entryBytes({ keys, includedWidth }: BtreeInput): number {
  const values = keys.reduce((at, key) => align(at, key.alignment) + key.width * (1 - key.nullFraction), 0);
  const nullShare = 1 - keys.reduce((share, key) => share * (1 - key.nullFraction), 1);
  const header = nullShare > 0 ? TUPLE_HEADER * (1 - nullShare) + align(TUPLE_HEADER + NULL_BITMAP, 8) * nullShare : TUPLE_HEADER;
  return align(Math.ceil(header + values + includedWidth), 8);
}

/** Levels above the leaves are 70 % full (BTREE_NONLEAF_FILLFACTOR). */
function innerPages(leaves: number, whole: number, blockSize: number): number {
  const perPage = Math.max(2, Math.floor(((blockSize - PAGE_HEADER - SPECIAL) * 0.7) / (whole + LINE_POINTER)));
  let [level, pages] = [leaves, 0];
  while (level > 1) {
    level = Math.ceil(level / perPage);
    pages += level;
  }
  return pages;
}

function canMerge({ deduplicates, isUnique, hasIncluded, keys }: BtreeInput): boolean {
  return deduplicates && !isUnique && !hasIncluded && keys.every(({ type }) => type !== null && !NEVER_MERGED.has(type) && !type.startsWith("_"));
}

/** Equal keys share one entry with a list of rows. */
function mergedBytes(input: BtreeInput, whole: number): number {
  const { entries, blockSize } = input;
  const groups = Math.max(1, distinctKeys(input));
  if (groups >= entries / 2) return entries * (whole + LINE_POINTER);
  const longest = Math.max(1, Math.floor((blockSize * POSTING_SHARE - whole - LINE_POINTER) / ROW_POINTER));
  const lists = groups + Math.floor(entries / longest);
  return Math.min(entries * (whole + LINE_POINTER), lists * (whole + LINE_POINTER) + entries * ROW_POINTER);
}

/** Of several columns no more is known than that they have at most as many values together as their numbers multiplied. */
function distinctKeys({ keys, entries }: BtreeInput): number {
  const each = keys.map(({ distinct, nullFraction }) => {
    const values = distinct > 0 ? distinct : distinct < 0 ? -distinct * entries : entries;
    return values + (nullFraction > 0 ? 1 : 0);
  });
  return Math.min(
    entries,
    each.reduce((product, one) => product * Math.max(1, one), 1),
  );
}

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;
