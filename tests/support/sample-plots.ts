import type { PlanNode } from "../../src/model/plan.ts";
import type { Plot, PlotHead, WaterfallPlot } from "../../src/model/plot.ts";

interface NodeFacts extends Partial<Omit<PlanNode, "cost" | "children">> {
  readonly type: string;
  readonly total: number;
  readonly startup?: number;
  readonly children?: readonly PlanNode[];
}

/** A node of a plan; what is not said is not there. */
export function planNode({ total, startup = 0, children = [], ...facts }: NodeFacts): PlanNode {
  return {
    relation: null,
    schema: null,
    alias: null,
    index: null,
    parent: null,
    joinType: null,
    strategy: null,
    subplan: null,
    planRows: 1,
    planWidth: 8,
    actualRows: null,
    loops: null,
    actualMs: null,
    conditions: { index: null, recheck: null, filter: null, join: null, hash: null, merge: null },
    removedByFilter: null,
    removedByJoinFilter: null,
    removedByRecheck: null,
    heapFetches: null,
    exactBlocks: null,
    lossyBlocks: null,
    sort: null,
    hash: null,
    cache: null,
    workersPlanned: null,
    workersLaunched: null,
    subplansRemoved: null,
    blocks: null,
    readMs: null,
    raw: {},
    ...facts,
    cost: { startup, total },
    children,
  };
}

const NO_CONDITION = { index: null, recheck: null, filter: null, join: null, hash: null, merge: null };

const BEFORE = planNode({
  type: "Limit",
  total: 9418,
  planRows: 20,
  children: [
    planNode({
      type: "Sort",
      total: 9412,
      planRows: 2310,
      sort: { keys: ["placed_at DESC"], method: null, spaceKb: null, space: null },
      children: [
        planNode({
          type: "Bitmap Heap Scan",
          relation: "shop_order",
          total: 8090,
          planRows: 2310,
          conditions: { ...NO_CONDITION, recheck: "(customer_id = 17)" },
          children: [
            planNode({
              type: "Bitmap Index Scan",
              index: "shop_order_customer_id",
              total: 270,
              planRows: 2310,
              conditions: { ...NO_CONDITION, index: "(customer_id = 17)" },
            }),
          ],
        }),
      ],
    }),
  ],
});

const AFTER = planNode({
  type: "Limit",
  total: 86,
  planRows: 20,
  children: [
    planNode({
      type: "Index Scan",
      relation: "shop_order",
      index: "order_customer_newest",
      total: 85,
      planRows: 20,
      conditions: { ...NO_CONDITION, index: "(customer_id = 17)" },
    }),
  ],
});

/** As EXPLAIN (FORMAT JSON) writes it. */
const EXPLAINED = JSON.stringify([
  {
    Plan: {
      "Node Type": "Limit",
      "Startup Cost": 9412,
      "Total Cost": 9418,
      "Plan Rows": 20,
      "Plan Width": 212,
      Plans: [
        {
          "Node Type": "Sort",
          "Parent Relationship": "Outer",
          "Startup Cost": 9406,
          "Total Cost": 9412,
          "Plan Rows": 2310,
          "Plan Width": 212,
          "Sort Key": ["placed_at DESC"],
          Plans: [
            {
              "Node Type": "Bitmap Heap Scan",
              "Parent Relationship": "Outer",
              "Relation Name": "shop_order",
              Alias: "shop_order",
              "Startup Cost": 270,
              "Total Cost": 8090,
              "Plan Rows": 2310,
              "Plan Width": 212,
              "Recheck Cond": "(customer_id = 17)",
              Plans: [
                {
                  "Node Type": "Bitmap Index Scan",
                  "Parent Relationship": "Outer",
                  "Index Name": "shop_order_customer_id",
                  "Startup Cost": 0,
                  "Total Cost": 270,
                  "Plan Rows": 2310,
                  "Plan Width": 0,
                  "Index Cond": "(customer_id = 17)",
                },
              ],
            },
          ],
        },
      ],
    },
  },
]);

