import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../model/plan.ts";
import type { LoggedStatement } from "../../model/workload.ts";
import { logTime } from "./log-entry.ts";
import { readParameters } from "./parameters.ts";
import { type LogCounts, logFormat, readLog } from "./read-log.ts";

interface Read {
  readonly statements: LoggedStatement[];
  readonly plans: Plan[];
  readonly counts: LogCounts;
}

function read(text: string, size = text.length): Read {
  const statements: LoggedStatement[] = [];
  const plans: Plan[] = [];
  const reader = readLog(logFormat(text) ?? "stderr", "pg.log", { statement: (one) => statements.push(one), plan: (one) => plans.push(one) });
  for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
  return { statements, plans, counts: reader.end() };
}

const plan = '{\n  "Query Text": "select 1",\n  "Plan": {\n    "Node Type": "Result", "Plan Rows": 1\n  }\n}';
const tabbed = (text: string): string => text.replaceAll("\n", "\n\t");
const stderr = (prefix: string): string =>
  [
    `${prefix}LOG:  duration: 0.458 ms  statement: ${tabbed("select *\nfrom t\n\twhere name = 'LOG:  x'")}`,
    `${prefix}LOG:  duration: 0.053 ms  parse <unnamed>: select $1`,
    `${prefix}LOG:  duration: 0.138 ms  bind <unnamed>: select $1`,
    `${prefix}DETAIL:  parameters: $1 = 'b'`,
    `${prefix}LOG:  duration: 2 ms  execute <unnamed>: select $1, $2`,
    `${prefix}DETAIL:  ${tabbed("Parameters: $1 = 'it''s, $2 = ''x''\nnew', $2 = NULL")}`,
    `${prefix}LOG:  duration: 7.5 ms  plan:`,
    `\t${tabbed(plan)}`,
    `${prefix}ERROR:  division by zero`,
    `${prefix}STATEMENT:  select 1/0`,
    "",
  ].join("\n");

const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const csvLine = (message: string, detail = "", columns = 26): string =>
  [
    "2026-11-26 23:09:46.299 UTC",
    '"me"',
    '"shop"',
    "11677",
    '"127.0.0.1:1"',
    "6b08bc3a.2d9d",
    "1",
    '"SELECT"',
    "2026-11-26 23:09:46 UTC",
    "3/0",
    "0",
    "LOG",
    "00000",
    quote(message),
    detail === "" ? "" : quote(detail),
    ...Array<string>(7).fill(""),
    '"my, app"',
    ...['"client backend"', "", "5"].slice(0, columns - 23),
  ].join(",");
const jsonLine = (message: string, detail?: string): string =>
  JSON.stringify({
    timestamp: "2026-11-26 23:09:46.299 UTC",
    dbname: "shop",
    session_id: "6b08bc3a.2d9d",
    error_severity: "LOG",
    message,
    detail,
    application_name: "my app",
  });

describe("a log as text", () => {
  const prefixes = {
    default: "2026-11-26 23:09:46.299 UTC [11677] ",
    pgbadger: "2026-11-26 23:09:46 UTC [11677]: [3-1] user=me,db=shop,app=my app,client=127.0.0.1 ",
    hosted: "2026-11-26 23:09:46 UTC:10.0.0.3(5432):me@shop:[11677]:",
    none: "",
    epoch: "1795734586.299 6b08bc3a.2d9d ",
  };

  it.each(Object.entries(prefixes))("is read with the prefix %s", (_name, prefix) => {
    const { statements, plans, counts } = read(stderr(prefix));
    expect(statements.map((one) => [one.sql, one.ms, one.parameters])).toEqual([
      ["select *\nfrom t\n\twhere name = 'LOG:  x'", 0.458, []],
      ["select $1, $2", 2, ["it's, $2 = 'x'\nnew", "NULL"]],
    ]);
    expect(plans).toMatchObject([{ sql: "select 1", executionMs: 7.5, root: { type: "Result" } }]);
    expect(counts).toMatchObject({ statements: 2, plans: 1, otherPlans: 0, broken: 0 });
    expect(statements.map((one) => one.source.line)).toEqual([1, 7]);
  });

  it("takes time, database and application from the prefix", () => {
    expect(read(stderr(prefixes.pgbadger)).statements[0]).toMatchObject({ at: "2026-11-26T23:09:46Z", database: "shop", application: "my app" });
    expect(read(stderr(prefixes.hosted)).statements[0]).toMatchObject({ database: "shop", application: null });
    expect(read(stderr(prefixes.epoch)).statements[0]?.at).toBe("2026-11-26T23:09:46.299Z");
    expect(read(stderr(prefixes.none)).statements[0]).toMatchObject({ at: null, database: null, application: null });
  });

  it("is the same whatever the pieces are", () => {
    const text = stderr(prefixes.default);
    for (const size of [1, 7, 64]) expect(read(text, size)).toEqual(read(text));
    expect(read(text.replaceAll("\n", "\r\n")).statements).toEqual(read(text).statements);
  });

  it("counts plans that are not JSON", () => {
    const text = "LOG:  duration: 1 ms  plan:\n\tQuery Text: select 1\n\tResult  (cost=0.00..0.01 rows=1 width=4)\n";
    expect(read(text).counts).toMatchObject({ plans: 0, otherPlans: 1 });
    expect(read('LOG:  duration: 1 ms  plan:\n\t{ "Plan": \n').counts).toMatchObject({ brokenPlans: 1 });
  });

  it("joins a time to its session's statement, and to no other", () => {
    const line = (session: number, text: string): string => `2026-11-26 23:09:46.299 UTC [${session}] LOG:  ${text}\n`;
    const text =
      line(1, "statement: select 1") + line(2, "execute s: select 2") + line(1, "duration: 5 ms") + line(2, "duration: 6 ms") + line(2, "duration: 7 ms");
    expect(read(text)).toMatchObject({
      statements: [
        { sql: "select 1", ms: 5 },
        { sql: "select 2", ms: 6 },
      ],
      counts: { loneDurations: 1 },
    });
    expect(read("LOG:  statement: select 1\nLOG:  duration: 5 ms\n")).toMatchObject({ statements: [], counts: { loneDurations: 1 } });
  });

  it("takes what EXECUTE runs from the detail", () => {
    const text = "LOG:  duration: 1 ms  statement: execute p1(3)\nDETAIL:  prepare: prepare p1 as select * from t where id = $1\n";
    expect(read(text).statements.map((one) => one.sql)).toEqual(["prepare p1 as select * from t where id = $1"]);
  });
});

