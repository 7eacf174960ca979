/**
 * What a plan that the server takes would cost if memory were as small as its shared buffers: pages that it reads again and again are then read from outside of them. The planner thinks of such
 * reads as free while the table fits `effective_cache_size`, and hands out no other price for a plan that it would not take itself, so each scan by an index is reckoned anew here.
 */
import type { Plan, PlanNode } from "../../model/index.ts";

export interface TableFacts {
  readonly pages: number;
  readonly rows: number;
  /** Of the pages, those of which an index alone tells all rows. */
  readonly visible: number;
}

export interface IndexFacts {
  readonly pages: number;
  readonly rows: number;
  /** Columns of its key, with the number of their values; 0 where nobody knows. */
  readonly keys: readonly { readonly column: string; readonly distinct: number }[];
  /** Of its first column with the order of rows, -1 to 1. */
  readonly correlation: number;
}

/** Constants of the planner; sizes in pages. */
export interface Constants {
  readonly random_page_cost: number;
  readonly effective_cache_size: number;
}

export interface CostFacts {
  readonly table: (name: string) => TableFacts | undefined;
  readonly index: (name: string) => IndexFacts | undefined;
  readonly server: Constants & {
    readonly seq_page_cost: number;
    readonly cpu_tuple_cost: number;
    readonly cpu_index_tuple_cost: number;
    readonly cpu_operator_cost: number;
  };
  readonly careful: Constants;
}

/** Of the plan's whole cost. */
export function carefulCost({ root }: Plan, facts: CostFacts): number {
  const tables = new Set(namesIn(root));
  const total = [...tables].reduce((sum, name) => sum + (facts.table(name)?.pages ?? 0), 0);
  return Math.max(0, root.cost.total + added(root, { facts, total, loops: 1, calls: 1, sharing: 1 }));
}

function namesIn({ relation, children }: PlanNode): string[] {
  return [...(relation === null ? [] : [relation]), ...children.flatMap((one) => namesIn(one))];
}

interface Around {
  readonly facts: CostFacts;
  /** Pages of all tables of the plan. */
  readonly total: number;
  /** Runs of the node that the planner shared its pages among, in all processes. */
  readonly loops: number;
  /** Runs of it in the process that the plan's cost is of. */
  readonly calls: number;
  /** Processes that the rows are shared among. */
  readonly sharing: number;
}

/** What the node and those below it cost more, or less, in all. */
function added(node: PlanNode, around: Around): number {
  const own = scanAdded(node, around) * around.calls;
  return own + node.children.reduce((sum, child) => sum + added(child, aroundChild(node, child, around)), 0);
}

function aroundChild(node: PlanNode, child: PlanNode, around: Around): Around {
  if (node.type === "Gather" || node.type === "Gather Merge") return { ...around, sharing: divisorOf(node.workersPlanned ?? 0) };
  // As much of it as the limit lets run.
  if (node.type === "Limit") return { ...around, calls: around.calls * Math.min(1, node.cost.total / Math.max(LEAST, child.cost.total)) };
  if (child.parent === "SubPlan") return { ...around, calls: around.calls * Math.max(1, node.planRows), loops: 1 };
  const [outer, inner] = node.children;
  if (node.type !== "Nested Loop" || child !== inner || outer === undefined) return around;
  const times = Math.max(1, outer.planRows);
  return { ...around, calls: around.calls * runsOf(node, outer, child), loops: isTold(child) ? times * around.sharing : 1 };
}

const LEAST = 1e-9;

/** A scan that each row of the other side gives its value; what is read whole again is not priced by its repetitions. */
function isTold(node: PlanNode): boolean {
  return node.type !== "Materialize" && node.type !== "Seq Scan";
}

/** Whole runs of the inner side: one for each row of the other, less those that are remembered or end at the first match. EXPLAIN does not say them: they are what the join's cost leaves for them. */
function runsOf(join: PlanNode, outer: PlanNode, inner: PlanNode): number {
  return Math.min(Math.max(1, outer.planRows), Math.max(1, (join.cost.total - outer.cost.total) / Math.max(LEAST, inner.cost.total)));
}

/** As the planner has it: the leader helps, the less the more workers there are. */
function divisorOf(workers: number): number {
  return workers + Math.max(0, 1 - 0.3 * workers);
}

// ------------------------------------------------------------------------------------------------------------ one scan

/** Of one run. */
function scanAdded(node: PlanNode, around: Around): number {
  const read = readingOf(node, around);
  if (read === null) return 0;
  const { server, careful } = around.facts;
  const rows = rowsFetched(node, read, around);
  // How many runs the planner shared the pages among is not said: what it took for them is what it did not take for rows.
  const paid = around.loops > 1 ? Math.max(0, runCost(node) - rows * rowCost(node, around)) : read(rows, server);
  return read(rows, careful) - paid;
}

/** What a run pays for pages, by the rows that its index finds. */
type Reading = (rows: number, constants: Constants) => number;

