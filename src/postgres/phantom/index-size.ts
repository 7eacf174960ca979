/**
 * How large an index becomes that is not there: what a build would write, from the table's statistics. For B-trees this follows
 * `nbtsort.c` and `nbtdedup.c`; of the other methods it is a guess, and says so.
 */
import type { Index, Table } from "../../model/index.ts";
import { BLOCK } from "./pages.ts";
import { groupSizes, type GroupClass, type ValueClass } from "./group-sizes.ts";
import { hashPages } from "./hash-size.ts";

export interface IndexSize {
  readonly pages: number;
  readonly bytes: number;
  readonly rows: number;
  /** Levels above the leaves, of a B-tree; 0 of others. */
  readonly height: number;
  /** `model`: of a B-tree over columns with statistics. `guess`: of all others; no figure to show. */
  readonly basis: "model" | "guess";
}

export interface IndexFacts {
  readonly method: string;
  readonly unique: boolean;
  /** Rows of the table, and of those the ones that it holds: those of its condition. */
  readonly tableRows: number;
  readonly rows: number;
  readonly tablePages: number;
  readonly columns: readonly IndexColumnFacts[];
  /** Columns of the key, without those of INCLUDE. */
  readonly keys: number;
  readonly options: Readonly<Record<string, string>>;
  /** Groups of equal keys at most, where extended statistics know the columns together. */
  readonly mostGroups: number | null;
}

export interface IndexColumnFacts {
  /** Bytes of a fixed-length type; -1 for variable length. */
  readonly length: number;
  readonly alignment: number;
  readonly nullFraction: number;
  /** Mean bytes, of values that are not null. */
  readonly width: number;
  /** Lengths of known values in bytes and their shares, for text. Empty where only the mean is known. */
  readonly widths: readonly { readonly bytes: number; readonly share: number }[];
  /** Number of distinct values; null where nothing is known. */
  readonly distinct: number | null;
  readonly frequencies: readonly number[];
  /** Bounds of whole numbers between which as many rows lie each; empty of other types. */
  readonly bounds: readonly number[];
  /** Equal values have equal bytes: `numeric` has not, for one. */
  readonly hasEqualImages: boolean;
  readonly typeName: string;
  readonly operatorClass: string;
}

const HEADER = 24;
const BTREE_SPECIAL = 16;
const POINTER = 4;
const TUPLE = 8;
const NULLS = 8;
const TID = 6;

/** All that a page holds but for its header, its special space and the pointer to its high key. */
const ROOM = BLOCK - HEADER - BTREE_SPECIAL - POINTER;
/** Per cent of a page that a build fills (`BTREE_DEFAULT_FILLFACTOR`, `BTREE_NONLEAF_FILLFACTOR`). */
const LEAF_FILL = 90;
const INNER_FILL = 70;
/** A posting list is at most a tenth of a page (`_bt_load`). */
const LONGEST_POSTING = Math.floor((BLOCK * 10) / 100 / 8) * 8 - POINTER;

const align = (bytes: number, to = 8): number => Math.ceil(bytes / to) * to;

export function estimateIndexSize(facts: IndexFacts): IndexSize {
  const { pages, height } = facts.method === "btree" ? btreeSize(facts) : { pages: guessPages(facts), height: 0 };
  const isKnown = (facts.method === "btree" || facts.method === "hash") && facts.columns.every(({ distinct }) => distinct !== null);
  return { pages, bytes: pages * BLOCK, rows: facts.rows, height, basis: isKnown ? "model" : "guess" };
}

// ------------------------------------------------------------------------------------------------------------ B-tree

function btreeSize(facts: IndexFacts): { readonly pages: number; readonly height: number } {
  if (facts.rows < 0.5) return { pages: 1, height: 0 };
  const tuple = meanTuple(facts.columns);
  const leaves = leafPages(facts, tuple);
  const fan = fanout(meanTuple(facts.columns.slice(0, facts.keys)).mean);
  let pages = 1 + leaves;
  let height = 0;
  for (let nodes = leaves; nodes > 1; height += 1) {
    nodes = Math.ceil(nodes / fan);
    pages += nodes;
  }
  return { pages, height };
}

