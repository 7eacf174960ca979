import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPlan } from "./read-plan.ts";
import { readPlanText } from "./read-plan-text.ts";

const scan = {
  "Node Type": "Seq Scan",
  "Relation Name": "book",
  Schema: "public",
  Alias: "b",
  "Startup Cost": 0,
  "Total Cost": 20.5,
  "Plan Rows": 100,
  "Plan Width": 8,
  Filter: "(a = 1)",
};
const explained = [
  {
    Plan: { ...scan, "Actual Rows": 2.5, "Actual Loops": 4, "Actual Total Time": 1.25, "Rows Removed by Filter": 99 },
    "Planning Time": 0.2,
    "Execution Time": 5.5,
    Triggers: [],
  },
];
const lines = JSON.stringify(explained, null, 2).split("\n");
const wide = Math.max(...lines.map((one) => one.length));
const printed = [
  "QUERY PLAN",
  "-".repeat(wide),
  ...lines.map((line, index) => ` ${index === lines.length - 1 ? line : `${line.padEnd(wide)}+`}`),
  "(1 row)",
  "",
].join("\n");

describe("a plan", () => {
  it("has its figures, fractions of rows too", () => {
    const [plan] = readPlanText(JSON.stringify(explained), "p.json").plans;
    expect(plan).toMatchObject({ sql: null, planningMs: 0.2, executionMs: 5.5, jitMs: null, isAnalyzed: true, source: { file: "p.json", line: 1 } });
    expect(plan?.root).toMatchObject({
      type: "Seq Scan",
      relation: "book",
      schema: "public",
      actualRows: 2.5,
      loops: 4,
      actualMs: 1.25,
      removedByFilter: 99,
      removedByJoinFilter: null,
      conditions: { filter: "(a = 1)", index: null },
      cost: { startup: 0, total: 20.5 },
    });
  });

  it("is not run without ANALYZE", () => {
    expect(readPlan({ Plan: scan }, { file: "", line: 1 })).toMatchObject({ isAnalyzed: false, root: { actualRows: null, loops: null, blocks: null } });
  });

  it("tells the time of sending from that of its nodes: in a log, and with SERIALIZE", () => {
    const run = { ...scan, "Actual Rows": 100, "Actual Loops": 1, "Actual Total Time": 21 };
    expect(readPlan({ Plan: run }, { file: "", line: 1 }, 445)?.sendingMs).toBe(424);
    expect(
      readPlan({ Plan: run, "Execution Time": 440, Serialization: { Time: 400, "Output Volume": 18_000, Format: "text" } }, { file: "", line: 1 })?.sendingMs,
    ).toBe(400);
    expect(readPlan({ Plan: run, "Execution Time": 22 }, { file: "", line: 1 })?.sendingMs).toBeNull();
    expect(readPlan({ Plan: scan }, { file: "", line: 1 }, 445)?.sendingMs).toBeNull();
    expect(readPlan({ Plan: { ...run, "Node Type": "ModifyTable" } }, { file: "", line: 1 }, 445)?.sendingMs).toBeNull();
  });

  it("says where sorts, hashes and caches went", () => {
    const root = (node: object) => readPlan({ Plan: { ...scan, ...node } }, { file: "", line: 1 })?.root;
    expect(root({ "Sort Key": ["a"], "Sort Method": "external merge", "Sort Space Used": 900, "Sort Space Type": "Disk" })?.sort).toEqual({
      keys: ["a"],
      method: "external merge",
      spaceKb: 900,
      space: "Disk",
    });
    expect(
      root({
        "Sort Key": ["a"],
        Workers: [
          { "Sort Method": "quicksort", "Sort Space Used": 25, "Sort Space Type": "Memory" },
          { "Sort Method": "external merge", "Sort Space Used": 800, "Sort Space Type": "Disk" },
        ],
      })?.sort?.space,
    ).toBe("Disk");
    expect(
      root({
        "Sort Key": ["a", "b"],
        "Presorted Key": ["a"],
        "Full-sort Groups": {
          "Group Count": 2,
          "Sort Methods Used": ["quicksort"],
          "Sort Space Memory": { "Average Sort Space Used": 20, "Peak Sort Space Used": 30 },
        },
      })?.sort,
    ).toMatchObject({ method: "quicksort", spaceKb: 30, space: "Memory" });
    expect(root({ "Hash Buckets": 1024, "Hash Batches": 4, "Original Hash Batches": 1, "Peak Memory Usage": 4096 })?.hash).toEqual({
      batches: 4,
      originalBatches: 1,
      memoryKb: 4096,
      diskKb: 0,
    });
    expect(root({ "HashAgg Batches": 5, "Peak Memory Usage": 4145, "Disk Usage": 2328 })?.hash).toEqual({
      batches: 5,
      originalBatches: 5,
      memoryKb: 4145,
      diskKb: 2328,
    });
    expect(root({ "Cache Hits": 9, "Cache Misses": 3, "Cache Evictions": 1, "Cache Overflows": 0 })?.cache).toEqual({ hits: 9, misses: 3, evictions: 1 });
  });

  it("adds up the time of reads, as 16 and as 17 say it", () => {
    const time = (node: object) => readPlan({ Plan: { ...scan, ...node } }, { file: "", line: 1 })?.root.readMs;
    expect(time({ "I/O Read Time": 3.5 })).toBe(3.5);
    expect(time({ "Shared I/O Read Time": 3, "Local I/O Read Time": 0.5 })).toBe(3.5);
    expect(time({})).toBeNull();
  });

  it("has JIT and triggers", () => {
    const jit = { Functions: 3, Timing: { Generation: { Deform: 0.1, Total: 1 }, Total: 12.5 } };
    const triggers = [{ "Trigger Name": "RI_ConstraintTrigger_c_1", "Constraint Name": "fk_book", Relation: "book", Time: 7.5, Calls: 100 }];
    expect(readPlan({ Plan: scan, JIT: jit, Triggers: triggers }, { file: "", line: 1 })).toMatchObject({
      jitMs: 12.5,
      triggers: [{ name: "fk_book", relation: "book", ms: 7.5, calls: 100 }],
    });
  });

  it("keeps all that was said of a node", () => {
    expect(readPlan({ Plan: { ...scan, Storage: "Disk", Plans: [scan] } }, { file: "", line: 1 })?.root).toMatchObject({
      raw: { Storage: "Disk" },
      children: [{ relation: "book" }],
    });
  });
});