describe("logs as CSV and JSON", () => {
  const csv = (columns: number): string =>
    [
      csvLine("duration: 1.5 ms  statement: select 'a\"b',\n2", "", columns),
      csvLine("duration: 2 ms  execute s1: select $1", "parameters: $1 = '5'", columns),
      csvLine(`duration: 7.5 ms  plan:\n${plan}`, "", columns),
      "",
    ].join("\n");
  const json = [
    jsonLine("duration: 1.5 ms  statement: select 'a\"b',\n2"),
    jsonLine("duration: 2 ms  execute s1: select $1", "parameters: $1 = '5'"),
    jsonLine(`duration: 7.5 ms  plan:\n${plan}`),
    "",
  ].join("\n");

  it.each([
    ["csv of 12", csv(23), "my, app"],
    ["csv of 13", csv(24), "my, app"],
    ["csv", csv(26), "my, app"],
    ["json", json, "my app"],
  ])("are read: %s", (_name, text, application) => {
    const { statements, plans, counts } = read(text);
    const common = { at: "2026-11-26T23:09:46.299Z", database: "shop", application };
    expect(statements).toMatchObject([
      { sql: "select 'a\"b',\n2", ms: 1.5, ...common },
      { sql: "select $1", parameters: ["5"], ...common },
    ]);
    expect(plans).toMatchObject([{ executionMs: 7.5 }]);
    expect(counts).toMatchObject({ entries: 3, broken: 0 });
    for (const size of [1, 5]) expect(read(text, size)).toEqual(read(text));
  });

  it("know the line of each message", () => {
    expect(read(csv(26)).statements.map((one) => one.source.line)).toEqual([1, 3]);
    expect(read(json).statements.map((one) => one.source.line)).toEqual([1, 2]);
  });

  it("count what is broken", () => {
    expect(read(`${json}{"error_severity":\n`).counts.broken).toBe(1);
    expect(read(`${csv(26)}2026-11-26,1,2\n`).counts.broken).toBe(1);
  });
});

describe("pieces of a log", () => {
  it("tells the formats apart", () => {
    expect(logFormat(csvLine("x"))).toBe("csv");
    expect(logFormat(jsonLine("x"))).toBe("json");
    expect(logFormat("2026-11-26 23:09:46.299 UTC [1] LOG:  x")).toBe("stderr");
    expect(logFormat('[{"Plan": {}}]')).toBeNull();
    expect(logFormat("")).toBeNull();
  });

  it("turns times into UTC where the zone is sure", () => {
    expect(logTime("2026-11-26 23:09:46.299 UTC")).toBe("2026-11-26T23:09:46.299Z");
    expect(logTime("2026-11-26 23:09:46 +02")).toBe("2026-11-26T21:09:46.000Z");
    expect(logTime("2026-11-26 23:09:46 CEST")).toBe("2026-11-26T23:09:46");
    expect(logTime("x")).toBeNull();
  });

  it("reads parameters, also those that the server cut", () => {
    expect(readParameters("Parameters: $1 = 'a''b'..., $2 = NULL, $3 = ''")).toEqual(["a'b...", "NULL", ""]);
    expect(readParameters("something else")).toEqual([]);
    expect(readParameters("parameters: $1 = 'open")).toEqual(["open"]);
  });

  it("never stops the program", () => {
    const pieces = [
      "LOG:  ",
      "duration: 1 ms  ",
      "statement: ",
      "plan:\n",
      '"',
      ",",
      "\n",
      "\t",
      "{",
      "}",
      "DETAIL:  ",
      "parameters: $1 = '",
      "[1] ",
      "x",
      '{"error_severity":"LOG"}',
      "2026-11-26 23:09:46 UTC,,",
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 30 }).map((all) => all.join("")),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom("stderr" as const, "csv" as const, "json" as const),
        (text, size, format) => {
          const reader = readLog(format, "f", { statement: () => {}, plan: () => {} });
          for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
          expect(reader.end().entries).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