function readingOf(node: PlanNode, { facts, total, loops }: Around): Reading | null {
  const index = node.index === null ? undefined : facts.index(node.index);
  const table = node.relation === null ? undefined : facts.table(node.relation);
  const { seq_page_cost: seq } = facts.server;
  switch (node.type) {
    case "Index Scan":
    case "Index Only Scan":
      if (table === undefined || index === undefined) return null;
      return (rows, constants) =>
        heapOf(
          {
            rows,
            loops,
            table,
            total: total + index.pages,
            seq,
            order: index.correlation ** 2,
            unseen: node.type === "Index Scan" ? 1 : 1 - table.visible / Math.max(1, table.pages),
          },
          constants,
        ) + leavesOf(rows, index, total, loops, constants);
    case "Bitmap Index Scan":
      return index === undefined ? null : (rows, constants) => leavesOf(rows, index, total, loops, constants);
    case "Bitmap Heap Scan":
      return table === undefined ? null : (rows, constants) => bitmapOf({ rows, loops, table, total, seq }, constants);
    default:
      return null;
  }
}

interface Heap {
  readonly rows: number;
  readonly loops: number;
  readonly table: TableFacts;
  readonly total: number;
  readonly seq: number;
}

/** Between rows that lie anywhere and rows in the index's order. */
function heapOf({ rows, loops, table, total, seq, order, unseen }: Heap & { readonly order: number; readonly unseen: number }, constants: Constants): number {
  const { random_page_cost: random } = constants;
  const together = Math.ceil((rows / Math.max(1, table.rows)) * table.pages);
  const anywhere = (pagesRead(rows * loops, table.pages, total, constants) * random) / loops;
  const inOrder = loops > 1 ? (pagesRead(together * loops, table.pages, total, constants) * random) / loops : random + Math.max(0, together - 1) * seq;
  return (anywhere + order * (Math.min(inOrder, anywhere) - anywhere)) * unseen;
}

function leavesOf(rows: number, index: IndexFacts, total: number, loops: number, constants: Constants): number {
  const pages = Math.max(1, Math.ceil((rows / Math.max(1, index.rows)) * index.pages));
  if (loops <= 1) return pages * constants.random_page_cost;
  return (pagesRead(pages * loops, index.pages, total + index.pages, constants) * constants.random_page_cost) / loops;
}

function bitmapOf({ rows, loops, table, total, seq }: Heap, constants: Constants): number {
  const pages = Math.max(
    1,
    loops > 1 ? pagesRead(rows * loops, table.pages, total, constants) / loops : (2 * table.pages * rows) / Math.max(1, 2 * table.pages + rows),
  );
  const each = constants.random_page_cost - (constants.random_page_cost - seq) * Math.sqrt(Math.min(1, pages / Math.max(1, table.pages)));
  return pages * each;
}

/** Mackert and Lohman's, as PostgreSQL has it: pages read for so many rows of a table, of which as many stay in memory as its part of all that is read. */
export function pagesRead(rows: number, pages: number, total: number, { effective_cache_size: memory }: Constants): number {
  const table = Math.max(1, pages);
  const kept = Math.max(1, Math.ceil((memory * table) / Math.max(table, total)));
  const once = (2 * table * rows) / (2 * table + rows);
  if (table <= kept) return Math.ceil(Math.min(once, table));
  const limit = (2 * table * kept) / (2 * table - kept);
  return Math.ceil(rows <= limit ? once : kept + ((rows - limit) * (table - kept)) / table);
}

/** Rows that a run's index finds: what the plan says; where a filter hides it, those of a usual value, and of a scan that is run once, as many as make its cost what it is. */
function rowsFetched(node: PlanNode, read: Reading, around: Around): number {
  const { facts, loops } = around;
  const below = node.type === "Bitmap Heap Scan" && node.children.length === 1 ? node.children[0] : node;
  if (below?.type === "Bitmap Index Scan" || (node.type !== "Bitmap Heap Scan" && node.conditions.filter === null))
    return (below?.planRows ?? 0) * sharingOf(node, around);
  const most = Math.max(1, facts.table(node.relation ?? "")?.rows ?? 1);
  const usual = loops > 1 && node.index !== null ? usualRows(node.conditions.index, facts.index(node.index)) : null;
  if (usual !== null) return Math.min(most, Math.max(usual, node.planRows));
  const [each, run] = [rowCost(node, around), runCost(node)];
  let [low, high] = [0, most];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (read(middle, facts.server) + middle * each < run) low = middle;
    else high = middle;
  }
  return low;
}

const STEPS = 40;

/** Of one value of each of the keys that the condition compares for equality. */
function usualRows(condition: string | null, index: IndexFacts | undefined): number | null {
  if (condition === null || index === undefined) return null;
  const compared = index.keys.filter(
    ({ column, distinct }) => distinct > 0 && new RegExp(`(?<![\\w.])"?${column.replaceAll(/\W/g, ".")}"? = `).test(condition),
  );
  return compared.length === 0 ? null : compared.reduce((rows, { distinct }) => rows / distinct, index.rows);
}

const runCost = ({ cost }: PlanNode): number => cost.total - cost.startup;

/** What each row that the index finds costs beside pages, shared among processes. */
function rowCost(node: PlanNode, around: Around): number {
  const { server } = around.facts;
  const operators = termsOf(node.conditions.index) + termsOf(node.conditions.filter);
  return (
    (server.cpu_tuple_cost + (node.type === "Bitmap Heap Scan" ? 0 : server.cpu_index_tuple_cost) + operators * server.cpu_operator_cost) /
    sharingOf(node, around)
  );
}

const sharingOf = (node: PlanNode, { sharing }: Around): number => (node.raw["Parallel Aware"] === true ? sharing : 1);

const termsOf = (condition: string | null): number => (condition === null ? 0 : condition.split(" AND ").length);
