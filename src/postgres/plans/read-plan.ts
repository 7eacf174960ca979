/** One plan of EXPLAIN (FORMAT JSON), of PostgreSQL 13 to 18, from its JSON. */
import type { Plan, PlanNode } from "../../model/plan.ts";
import { isRecord, type JsonNode, numberAt, recordAt, recordsAt, textAt, textsAt } from "./json-node.ts";

/** Null where it is no plan. `executionMs`: what a log says where the plan does not. */
export function readPlan(value: unknown, source: Plan["source"], executionMs: number | null = null): Plan | null {
  if (!isRecord(value) || !isRecord(value["Plan"]) || textAt(value["Plan"], "Node Type") === null) return null;
  const root = readNode(value["Plan"]);
  return {
    sql: textAt(value, "Query Text"),
    source,
    root,
    planningMs: numberAt(value, "Planning Time"),
    executionMs: numberAt(value, "Execution Time") ?? executionMs,
    sendingMs: sendingIn(value, root, executionMs),
    jitMs: numberAt(recordAt(recordAt(value, "JIT"), "Timing"), "Total"),
    triggers: recordsAt(value, "Triggers").map((one) => readTrigger(one)),
    isAnalyzed: root.loops !== null,
  };
}

/** What auto_explain logs is the time of the whole run, its receiver's too; its nodes' times are without that. */
function sendingIn(plan: JsonNode, { type, actualMs, loops }: PlanNode, loggedMs: number | null): number | null {
  const serialized = numberAt(recordAt(plan, "Serialization"), "Time");
  if (serialized !== null) return serialized;
  if (numberAt(plan, "Execution Time") !== null || loggedMs === null || actualMs === null || type === "ModifyTable") return null;
  return Math.max(0, loggedMs - actualMs * (loops ?? 1));
}

/** A foreign key's trigger has a name that tells nothing; its constraint's does. */
function readTrigger(node: JsonNode): Plan["triggers"][number] {
  return {
    name: textAt(node, "Constraint Name") ?? textAt(node, "Trigger Name") ?? "",
    relation: textAt(node, "Relation"),
    ms: numberAt(node, "Time") ?? 0,
    calls: numberAt(node, "Calls") ?? 0,
  };
}

function readNode(node: JsonNode): PlanNode {
  const { Plans: _children, ...raw } = node;
  return {
    type: textAt(node, "Node Type") ?? "",
    relation: textAt(node, "Relation Name"),
    schema: textAt(node, "Schema"),
    alias: textAt(node, "Alias"),
    index: textAt(node, "Index Name"),
    parent: textAt(node, "Parent Relationship"),
    joinType: textAt(node, "Join Type"),
    strategy: textAt(node, "Strategy"),
    subplan: textAt(node, "Subplan Name"),
    ...readFigures(node),
    conditions: readConditions(node),
    ...readRemoved(node),
    sort: readSort(node),
    hash: readHash(node),
    cache: readCache(node),
    workersPlanned: numberAt(node, "Workers Planned"),
    workersLaunched: numberAt(node, "Workers Launched"),
    subplansRemoved: numberAt(node, "Subplans Removed"),
    blocks: readBlocks(node),
    readMs: readTime(node),
    children: recordsAt(node, "Plans").map((one) => readNode(one)),
    raw,
  };
}

function readFigures(node: JsonNode): Pick<PlanNode, "cost" | "planRows" | "planWidth" | "actualRows" | "loops" | "actualMs"> {
  return {
    cost: { startup: numberAt(node, "Startup Cost") ?? 0, total: numberAt(node, "Total Cost") ?? 0 },
    planRows: numberAt(node, "Plan Rows") ?? 0,
    planWidth: numberAt(node, "Plan Width") ?? 0,
    actualRows: numberAt(node, "Actual Rows"),
    loops: numberAt(node, "Actual Loops"),
    actualMs: numberAt(node, "Actual Total Time"),
  };
}

function readConditions(node: JsonNode): PlanNode["conditions"] {
  return {
    index: textAt(node, "Index Cond"),
    recheck: textAt(node, "Recheck Cond"),
    filter: textAt(node, "Filter"),
    join: textAt(node, "Join Filter"),
    hash: textAt(node, "Hash Cond"),
    merge: textAt(node, "Merge Cond"),
  };
}

