/** The log as text, with whatever `log_line_prefix`: what stands before `LOG:  ` is looked through for what it says. */
import { type EntryReader, type LogEntry, logTime, LONGEST_MESSAGE } from "./log-entry.ts";
import { type NumberedLine, splitLines } from "./split-lines.ts";

/** Two spaces follow the severity, in every version. */
const HEAD = /(?:^|[^A-Za-z])(LOG|STATEMENT|DETAIL|ERROR|HINT|CONTEXT|WARNING|FATAL|PANIC|NOTICE|INFO|QUERY|LOCATION|DEBUG[1-5]?): {2}/;
/** Those say more of the message before them. */
const ADDITIONS: ReadonlySet<string> = new Set(["STATEMENT", "DETAIL", "HINT", "CONTEXT", "QUERY", "LOCATION"]);

type Part = "message" | "detail" | "context" | "statement";

const KEPT: Readonly<Record<string, Part>> = { DETAIL: "detail", CONTEXT: "context", STATEMENT: "statement" };

interface Open {
  readonly prefix: string;
  readonly severity: string;
  readonly line: number;
  readonly message: string[];
  readonly detail: string[];
  readonly context: string[];
  readonly statement: string[];
  /** Which part the next continuation belongs to; null for parts that are not kept. */
  part: Part | null;
  length: number;
}

export function readStderrLog(): EntryReader {
  const lines = splitLines(LONGEST_MESSAGE);
  let open: Open | null = null;
  let broken = 0;
  const close = (): LogEntry[] => {
    const closed = open === null ? [] : [toEntry(open)];
    open = null;
    return closed;
  };
  const take = (line: NumberedLine): LogEntry[] => {
    const head = line.text.startsWith("\t") ? null : HEAD.exec(line.text);
    if (head === null) {
      if (open === null) broken += line.text === "" ? 0 : 1;
      else append(open, line.text.replace(/^\t/, ""));
      return [];
    }
    const severity = head[1] ?? "";
    const text = line.text.slice(head.index + head[0].length);
    if (ADDITIONS.has(severity)) {
      if (open !== null) addPart(open, severity, text);
      return [];
    }
    const closed = close();
    open = {
      prefix: line.text.slice(0, head[0].startsWith(severity) ? head.index : head.index + 1),
      severity,
      line: line.line,
      message: [text],
      detail: [],
      context: [],
      statement: [],
      part: "message",
      length: text.length,
    };
    return closed;
  };
  return { push: (chunk) => lines.push(chunk).flatMap(take), end: () => [...lines.end().flatMap(take), ...close()], broken: () => broken };
}

function addPart(open: Open, severity: string, text: string): void {
  open.part = KEPT[severity] ?? null;
  append(open, text);
}

function append(open: Open, text: string): void {
  if (open.part === null || open.length > LONGEST_MESSAGE) return;
  open[open.part].push(text);
  open.length += text.length;
}

function toEntry({ prefix, severity, line, message, detail, context, statement }: Open): LogEntry {
  return { severity, message: message.join("\n"), detail: joined(detail), context: joined(context), statement: joined(statement), line, ...readPrefix(prefix) };
}

const joined = (lines: readonly string[]): string | null => (lines.length === 0 ? null : lines.join("\n"));

type PrefixFacts = Pick<LogEntry, "at" | "database" | "application" | "session">;

/** No prefix is this long: it is text of something else that happens to hold a severity. */
const LONGEST_PREFIX = 500;

function readPrefix(whole: string): PrefixFacts {
  const prefix = whole.slice(0, LONGEST_PREFIX);
  return { at: logTime(prefix) ?? epochTime(prefix), database: databaseIn(prefix), application: applicationIn(prefix), session: sessionIn(prefix) };
}

/** `%n` is seconds since 1970, with milliseconds. */
function epochTime(prefix: string): string | null {
  const match = /(?:^|\D)(1\d{9}\.\d{3})(?:\D|$)/.exec(prefix);
  return match?.[1] === undefined ? null : new Date(Number(match[1]) * 1000).toISOString();
}

/** `db=shop`, or `user@shop` as the prefixes of hosted servers have it. */
function databaseIn(prefix: string): string | null {
  const named = /(?:db|database|datname)=([^,\s\]|]*)/.exec(prefix)?.[1] ?? /[\w.-]+@([\w-]+)(?=[:\s,\]|]|$)/.exec(prefix)?.[1];
  return named === undefined || named === "" || named === "[unknown]" ? null : named;
}

function applicationIn(prefix: string): string | null {
  const named = /(?:app|application|application_name|appname)=(.*?)(?=,\s?\w+=|\s\w+=|[\]|]|\s*$)/.exec(prefix)?.[1];
  return named === undefined || named === "" || named === "[unknown]" ? null : named;
}

/** `%c` is unique for ever, `%p` as long as the process lives. */
function sessionIn(prefix: string): string | null {
  return /\b[0-9a-f]{8}\.[0-9a-f]{1,8}\b/.exec(prefix)?.[0] ?? /\[(\d+)(?:-\d+)?\]/.exec(prefix)?.[1] ?? /(?:pid|process|p)=(\d+)/.exec(prefix)?.[1] ?? null;
}