const SINGLES: readonly (readonly [string, number, number])[] = [
  ["session by key", 3, 0.8],
  ["user by key", 6, 0.6],
  ["permissions of the user", 9, 1.2],
  ["feature flags", 12, 0.7],
  ["count of orders", 18, 6.1],
  ["orders, first 25", 27, 14],
  ["save session", 331, 1.3],
];
const LOOP: readonly (readonly [string, number, string])[] = [
  ["customer by key", 1.7, "SELECT * FROM shop_customer WHERE id = $1"],
  ["address by key", 1.6, "SELECT * FROM shop_address WHERE id = $1"],
  ["count of lines", 1.7, "SELECT COUNT(*) FROM shop_orderline WHERE order_id = $1"],
];

const WATERFALL: Omit<WaterfallPlot, keyof PlotHead> = {
  kind: "waterfall",
  label: "GET /orders/",
  duration: 342,
  more: 0,
  statements: [
    ...SINGLES.map(([label, at, duration]) => ({ label, at, duration, sql: `SELECT ${label}`, group: null, place: "shop/views/orders.py:31" })),
    ...Array.from({ length: 25 }, (_, row) =>
      LOOP.map(([label, duration, sql], step) => ({
        label,
        at: 50 + row * 11.05 + step * 3.4,
        duration,
        sql,
        group: "rows",
        place: "shop/templates/orders/_row.html:4",
      })),
    ).flat(),
  ],
};

const COLUMNS = ["id", "customer_id", "status", "placed_at", "updated_at", "reference"];

const TTL_SECONDS = Array.from({ length: 60 }, (_, index) => Math.round(3600 ** (index / 59) * 100) / 100);

