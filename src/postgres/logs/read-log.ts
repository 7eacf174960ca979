/** PostgreSQL's log to statements with their times, and to the plans that auto_explain wrote. */
import type { Plan } from "../../model/plan.ts";
import type { LoggedStatement, LoggedWait } from "../../model/workload.ts";
import { readPlan } from "../plans/read-plan.ts";
import { readCsvLog } from "./csv-log.ts";
import { readJsonLog } from "./json-log.ts";
import type { EntryReader, LogEntry } from "./log-entry.ts";
import { readParameters } from "./parameters.ts";
import { readStderrLog } from "./stderr-log.ts";

export type LogFormat = "stderr" | "csv" | "json";

/** Where a log's content goes as it is met. */
export interface LogSink {
  readonly statement: (statement: LoggedStatement) => void;
  readonly plan: (plan: Plan) => void;
  /** A wait for a lock that went on for `deadlock_timeout`, each time that the log speaks of it. */
  readonly wait?: (wait: LoggedWait) => void;
}

/** What a log holds beside statements and plans; each tells a person what to change. */
export interface LogCounts {
  /** Messages of any kind. */
  readonly entries: number;
  readonly statements: number;
  readonly plans: number;
  /** Messages of `log_lock_waits`. */
  readonly waits: number;
  /** Plans in text, XML or YAML, which are not read: `auto_explain.log_format` is not `json`. */
  readonly otherPlans: number;
  /** JSON plans that could not be read. */
  readonly brokenPlans: number;
  /** Times without a statement that they can be joined to. */
  readonly loneDurations: number;
  /** Lines that are no part of any message. */
  readonly broken: number;
}

export interface LogReader {
  push(chunk: string): void;
  end(): LogCounts;
}

/** Sessions whose statement waits for its time; more are open at once on no server that we know of. Ours. */
const MOST_SESSIONS = 20_000;

const READERS: Readonly<Record<LogFormat, () => EntryReader>> = { stderr: readStderrLog, csv: readCsvLog, json: readJsonLog };

/** What kind of log a text is the beginning of; null where it is none. */
export function logFormat(beginning: string): LogFormat | null {
  const line =
    beginning
      .replace(/^\uFEFF/, "")
      .split(/\r?\n/)
      .find((one) => one.trim() !== "") ?? "";
  if (/^\{.*"error_severity"/.test(line)) return "json";
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^",]*,("|,|\d)/.test(line)) return "csv";
  return /(?:^|[^A-Za-z])(?:LOG|ERROR|FATAL|WARNING|DETAIL|STATEMENT|HINT|NOTICE): {2}\S/.test(beginning) ? "stderr" : null;
}

export function readLog(format: LogFormat, file: string, sink: LogSink): LogReader {
  const entries = READERS[format]();
  const counts = { entries: 0, statements: 0, plans: 0, waits: 0, otherPlans: 0, brokenPlans: 0, loneDurations: 0 };
  const waiting = new Map<string, LogEntry>();
  const take = (entry: LogEntry): void => {
    counts.entries += 1;
    if (entry.severity !== "LOG") return;
    const event = eventOf(entry, file, waiting);
    if (event === null) return;
    counts[event.kind] += 1;
    if (event.kind === "statements") sink.statement(event.statement);
    else if (event.kind === "plans") sink.plan(event.plan);
    else if (event.kind === "waits") sink.wait?.(event.wait);
  };
  return {
    push: (chunk) => entries.push(chunk).forEach(take),
    end: () => {
      entries.end().forEach(take);
      return { ...counts, broken: entries.broken() };
    },
  };
}

type LogEvent =
  | { readonly kind: "statements"; readonly statement: LoggedStatement }
  | { readonly kind: "plans"; readonly plan: Plan }
  | { readonly kind: "waits"; readonly wait: LoggedWait }
  | { readonly kind: "otherPlans" | "brokenPlans" | "loneDurations" };

/** `duration: 0.4 ms`, and what follows it on the line. */
const DURATION = /^duration: (\d+(?:\.\d+)?) ms(?: {2})?/;

function eventOf(entry: LogEntry, file: string, waiting: Map<string, LogEntry>): LogEvent | null {
  const duration = DURATION.exec(entry.message);
  if (duration === null) {
    if (/^(?:statement|execute [^:]*): /.test(entry.message)) wait(entry, waiting);
    return waitEvent(entry, file);
  }
  const ms = Number(duration[1]);
  const rest = entry.message.slice(duration[0].length);
  if (rest === "") return joined(entry, ms, file, waiting);
  if (rest.startsWith("plan:\n")) return planEvent(rest.slice("plan:\n".length), ms, { file, line: entry.line });
  return statementEvent(rest, entry, ms, file);
}

/** `process 4711 still waiting for ShareLock on transaction 815 after 1000.110 ms`, and `acquired` once it has the lock. */
const WAIT = /^process (\d+) (still waiting for|acquired) (\w+) on (.+?) after (\d+(?:\.\d+)?) ms/;

function waitEvent({ message, statement, context, detail, at, line }: LogEntry, file: string): LogEvent | null {
  const found = WAIT.exec(message);
  if (found === null) return null;
  const [, pid = "", word, mode = "", on = "", ms] = found;
  const relation = /in relation "([^"]+)"/.exec(context ?? "")?.[1] ?? null;
  const holders = (/^Process(?:es)? holding the lock: ([\d, ]+)/.exec(detail ?? "")?.[1] ?? "")
    .split(", ")
    .filter((one) => one !== "")
    .map(Number);
  return {
    kind: "waits",
    wait: { pid: Number(pid), isOver: word === "acquired", mode, on, relation, holders, ms: Number(ms), sql: statement, at, source: { file, line } },
  };
}

/** With `log_statement` the text is a message of its own, before the time. */
function wait(entry: LogEntry, waiting: Map<string, LogEntry>): void {
  if (entry.session === null) return;
  waiting.delete(entry.session);
  waiting.set(entry.session, entry);
  const [oldest] = waiting.keys();
  if (waiting.size > MOST_SESSIONS && oldest !== undefined) waiting.delete(oldest);
}

function joined(entry: LogEntry, ms: number, file: string, waiting: Map<string, LogEntry>): LogEvent | null {
  const first = entry.session === null ? undefined : waiting.get(entry.session);
  if (first === undefined || entry.session === null) return { kind: "loneDurations" };
  waiting.delete(entry.session);
  return statementEvent(first.message, first, ms, file);
}

/** Of a prepared statement's three steps only `execute` is the statement's own; `fetch from` goes on with one. */
function statementEvent(text: string, entry: LogEntry, ms: number, file: string): LogEvent | null {
  const head = /^(?:statement|execute [^:]*): /.exec(text);
  if (head === null) return null;
  const { detail, at, database, application, line } = entry;
  const prepared = detail !== null && detail.startsWith("prepare: ") ? detail.slice("prepare: ".length) : null;
  const sql = prepared ?? text.slice(head[0].length);
  return {
    kind: "statements",
    statement: { sql, ms, parameters: detail === null ? [] : readParameters(detail), at, database, application, source: { file, line } },
  };
}

function planEvent(text: string, ms: number, source: Plan["source"]): LogEvent {
  if (!text.trimStart().startsWith("{")) return { kind: "otherPlans" };
  try {
    const plan = readPlan(JSON.parse(text), source, ms);
    return plan === null ? { kind: "brokenPlans" } : { kind: "plans", plan };
  } catch {
    return { kind: "brokenPlans" };
  }
}