function leafPages(facts: IndexFacts, tuple: TupleSize): number {
  const fill = Number(facts.options["fillfactor"] ?? LEAF_FILL);
  const room = ROOM - POINTER - Math.floor((BLOCK * (100 - fill)) / 100);
  const isDeduplicated = !facts.unique && facts.keys === facts.columns.length && facts.columns.every(({ hasEqualImages }) => hasEqualImages) && facts.options["deduplicate_items"] !== "off";
  if (!isDeduplicated) return Math.max(1, Math.ceil(pagesFor({ items: facts.rows, bytes: facts.rows * (tuple.mean + POINTER), isUniform: tuple.isUniform }, room)));
  const pages = groupsOf(facts).flatMap((one) => itemsOf(one.rows, one.isExact, tuple).map((items) => one.groups * pagesFor(items, room)));
  return Math.max(1, Math.ceil(pages.reduce((sum, one) => sum + one, 0)));
}

function groupsOf({ tableRows, rows, mostGroups, columns }: IndexFacts): GroupClass[] {
  return groupSizes({ tableRows, rows, mostGroups, columns: columns.map((one) => valueClasses(one, tableRows)) });
}

/** Entries of leaves, with the pointers to them. */
interface Items {
  readonly items: number;
  readonly bytes: number;
  readonly isUniform: boolean;
}

/** The last item of a page goes to the next one: half of one is lost where sizes differ, and what is left over where they do not. */
function pagesFor({ items, bytes, isUniform }: Items, room: number): number {
  if (items === 0) return 0;
  const fits = (room * items) / bytes;
  return items / Math.max(1, isUniform ? Math.floor(fits + 1e-9) : fits - 0.5);
}

/** Of one group of equal keys: plain where there is but one row, lists of row numbers otherwise. */
function itemsOf(rows: number, isExact: boolean, tuple: TupleSize): Items[] {
  const isWhole = Math.abs(rows - Math.round(rows)) < 1e-6;
  if (rows > POISSON_UP_TO || (isExact && isWhole)) return postings(isWhole ? Math.round(rows) : rows, tuple);
  // The others of a mean are spread: as by chance, without those that do not occur.
  const lambda = lambdaOf(rows);
  const some = -Math.expm1(-lambda);
  let [bytes, items, share] = [0, 0, Math.exp(-lambda)];
  for (let count = 1; count < POISSON_UP_TO * 3; count += 1) {
    share *= lambda / count;
    for (const one of postings(count, tuple)) {
      bytes += (share / some) * one.bytes;
      items += (share / some) * one.items;
    }
  }
  return [{ items, bytes, isUniform: false }];
}

const POISSON_UP_TO = 40;

/** The mean of a Poisson distribution whose mean without zero is this. */
function lambdaOf(mean: number): number {
  let lambda = Math.max(mean - 1, 1e-6);
  for (let round = 0; round < 30; round += 1) lambda = Math.max(1e-6, mean * (1 - Math.exp(-lambda)));
  return lambda;
}

/** Lists that are as long as may be, and what is left. */
function postings(rows: number, { mean, isUniform }: TupleSize): Items[] {
  const most = Math.max(1, Math.floor((Math.floor(LONGEST_POSTING / 8) * 8 - mean) / TID));
  if (rows <= 1 || most < 2) return [{ items: rows, bytes: rows * (mean + POINTER), isUniform }];
  const list = (count: number): number => align(mean + count * TID) + POINTER;
  const full = Math.floor(rows / most);
  const rest = rows - full * most;
  const last = rest <= 1 ? rest * (mean + POINTER) : list(rest);
  return [{ items: full, bytes: full * list(most), isUniform: true }, ...(rest > 0 ? [{ items: Math.min(1, rest), bytes: last, isUniform: false }] : [])];
}

