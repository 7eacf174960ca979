/** The workload: every statement that was seen, once for each shape, with its share of the time and the lines that send it. */
import { createHash } from "node:crypto";
import type { LoggedSum, Plan, QueryShape, Snapshot, Statement, StatementCounters, StatementOrigin, Workload } from "../model/index.ts";
import type { Recording, StatementTotals } from "../model/recording.ts";
import { shapeKey } from "../sql/compare-shapes.ts";

export interface WorkloadSources {
  readonly snapshot: Snapshot;
  readonly logged: readonly LoggedSum[];
  readonly recording: Recording | null;
  readonly plans: readonly Plan[];
  readonly shapeOf: (sql: string) => QueryShape | null;
  /** The lines that send a statement, as far as there is source. */
  readonly originOf: (sql: string, shape: QueryShape | null) => StatementOrigin;
}

type Seen = Omit<Statement, "share" | "written">;

const DAY = 86_400_000;

export function buildWorkload({ snapshot, logged, recording, plans, shapeOf, originOf }: WorkloadSources): Workload {
  const counted = snapshot.servers.flatMap(({ statements }) => statements.filter((one) => one.topLevel).map((row) => ofCounters(row, shapeOf(row.sql))));
  const sources = [mergeEqual(counted), logged.map(ofLog), recordedStatements(recording, shapeOf)];
  const seen = overlay(sources);
  const totalMs = sum(seen, (one) => one.totalMs);
  const statements = seen
    .map((one): Statement => ({ ...one, share: totalMs === 0 ? 0 : one.totalMs / totalMs, written: originOf(one.sql, one.shape) }))
    .toSorted((a, b) => b.totalMs - a.totalMs);
  return { statements, totalMs, days: daysOf(snapshot, logged), plans };
}

/** Of the server's counters, or of the log where there are none. */
function daysOf({ servers }: Snapshot, logged: readonly LoggedSum[]): number | null {
  const counters = servers[0]?.counters;
  const since = counters?.statementsSince ?? null;
  if (counters !== undefined && since !== null) return (Date.parse(counters.at) - Date.parse(since)) / DAY;
  const times = logged
    .flatMap(({ first, last }) => [first, last])
    .flatMap((one) => (one === null ? [] : [Date.parse(one)]))
    .filter((one) => !Number.isNaN(one));
  return times.length < 2 ? null : (Math.max(...times) - Math.min(...times)) / DAY;
}

/** A statement that several sources saw has the figures of the first of them, and everybody's samples. A source that is not the first adds only what it alone saw. */
function overlay(sources: readonly (readonly Seen[])[]): Seen[] {
  const found = new Map<string, Seen>();
  for (const source of sources) {
    for (const one of source) {
      const known = found.get(keyOf(one));
      found.set(
        keyOf(one),
        known === undefined ? one : { ...known, seenIn: [...new Set([...known.seenIn, ...one.seenIn])], samples: [...known.samples, ...one.samples] },
      );
    }
  }
  return [...found.values()];
}

function keyOf({ shape, sql }: Pick<Seen, "shape" | "sql">): string {
  return shape === null ? sql : shapeKey(shape, { constants: "erased" });
}

/** Lists of other lengths and other servers' counters are rows of their own. */
function mergeEqual(rows: readonly Seen[]): Seen[] {
  const groups = new Map<string, Seen[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups.values()].flatMap((group) => merged(group.toSorted((a, b) => b.totalMs - a.totalMs)) ?? []);
}

function merged(group: readonly Seen[]): Seen | null {
  const [first, ...others] = group;
  if (first === undefined || others.length === 0) return first ?? null;
  const calls = sum(group, (one) => one.calls);
  const totalMs = sum(group, (one) => one.totalMs);
  const meanMs = calls === 0 ? 0 : totalMs / calls;
  return {
    ...first,
    calls,
    totalMs,
    meanMs,
    deviationMs: pooledDeviation(group, calls, meanMs),
    rows: sumKnown(group, (one) => one.rows),
    sharedHit: sumKnown(group, (one) => one.sharedHit),
    sharedRead: sumKnown(group, (one) => one.sharedRead),
    tempWritten: sumKnown(group, (one) => one.tempWritten),
    walBytes: sumKnown(group, (one) => one.walBytes),
    plans: sumKnown(group, (one) => one.plans),
    planMs: sumKnown(group, (one) => one.planMs),
    jitMs: sumKnown(group, (one) => one.jitMs),
    workersPlanned: sumKnown(group, (one) => one.workersPlanned),
    workersLaunched: sumKnown(group, (one) => one.workersLaunched),
  };
}

/** Of all calls together: the deviation within each row and that of the rows' means. */
function pooledDeviation(group: readonly Seen[], calls: number, mean: number): number | null {
  if (calls === 0 || group.some((one) => one.deviationMs === null)) return null;
  return Math.sqrt(sum(group, (one) => one.calls * ((one.deviationMs ?? 0) ** 2 + (one.meanMs - mean) ** 2)) / calls);
}

function sum<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((total, row) => total + figure(row), 0);
}

function sumKnown(rows: readonly Seen[], figure: (row: Seen) => number | null): number | null {
  const known = rows.flatMap((row) => figure(row) ?? []);
  return known.length === 0 ? null : sum(known, (one) => one);
}

function ofCounters(row: StatementCounters, shape: QueryShape | null): Seen {
  const {
    id,
    sql,
    calls,
    totalMs,
    meanMs,
    deviationMs,
    rows,
    sharedHit,
    sharedRead,
    tempWritten,
    walBytes,
    plans,
    planMs,
    jitMs,
    workersPlanned,
    workersLaunched,
  } = row;
  return {
    id,
    sql,
    shape,
    seenIn: ["pg_stat_statements"],
    calls,
    totalMs,
    meanMs,
    deviationMs,
    rows,
    sharedHit,
    sharedRead,
    tempWritten,
    walBytes,
    plans,
    planMs,
    jitMs,
    workersPlanned,
    workersLaunched,
    samples: [],
  };
}

function ofLog({ first: _first, last: _last, ...seen }: LoggedSum): Seen {
  return { ...seen, id: idOf(seen.id) };
}

/** What the server gave no number has one of its own, short enough to be said. */
function idOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

function recordedStatements(recording: Recording | null, shapeOf: WorkloadSources["shapeOf"]): Seen[] {
  return (recording?.top ?? []).map((one) => ofRecording(one, shapeOf(one.sql)));
}

const MICROSECONDS = 1000;

function ofRecording({ sql, statements, microseconds, rows }: StatementTotals, shape: QueryShape | null): Seen {
  const totalMs = microseconds / MICROSECONDS;
  return {
    id: idOf(shape === null ? sql : shapeKey(shape, { constants: "erased" })),
    sql,
    shape,
    seenIn: ["recording"],
    calls: statements,
    totalMs,
    meanMs: statements === 0 ? 0 : totalMs / statements,
    deviationMs: null,
    rows,
    samples: [],
    ...UNSAID,
  };
}

/** A recorder in the app does not see what the server does. */
const UNSAID = {
  sharedHit: null,
  sharedRead: null,
  tempWritten: null,
  walBytes: null,
  plans: null,
  planMs: null,
  jitMs: null,
  workersPlanned: null,
  workersLaunched: null,
};
