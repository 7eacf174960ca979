/** How fast a table is written: from two looks, or from counters over their age. */
import type { CounterAge, Counters, Database, Table, TableCounters, Unjudged } from "../../model/index.ts";
import { LEAST_DAYS } from "./evidence.ts";
import { storesOf } from "./columns.ts";

export interface Rate {
  readonly perDay: number;
  /** Days that it was measured over. */
  readonly days: number;
  /** `counted over 40 days`, `between two looks 2 h apart`. */
  readonly said: string;
}

const DAY = 86_400_000;
/** Two looks that are closer together tell the hour's business, not the table's: ours. */
export const LEAST_LOOK_DAYS = 1 / 24;

/** Null when neither looks nor counters carry a rate, or the table has no counters. */
export function rateOf(database: Database, table: Table, figure: (counters: TableCounters) => number): Rate | null {
  const rates = storesOf(database, table).map((one) => rateOfStore(database, one, figure));
  const [first] = rates;
  if (first === undefined || first === null || rates.includes(null)) return null;
  return { ...first, perDay: rates.reduce((sum, one) => sum + (one?.perDay ?? 0), 0) };
}

function rateOfStore(database: Database, table: Table, figure: (counters: TableCounters) => number): Rate | null {
  return betweenLooks(database, table, figure) ?? overAge(database.age, database.server.counters.tables[table.oid], figure);
}

function betweenLooks({ server: { counters, later } }: Database, { oid }: Table, figure: (one: TableCounters) => number): Rate | null {
  const days = later === null ? 0 : daysBetween(counters, later);
  const before = counters.tables[oid];
  const now = later?.tables[oid];
  if (days < LEAST_LOOK_DAYS || before === undefined || now === undefined || figure(now) < figure(before)) return null;
  return { perDay: (figure(now) - figure(before)) / days, days, said: `between two looks ${spanWords(days)} apart` };
}

function overAge({ days }: CounterAge, counters: TableCounters | undefined, figure: (one: TableCounters) => number): Rate | null {
  if (days === null || days < LEAST_DAYS || counters === undefined) return null;
  return { perDay: figure(counters) / days, days, said: `counted over ${spanWords(days)}` };
}

function daysBetween(one: Counters, other: Counters): number {
  return (Date.parse(other.at) - Date.parse(one.at)) / DAY;
}

/** `40 days`, `2.5 h`, `12 min`. */
export function spanWords(days: number): string {
  if (days >= 2) return `${Math.round(days)} days`;
  if (days * 24 >= 1) return `${Number((days * 24).toPrecision(2))} h`;
  const minutes = days * 24 * 60;
  return minutes >= 1 ? `${Math.round(minutes)} min` : `${Math.round(minutes * 60)} s`;
}

/** Days since a time, by the server's clock; null for never. */
export function daysSince(database: Database, time: string | null): number | null {
  return time === null ? null : (Date.parse(database.snapshot.takenAt) - Date.parse(time)) / DAY;
}

/** A replica repeats the primary's writes and counts none of them; null for a primary. */
export function countsNoWrites({ server }: Database): Unjudged | null {
  return server.role === "primary" ? null : { object: "", why: "needs the primary's counters: this snapshot is of a replica, which counts no writes" };
}
