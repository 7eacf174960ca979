/**
 * How large an index becomes that is not there: what a build would write, from the table's statistics. For B-trees this follows
 * `nbtsort.c` and `nbtdedup.c`; of the other methods it is a guess, and says so.
 */
import type { Index, Table } from "../../model/index.ts";
import { BLOCK } from "./pages.ts";
import { groupSizes, type GroupClass, type ValueClass } from "./group-sizes.ts";
import { hashPages } from "./hash-size.ts";
import { trigramPages, type KnownText } from "./trigram-size.ts";
import { entriesAPage, fillLeaves, leftFree, POINTER, ROOM, type Entry } from "./leaf-pages.ts";

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
  /** Of the rows' order with the values'; null where nothing is known. */
  readonly correlation?: number | null;
  /** Number of distinct values; null where nothing is known. */
  readonly distinct: number | null;
  readonly frequencies: readonly number[];
  /** Bounds of whole numbers between which as many rows lie each; empty of other types. */
  readonly bounds: readonly number[];
  /** Equal values have equal bytes: `numeric` has not, for one. */
  readonly hasEqualImages: boolean;
  readonly typeName: string;
  readonly operatorClass: string;
  /** Of a GIN index over trigrams: the texts that are known. */
  readonly texts?: readonly KnownText[];
}

const TUPLE = 8;
const NULLS = 8;
const TID = 6;

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
  const leaves = leafPages(facts);
  const fan = fanout(meanTuple(facts.columns.slice(0, facts.keys)).mean);
  let pages = 1 + leaves;
  let height = 0;
  for (let nodes = leaves; nodes > 1; height += 1) {
    nodes = Math.ceil(nodes / fan);
    pages += nodes;
  }
  return { pages, height };
}

function leafPages(facts: IndexFacts): number {
  const fill = Number(facts.options["fillfactor"] ?? LEAF_FILL);
  const isDeduplicated =
    !facts.unique &&
    facts.keys === facts.columns.length &&
    facts.columns.every(({ hasEqualImages }) => hasEqualImages) &&
    facts.options["deduplicate_items"] !== "off";
  if (!isDeduplicated) return plainLeaves(facts, fill);
  return Math.max(1, Math.ceil(groupedLeaves(groupsOf(facts), facts.columns, fill) - 1e-6));
}

function groupsOf({ tableRows, tablePages, rows, mostGroups, columns }: IndexFacts): GroupClass[] {
  return groupSizes({ tableRows, rows, mostGroups, columns: columns.map((one) => classesOf(one, tableRows, tablePages)) });
}

const classesKept = new WeakMap<IndexColumnFacts, { readonly rows: number; readonly pages: number; readonly classes: readonly ValueClass[] }>();

/** A column is in many indexes that are tried. */
function classesOf(column: IndexColumnFacts, rows: number, pages: number): readonly ValueClass[] {
  const kept = classesKept.get(column);
  if (kept !== undefined && kept.rows === rows && kept.pages === pages) return kept.classes;
  const classes = valueClasses(column, rows, pages);
  classesKept.set(column, { rows, pages, classes });
  return classes;
}

/** Entries that are looked at; of more, a sample is. */
const MOST_ENTRIES = 4000;

/** An entry for each row. */
function plainLeaves({ rows, columns }: IndexFacts, fill: number): number {
  const entry = (draw: number): Entry => ({ bytes: tupleSize(columns, draw), list: 0 });
  const count = Math.round(rows);
  if (meanTuple(columns).isUniform) return Math.max(1, Math.ceil(count / entriesAPage(entry(0), fill)));
  const some = Math.min(count, MOST_ENTRIES);
  const { full, begun } = fillLeaves(
    Array.from({ length: some }, (_, draw) => entry(draw)),
    fill,
  );
  return some === count ? full + 1 : Math.max(1, Math.ceil(((full + begun) * count) / some));
}

/** Groups that are looked at one by one; of more, as many of each kind as there are in proportion. */
const MOST_GROUPS = 1000;
/** Lists of one group from which on the pages that it begins and ends do not matter. */
const MANY_LISTS = 500;