/** Common values one by one, null among them, and the others alike, or by the density of whole numbers. */
function valueClasses({ distinct, frequencies, nullFraction, bounds }: IndexColumnFacts, rows: number): ValueClass[] {
  const common = [...frequencies, ...(nullFraction > 0 ? [nullFraction] : [])].map((share) => ({ values: 1, share, isExact: true }));
  const left = Math.max(0, 1 - common.reduce((sum, { share }) => sum + share, 0));
  const others = Math.max(1, (distinct ?? rows) - frequencies.length);
  if (left <= 0.000_001) return common;
  const isUnique = others >= left * rows * UNIQUE;
  if (isUnique || bounds.length < 2) return [...common, { values: others, share: left / others, isExact: isUnique }];
  return [...common, ...byDensity(bounds, { others, left, rows })];
}

/** Where bounds are near to each other, each number has more rows; where they are far apart, some numbers have none by chance. */
function byDensity(bounds: readonly number[], { others, left, rows }: { readonly others: number; readonly left: number; readonly rows: number }): ValueClass[] {
  const share = left / (bounds.length - 1);
  const present = bounds.slice(1).map((bound, index) => {
    const width = Math.max(1, bound - (bounds[index] ?? bound));
    return Math.max(1, width * -Math.expm1((-share * rows) / width));
  });
  const all = present.reduce((sum, one) => sum + one, 0);
  // ANALYZE sees too few of many values. In a range that is narrower than the rows are many, as of keys, each number is taken for one of them.
  const isDense = (bounds.at(-1) ?? 0) - (bounds[0] ?? 0) <= left * rows;
  const scale = isDense ? Math.max(1, others / all) : others / all;
  return present.map((one) => ({ values: one * scale, share: share / (one * scale), isExact: false }));
}

/** From which share of distinct values on each counts as the only one of its kind. */
const UNIQUE = 0.99;

interface TupleSize {
  readonly mean: number;
  readonly isUniform: boolean;
}

const DRAWS = 256;
const GOLDEN = 0.618_033_988_749_895;

/** Lengths are rounded up to 8 bytes, so that the mean of texts is not enough: some are drawn, always the same. */
function meanTuple(columns: readonly IndexColumnFacts[]): TupleSize {
  const sizes = Array.from({ length: DRAWS }, (_, draw) => tupleSize(columns, draw));
  const mean = sizes.reduce((sum, one) => sum + one, 0) / DRAWS;
  return { mean, isUniform: sizes.every((one) => one === sizes[0]) };
}

function tupleSize(columns: readonly IndexColumnFacts[], draw: number): number {
  let [at, hasNull] = [0, false];
  columns.forEach((column, index) => {
    const chance = (draw * GOLDEN * (index + 1) + index * 0.37) % 1;
    if (chance < column.nullFraction) {
      hasNull = true;
      return;
    }
    const bytes = column.length > 0 ? column.length : drawWidth(column, (chance - column.nullFraction) / (1 - column.nullFraction));
    const isShort = column.length < 0 && bytes < 127;
    at = align(at, isShort ? 1 : column.alignment) + bytes;
  });
  return align(TUPLE + (hasNull ? NULLS : 0) + at);
}

function drawWidth({ widths, width }: IndexColumnFacts, chance: number): number {
  let left = chance * widths.reduce((sum, { share }) => sum + share, 0);
  for (const { bytes, share } of widths) {
    left -= share;
    if (left <= 0) return bytes;
  }
  return widths.at(-1)?.bytes ?? Math.ceil(width);
}

function fanout(tuple: number): number {
  const room = ROOM - POINTER - Math.floor((BLOCK * (100 - INNER_FILL)) / 100);
  return Math.max(2, Math.floor(room / (tuple + POINTER)));
}

