/** The market on a server, and in its phantom: the same questions to both. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type pg from "pg";
import type { PlanNode } from "../../src/model/index.ts";
import { readPlan } from "../../src/postgres/plans/read-plan.ts";
import type { Phantom } from "../../src/sources/phantom/open-phantom.ts";

export function marketStatements(): string[] {
  const text = readFileSync(path.join(import.meta.dirname, "market.sql"), "utf8");
  return text.split("\n\n").filter((one) => !one.startsWith("--"));
}

export async function realPlan(client: pg.Client, sql: string): Promise<PlanNode> {
  const { rows } = await client.query<{ "QUERY PLAN": readonly unknown[] }>(`EXPLAIN (FORMAT JSON) ${sql}`);
  const plan = readPlan(rows[0]?.["QUERY PLAN"][0], { file: "", line: 0 });
  if (plan === null) throw new Error(`no plan of ${sql}`);
  return plan.root;
}

/** All that EXPLAIN says of a plan but for its figures: nodes, relations, indexes, conditions, keys. */
export function wholeShape(node: PlanNode): unknown {
  const words = Object.entries(node.raw).filter(([key]) => !/Cost|Rows|Width|Workers/.test(key));
  return [Object.fromEntries(words), ...node.children.map(wholeShape)];
}

const NODE = ["Node Type", "Join Type", "Relation Name", "Strategy", "Partial Mode", "Parent Relationship"];

export function shapeOf(node: PlanNode): unknown {
  return [NODE.map((key) => node.raw[key] ?? null), ...node.children.map(shapeOf)];
}

export function usesIndex(node: PlanNode, name: RegExp): boolean {
  return (node.index !== null && name.test(node.index)) || node.children.some((one) => usesIndex(one, name));
}

export interface Answer {
  readonly sql: string;
  readonly isSamePlan: boolean;
  /** Of the total cost. */
  readonly error: number;
  readonly costs: readonly [real: number, phantom: number];
}

export async function ask(client: pg.Client, phantom: Phantom, questions: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const sql of questions) {
    const real = await realPlan(client, sql);
    const { root } = await phantom.plan(sql);
    const isSamePlan = JSON.stringify(wholeShape(real)) === JSON.stringify(wholeShape(root));
    answers.push({ sql, isSamePlan, error: Math.abs(root.cost.total - real.cost.total) / real.cost.total, costs: [real.cost.total, root.cost.total] });
  }
  return answers;
}

export interface Trial {
  readonly index: string;
  readonly sql: string;
  /** Used by the real plan and by the phantom's. */
  readonly uses: readonly [real: boolean, phantom: boolean];
  readonly isSamePlan: boolean;
  readonly error: number;
  readonly rows: readonly [real: number, phantom: number];
  readonly pages: readonly [real: number, phantom: number];
  readonly isModelled: boolean;
}

/** Names of the index on the table, or on its partitions. */
const PROBE = /^probe$|_idx\d*$/;

/**
 * The index is really built, and rolled back. CREATE INDEX counts the table's rows anew, which no tool can see beforehand: the counters of
 * before are put back. `analyze`: the expression gets its statistics.
 */
export async function tryIndex(
  client: pg.Client,
  phantom: Phantom,
  { index, questions }: { readonly index: string; readonly questions: readonly string[] },
  analyze = false,
): Promise<Trial[]> {
  const real: PlanNode[] = [];
  let pages = 0;
  await client.query("BEGIN");
  try {
    const counters = (
      await client.query<{ oid: number; reltuples: number; relpages: number; relallvisible: number }>(
        "SELECT oid, reltuples, relpages, relallvisible FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND oid >= 16384",
      )
    ).rows;
    // What is written in place outlives a rollback, unless the row is a new one.
    await client.query("UPDATE pg_class SET relpages = relpages WHERE oid >= 16384");
    await client.query(index);
    if (analyze) await client.query(`ANALYZE ${/ ON (\S+)/.exec(index)?.[1] ?? ""}`);
    for (const one of counters)
      await client.query("UPDATE pg_class SET reltuples = $2, relpages = $3, relallvisible = $4 WHERE oid = $1", [
        one.oid,
        one.reltuples,
        one.relpages,
        one.relallvisible,
      ]);
    const { rows } = await client.query<{ pages: number }>(
      "SELECT sum(pg_relation_size(i.indexrelid) / 8192)::int AS pages FROM pg_index i JOIN (SELECT oid FROM pg_class WHERE relname = 'probe') p ON i.indexrelid = p.oid OR i.indexrelid IN (SELECT relid FROM pg_partition_tree(p.oid))",
    );
    pages = rows[0]?.pages ?? 0;
    for (const sql of questions) real.push(await realPlan(client, sql));
  } finally {
    await client.query("ROLLBACK");
  }
  return await phantom.whatIf({ add: [index] }, async ({ plan, indexes: [added] }) => {
    const trials: Trial[] = [];
    for (const [at, sql] of questions.entries()) {
      const [truth, { root }] = [real[at], await plan(sql)];
      if (truth === undefined || added === undefined) throw new Error("no plan, or no index");
      const uses = [usesIndex(truth, PROBE), usesIndex(root, PROBE)] as const;
      trials.push({
        index,
        sql,
        uses,
        isSamePlan: uses[0] === uses[1] && JSON.stringify(shapeOf(truth)) === JSON.stringify(shapeOf(root)),
        error: Math.abs(root.cost.total - truth.cost.total) / truth.cost.total,
        rows: [truth.planRows, root.planRows],
        pages: [pages, added.size.pages],
        isModelled: added.size.basis === "model",
      });
    }
    return trials;
  });
}

/** The value that so great a share of others does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