/** Frequent values are known one by one; they lie among the others. */
function groupedLeaves(groups: readonly GroupClass[], columns: readonly IndexColumnFacts[], fill: number): number {
  const known = groups.filter(({ isExact, groups: count }) => isExact && count <= MOST_GROUPS);
  const others = groups.filter((one) => !known.includes(one));
  const [few, many] = [totalOf(known), totalOf(others)];
  if (few + many <= MOST_GROUPS) return streamLeaves(between(drawGroups(known, few), drawGroups(others, many)), columns, fill).pages;
  const rest = drawGroups(others, Math.min(many, MOST_GROUPS));
  const parts = [
    { pages: few === 0 ? 0 : streamLeaves(drawGroups(known, few), columns, fill).part },
    { pages: rest.length === 0 ? 0 : (streamLeaves(rest, columns, fill).part * many) / rest.length },
  ];
  return parts.reduce((sum, { pages }) => sum + pages, 0);
}

const totalOf = (groups: readonly GroupClass[]): number => groups.reduce((sum, one) => sum + one.groups, 0);

interface Group {
  readonly rows: number;
  readonly nulls: number;
}

/** So many of them, each kind by its part. */
function drawGroups(classes: readonly GroupClass[], count: number): Group[] {
  const total = totalOf(classes);
  const drawn: Group[] = [];
  let upTo = 0;
  for (const one of classes) {
    upTo += (one.groups / Math.max(1e-9, total)) * count;
    const wanted = Math.round(upTo) - drawn.length;
    const rowsOf = rowsOfGroups(one);
    for (let place = 0; place < wanted; place += 1) drawn.push({ rows: rowsOf((place + 0.5) / wanted), nulls: one.nulls });
  }
  return shuffled(drawn);
}

/** Always the same order, in which large and small are mixed. */
function shuffled<One>(all: readonly One[]): One[] {
  const count = all.length;
  let step = Math.max(1, Math.round(count * GOLDEN));
  while (count > 1 && commonDivisor(step, count) > 1) step += 1;
  return all.flatMap((_, place) => all[(place * step) % count] ?? []);
}

const commonDivisor = (one: number, other: number): number => (other === 0 ? one : commonDivisor(other, one % other));

function between<One>(some: readonly One[], others: readonly One[]): One[] {
  const placed = (all: readonly One[]): { readonly one: One; readonly place: number }[] =>
    all.map((one, index) => ({ one, place: (index + 0.5) / all.length }));
  return [...placed(some), ...placed(others)].toSorted((a, b) => a.place - b.place).map(({ one }) => one);
}

/** Leaves of these groups: `pages` of these alone, `part` where they stand for more. */
function streamLeaves(groups: readonly Group[], columns: readonly IndexColumnFacts[], fill: number): { readonly pages: number; readonly part: number } {
  const entries: Entry[] = [];
  let apart = 0;
  for (const [draw, { rows, nulls }] of groups.entries()) {
    const bytes = tupleSize(columns, draw, nulls);
    const most = longestList(bytes);
    if (most < 2) for (let row = 0; row < Math.min(rows, MOST_ENTRIES); row += 1) entries.push({ bytes, list: 0 });
    const lists = most < 2 ? 0 : Math.floor(rows / most);
    if (lists > MANY_LISTS) apart += (lists - MANY_LISTS) / entriesAPage(listOf(bytes, most), fill);
    const whole = listOf(bytes, Math.max(1, most));
    for (let list = 0; list < Math.min(lists, MANY_LISTS); list += 1) entries.push(whole);
    const left = most < 2 ? 0 : rows - lists * most;
    if (left > 0) entries.push(left === 1 ? { bytes, list: 0 } : listOf(bytes, left));
  }
  const { full, begun } = fillLeaves(entries, fill);
  return { pages: full + 1 + apart, part: full + begun + apart };
}

/** Row numbers that one list holds (`_bt_dedup_save_htid`); an entry of a single row keeps its number elsewhere. */
const longestList = (bytes: number): number => Math.floor((Math.floor(LONGEST_POSTING / 8) * 8 - bytes) / TID);

const listOf = (bytes: number, rows: number): Entry => ({ bytes: align(bytes + rows * TID), list: align(bytes + rows * TID) - bytes });

const POISSON_UP_TO = 40;

