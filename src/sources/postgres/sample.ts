/** Measures rows, for `--sample`: dependencies between columns, copies of a parent's columns, ranges and patterns. Only counts, and bounds of integers, leave the server. */
import type { Catalog, Gap, Sample } from "../../model/index.ts";
import type { Query, ReadOnlyConnection } from "./connection.ts";
import { planSample, type Measure, type TablePlan } from "./sample-plan.ts";
import { sampleQuery, type Counts } from "./sample-query.ts";

/** Of one table, and of all together. Ours: 18 columns of a million rows took 1.5 s with all measures that are allowed, so that this ends what went wrong. */
const TABLE_MS = 5_000;
const TOTAL_MS = 120_000;

export interface SampleOptions {
  readonly connection: Pick<ReadOnlyConnection, "group" | "address" | "broken">;
  readonly catalog: Catalog;
  readonly progress: (part: string, done: number, total: number) => void;
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

export interface Sampled {
  readonly samples: readonly Sample[];
  readonly gaps: readonly Gap[];
}

export async function sampleRows({ connection, catalog, progress, now }: SampleOptions): Promise<Sampled> {
  const plans = planSample(catalog);
  const samples: Sample[] = [];
  const missed = new Map<string, string[]>();
  const end = now() + TOTAL_MS;
  for (const [done, plan] of plans.entries()) {
    progress("sample", done, plans.length);
    const outcome = connection.broken() ?? (now() > end ? `${TOTAL_MS / 1000} s were spent on other tables` : await measureTable(connection, plan));
    if (typeof outcome !== "string") samples.push(...outcome);
    else missed.set(outcome, [...(missed.get(outcome) ?? []), `${plan.table.schema}.${plan.table.name}`]);
  }
  return { samples, gaps: [...missed].map(([why, tables]) => gapOf(why, tables, connection.address)) };
}

/** Its samples, or why there are none. */
async function measureTable(connection: Pick<ReadOnlyConnection, "group">, plan: TablePlan): Promise<Sample[] | string> {
  try {
    const counts = await connection.group(async (query: Query) => {
      await query(`SET LOCAL statement_timeout = ${TABLE_MS}`);
      // Compiling so many small plans takes longer than running them.
      await query("SET LOCAL jit = off");
      const { sql, values } = sampleQuery(plan);
      return query<Counts>(sql, values);
    });
    return counts.flatMap((one) => toSample(plan.measures[one.id], plan, one));
  } catch (error) {
    return sameForAll(error instanceof Error ? error.message : String(error));
  }
}

/** `permission denied for table orders` is one reason for all tables that it names. */
function sameForAll(message: string): string {
  return message.replace(/ for (?:table|relation|view) .*$/, "");
}

function gapOf(why: string, tables: readonly string[], server: string): Gap {
  const named = tables.slice(0, 3).join(", ");
  const part = `rows of ${tables.length > 3 ? `${named} and ${tables.length - 3} more tables` : named}`;
  return {
    part,
    server,
    why,
    cost: "dependencies, copies and patterns in them are not judged",
    remedy: why === "permission denied" ? "GRANT pg_read_all_data TO role" : "",
  };
}

function toSample(measure: Measure | undefined, { table: { oid: table } }: TablePlan, { a, b, c, d, low, high }: Counts): Sample[] {
  if (measure === undefined || a === null || a === 0) return [];
  switch (measure.kind) {
    case "dependency":
      return [{ kind: "dependency", table, from: [measure.from], to: measure.to, rows: a, groups: b ?? 0, repeatedGroups: c ?? 0, violations: d ?? 0 }];
    case "copy":
      return [
        {
          kind: "copy",
          table,
          column: measure.column,
          through: measure.through,
          parent: measure.parent.oid,
          parentColumn: measure.parentColumn,
          rows: a,
          equal: b ?? 0,
        },
      ];
    case "range":
      return [{ kind: "range", table, column: measure.column, rows: a, minimum: low, maximum: high }];
    case "pattern":
      return [{ kind: "pattern", table, column: measure.column, pattern: measure.pattern, rows: a, matching: b ?? 0 }];
  }
}
