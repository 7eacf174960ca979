/** `csvlog`: 23 columns up to PostgreSQL 12, 24 in 13, 26 since. Those that are read stand where they always stood. */
import { type EntryReader, type LogEntry, logTime, LONGEST_MESSAGE } from "./log-entry.ts";

const COLUMNS = { time: 0, database: 2, session: 5, severity: 11, message: 13, detail: 14, context: 18, statement: 19, application: 22 } as const;
const FEWEST_COLUMNS = 23;

interface State {
  readonly fields: string[];
  field: string;
  quoted: boolean;
  /** A quote within a quoted field: the end of it, or the first of two. */
  pending: boolean;
  line: number;
  startLine: number;
}

export function readCsvLog(): EntryReader {
  const state: State = { fields: [], field: "", quoted: false, pending: false, line: 1, startLine: 1 };
  let broken = 0;
  const finish = (): LogEntry[] => {
    const entry = toEntry([...state.fields, state.field], state.startLine);
    const isBlank = state.fields.length === 0 && state.field === "";
    reset(state);
    if (entry !== null) return [entry];
    broken += isBlank ? 0 : 1;
    return [];
  };
  const push = (chunk: string): LogEntry[] => {
    const found: LogEntry[] = [];
    for (let at = 0; at < chunk.length;) {
      at = readPiece(chunk, at, state);
      if (at < chunk.length && chunk[at] === "\n" && !state.quoted) {
        state.line += 1;
        at += 1;
        found.push(...finish());
      }
    }
    return found;
  };
  return { push, end: () => finish(), broken: () => broken };
}

function reset(state: State): void {
  state.fields.length = 0;
  state.field = "";
  state.quoted = false;
  state.pending = false;
  state.startLine = state.line;
}

/** Reads on to the end of the line that ends the record, or of the text. */
function readPiece(chunk: string, start: number, state: State): number {
  let at = start;
  while (at < chunk.length) {
    if (state.quoted) at = readQuoted(chunk, at, state);
    else if (chunk[at] === "\n") return at;
    else at = readBare(chunk, at, state);
  }
  return at;
}

const SPECIAL = /[",\r\n]/g;

function readBare(chunk: string, start: number, state: State): number {
  const character = chunk[start];
  if (character === '"') {
    // Two quotes in a row are one of the text; the first one ended the field for the time being.
    if (state.pending) state.field += '"';
    state.quoted = true;
    state.pending = false;
    return start + 1;
  }
  state.pending = false;
  if (character === ",") {
    state.fields.push(state.field);
    state.field = "";
    return start + 1;
  }
  if (character === "\r") return start + 1;
  SPECIAL.lastIndex = start;
  const end = SPECIAL.exec(chunk)?.index ?? chunk.length;
  state.field += chunk.slice(start, end);
  return end;
}

function readQuoted(chunk: string, start: number, state: State): number {
  const close = closingQuote(chunk, start);
  const text = chunk.slice(start, close).replaceAll('""', '"');
  state.line += newlines(text);
  if (state.field.length < LONGEST_MESSAGE) state.field += text;
  if (close === chunk.length) return close;
  state.quoted = false;
  state.pending = true;
  return close + 1;
}

/** The first quote that no other follows in this piece of text; its end where there is none. */
function closingQuote(chunk: string, start: number): number {
  let at = chunk.indexOf('"', start);
  while (at >= 0 && chunk[at + 1] === '"') at = chunk.indexOf('"', at + 2);
  return at < 0 ? chunk.length : at;
}

function newlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

function toEntry(fields: readonly string[], line: number): LogEntry | null {
  if (fields.length < FEWEST_COLUMNS) return null;
  const at = (index: number): string | null => (fields[index] === undefined || fields[index] === "" ? null : fields[index]);
  const severity = at(COLUMNS.severity);
  const time = at(COLUMNS.time);
  if (severity === null || time === null) return null;
  return {
    severity,
    message: at(COLUMNS.message) ?? "",
    detail: at(COLUMNS.detail),
    context: at(COLUMNS.context),
    statement: at(COLUMNS.statement),
    at: logTime(time),
    database: at(COLUMNS.database),
    application: at(COLUMNS.application),
    session: at(COLUMNS.session),
    line,
  };
}