/** Height of a B-tree of so many pages, all levels and the metapage included, by the width of its keys. */
export function estimateHeight(pages: number, width: number): number {
  const fan = fanout(align(TUPLE + width));
  let height = 0;
  for (let nodes = Math.max(1, pages - 1); nodes > 1; nodes = Math.ceil(nodes / fan)) height += 1;
  return height;
}

/** Of the keys on inner pages: what follows the first column that tells two neighbours apart is cut off, and the first mostly does. */
export function keyWidth({ keys: [key] }: Pick<Index, "keys">, table: Table | undefined): number {
  const column = table?.columns.find(({ name }) => name === key?.column);
  return column === undefined ? 8 : column.length > 0 ? column.length : (column.statistics?.averageWidth ?? 16);
}

// ------------------------------------------------------------------------------------------------------------ others

/** PostgreSQL's own default. */
export const PAGES_PER_RANGE = 128;
/** Ranges that one page of a BRIN index's map holds (`REVMAP_PAGE_MAXITEMS`). */
const RANGES_A_PAGE = 1360;

export function revmapPages(tablePages: number, pagesPerRange: number): number {
  return Math.max(1, Math.ceil(tablePages / pagesPerRange / RANGES_A_PAGE));
}

function guessPages(facts: IndexFacts): number {
  if (facts.method === "brin") return brinPages(facts);
  if (facts.method === "gin") return ginPages(facts);
  if (facts.method === "hash") return hashPages({ rows: facts.rows, ...(facts.options["fillfactor"] === undefined ? {} : { fillfactor: Number(facts.options["fillfactor"]) }), groups: groupsOf(facts) });
  return 1 + Math.ceil((facts.rows * (meanTuple(facts.columns).mean + POINTER)) / (BLOCK * 0.72));
}

function brinPages({ tablePages, columns, options }: IndexFacts): number {
  const range = Number(options["pages_per_range"] ?? PAGES_PER_RANGE);
  const ranges = Math.ceil(tablePages / range);
  const entry = 20 + columns.reduce((sum, one) => sum + 2 * align(one.length > 0 ? one.length : one.width), 0);
  return 1 + revmapPages(tablePages, range) + Math.max(1, Math.ceil((ranges * entry) / (BLOCK - 200)));
}

/** Bytes of an entry's key with what goes with it, and of a row in a compressed list. Ours. */
const GIN = { entry: 28, row: 1.7, fill: 0.9 } as const;

function ginPages({ columns, rows }: IndexFacts): number {
  let [entries, pointers] = [0, 0];
  for (const column of columns) {
    const { each, distinct } = ginEntries(column, rows);
    entries += distinct;
    pointers += rows * each;
  }
  return 2 + Math.ceil((entries * GIN.entry + pointers * GIN.row) / (BLOCK - 60) / GIN.fill);
}

/** How many keys a value breaks up into, and how many different ones there are. Ours, from a few indexes that were built. */
function ginEntries({ operatorClass, width, typeName, distinct }: IndexColumnFacts, rows: number): { readonly each: number; readonly distinct: number } {
  if (operatorClass.includes("trgm")) return { each: Math.max(3, width * 0.85), distinct: Math.min(rows * width, Math.max(2000, Math.min(30_000, rows * 0.3))) };
  if (operatorClass.includes("jsonb_path")) return { each: Math.max(1, width / 22), distinct: 0.3 * rows * Math.max(1, width / 22) };
  if (operatorClass.includes("jsonb")) return { each: Math.max(2, width / 11), distinct: 0.15 * rows * Math.max(2, width / 11) };
  if (operatorClass.includes("tsvector")) return { each: width / 12, distinct: Math.min(rows, 30_000) };
  if (typeName.startsWith("_") || operatorClass.includes("array")) return { each: Math.max(1, (width - 20) / 8), distinct: Math.min(rows, 5000) };
  return { each: 1, distinct: distinct ?? rows };
}
