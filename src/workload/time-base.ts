/** What one second of the handbook stands for, and the time of each statement in it. */
import { foldSql } from "../recording/fold-sql.ts";
import { blamedFrame } from "../recording/user-code.ts";
import type { TimeBase } from "../model/handbook.ts";
import type { LineTime, Recording, StatementTotals } from "../model/recording.ts";
import type { Database, Statement } from "../model/workload.ts";

const MINUTES_A_DAY = 24 * 60;
const MS = 1000;
const MICROSECONDS = 1_000_000;

/** A server that is busy for less of each minute has no load to shift: its counters are said as they are. Ours: a sixth of a thousandth. */
const LEAST_LOAD = 0.01;

/** The server's counters say what production does; a recording says what it recorded; a server without load, what it counted. Without any there is no time. */
export function timeBaseOf(database: Database | null, recording: Recording | null): TimeBase | null {
  const [counted, recorded] = [databaseBase(database), recordingBase(recording)];
  if (counted !== null && counted.unit === "s/min") return counted;
  return recorded ?? counted;
}

function databaseBase(database: Database | null): TimeBase | null {
  if (database === null) return null;
  const { workload, server } = database;
  if (workload.totalMs <= 0) return null;
  const seconds = workload.totalMs / MS;
  const load = workload.days === null || workload.days <= 0 ? 0 : seconds / (workload.days * MINUTES_A_DAY);
  const counted = workload.statements.some(({ seenIn }) => seenIn.includes("pg_stat_statements"));
  const since = server.counters.statementsSince;
  const from = since === null ? "" : ` from ${since.slice(0, 10)} on`;
  const length = workload.days === null ? "" : `, ${spanWords(workload.days)}${from}`;
  const isLoaded = load >= LEAST_LOAD;
  return {
    unit: isLoaded ? "s/min" : "s",
    from: "database",
    total: isLoaded ? load : seconds,
    source: `${counted ? "pg_stat_statements" : "the server's log"} of ${server.role} ${server.address}${length}${isLoaded || load === 0 ? "" : ", idle but for so many seconds in all"}`,
  };
}

function recordingBase(recording: Recording | null): TimeBase | null {
  if (recording === null || recording.microseconds <= 0) return null;
  const { folder, microseconds, started, ended } = recording;
  const length = started > 0 && ended > started ? `, ${spanWords((ended - started) / 86_400_000)}` : "";
  return { unit: "s", from: "recording", total: microseconds / MICROSECONDS, source: `recording ${folder}${length}` };
}

/** `18 days`, `7 h`, `41 min`, `50 s`. */
export function spanWords(days: number): string {
  const seconds = days * 86_400;
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (days < 2) return `${Math.round(days * 24)} h`;
  return `${Math.floor(days)} days`;
}

/** One statement's time in the base's unit. */
export interface TimedStatement {
  readonly id: string;
  readonly key: string;
  readonly sql: string;
  readonly calls: number;
  readonly meanMs: number;
  readonly time: number;
  readonly share: number;
  /** Of the workload; null for what a recording alone saw. */
  readonly statement: Statement | null;
  /** The project's line that most of it was recorded at; whether all of it was. */
  readonly recordedAt?: { readonly file: string; readonly line: number; readonly isOnly: boolean };
  /** What each line took of what was recorded of it. */
  readonly lines?: readonly LineTime[];
}

export function timedStatements(base: TimeBase | null, database: Database | null, recording: Recording | null): readonly TimedStatement[] {
  if (base?.from === "recording") return ofRecording(recording, database);
  const statements = database?.workload.statements ?? [];
  const total = base?.total ?? 0;
  const recorded = new Map((recording?.top ?? []).toReversed().map((one) => [textKey(one.sql), one]));
  return statements
    .map((statement) => ({ statement, key: textKey(statement.sql) }))
    .map(({ statement, key }) => ({
      id: statement.id,
      key,
      ...recordedAt(recorded.get(key)),
      sql: statement.sql,
      calls: statement.calls,
      meanMs: statement.meanMs,
      time: statement.share * total,
      share: statement.share,
      statement,
    }));
}

/** A statement that the server has a number for keeps it: findings name it by that. */
function ofRecording(recording: Recording | null, database: Database | null): readonly TimedStatement[] {
  if (recording === null) return [];
  const known = new Map((database?.workload.statements ?? []).map((one) => [textKey(one.sql), one]).toReversed() as [string, Statement][]);
  const taken = new Set<string>();
  return recording.top.map((one, index) => {
    const key = textKey(one.sql);
    const counted = taken.has(key) ? undefined : known.get(key);
    taken.add(key);
    return timedRecording(one, { id: counted?.id ?? `recorded-${index + 1}`, key, statement: counted ?? null, total: recording.microseconds });
  });
}

interface Known {
  readonly id: string;
  readonly key: string;
  readonly statement: Statement | null;
  readonly total: number;
}

function timedRecording(one: StatementTotals, { id, key, statement, total }: Known): TimedStatement {
  const { sql, statements, microseconds } = one;
  return {
    id,
    key,
    sql,
    calls: statements,
    meanMs: statements === 0 ? 0 : microseconds / MS / statements,
    time: microseconds / MICROSECONDS,
    share: total === 0 ? 0 : microseconds / total,
    statement,
    ...recordedAt(one),
  };
}

function recordedAt(one: StatementTotals | undefined): Pick<TimedStatement, "recordedAt" | "lines"> {
  if (one === undefined) return {};
  const frame = blamedFrame(one.stack);
  return {
    ...(frame === null ? {} : { recordedAt: { file: frame.file, line: frame.line, isOnly: one.stacks === 1 } }),
    ...(one.lines === undefined ? {} : { lines: one.lines }),
  };
}

/**
 * The same for one statement as the driver sends it and as pg_stat_statements keeps it: values, placeholders and the length of lists are gone.
 * Quoted names stay.
 */
export function textKey(sql: string): string {
  return foldSql(sql)
    .split(/("(?:[^"]|"")*")/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replaceAll(/'(?:[^']|'')*'|%s|\$\d+|\b\d+(?:\.\d+)?\b/g, "?")))
    .join("")
    .replaceAll(/\((?:\?(?:,\s*)?)+\)/g, "(…)")
    .replaceAll(/\s+/g, " ");
}

/** Microseconds of each statement of a recording, by its text's key. */
export function recordedTimes(recording: Recording | null): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { sql, microseconds } of recording?.top ?? []) {
    const key = textKey(sql);
    times.set(key, (times.get(key) ?? 0) + microseconds);
  }
  return times;
}
