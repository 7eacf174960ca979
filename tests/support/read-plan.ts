/** EXPLAIN (FORMAT JSON) of a fixture to a plan. */
import type { Plan, PlanNode } from "../../src/model/index.ts";

type Json = Readonly<Record<string, unknown>>;

export function planOf(json: unknown, sql: string | null, source: Plan["source"]): Plan {
  const top = (Array.isArray(json) ? json[0] : json) as Json;
  const jit = top["JIT"] as { Timing?: { Total?: number } } | undefined;
  return {
    sql,
    source,
    root: nodeOf(top["Plan"] as Json),
    planningMs: number(top["Planning Time"]),
    executionMs: number(top["Execution Time"]),
    jitMs: number(jit?.Timing?.Total),
    triggers: ((top["Triggers"] ?? []) as Json[]).map((one) => ({ name: String(one["Constraint Name"] ?? one["Trigger Name"]), relation: text(one["Relation"]), ms: Number(one["Time"]), calls: Number(one["Calls"]) })),
    isAnalyzed: top["Execution Time"] !== undefined,
  };
}

const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function nodeOf(raw: Json): PlanNode {
  return {
    type: String(raw["Node Type"]),
    relation: text(raw["Relation Name"]),
    schema: text(raw["Schema"]),
    alias: text(raw["Alias"]),
    index: text(raw["Index Name"]),
    parent: text(raw["Parent Relationship"]),
    joinType: text(raw["Join Type"]),
    strategy: text(raw["Strategy"]),
    subplan: text(raw["Subplan Name"]),
    cost: { startup: Number(raw["Startup Cost"]), total: Number(raw["Total Cost"]) },
    planRows: Number(raw["Plan Rows"]),
    planWidth: Number(raw["Plan Width"]),
    actualRows: number(raw["Actual Rows"]),
    loops: number(raw["Actual Loops"]),
    actualMs: number(raw["Actual Total Time"]),
    conditions: { index: text(raw["Index Cond"]), recheck: text(raw["Recheck Cond"]), filter: text(raw["Filter"]), join: text(raw["Join Filter"]), hash: text(raw["Hash Cond"]), merge: text(raw["Merge Cond"]) },
    removedByFilter: number(raw["Rows Removed by Filter"]),
    removedByJoinFilter: number(raw["Rows Removed by Join Filter"]),
    removedByRecheck: number(raw["Rows Removed by Index Recheck"]),
    heapFetches: number(raw["Heap Fetches"]),
    exactBlocks: number(raw["Exact Heap Blocks"]),
    lossyBlocks: number(raw["Lossy Heap Blocks"]),
    sort: raw["Sort Key"] === undefined ? null : { keys: raw["Sort Key"] as string[], method: text(raw["Sort Method"]), spaceKb: number(raw["Sort Space Used"]), space: text(raw["Sort Space Type"]) },
    hash: raw["Hash Batches"] === undefined ? null : { batches: Number(raw["Hash Batches"]), originalBatches: Number(raw["Original Hash Batches"]), memoryKb: Number(raw["Peak Memory Usage"]), diskKb: Number(raw["Disk Usage"] ?? 0) },
    cache: raw["Cache Hits"] === undefined ? null : { hits: Number(raw["Cache Hits"]), misses: Number(raw["Cache Misses"]), evictions: Number(raw["Cache Evictions"]) },
    workersPlanned: number(raw["Workers Planned"]),
    workersLaunched: number(raw["Workers Launched"]),
    subplansRemoved: number(raw["Subplans Removed"]),
    blocks:
      raw["Shared Hit Blocks"] === undefined
        ? null
        : { hit: Number(raw["Shared Hit Blocks"]), read: Number(raw["Shared Read Blocks"]), dirtied: Number(raw["Shared Dirtied Blocks"]), written: Number(raw["Shared Written Blocks"]), tempRead: Number(raw["Temp Read Blocks"]), tempWritten: Number(raw["Temp Written Blocks"]) },
    readMs: number(raw["I/O Read Time"] ?? raw["Shared I/O Read Time"]),
    children: ((raw["Plans"] ?? []) as Json[]).map(nodeOf),
    raw,
  };
}
