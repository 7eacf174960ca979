/**
 * How many bytes a row takes, from the alignments, lengths and null fractions of its columns (PostgreSQL's "Database Page Layout"): a header
 * of 23 bytes and a bit for each column where one of them is NULL, padded to 8; each value at the next multiple of its alignment; the whole
 * padded to 8. Fixed columns are exact. Where a text stands before a column, its offset is one of eight, and the padding an expectation.
 */
import type { Column } from "../../model/index.ts";

/** What the layout needs of a column. */
export interface LaidOut {
  readonly length: number;
  readonly alignment: 1 | 2 | 4 | 8;
  /** Of the values that are not NULL, with the header of a variable-length one. */
  readonly width: number;
  /** All values are of this width. */
  readonly isConstant: boolean;
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
  if (length > 0) return { length, alignment, width: length, isConstant: true, nullFraction };
  if (statistics === null) return null;
  const isConstant = statistics.distinct === 1;
  return { length, alignment, width: statistics.averageWidth, isConstant, nullFraction };
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
    const end = offset + gap(offset, alignment) + Math.round(column.width);
    if (column.isConstant) next[end % WORD] = (next[end % WORD] ?? 0) + share * present;
    else for (let one = 0; one < WORD; one++) next[one] = (next[one] ?? 0) + (share * present) / WORD;
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
