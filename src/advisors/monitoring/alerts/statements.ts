/** The hottest statements, each against its own past. */
import { formatMilliseconds, formatNumber } from "../../../model/numbers.ts";
import { JUMP_AT, jumpAlert, jumped, MINUTE, SERVER, type Alert, type Trial } from "../alert.ts";
import { selector } from "../promql-text.ts";
import { round } from "../words.ts";
import type { HotStatement, Watched } from "../watched.ts";

export function statementAlerts(watched: Watched): Alert[] {
  const slower = watched.statements.flatMap((one) => slowerAlert(watched, one) ?? []);
  const knowsEvictions = watched.statementsFrom !== null && watched.statementsFrom.version >= INFO_VERSION;
  return [...slower, ...(knowsEvictions ? [evictedAlert(watched)] : [])];
}

const INFO_VERSION = 9;
/** This project's notes (§C.3): three times the mean of the past. */
const TIMES = 3;
/** Slower by less than this is felt by nobody: ours. */
const LEAST_MORE_MS = 5;
/** In minutes. A statement that is not sent often enough for the first is looked at over the second; one that is rarer still could never raise this alert. */
const WINDOW = 30;
const LONG_WINDOW = 360;
/** A quarter of the usual calls is enough to judge by, and fewer than this are chance: ours. */
const USUAL_PART = 4;
const LEAST_CALLS = 5;

/** Null for a statement that is too rare to be compared. */
function windowOf({ callsPerHour }: HotStatement): number | null {
  const enough = (minutes: number): boolean => callsPerHour === null || (callsPerHour * minutes) / 60 >= LEAST_CALLS;
  return [WINDOW, LONG_WINDOW].find((minutes) => enough(minutes)) ?? null;
}

export const isRare = (one: HotStatement): boolean => windowOf(one) === null;

function slowerAlert(watched: Watched, one: HotStatement): Alert | null {
  const { target, thresholds } = watched;
  const { id, meanMs, callsPerHour, share } = one;
  const window = windowOf(one);
  if (window === null) return null;
  const over = round(Math.max((thresholds["monitoring.statement-slower"] ?? TIMES) * meanMs, meanMs + LEAST_MORE_MS), 3);
  const calls = Math.max(LEAST_CALLS, Math.round(((callsPerHour ?? 0) * window) / 60 / USUAL_PART));
  const labels = { job: target.job, queryid: id };
  const grown = (metric: string): string => `max by (job, instance, queryid) (increase(luthier_statement_${metric}${selector(labels)}[${window}m]))`;
  return {
    name: "StatementSlower",
    expr: `${grown("milliseconds")} / ${grown("calls")} > ${over} and ${grown("calls")} >= ${calls}`,
    hold: 5 * MINUTE,
    severity: "ticket",
    labels: { queryid: id },
    digits: over < 10 ? 1 : 0,
    summary: ({ value, plain }) => `${plain(one.symbol ?? one.words)}: ${value} ms a call instead of ${formatMilliseconds(meanMs)} ms`,
    description: ({ plain }) =>
      `${plain(one.words)}. ${one.place === null ? "No line of the source is known for it." : `Sent from ${plain(one.place)}.`} It had ${formatNumber(Math.round(share * 100))} % of the statements' time at the snapshot.`,
    because: `${round(over / meanMs)} times its mean of ${formatMilliseconds(meanMs)} ms, with at least ${calls} calls in ${window} min${callsPerHour === null ? "" : ` (${formatNumber(round(callsPerHour))} an hour is usual)`}`,
    steps: [
      `SELECT calls, mean_exec_time, shared_blks_read, rows FROM pg_stat_statements WHERE queryid = ${id};`,
      "As many blocks a call as ever: something else takes the machine. Many more: its plan changed. EXPLAIN it, and ANALYZE its tables if the rows are estimated wrongly.",
    ],
    trials: slowerTrials(watched, one, { over, calls, window }),
  };
}

/** A power of two, so that a mean comes out to the last bit. */
const EXACT_CALLS = 1024;

function slowerTrials(
  { target }: Watched,
  { id, meanMs }: HotStatement,
  { over, calls, window }: { readonly over: number; readonly calls: number; readonly window: number },
): Trial[] {
  const labels = { ...target, queryid: id };
  const asked = EXACT_CALLS * Math.ceil(calls / EXACT_CALLS);
  const series = (mean: number, count: number): Trial["series"] => [
    { metric: "luthier_statement_milliseconds", labels: { ...labels, ...SERVER }, values: jumped(mean * count, window) },
    { metric: "luthier_statement_calls", labels: { ...labels, ...SERVER }, values: jumped(count, window) },
  ];
  const beyond = Number((over * 1.01).toPrecision(6));
  const fires = { labels, value: beyond };
  return [
    { title: "fires", series: series(beyond, asked), at: JUMP_AT + 5, fires },
    { title: "just below", series: series(over, asked), at: JUMP_AT + 5, fires: null },
    { title: "an ordinary day", series: series(meanMs, asked), at: JUMP_AT + 5, fires: null },
    { title: "not for long enough", series: series(beyond, asked), at: JUMP_AT + 4, fires: null },
    { title: "over long ago", series: series(beyond, asked), at: JUMP_AT + window + 1, fires: null },
    { title: "just enough calls", series: series(over * 2, calls), at: JUMP_AT + 5, fires: { labels, value: over * 2 } },
    { title: "too few calls", series: series(over * 2, calls - 1), at: JUMP_AT + 5, fires: null },
  ];
}

/** Entries go in fives of a hundred: at so many rounds an hour a statement lives for minutes. Ours. */
const EVICTIONS = 3;

function evictedAlert({ target, database }: Watched): Alert {
  const most = database.settingNumber("pg_stat_statements.max") ?? 5000;
  const seen = database.server.counters.statementsEvicted;
  return jumpAlert({
    target,
    metric: "luthier_statements_evicted",
    name: "StatementsEvicted",
    window: 60,
    over: EVICTIONS,
    step: 1,
    normal: 0,
    hold: 15 * MINUTE,
    severity: "ticket",
    summary: ({ value }) => `pg_stat_statements threw entries out ${value} times in an hour`,
    description: () =>
      `More than ${formatNumber(most)} different statements come in: figures of rare ones are lost, and StatementSlower may miss what it watches.`,
    because: `${EVICTIONS} rounds an hour; each throws out 5 % of pg_stat_statements.max = ${formatNumber(most)}${seen === null ? "" : `. ${formatNumber(seen)} rounds were counted at the snapshot`}`,
    steps: [
      `Look for texts that differ in literals alone: SELECT left(query, 60), count(*) FROM pg_stat_statements GROUP BY 1 ORDER BY 2 DESC LIMIT 10;`,
      `Raise pg_stat_statements.max above ${formatNumber(most)} (a restart).`,
    ],
  });
}
