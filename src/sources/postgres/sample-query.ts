/** The statement that measures one table: one bounded sample of its rows, every measure taken on it. Counts come back, never texts. */
import { quoteName } from "../../postgres/quote.ts";
import { LIST_PATTERN, UUID_PATTERN } from "../../postgres/text-patterns.ts";
import type { Measure, TablePlan } from "./sample-plan.ts";

/** Rows of a table that are looked at: twice what the degree of a dependency asks for (`knowledge`: 10,000). Ours. */
export const SAMPLE_ROWS = 20_000;

/** And pages of 8 kB, so that wide rows cost no more than 32 MB of reads. Ours. */
export const SAMPLE_PAGES = 4_000;

/** Of these, rows that texts are matched in, since a regular expression takes 10 to 20 µs a row. Ours. */
const PATTERN_ROWS = 5_000;

/** The answer's rows: what `a` to `d` are depends on the measure. */
export interface Counts {
  readonly id: number;
  readonly a: number | null;
  readonly b: number | null;
  readonly c: number | null;
  readonly d: number | null;
  readonly low: string | null;
  readonly high: string | null;
}

export interface SampleQuery {
  readonly sql: string;
  readonly values: readonly string[];
}

export function sampleQuery(plan: TablePlan): SampleQuery {
  const columns = [...new Set(plan.measures.flatMap(columnsOf))];
  const values: string[] = [];
  const parameter = (value: string): string => `$${values.push(value)}`;
  const measures = plan.measures.map((one, id) => measure(one, id, Math.ceil(Math.min(plan.rows, SAMPLE_ROWS) / PATTERN_ROWS), parameter));
  return { sql: `WITH sample AS MATERIALIZED (SELECT ${columns.map(quoteName).join(", ")} FROM ${rowsOf(plan)})\n${measures.join("\nUNION ALL ")}`, values };
}

function columnsOf(measure: Measure): string[] {
  if (measure.kind === "dependency") return [measure.from, measure.to];
  return measure.kind === "copy" ? [measure.through, measure.column] : [measure.column];
}

/** A small table is read whole; of a large one pages are taken at random, the same ones each time. Inheriting tables count as their own. */
function rowsOf({ table, rows, pages }: TablePlan): string {
  const name = `${table.kind === "partitioned" ? "" : "ONLY "}${quoteName(table.schema)}.${quoteName(table.name)}`;
  const share = Math.min(1, SAMPLE_ROWS / rows, SAMPLE_PAGES / Math.max(1, pages));
  const some = share < 1 ? ` TABLESAMPLE SYSTEM (${(share * 100).toPrecision(6)}) REPEATABLE (1)` : "";
  return `${name}${some} LIMIT ${SAMPLE_ROWS * 2}`;
}

/** `step`: texts are matched in each row of so many. */
function measure(one: Measure, id: number, step: number, parameter: (value: string) => string): string {
  if (one.kind === "dependency") return dependency(one.from, one.to, id);
  if (one.kind === "copy") return copy(one, id);
  const column = quoteName(one.column);
  if (one.kind === "range") return answer(id, [`count(${column})`], `FROM sample`, [`min(${column})`, `max(${column})`]);
  if (one.pattern === "integer") return answer(id, [`count(${column})`, `count(*) FILTER (WHERE ${column} = trunc(${column}))`], `FROM sample`);
  const { any, but } = one.pattern === "uuid" ? UUID_PATTERN : LIST_PATTERN;
  const without = but === null ? "" : ` AND ${column} !~ ${parameter(but)}`;
  return answer(
    id,
    ["count(*)", `count(*) FILTER (WHERE ${column} ~ ${parameter(any)}${without})`],
    `FROM (SELECT ${column}, row_number() OVER () AS "row of sample" FROM sample) numbered WHERE ${column} <> '' AND "row of sample" % ${step} = 0`,
  );
}

/** Rows with both values, distinct values of X, those of them in more than one row, rows beside their group's commonest Y. */
function dependency(from: string, to: string, id: number): string {
  const [x, y] = [quoteName(from), quoteName(to)];
  const filled = `${x} IS NOT NULL AND ${y} IS NOT NULL AND ${x}::text <> '' AND ${y}::text <> ''`;
  const groups = `SELECT sum(n) AS all_of_x, max(n) AS most FROM (SELECT ${x} AS x, ${y} AS y, count(*) AS n FROM sample WHERE ${filled} GROUP BY 1, 2) pair GROUP BY x`;
  return answer(
    id,
    ["coalesce(sum(all_of_x), 0)", "count(*)", "count(*) FILTER (WHERE all_of_x > 1)", "coalesce(sum(all_of_x - most), 0)"],
    `FROM (${groups}) grouped`,
  );
}

function copy({ column, through, parent, parentKey, parentColumn }: Extract<Measure, { kind: "copy" }>, id: number): string {
  const [mine, theirs] = [`s.${quoteName(column)}`, `p.${quoteName(parentColumn)}`];
  const from = `FROM sample s JOIN ${quoteName(parent.schema)}.${quoteName(parent.name)} p ON p.${quoteName(parentKey)} = s.${quoteName(through)} WHERE ${mine} IS NOT NULL AND ${mine}::text <> '' AND ${theirs} IS NOT NULL`;
  return answer(id, ["count(*)", `count(*) FILTER (WHERE ${mine} = ${theirs})`], from);
}

function answer(id: number, counts: readonly string[], from: string, bounds: readonly string[] = []): string {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name, index) => `${counts[index] ?? "NULL"}::int8 AS ${name}`);
  const [low = "NULL", high = "NULL"] = bounds;
  return `SELECT ${id} AS id, ${a}, ${b}, ${c}, ${d}, ${low}::text AS low, ${high}::text AS high ${from}`;
}
