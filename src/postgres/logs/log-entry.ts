/** One message of PostgreSQL's log, whatever the log's format. */
export interface LogEntry {
  readonly severity: string;
  readonly message: string;
  readonly detail: string | null;
  /** Where in its work the server was: `while updating tuple (0,1) in relation "orders"`. */
  readonly context: string | null;
  /** The statement that the message is about, where it is none of a statement itself. */
  readonly statement: string | null;
  /** ISO 8601, in UTC where the log says its zone; null where it has no time. */
  readonly at: string | null;
  readonly database: string | null;
  readonly application: string | null;
  /** What tells the log's sessions apart; null where nothing does. */
  readonly session: string | null;
  readonly line: number;
}

/** Reads a log piece by piece: a piece of text in, the messages that end in it out. */
export interface EntryReader {
  push(chunk: string): LogEntry[];
  /** What was still open when the text ended. */
  end(): LogEntry[];
  /** Lines that are no part of any message. */
  readonly broken: () => number;
}

/** A message longer than this is cut: nobody reads it, and the text behind an unclosed quote would be one. Ours. */
export const LONGEST_MESSAGE = 8_000_000;

/** `2026-11-26 23:09:46.299 UTC` and its like as ISO 8601. An abbreviation such as CEST is no zone that can be relied on: the time stays without one. */
export function logTime(text: string): string | null {
  const match = /(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:[.,]\d+)?)(?: ?([A-Z]{1,5}|[+-]\d\d(?::?\d\d)?))?/.exec(text);
  if (match === null) return null;
  const [, day = "", clock = "", zone] = match;
  const local = `${day}T${clock.replace(",", ".")}`;
  if (zone === "UTC" || zone === "GMT" || zone === "Z") return `${local}Z`;
  if (zone === undefined || !/^[+-]/.test(zone)) return local;
  const minutes = zone.length === 3 ? `${zone}:00` : zone;
  const date = new Date(`${local}${minutes}`);
  return Number.isNaN(date.getTime()) ? local : date.toISOString();
}