/** Of a kind's groups the one that is greater than such a share of them: those of a mean are spread as by chance, without those that do not occur. */
function rowsOfGroups({ rows, isExact }: GroupClass): (share: number) => number {
  // Of several columns together, a value's share is its own, and yet how often it meets the others is by chance.
  if (isExact && (rows > POISSON_UP_TO || Math.abs(rows - Math.round(rows)) < 1e-6)) return () => Math.max(1, Math.round(rows));
  if (rows > POISSON_UP_TO) return (share) => Math.max(1, Math.round(rows + Math.sqrt(rows) * normalAt(share)));
  const lambda = lambdaOf(rows);
  const least = (lambda * Math.exp(-lambda)) / -Math.expm1(-lambda);
  return (share) => {
    let [count, chance] = [1, least];
    for (let below = chance; below < share && count < POISSON_UP_TO * 3; below += chance) {
      count += 1;
      chance *= lambda / count;
    }
    return count;
  };
}

/** Of a normal distribution, near enough: the logistic one of the same spread. */
const normalAt = (share: number): number => (Math.log(share / (1 - share)) * Math.sqrt(3)) / Math.PI;

/** The mean of a Poisson distribution whose mean without zero is this. */
function lambdaOf(mean: number): number {
  let lambda = Math.max(mean - 1, 1e-6);
  for (let round = 0; round < 30; round += 1) lambda = Math.max(1e-6, mean * (1 - Math.exp(-lambda)));
  return lambda;
}

/** Common values one by one, null among them, and the others alike, or by the density of whole numbers. */
function valueClasses(column: IndexColumnFacts, rows: number, pages: number): ValueClass[] {
  const { frequencies, nullFraction, bounds } = column;
  const common = [
    ...frequencies.map((share) => ({ values: 1, share, isExact: true })),
    ...(nullFraction > 0 ? [{ values: 1, share: nullFraction, isExact: true, isNull: true }] : []),
  ];
  const left = Math.max(0, 1 - common.reduce((sum, { share }) => sum + share, 0));
  if (left <= 0.000_001) return common;
  const others = Math.max(1, otherValues(column, rows));
  const isUnique = others >= left * rows * UNIQUE;
  if (isUnique) return [...common, { values: others, share: left / others, isExact: true }];
  const real = unclustered(column, { others, rows: left * rows, pages });
  if (bounds.length < 2) return [...common, { values: real, share: left / real, isExact: false }];
  return [...common, ...byDensity(bounds, { others: real, left, rows })];
}

/** Rows of a sample, with PostgreSQL's own target of 100. */
const SAMPLE = 30_000;
/**
 * Values that are not common. ANALYZE takes the sample's rows of common values for signs that the others come again too: where one value has a tenth of the rows and each of the others one,
 * it counts two thirds of them. So many are looked for, of as many rows each, that its own formula (Haas and Stokes) would count what it counted.
 */
function otherValues({ distinct, frequencies, nullFraction }: IndexColumnFacts, tableRows: number): number {
  const counted = distinct ?? tableRows;
  const least = counted - frequencies.length;
  const rows = tableRows * (1 - nullFraction);
  const share = Math.min(tableRows, SAMPLE) / Math.max(1, tableRows);
  const others = rows * Math.max(0, 1 - frequencies.reduce((sum, one) => sum + one, 0) / Math.max(1e-9, 1 - nullFraction));
  if (frequencies.length === 0 || share >= 1 || others <= least) return least;
  const countedOf = (values: number): number => {
    const each = others / values;
    const once = values * each * share * (1 - share) ** (each - 1);
    const seen = values * (1 - (1 - share) ** each) + frequencies.length;
    return (rows * share * seen) / Math.max(1e-9, rows * share - once * (1 - share));
  };
  let [low, high] = [Math.max(1, least), others];
  if (countedOf(low) >= counted) return least;
  for (let step = 0; step < 30; step += 1) {
    const middle = (low + high) / 2;
    if (countedOf(middle) < counted) low = middle;
    else high = middle;
  }
  return low;
}

/** From which correlation on rows of equal value lie in one page. Ours. */
const CLUSTERED = 0.99;

/**
 * ANALYZE takes its rows from as many pages, and counts how often values meet. Where equal ones lie side by side they meet the more often the fewer of the pages
 * were read, and it takes them for fewer values than there are.
 */
function unclustered(
  { correlation }: IndexColumnFacts,
  { others, rows, pages }: { readonly others: number; readonly rows: number; readonly pages: number },
): number {
  const oversampled = pages / SAMPLE;
  if (Math.abs(correlation ?? 0) < CLUSTERED || oversampled <= 1 || others >= rows) return others;
  const mean = (rows / others - 1) / oversampled;
  return Math.min(rows, (rows / mean) * -Math.expm1(-mean));
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
  const isDense = (bounds.at(-1) ?? 0) - (bounds[0] ?? 0) <= left * rows && all < others * TOO_MANY;
  const scale = isDense ? Math.max(1, others / all) : others / all;
  return present.map((one) => ({ values: one * scale, share: share / (one * scale), isExact: false }));
}

