/**
 * How many bytes a row takes, from the alignments, lengths and null fractions of its columns (PostgreSQL's "Database Page Layout"): a header
 * of 23 bytes and a bit for each column where one of them is NULL, padded to 8; each value at the next multiple of its alignment; the whole
 * padded to 8. Fixed columns are exact. Where a text stands before a column, its offset is one of eight, and the padding an expectation.
 */
import type { Column, ColumnStatistics } from "../../model/index.ts";

/** What the layout needs of a column. */
export interface LaidOut {
  readonly length: number;
  readonly alignment: 1 | 2 | 4 | 8;
  /** Of the values that are not NULL, with the header of a variable-length one. */
  readonly width: number;
  /** Widths with their shares, as far as values were seen; empty where every width is as likely as its neighbours. */
  readonly widths: readonly { readonly width: number; readonly share: number }[];
  readonly nullFraction: number;
}

export interface RowSize {
  /** Header and data, padded to 8; without the line pointer of 4 bytes. */
  readonly bytes: number;
  readonly padding: number;
  /** Every column has a fixed length and none is ever NULL. */
  readonly isExact: boolean;
}

const HEADER = 23;
const WORD = 8;
/** Longer values have a header of 4 bytes and its alignment. */
const SHORT_VARLENA = 127;

/** Null without statistics of a column whose width varies. */
export function laidOut(column: Column): LaidOut | null {
  const { length, alignment, statistics } = column;
  const nullFraction = column.notNull ? 0 : (statistics?.nullFraction ?? 0);
  if (length > 0) return { length, alignment, width: length, widths: [{ width: length, share: 1 }], nullFraction };
  if (statistics === null) return null;
  return { length, alignment, width: statistics.averageWidth, widths: widthsOf(column, statistics), nullFraction };
}

const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar"]);

/** Of texts: those of the common values by their frequency, the rest spread over the histogram's bounds. Long texts may be compressed. */
function widthsOf(
  { typeName }: Column,
  { distinct, averageWidth, commonValues, commonFrequencies, histogram, nullFraction }: ColumnStatistics,
): LaidOut["widths"] {
  if (distinct === 1) return [{ width: averageWidth, share: 1 }];
  const common = commonValues ?? [];
  const bounds = histogram ?? [];
  if (!TEXTS.has(typeName) || averageWidth >= SHORT_VARLENA || common.length + bounds.length === 0) return [];
  const present = Math.max(1 - nullFraction, Number.EPSILON);
  const named = common.map((value, at) => ({ width: Buffer.byteLength(value) + 1, share: (commonFrequencies?.[at] ?? 0) / present }));
  const rest = Math.max(0, 1 - named.reduce((sum, { share }) => sum + share, 0));
  // Without bounds the common values are all there are, but for rounding.
  if (bounds.length === 0) return named.map(({ width, share }) => ({ width, share: share / (1 - rest) }));
  return [...named, ...bounds.map((value) => ({ width: Buffer.byteLength(value) + 1, share: rest / bounds.length }))];
}

export function rowSize(columns: readonly LaidOut[]): RowSize {
  const share = columns.reduce((all, one) => all * (1 - one.nullFraction), 1);
  const isExact = columns.every((one) => one.length > 0 && (one.nullFraction === 0 || one.nullFraction === 1));
  const plain = share === 0 ? 0 : placed(columns, roundUp(HEADER)) * share;
  const withNulls = share === 1 ? 0 : placed(columns, roundUp(HEADER + Math.ceil(columns.length / 8))) * (1 - share);
  const data = columns.reduce((sum, one) => sum + one.width * (1 - one.nullFraction), 0);
  const header = share === 1 ? roundUp(HEADER) : roundUp(HEADER + Math.ceil(columns.length / 8));
  const bytes = plain + withNulls;
  return { bytes, padding: Math.max(0, bytes - header - data), isExact };
}

/** Expected end of the row, padded. `at` is a distribution over the offset modulo 8. */
function placed(columns: readonly LaidOut[], header: number): number {
  let at: readonly number[] = [1, 0, 0, 0, 0, 0, 0, 0];
  let size = header;
  for (const column of columns) {
    const [next, grown] = after(column, at);
    size += grown;
    at = next;
  }
  return size + expectedGap(at, WORD);
}

/** The distribution after one column, and the bytes that it and its padding took. */
function after(column: LaidOut, at: readonly number[]): readonly [readonly number[], number] {
  const isShort = column.length < 0 && column.width < SHORT_VARLENA;
  const alignment = isShort ? 1 : column.alignment;
  const present = 1 - column.nullFraction;
  const next = at.map((share) => share * column.nullFraction);
  for (const [offset, share] of at.entries()) {
    const from = offset + gap(offset, alignment);
    for (const one of column.widths) next[(from + one.width) % WORD] = (next[(from + one.width) % WORD] ?? 0) + share * present * one.share;
    if (column.widths.length === 0) for (let one = 0; one < WORD; one++) next[one] = (next[one] ?? 0) + (share * present) / WORD;
  }
  return [next, present * (expectedGap(at, alignment) + column.width)];
}

function expectedGap(at: readonly number[], alignment: number): number {
  return at.reduce((sum, share, offset) => sum + share * gap(offset, alignment), 0);
}

const gap = (offset: number, alignment: number): number => (alignment - (offset % alignment)) % alignment;

const roundUp = (bytes: number): number => Math.ceil(bytes / WORD) * WORD;

/** Widest alignment first, then what is never NULL, then texts: no padding stands between fixed columns. */
export function bestOrder<One extends LaidOut>(columns: readonly One[]): readonly One[] {
  return columns.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ length, alignment, nullFraction }: LaidOut): number {
  return length > 0 ? WORD - alignment + (nullFraction > 0 ? 0.5 : 0) : 100;
}