/** Plots by the section that they stand in; `overview` for the first page. */
export const SAMPLE_PLOTS: Readonly<Record<string, readonly Plot[]>> = {
  overview: [
    {
      kind: "bars",
      question: "What does the database spend its 48 seconds on?",
      answer: "Rows loaded one by one and two missing indexes are 60 %. For 16 % of the time Luthier has nothing to say.",
      source: "`pg_stat_statements`, 18 days",
      unit: "s/min",
      bars: [
        { label: "Rows loaded one by one", value: 17.3, tone: "found", finding: "k3f90123456789" },
        { label: "Missing or wrong index", value: 11.5, tone: "found", finding: "p81c0123456789" },
        { label: "Counting and deep pages", value: 5.3, tone: "found" },
        { label: "Reads a cache would serve", value: 3.8, tone: "found", finding: "c7b10123456789" },
        { label: "Columns that nobody reads", value: 2.4, tone: "found" },
        { label: "No remedy", value: 7.7, tone: "other", note: "214 statements" },
      ],
    },
    {
      kind: "models",
      question: "Which relations does the code follow one row at a time?",
      answer: "Four of nine. The orders list walks customer and address; any page that prints a book walks its authors.",
      source: "recording of 12,480 requests",
      models: [
        { label: "OrderLine", rows: 21_400_000 },
        { label: "Order", rows: 4_100_000 },
        { label: "Customer", rows: 880_000 },
        { label: "Address", rows: 1_200_000 },
        { label: "Review", rows: 2_600_000 },
        { label: "Book", rows: 310_000 },
        { label: "Author", rows: 96_000 },
        { label: "StockItem", rows: 1_100_000 },
        { label: "Warehouse", rows: 14 },
        { label: "Publisher", rows: null },
      ],
      edges: [
        { child: "Order", parent: "Customer", field: "customer", weight: 5, manner: "per-row", finding: "k3f90123456789" },
        { child: "Customer", parent: "Address", field: "address", weight: 4.8, manner: "per-row", finding: "k3f90123456789" },
        { child: "OrderLine", parent: "Order", field: "order", weight: 4.9, manner: "per-row" },
        { child: "Book", parent: "Author", field: "authors", weight: 2.6, manner: "per-row" },
        { child: "OrderLine", parent: "Book", field: "book", weight: 0.9, manner: "joined" },
        { child: "Review", parent: "Book", field: "book", weight: 0.5, manner: "joined" },
        { child: "StockItem", parent: "Book", field: "book", weight: 0.3, manner: "joined" },
        { child: "Book", parent: "Publisher", field: "publisher", weight: 0.2, manner: "joined" },
        { child: "StockItem", parent: "Warehouse", field: "warehouse", weight: null, manner: "not-followed" },
      ],
    },
    {
      kind: "bars",
      question: "Which lines send what the database works on?",
      answer: "Three lines send 46 % of its time; the first two are in the orders list.",
      source: "recording of 12,480 requests",
      unit: "s",
      bars: [
        { label: "shop/templates/orders/_row.html:4", value: 10.1, tone: "found", finding: "k3f90123456789" },
        { label: "shop/templates/orders/_row.html:9", value: 4.9, tone: "found" },
        { label: "shop/views/account.py:22", value: 8.6, tone: "found" },
        { label: "catalog/views/front.py:18", value: 3.8, tone: "other" },
        { label: "shop/management/commands/import_publisher_catalogue.py:118", value: 2.1, tone: "other" },
      ],
    },
    {
      kind: "sizes",
      question: "Which tables hold the 14.2 GB?",
      answer: "`shop_orderline` and its indexes hold 31 %, 210 MB more than 18 days ago.",
      source: "snapshot of 15:31",
      tables: [
        { name: "shop_orderline", rows: 21_400_000, heap: 2.9e9, indexes: 1.5e9, toast: 0, earlier: 4.19e9 },
        { name: "shop_order", rows: 4_100_000, heap: 1.2e9, indexes: 0.58e9, toast: 0.1e9, earlier: 1.8e9 },
        { name: "reviews_review", rows: 2_600_000, heap: 0.5e9, indexes: 0.21e9, toast: 0.9e9, earlier: null },
        { name: "catalog_book", rows: 310_000, heap: 0.12e9, indexes: 0.2e9, toast: 0.7e9, earlier: 1.1e9 },
        { name: "shop_customer", rows: null, heap: 0.3e9, indexes: 0.12e9, toast: 0, earlier: null },
      ],
    },
  ],
  "1.2": [
    {
      kind: "plans",
      finding: "p81c0123456789",
      question: "Why is it slow, and what changes?",
      answer: "83 % of the cost is reading 2,310 orders to keep 20; with the index 20 are read.",
      source: "planned on production's statistics, PostgreSQL 16.4",
      statement: "SELECT * FROM shop_order WHERE customer_id = $1 ORDER BY placed_at DESC LIMIT 20",
      before: { title: "Today", root: BEFORE, json: EXPLAINED, basis: "cost" },
      after: { title: "With the index", root: AFTER, json: null, basis: "cost" },
      change: "CREATE INDEX CONCURRENTLY order_customer_newest ON shop_order (customer_id, placed_at DESC);",
    },
    {
      kind: "index-map",
      question: "shop_order: has each way in an index, and each index a use?",
      answer: "Two of five statements lack one; three of five indexes can go. After the change: four indexes, 188 MB less.",
      source: "1,204 statements, snapshot of 15:31",
      table: "shop_order",
      columns: COLUMNS,
      statements: [
        { id: "a", label: "get by id", share: 0.04, marks: [{ column: "id", mark: "=" }] },
        {
          id: "b",
          label: "a customer's newest",
          share: 0.86,
          marks: [
            { column: "customer_id", mark: "=" },
            { column: "placed_at", mark: "↓" },
          ],
        },
        { id: "c", label: "get by reference", share: 0.01, marks: [{ column: "reference", mark: "=" }] },
        {
          id: "d",
          label: "open since",
          share: 0.07,
          marks: [
            { column: "status", mark: "=" },
            { column: "placed_at", mark: "<" },
          ],
        },
        { id: "e", label: "changed since", share: null, marks: [{ column: "updated_at", mark: "<" }] },
      ],
      indexes: [
        { name: "shop_order_pkey", positions: [{ column: "id", position: 1 }], verdict: "keep", bytes: 92e6, scans: 2900, why: "2,900 scans a minute" },
        {
          name: "customer_id",
          positions: [{ column: "customer_id", position: 1 }],
          verdict: "drop",
          bytes: 118e6,
          scans: 412,
          why: "covered by order_customer_newest",
        },
        { name: "status", positions: [{ column: "status", position: 1 }], verdict: "drop", bytes: 31e6, scans: 36, why: "replaced by open_placed" },
        {
          name: "reference_uniq",
          positions: [{ column: "reference", position: 1 }],
          verdict: "keep",
          bytes: 168e6,
          scans: 55,
          why: "unique, 55 scans a minute",
        },
        {
          name: "shop_order_reference_like",
          positions: [{ column: "reference", position: 1 }],
          verdict: "unjudged",
          bytes: 168e6,
          scans: 0,
          why: "no scan here; the replica was not read",
        },
        {
          name: "order_customer_newest",
          positions: [
            { column: "customer_id", position: 1 },
            { column: "placed_at", position: 2 },
          ],
          verdict: "add",
          bytes: 126e6,
          scans: null,
          why: "for 412 calls a minute",
        },
        {
          name: "open_placed",
          positions: [
            { column: "status", position: 1 },
            { column: "placed_at", position: 2 },
            { column: "reference", position: "include" },
          ],
          verdict: "add",
          bytes: 3e6,
          scans: null,
          why: "status = open alone",
        },
      ],
    },
  ],
  "2.4": [
    {
      ...WATERFALL,
      question: "What does one request to GET /orders/ do?",
      answer: "It asks 82 times; 75 of those are three statements repeated for 25 rows, 125 of 342 ms.",
      source: "the median of 4,861 recorded requests",
    },
    {
      kind: "endpoints",
      question: "Which endpoints grow with their page?",
      answer: "Two of four: GET /orders/ sends 3 queries a row, GET /reviews/ one.",
      source: "recording of 12,480 requests",
      endpoints: [
        {
          label: "GET /orders/",
          slope: 3,
          points: [
            { rows: 5, queries: 22 },
            { rows: 25, queries: 82 },
          ],
        },
        {
          label: "GET /reviews/",
          slope: 1,
          points: [
            { rows: 4, queries: 9 },
            { rows: 10, queries: 15 },
            { rows: 18, queries: 23 },
          ],
        },
        {
          label: "GET /books/",
          slope: 0,
          points: [
            { rows: 5, queries: 4 },
            { rows: 20, queries: 4 },
          ],
        },
        { label: "GET /authors/<id>/", slope: null, points: [{ rows: 12, queries: 6 }] },
      ],
    },
  ],
  "4.2": [
    {
      kind: "connections",
      question: "Can the app ask for more connections than the server has?",
      answer: "Yes: 222 against 200. At the recorded peak 96 were in use; a pool of 3 per process caps demand at 132.",
      source: "`compose.yaml`, `gunicorn.conf.py`, `pg_settings`",
      limit: 200,
      limitNote: "max_connections",
      peak: 96,
      stacks: [
        {
          label: "Today",
          parts: [
            { label: "web", count: 180 },
            { label: "celery", count: 32 },
            { label: "cron", count: 4 },
            { label: "monitoring", count: 3 },
            { label: "reserved", count: 3 },
          ],
        },
        {
          label: "Proposed",
          parts: [
            { label: "web", count: 90 },
            { label: "celery", count: 32 },
            { label: "cron", count: 4 },
            { label: "monitoring", count: 3 },
            { label: "reserved", count: 3 },
          ],
        },
      ],
    },
  ],
  "5.1": [
    {
      kind: "dead-rows",
      question: "Does autovacuum keep up?",
      answer: "With two of three tables. `shop_orderline` stands at 2.1 times its trigger.",
      source: "three snapshots",
      tables: [
        {
          name: "shop_orderline",
          trigger: 1_470_000,
          points: [
            { at: "2026-11-04T15:00:00Z", dead: 900_000 },
            { at: "2026-11-13T15:00:00Z", dead: 2_000_000 },
            { at: "2026-11-22T15:31:00Z", dead: 3_100_000 },
          ],
        },
        {
          name: "shop_order",
          trigger: 820_000,
          points: [
            { at: "2026-11-04T15:00:00Z", dead: 610_000 },
            { at: "2026-11-13T15:00:00Z", dead: 90_000 },
            { at: "2026-11-22T15:31:00Z", dead: 402_000 },
          ],
        },
        { name: "shop_customer", trigger: 176_000, points: [{ at: "2026-11-22T15:31:00Z", dead: 21_000 }] },
      ],
    },
  ],
  "2.3": [
    {
      kind: "ttl",
      finding: "c7b10123456789",
      question: "How long should the bestseller list be cached?",
      answer: "60 s. Shorter loses hits; longer serves old ranks for few more hits.",
      source: "9,214 recorded calls and 388 writes, replayed",
      label: "bestsellers",
      seconds: TTL_SECONDS,
      hits: TTL_SECONDS.map((seconds) => seconds / (seconds + 28)),
      stale: TTL_SECONDS.map((seconds) => (seconds / (seconds + 28)) * (seconds / (seconds + 900))),
      breakEven: 0.31,
      chosen: 60,
    },
  ],
};