describe("files of plans", () => {
  it("are read as psql prints them", () => {
    expect(readPlanText(printed, "p.txt")).toMatchObject({ plans: [{ executionMs: 5.5, source: { line: 3 } }], broken: 0 });
  });

  it("are read with a border, without a header, and from rows of JSON", () => {
    const bordered = lines.map((line) => `| ${line.padEnd(wide)}+|`).join("\n");
    for (const text of [
      bordered,
      lines.join("\r\n"),
      `\uFEFF${lines.join("\n")}`,
      JSON.stringify([{ "QUERY PLAN": explained }]),
      JSON.stringify([{ "QUERY PLAN": JSON.stringify(explained) }]),
    ])
      expect(readPlanText(text, "p").plans, text).toHaveLength(1);
  });

  it("may hold several, with other lines between", () => {
    expect(readPlanText(`${printed}\nTime: 3 ms\n${printed}\n${JSON.stringify([...explained, ...explained])}`, "p").plans).toHaveLength(4);
  });

  it("are counted where they cannot be read", () => {
    expect(readPlanText('[\n {"Plan": {"Node Type": "Seq', "p")).toMatchObject({ plans: [], broken: 1 });
    expect(readPlanText(" Seq Scan on book b  (cost=0.00..20.50 rows=100 width=8)\n   Filter: (a = 1)", "p")).toMatchObject({ plans: [], textual: 1 });
    expect(readPlanText(`[{"Plan":${'{"Node Type":"A","Plans":['.repeat(200_000)}`, "p").plans).toEqual([]);
  });

  it("are read in time, whatever stands in a line", () => {
    const started = performance.now();
    for (const text of [`{${" ".repeat(300_000)}x`, "[\n".repeat(100_000), "| ".repeat(100_000), "{}\n".repeat(50_000)]) readPlanText(text, "p");
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("never stop the program", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          fc.array(fc.constantFrom("[", "{", '"Plan":', '"Node Type": "X"', "}", "]", ",", "\n", "+", " "), { maxLength: 30 }).map((all) => all.join("")),
        ),
        (text) => {
          expect(readPlanText(text, "p").broken).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