type Removed = Pick<PlanNode, "removedByFilter" | "removedByJoinFilter" | "removedByRecheck" | "heapFetches" | "exactBlocks" | "lossyBlocks">;

function readRemoved(node: JsonNode): Removed {
  return {
    removedByFilter: numberAt(node, "Rows Removed by Filter"),
    removedByJoinFilter: numberAt(node, "Rows Removed by Join Filter"),
    removedByRecheck: numberAt(node, "Rows Removed by Index Recheck"),
    heapFetches: numberAt(node, "Heap Fetches"),
    exactBlocks: numberAt(node, "Exact Heap Blocks"),
    lossyBlocks: numberAt(node, "Lossy Heap Blocks"),
  };
}

function readSort(node: JsonNode): PlanNode["sort"] {
  const keys = textsAt(node, "Sort Key");
  const method = textAt(node, "Sort Method");
  if (keys.length === 0 && method === null) return null;
  if (method !== null) return { keys, method, spaceKb: numberAt(node, "Sort Space Used"), space: textAt(node, "Sort Space Type") };
  const widest = sortsInParts(node).toSorted((a, b) => (b.spaceKb ?? 0) - (a.spaceKb ?? 0))[0];
  return { keys, method: null, spaceKb: null, space: null, ...widest };
}

/** Workers sort for themselves, and an incremental sort sorts one group after the other: the largest part stands for all. */
function sortsInParts(node: JsonNode): Omit<NonNullable<PlanNode["sort"]>, "keys">[] {
  const workers = recordsAt(node, "Workers").flatMap((one) => {
    const method = textAt(one, "Sort Method");
    return method === null ? [] : [{ method, spaceKb: numberAt(one, "Sort Space Used"), space: textAt(one, "Sort Space Type") }];
  });
  const groups = ["Full-sort Groups", "Pre-sorted Groups"]
    .map((key) => recordAt(node, key))
    .flatMap((group) =>
      ["Disk", "Memory"].flatMap((space) => {
        const spaceKb = numberAt(recordAt(group, `Sort Space ${space}`), "Peak Sort Space Used");
        return spaceKb === null ? [] : [{ method: textsAt(group, "Sort Methods Used").join(", "), spaceKb, space }];
      }),
    );
  return [...workers, ...groups];
}

/** Of a hash join's table, or of an aggregate's. */
function readHash(node: JsonNode): PlanNode["hash"] {
  const batches = numberAt(node, "Hash Batches") ?? numberAt(node, "HashAgg Batches");
  if (batches === null) return null;
  return {
    batches,
    originalBatches: numberAt(node, "Original Hash Batches") ?? batches,
    memoryKb: numberAt(node, "Peak Memory Usage") ?? 0,
    diskKb: numberAt(node, "Disk Usage") ?? 0,
  };
}

function readCache(node: JsonNode): PlanNode["cache"] {
  const hits = numberAt(node, "Cache Hits");
  if (hits === null) return null;
  return { hits, misses: numberAt(node, "Cache Misses") ?? 0, evictions: numberAt(node, "Cache Evictions") ?? 0 };
}

function readBlocks(node: JsonNode): PlanNode["blocks"] {
  const hit = numberAt(node, "Shared Hit Blocks");
  if (hit === null) return null;
  const count = (key: string): number => numberAt(node, key) ?? 0;
  return {
    hit,
    read: count("Shared Read Blocks"),
    dirtied: count("Shared Dirtied Blocks"),
    written: count("Shared Written Blocks"),
    tempRead: count("Temp Read Blocks"),
    tempWritten: count("Temp Written Blocks"),
  };
}

/** One figure until PostgreSQL 16; from 17 on by kind of block. */
function readTime(node: JsonNode): number | null {
  const parts = ["I/O Read Time", "Shared I/O Read Time", "Local I/O Read Time"].flatMap((key) => numberAt(node, key) ?? []);
  return parts.length === 0 ? null : parts.reduce((sum, one) => sum + one, 0);
}
