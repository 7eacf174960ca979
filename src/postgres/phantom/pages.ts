/**
 * Pages that the planner reads, of a server of 13 to 18 with blocks of 8 kB on a little-endian machine, without data checksums: heights
 * and counters in metapages, the way down to an index's ends, and the map that says that a row need not be looked at. The rest of a
 * relation is a hole in its file: pages of zeros, of which the planner only knows the number.
 */
export const BLOCK = 8192;

/** Bytes of the header that every page begins with, and of what B-tree, GIN and BRIN pages keep at their end. */
const HEADER = 24;
const SPECIAL = { btree: 16, gin: 8, brin: 8, none: 0 } as const;
const LAYOUT_VERSION = 4;

function blankPage(special: number): Buffer {
  const page = Buffer.alloc(BLOCK);
  page.writeUInt16LE(HEADER, 12);
  page.writeUInt16LE(BLOCK - special, 14);
  page.writeUInt16LE(BLOCK - special, 16);
  page.writeUInt16LE(BLOCK | LAYOUT_VERSION, 18);
  return page;
}

// ------------------------------------------------------------------------------------------------------------ B-tree

const LEAF = 1;
const ROOT = 2;
const META = 8;
const MAGIC = 0x053162;
const BTREE_VERSION = 4;

function btreePage(flags: number, level: number): Buffer {
  const page = blankPage(SPECIAL.btree);
  page.writeUInt32LE(level, BLOCK - 8);
  page.writeUInt16LE(flags, BLOCK - 4);
  return page;
}

/** The first pages of a B-tree of this height: 0 where the root is a leaf. `leaf` is that page of another index, to be found at its end. */
export function btreePages(height: number, leaf: Buffer | null = null): Buffer[] {
  return [btreeMeta(height), endLeaf(height, leaf), ...Array.from({ length: height }, (_, index) => innerPage(index + 1, height))];
}

/** Page 1 is the leaf, and each further one the level above it. */
function btreeMeta(height: number): Buffer {
  const page = btreePage(META, 0);
  const root = height + 1;
  [MAGIC, BTREE_VERSION, root, height, root, height].forEach((value, index) => page.writeUInt32LE(value, HEADER + 4 * index));
  // No count of heap tuples is known, and all columns' equality is that of their images.
  page.writeDoubleLE(-1, HEADER + 32);
  page.writeUInt8(1, HEADER + 40);
  page.writeUInt16LE(HEADER + 48, 12);
  return page;
}

/** A metapage of an index without any page yet: there is no root. */
export function emptyBtreeMeta(): Buffer {
  const page = btreeMeta(0);
  page.writeUInt32LE(0, HEADER + 8);
  page.writeUInt32LE(0, HEADER + 16);
  return page;
}

function endLeaf(height: number, leaf: Buffer | null): Buffer {
  const flags = LEAF | (height === 0 ? ROOT : 0);
  if (leaf === null) return btreePage(flags, 0);
  const page = Buffer.from(leaf);
  page.writeUInt16LE(flags, BLOCK - 4);
  return page;
}

const ITEM = { offset: BLOCK - SPECIAL.btree - 8, bytes: 8, isNormal: 1 } as const;
const PIVOT = 0x2000;

/** One way down, for every value: a pivot of no column is less than all. */
function innerPage(level: number, height: number): Buffer {
  const page = btreePage(level === height ? ROOT : 0, level);
  page.writeUInt16LE(HEADER + 4, 12);
  page.writeUInt16LE(ITEM.offset, 14);
  page.writeUInt32LE(ITEM.offset | (ITEM.isNormal << 15) | (ITEM.bytes << 17), HEADER);
  page.writeUInt16LE(level, ITEM.offset + 2);
  page.writeUInt16LE(PIVOT | ITEM.bytes, ITEM.offset + 6);
  return page;
}

/**
 * Height of a B-tree from the first bytes of its metapage: that of its fast root, which the planner takes; -1 where there is no root yet.
 * Null where it is no metapage: the server had not written it to its file.
 */
