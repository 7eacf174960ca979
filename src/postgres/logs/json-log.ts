/** `jsonlog`, of PostgreSQL 15 and later: one object a line. */
import { isRecord, textAt } from "../plans/json-node.ts";
import { type EntryReader, type LogEntry, logTime, LONGEST_MESSAGE } from "./log-entry.ts";
import { type NumberedLine, splitLines } from "./split-lines.ts";

export function readJsonLog(): EntryReader {
  const lines = splitLines(LONGEST_MESSAGE);
  let broken = 0;
  const take = (line: NumberedLine): LogEntry[] => {
    const entry = toEntry(line);
    if (entry !== null) return [entry];
    broken += line.text.trim() === "" ? 0 : 1;
    return [];
  };
  return { push: (chunk) => lines.push(chunk).flatMap(take), end: () => lines.end().flatMap(take), broken: () => broken };
}

function toEntry({ text, line }: NumberedLine): LogEntry | null {
  const value = parseOrNull(text);
  const severity = isRecord(value) ? textAt(value, "error_severity") : null;
  if (!isRecord(value) || severity === null) return null;
  return {
    severity,
    message: textAt(value, "message") ?? "",
    detail: textAt(value, "detail"),
    context: textAt(value, "context"),
    statement: textAt(value, "statement"),
    at: logTime(textAt(value, "timestamp") ?? ""),
    database: textAt(value, "dbname"),
    application: textAt(value, "application_name"),
    session: textAt(value, "session_id"),
    line,
  };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
