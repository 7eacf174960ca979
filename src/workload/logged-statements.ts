/** Statements of a log, however many, added up by shape. */
import type { LoggedStatement, LoggedSum, QueryShape } from "../model/index.ts";
import type { KeyedStatement } from "./statement-keys.ts";

export interface LoggedTally {
  add(statement: LoggedStatement): void;
  /** Most time first. */
  sums(): LoggedSum[];
  /** Statements of shapes for which there was no room. */
  readonly dropped: () => number;
}

/** Distinct statements that are kept: a project has hundreds. Ours. */
const MOST_SHAPES = 20_000;
const MOST_SAMPLES = 5;
/** Characters of a sample's value: enough to tell values apart, too few to hold a document. Ours. */
const LONGEST_VALUE = 200;
/** Text of a statement that has no shape. */
const LONGEST_TEXT = 1000;

interface Sum {
  readonly sql: string;
  readonly shape: QueryShape | null;
  readonly samples: (readonly string[])[];
  calls: number;
  totalMs: number;
  mean: number;
  /** Sum of squared differences from the mean (Welford), which does not lose digits as a sum of squares does. */
  spread: number;
  first: string | null;
  last: string | null;
}

export function tallyLogged(keyed: (sql: string) => KeyedStatement): LoggedTally {
  const sums = new Map<string, Sum>();
  let dropped = 0;
  const add = (statement: LoggedStatement): void => {
    const known = keyed(statement.sql);
    const sum = sums.get(known.key) ?? (sums.size < MOST_SHAPES ? emptySum(statement.sql, known.shape) : null);
    if (sum === null) dropped += 1;
    else {
      sums.set(known.key, sum);
      addCall(sum, statement, known.literals);
    }
  };
  return {
    add,
    sums: () => [...sums].map(([key, sum]) => toLoggedSum(key, sum)).toSorted((a, b) => b.totalMs - a.totalMs),
    dropped: () => dropped,
  };
}

const emptySum = (sql: string, shape: QueryShape | null): Sum => ({
  sql: shape === null ? sql.slice(0, LONGEST_TEXT) : sql,
  shape,
  samples: [],
  calls: 0,
  totalMs: 0,
  mean: 0,
  spread: 0,
  first: null,
  last: null,
});

function addCall(sum: Sum, { ms, parameters, at }: LoggedStatement, literals: readonly string[]): void {
  const difference = ms - sum.mean;
  sum.calls += 1;
  sum.totalMs += ms;
  sum.mean += difference / sum.calls;
  sum.spread += difference * (ms - sum.mean);
  sum.first ??= at;
  sum.last = at ?? sum.last;
  if (sum.samples.length < MOST_SAMPLES) addSample(sum.samples, parameters.length > 0 ? parameters : literals);
}

function addSample(samples: (readonly string[])[], values: readonly string[]): void {
  if (values.length === 0) return;
  const cut = values.map((one) => one.slice(0, LONGEST_VALUE));
  const text = JSON.stringify(cut);
  if (!samples.some((one) => JSON.stringify(one) === text)) samples.push(cut);
}

function toLoggedSum(key: string, sum: Sum): LoggedSum {
  const { sql, shape, samples, calls, totalMs, mean, spread, first, last } = sum;
  return {
    id: key,
    sql,
    shape,
    seenIn: ["log"],
    calls,
    totalMs,
    meanMs: mean,
    deviationMs: calls < 2 ? null : Math.sqrt(spread / calls),
    samples,
    first,
    last,
    ...UNSAID,
  };
}

/** A log has no such figures. */
const UNSAID = {
  rows: null,
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
