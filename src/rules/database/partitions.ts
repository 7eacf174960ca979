/** Partitions of a table by range of time, and what comes after the last. */
import type { Database, Table } from "../../model/index.ts";

export interface TimeRange {
  readonly table: Table;
  /** Milliseconds since 1970; the upper bound is not in it. */
  readonly from: number;
  readonly to: number;
}

export function partitionsOf({ catalog }: Database, parent: Table): readonly Table[] {
  return catalog.tables.filter((one) => one.partitionOf?.parent === parent.oid);
}

/** Column of a range key of time; null for any other key. */
export function timeKey(database: Database, parent: Table): string | null {
  const { partitioning } = parent;
  const [name, more] = partitioning?.columns ?? [];
  if (partitioning?.strategy !== "range" || name === undefined || name === null || more !== undefined) return null;
  const type = database.column(parent, name)?.typeName;
  return type !== undefined && TIMES.has(type) ? name : null;
}

const TIMES: ReadonlySet<string> = new Set(["timestamptz", "timestamp", "date"]);

/** In order; bounds that are open or no times are left out, with the default partition. */
export function timeRanges(database: Database, parent: Table): readonly TimeRange[] {
  const ranges = partitionsOf(database, parent).flatMap((table): TimeRange[] => {
    const [, from = "", to = ""] = /^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$/.exec(table.partitionOf?.bounds ?? "") ?? [];
    const [start, end] = [moment(from), moment(to)];
    return Number.isNaN(start) || Number.isNaN(end) ? [] : [{ table, from: start, to: end }];
  });
  return ranges.toSorted((a, b) => a.from - b.from);
}

/** `MAXVALUE` as an upper bound takes everything that comes. */
export function isOpenEnded(database: Database, parent: Table): boolean {
  return partitionsOf(database, parent).some(({ partitionOf }) => (partitionOf?.bounds ?? "").endsWith(" TO (MAXVALUE)"));
}

/** `2026-03-01 00:00:00+00` and `2026-03-01`; without a zone, as UTC. */
function moment(text: string): number {
  const [, day = "", clock = "00:00:00", zone = ""] = /^(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::?\d\d)?)?)?$/.exec(text) ?? [];
  return Date.parse(`${day}T${clock}${zone === "" ? "Z" : zone.length === 3 ? `${zone}:00` : zone}`);
}

const DAY = 86_400_000;

/** Bounds of the partition after one, by the calendar where that is how it goes: months and years are of different lengths. */
export function following({ from, to }: { readonly from: number; readonly to: number }): { readonly from: number; readonly to: number } {
  const months = calendarMonths(from, to);
  if (months === 0) return { from: to, to: to + (to - from) };
  const end = new Date(to);
  return { from: to, to: Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + months, end.getUTCDate(), end.getUTCHours()) };
}

/** Whole months between two firsts of a month; 0 for anything else. */
function calendarMonths(from: number, to: number): number {
  const [start, end] = [new Date(from), new Date(to)];
  const isFirst = start.getUTCDate() === 1 && end.getUTCDate() === 1 && from % DAY === to % DAY;
  return isFirst ? (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth() : 0;
}
