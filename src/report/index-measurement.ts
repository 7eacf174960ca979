/** What was measured on a copy, as text and as JSON. Here it is time. */
import type { Database, IndexMeasurement, IndexStudy, MeasuredStatement, Spread } from "../model/index.ts";
import { formatBytes, formatCount, formatDuration, formatMilliseconds, formatNumber } from "../model/numbers.ts";
import { cleanLine } from "./clean-text.ts";
import { plainLines, statementLine } from "./plain-lines.ts";

const MOST_STATEMENTS = 20;
const MOST_UNMEASURED = 5;

export function measurementText(measurement: IndexMeasurement, study: IndexStudy, database: Database): string {
  const { address, version, rounds, isComplete, notes } = measurement;
  const lines = [
    `Measured on ${measurement.database} at ${address}, PostgreSQL ${version}: warm, with and`,
    `without the set in turn, medians of ${formatCount(rounds, "round")}. Nothing there was committed.${isComplete ? "" : " Ended early."}`,
    "",
    ...builtLines(measurement),
    ...(["read", "write"] as const).flatMap((kind) => kindLines(measurement, kind, database)),
    ...surpriseLines(measurement, study),
    ...unmeasuredLines(measurement, database),
    ...notes.flatMap((one) => plainLines(`Note: ${one}.`)),
  ];
  return `${lines
    .map((line) => cleanLine(line))
    .join("\n")
    .trimEnd()}\n`;
}

function builtLines({ built, dropped }: IndexMeasurement): string[] {
  return [
    "Built",
    ...built.flatMap(({ label, bytes, milliseconds, refused }) => [
      `  ${label}`,
      refused === null && bytes !== null ? `    ${formatBytes(bytes)}, built in ${formatDuration(milliseconds)}` : `    not built: ${refused ?? ""}`,
    ]),
    ...(dropped.length === 0 ? [] : ["Taken away too, since no planned statement uses them", ...dropped.map((one) => `  ${one}`)]),
    "",
  ];
}

function kindLines(measurement: IndexMeasurement, kind: "read" | "write", { workload }: Database): string[] {
  const all = measurement.statements.filter((one) => one.kind === kind);
  if (all.length === 0) return [];
  const notable = all.filter(({ verdict }) => verdict !== "same");
  const shown = notable.slice(0, MOST_STATEMENTS);
  const rest = all.length - notable.length;
  return [
    ...plainLines(headOf(measurement, kind)),
    ...shown.flatMap((one) => [statementLine(one.statement, workload, "  "), ...figures(one).map((line) => `    ${line}`)]),
    ...(notable.length > shown.length ? [`  and ${formatNumber(notable.length - shown.length)} more`] : []),
    ...(rest === 0 ? [] : [`  ${formatCount(rest, `${notable.length > 0 ? "other " : ""}statement`)}: no difference beyond the spread`]),
    "",
  ];
}

/** Of those that ended in both states, each as often as it is called. */
function headOf(measurement: IndexMeasurement, kind: "read" | "write"): string {
  const { count, before, after } = totalOf(measurement, kind);
  const all = measurement.statements.filter((one) => one.kind === kind);
  const of = (verdict: MeasuredStatement["verdict"]): number => all.filter((one) => one.verdict === verdict).length;
  return `${kind === "read" ? "Reads" : "Writes"}: ${formatNumber(of("faster"))} faster, ${formatNumber(of("slower"))} slower. All calls of ${formatCount(count, "statement")} together: ${time(before)} to ${time(after)}.`;
}

function totalOf({ statements }: IndexMeasurement, kind: "read" | "write"): { readonly count: number; readonly before: number; readonly after: number } {
  const own = statements.filter((one) => one.kind === kind && one.before.median !== null && one.after.median !== null);
  const sum = (state: "before" | "after"): number => own.reduce((total, one) => total + (one[state].median ?? 0) * one.calls, 0);
  return { count: own.length, before: sum("before"), after: sum("after") };
}

/** Of all calls. */
const time = (milliseconds: number): string => (milliseconds < 1000 ? `${formatMilliseconds(milliseconds)} ms` : formatDuration(milliseconds));

function figures({ before, after, verdict, calls, values }: MeasuredStatement): string[] {
  const source = { log: "values of the log", rows: "values of the copy's rows", text: "" }[values];
  return [`${spread(before)} -> ${spread(after)}, ${verdict}`, [formatCount(calls, "call"), source].filter((one) => one !== "").join("; ")];
}

/** `4.1 ms (3.9 to 4.4)`. */
function spread({ median, low, high }: Spread): string {
  return median === null ? "not in time" : `${formatMilliseconds(median)} ms (${short(low ?? 0)} to ${short(high ?? 0)})`;
}

const short = (milliseconds: number): string => formatNumber(Number(milliseconds.toPrecision(2)));

/** What the planner promised and the clock did not keep. */
function surpriseLines({ statements }: IndexMeasurement, study: IndexStudy): string[] {
  const promised = new Map(study.statements.map((one) => [one.statement, one.verdict]));
  const slower = statements.filter((one) => one.verdict === "slower" && one.kind === "read");
  const kept = statements.filter((one) => promised.get(one.statement) === "gain");
  if (slower.length === 0 && kept.length === 0) return [];
  const unforeseen = slower.filter((one) => promised.get(one.statement) !== "verify" && promised.get(one.statement) !== "dearer");
  return [
    ...plainLines(
      `Of ${formatCount(kept.length, "promised gain")}, ${formatNumber(kept.filter(({ verdict }) => verdict === "faster").length)} came true by the clock. ${slower.length === 0 ? "No read became slower." : `${formatCount(slower.length, "read")} became slower, of which ${formatNumber(slower.length - unforeseen.length)} had been marked to verify.`}`,
    ),
    "",
  ];
}

function unmeasuredLines({ unmeasured }: IndexMeasurement, { workload }: Database): string[] {
  if (unmeasured.length === 0) return [];
  const shown = unmeasured.slice(0, MOST_UNMEASURED);
  const more = unmeasured.length - shown.length;
  return [
    `Not run: ${formatCount(unmeasured.length, "statement")}`,
    ...shown.flatMap(({ statement, why }) => [statementLine(statement, workload, "  "), ...plainLines(why, "    ")]),
    ...(more === 0 ? [] : [`  and ${formatNumber(more)} more`]),
    "",
  ];
}

export function measurementJson(measurement: IndexMeasurement, { workload }: Database): object {
  const sqlOf = (id: string): string | null => workload.statements.find((one) => one.id === id)?.sql ?? null;
  return {
    ...measurement,
    statements: measurement.statements.map((one) => ({ ...one, sql: sqlOf(one.statement) })),
    unmeasured: measurement.unmeasured.map((one) => ({ ...one, sql: sqlOf(one.statement) })),
    totals: { reads: totalOf(measurement, "read"), writes: totalOf(measurement, "write") },
  };
}