export function readBtreeHeight(metapage: Buffer): number | null {
  if (metapage.length < HEADER + 24 || metapage.readUInt32LE(HEADER) !== MAGIC) return null;
  return metapage.readUInt32LE(HEADER + 8) === 0 ? -1 : metapage.readUInt32LE(HEADER + 20);
}

/** Of a machine that writes numbers the other way round (s390x, older ones of IBM and Oracle): nothing of its bytes can be taken over. */
/** Whether the server that made the index takes values that are equal for alike, so that a build keeps one of them; null of no B-tree. */
export function readEqualImages(metapage: Buffer): boolean | null {
  return metapage.length > HEADER + 40 && metapage.readUInt32LE(HEADER) === MAGIC ? metapage.readUInt8(HEADER + 40) !== 0 : null;
}

export function isOfOtherByteOrder(metapage: Buffer): boolean {
  return metapage.length >= HEADER + 4 && metapage.readUInt32BE(HEADER) === MAGIC;
}

// ------------------------------------------------------------------------------------------------------------ GIN and BRIN

export interface GinCounters {
  readonly pendingPages: number;
  readonly entryPages: number;
  readonly dataPages: number;
  readonly entries: number;
}

const GIN_META = 8;
const GIN_VERSION = 2;
const NO_BLOCK = 0xffff_ffff;

/** Empty lists of what is pending, whatever their number of pages: nothing is there to be read. */
export function ginMeta(counters: GinCounters, pages: number): Buffer {
  const page = blankPage(SPECIAL.gin);
  page.writeUInt16LE(GIN_META, BLOCK - 2);
  page.writeUInt32LE(NO_BLOCK, BLOCK - 8);
  page.writeUInt32LE(NO_BLOCK, HEADER);
  page.writeUInt32LE(NO_BLOCK, HEADER + 4);
  page.writeUInt32LE(counters.pendingPages, HEADER + 12);
  page.writeUInt32LE(pages, HEADER + 24);
  page.writeUInt32LE(counters.entryPages, HEADER + 28);
  page.writeUInt32LE(counters.dataPages, HEADER + 32);
  page.writeBigInt64LE(BigInt(Math.round(counters.entries)), HEADER + 40);
  page.writeInt32LE(GIN_VERSION, HEADER + 48);
  page.writeUInt16LE(HEADER + 56, 12);
  return page;
}

export function readGinCounters(metapage: Buffer): { readonly counters: GinCounters; readonly pages: number } | null {
  if (metapage.length < HEADER + 52) return null;
  const counters = {
    pendingPages: metapage.readUInt32LE(HEADER + 12),
    entryPages: metapage.readUInt32LE(HEADER + 28),
    dataPages: metapage.readUInt32LE(HEADER + 32),
    entries: Number(metapage.readBigInt64LE(HEADER + 40)),
  };
  return { counters, pages: metapage.readUInt32LE(HEADER + 24) };
}

const BRIN_META = 0xf091;
const BRIN_MAGIC = 0xa810_9cfa;
const BRIN_VERSION = 1;

export function brinMeta(pagesPerRange: number, lastRevmapPage: number): Buffer {
  const page = blankPage(SPECIAL.brin);
  page.writeUInt16LE(BRIN_META, BLOCK - 2);
  [BRIN_MAGIC, BRIN_VERSION, pagesPerRange, lastRevmapPage].forEach((value, index) => page.writeUInt32LE(value, HEADER + 4 * index));
  page.writeUInt16LE(HEADER + 16, 12);
  return page;
}

export function readLastRevmapPage(metapage: Buffer): number | null {
  return metapage.length >= HEADER + 16 && metapage.readUInt32LE(HEADER) === BRIN_MAGIC ? metapage.readUInt32LE(HEADER + 12) : null;
}

// ------------------------------------------------------------------------------------------------------------ visibility

const ALL_VISIBLE = 1;

/** The visibility map of a table: of its first page everybody sees all, so that an index's entry for it is believed without a look at the row. */
export function visibilityMap(): Buffer {
  const page = blankPage(SPECIAL.none);
  page.writeUInt8(ALL_VISIBLE, HEADER);
  return page;
}