/** So many times what ANALYZE counted: the numbers have gaps. Ours. */
const TOO_MANY = 2;

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

/** `nulls`: columns that are null, by bits; by chance unless it is said. */
function tupleSize(columns: readonly IndexColumnFacts[], draw: number, nulls: number | null = null): number {
  let [at, hasNull] = [0, false];
  columns.forEach((column, index) => {
    const chance = (draw * GOLDEN * (index + 1) + index * 0.37) % 1;
    const { nullFraction } = column;
    if (nulls === null ? chance < nullFraction : (nulls & (1 << index)) !== 0) {
      hasNull = true;
      return;
    }
    const bytes = column.length > 0 ? column.length : drawWidth(column, nulls === null ? (chance - nullFraction) / (1 - nullFraction) : chance);
    const isShort = column.length < 0 && bytes <= SHORT;
    at = align(at, isShort ? 1 : column.alignment) + bytes;
  });
  return align(TUPLE + (hasNull ? NULLS : 0) + at);
}

/** Bytes of a value of variable length whose header is a single one. */
const SHORT = 127;

/** Lengths of a column, by so many parts of its rows. */
const PARTS = 128;

const lengthsOf = new WeakMap<IndexColumnFacts, readonly number[]>();

function drawWidth(column: IndexColumnFacts, chance: number): number {
  const known = lengthsOf.get(column) ?? partedLengths(column);
  lengthsOf.set(column, known);
  return known[Math.floor(Math.max(0, Math.min(chance, 1 - 1e-9)) * PARTS)] ?? Math.ceil(column.width);
}

function partedLengths({ widths, width }: IndexColumnFacts): readonly number[] {
  const all = widths.reduce((sum, { share }) => sum + share, 0);
  let [at, upTo] = [0, widths[0]?.share ?? 0];
  return Array.from({ length: PARTS }, (_, part) => {
    while (at < widths.length - 1 && upTo < ((part + 0.5) / PARTS) * all) upTo += widths[(at += 1)]?.share ?? 0;
    return widths[at]?.bytes ?? Math.ceil(width);
  });
}

function fanout(tuple: number): number {
  const room = ROOM - POINTER - leftFree(INNER_FILL);
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
  if (facts.method === "hash")
    return hashPages({
      rows: facts.rows,
      ...(facts.options["fillfactor"] === undefined ? {} : { fillfactor: Number(facts.options["fillfactor"]) }),
      groups: groupsOf(facts),
    });
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

function ginPages({ columns, rows, tablePages }: IndexFacts): number {
  let [entries, pointers, known] = [0, 0, 0];
  for (const column of columns) {
    if (column.texts !== undefined && column.texts.length > 0) {
      known += trigramPages(column.texts, rows * (1 - column.nullFraction), tablePages);
      continue;
    }
    const { each, distinct } = ginEntries(column, rows);
    entries += distinct;
    pointers += rows * each;
  }
  return 2 + known + Math.ceil((entries * GIN.entry + pointers * GIN.row) / (BLOCK - 60) / GIN.fill);
}

/** How many keys a value breaks up into, and how many different ones there are. Ours, from a few indexes that were built. */
function ginEntries({ operatorClass, width, typeName, distinct }: IndexColumnFacts, rows: number): { readonly each: number; readonly distinct: number } {
  if (operatorClass.includes("trgm"))
    return { each: Math.max(3, width * 0.85), distinct: Math.min(rows * width, Math.max(2000, Math.min(30_000, rows * 0.3))) };
  if (operatorClass.includes("jsonb_path")) return { each: Math.max(1, width / 22), distinct: 0.3 * rows * Math.max(1, width / 22) };
  if (operatorClass.includes("jsonb")) return { each: Math.max(2, width / 11), distinct: 0.15 * rows * Math.max(2, width / 11) };
  if (operatorClass.includes("tsvector")) return { each: width / 12, distinct: Math.min(rows, 30_000) };
  if (typeName.startsWith("_") || operatorClass.includes("array")) return { each: Math.max(1, (width - 20) / 8), distinct: Math.min(rows, 5000) };
  return { each: 1, distinct: distinct ?? rows };
}
