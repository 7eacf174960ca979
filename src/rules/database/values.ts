/** Values of a column as far as they were seen: by `--sample`, or in the statistics. */
import type { Column, Database, Sample, Table } from "../../model/index.ts";

export interface SeenValues {
  readonly values: readonly string[];
  /** `statistics` have at most a few hundred values of the sample that ANALYZE took. */
  readonly source: "statistics";
  /** Every value that the sample held is among them. */
  readonly isComplete: boolean;
}

/** Null where there are no statistics, or their values were dropped. */
export function seenValues(database: Database, column: Column): SeenValues | null {
  const { statistics } = column;
  if (statistics === null || database.snapshot.data === "redacted") return null;
  const values = [...(statistics.commonValues ?? []), ...(statistics.histogram ?? [])];
  return { values, source: "statistics", isComplete: statistics.histogramBounds === 0 && values.length > 0 };
}

type PatternSample = Extract<Sample, { readonly kind: "pattern" }>;
type RangeSample = Extract<Sample, { readonly kind: "range" }>;

export function patternSample(database: Database, table: Table, column: Column, pattern: PatternSample["pattern"]): PatternSample | null {
  return (
    database.snapshot.samples.find(
      (one): one is PatternSample => one.kind === "pattern" && one.table === table.oid && one.column === column.name && one.pattern === pattern,
    ) ?? null
  );
}

export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  /** `24,000 rows`, or `the statistics' sample`. */
  readonly base: string;
}

/** Least and greatest number that were seen; null when none was. */
export function numberRange(database: Database, table: Table, column: Column): NumberRange | null {
  const sample = database.snapshot.samples.find((one): one is RangeSample => one.kind === "range" && one.table === table.oid && one.column === column.name);
  if (sample !== undefined && sample.minimum !== null && sample.maximum !== null)
    return { minimum: Number(sample.minimum), maximum: Number(sample.maximum), base: `${sample.rows.toLocaleString("en")} rows` };
  const numbers = (seenValues(database, column)?.values ?? []).map(Number).filter((one) => Number.isFinite(one));
  if (numbers.length === 0) return null;
  return { minimum: Math.min(...numbers), maximum: Math.max(...numbers), base: STATISTICS_SAMPLE };
}

export const STATISTICS_SAMPLE = "the statistics' sample";

/** ANALYZE reads 300 rows for each unit of the statistics target. */
export function sampledRows(database: Database, column: Column, rows: number): number {
  const target = column.statisticsTarget ?? database.settingNumber("default_statistics_target") ?? 100;
  return Math.min(rows, 300 * target);
}

/** Why a column's values say nothing, where they do not. */
export function whyNoValues(database: Database, column: Column): string {
  if (column.statistics !== null && database.snapshot.data === "redacted") return "needs values, which this snapshot was redacted of";
  return "needs statistics of the column: the table was never analysed, or the role may not read it";
}
