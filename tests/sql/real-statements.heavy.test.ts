/** Statements of a real Django on a real PostgreSQL, seen from three sides: as Django wrote them, in the server's logs, and in pg_stat_statements. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LoggedSum, QueryShape } from "../../src/model/index.ts";
import { readStatementFiles, type StatementFiles } from "../../src/sources/statement-files.ts";
import { shapeKey, tablesOf } from "../../src/sql/compare-shapes.ts";
import { isForeignKeyCheck } from "../../src/sql/shape-facts.ts";
import { openSqlParser, type SqlParser } from "../../src/sql/open-parser.ts";
import { bookshop } from "../support/bookshop.ts";
import { ensurePythonEnv, startPostgres } from "../support/services.ts";

const SETTINGS = {
  logging_collector: "on",
  log_destination: "stderr,csvlog,jsonlog",
  log_min_duration_statement: "0",
  log_rotation_size: "0",
  session_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": "0",
  "auto_explain.log_format": "json",
  "auto_explain.log_analyze": "on",
  "auto_explain.log_buffers": "on",
  "auto_explain.sample_rate": "0.1",
  // One list length is one entry, and what is evicted cannot be compared.
  "pg_stat_statements.max": "50000",
};

type Extension = "log" | "csv" | "json";
const work = mkdtempSync(path.join(tmpdir(), "luthier-test-"));
const logs = new Map<Extension, StatementFiles>();
let parser: SqlParser;
let recorded: string[] = [];
let counted: { readonly query: string; readonly calls: number }[] = [];

beforeAll(async () => {
  parser = await openSqlParser();
  const { python } = await ensurePythonEnv({ requirements: "examples/bookshop/requirements.txt", directory: ".cache/venv" });
  const { cluster, stop } = await startPostgres({ settings: SETTINGS });
  try {
    const file = path.join(work, "recorded.jsonl");
    execFileSync(python, [path.resolve("tests/sql/send_statements.py"), file], { cwd: bookshop, env: { ...process.env, ...cluster.env }, stdio: "pipe" });
    recorded = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => String(JSON.parse(line)));
    const client = new Client({ connectionString: cluster.url });
    await client.connect();
    await client.query("CREATE EXTENSION pg_stat_statements");
    await sendPrepared(client);
    counted = (await client.query("SELECT query, calls::int FROM pg_stat_statements")).rows;
    await client.end();
    for (const extension of ["log", "csv", "json"] as const) logs.set(extension, await readStatementFiles(logFiles(cluster.directory, extension)));
  } finally {
    stop();
  }
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The extended protocol, with values that are hard to write down. */
async function sendPrepared(client: Client): Promise<void> {
  await client.query("CREATE TABLE prepared (id int, name text)");
  await client.query("SELECT id\nFROM prepared\n\tWHERE name = $1 AND id = ANY($2)", ["it's, $2 = 'x'\n\tnew", [1, 2]]);
  await client.query({ name: "counting", text: "SELECT count(*) FROM prepared WHERE id > $1 OR name = $2", values: [5, null] });
}

function logFiles(directory: string, extension: Extension): string[] {
  const folder = path.join(directory, "log");
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${extension}`))
    .map((name) => path.join(folder, name));
}

function read(extension: Extension): StatementFiles {
  const found = logs.get(extension);
  if (found === undefined) throw new Error(`no log ends in ${extension}`);
  return found;
}

function erased(sql: string): string | null {
  const shape = parser.shapeOf(sql);
  return shape === null ? null : shapeKey(shape, { constants: "erased" });
}

const isQuery = (sql: string): boolean => /^[\s(]*(SELECT|INSERT|UPDATE|DELETE|WITH|DECLARE|EXPLAIN)\b/i.test(sql);

/** The share of statements that pass, and those that do not. */
function share<T>(all: readonly T[], passes: (one: T) => boolean): { readonly share: number; readonly failing: readonly T[] } {
  const failing = all.filter((one) => !passes(one));
  return { share: all.length === 0 ? 0 : 1 - failing.length / all.length, failing };
}

describe("every statement is read", () => {
  it("as Django writes it", () => {
    const distinct = [...new Set(recorded)].filter(isQuery);
    expect(distinct.length).toBeGreaterThan(300);
    expect(share(distinct, (sql) => parser.shapeOf(sql) !== null).failing).toEqual([]);
  });

  it("as pg_stat_statements keeps it", () => {
    const queries = counted.map((one) => one.query).filter(isQuery);
    expect(queries.length).toBeGreaterThan(200);
    expect(share(queries, (sql) => parser.shapeOf(sql) !== null).failing).toEqual([]);
  });

  it("as the log has it", () => {
    expect(
      share(
        read("log").logged.filter((one) => isQuery(one.sql)),
        (one) => one.shape !== null,
      ).failing,
    ).toEqual([]);
  });
});

/** What was sent while the session had told the server not to count. */
function withoutCounting(sent: readonly string[]): ReadonlySet<string> {
  let isOff = false;
  const found = new Set<string>();
  for (const sql of sent) {
    if (/pg_stat_statements\.track/i.test(sql)) isOff = sql.startsWith("SET");
    else if (isOff) found.add(sql);
  }
  return found;
}

describe("one statement has one key on every side", () => {
  const sides = (): readonly string[] => [...new Set(recorded)].filter((sql) => isQuery(sql) && !sql.startsWith("EXPLAIN"));

  it("in pg_stat_statements", () => {
    const keys = new Set(counted.map((one) => erased(one.query)));
    const uncounted = withoutCounting(recorded);
    expect(uncounted.size).toBeGreaterThan(0);
    expect(
      share(
        sides().filter((sql) => !uncounted.has(sql)),
        (sql) => keys.has(erased(sql)),
      ).failing,
    ).toEqual([]);
  });

  it("in the log", () => {
    const keys = new Set(read("log").logged.map((one) => one.id));
    expect(share(sides(), (sql) => keys.has(erased(sql) ?? "")).failing).toEqual([]);
  });
});

describe("logs of three formats", () => {
  const figures = (sums: readonly LoggedSum[]) => new Map(sums.map((one) => [one.id, [one.calls, one.totalMs.toFixed(3), one.samples]]));

  it("say the same", () => {
    expect(read("log").logged.length).toBeGreaterThan(200);
    for (const extension of ["csv", "json"] as const) {
      expect(figures(read(extension).logged)).toEqual(figures(read("log").logged));
      expect(read(extension).plans.map((one) => [one.sql, one.executionMs, one.root])).toEqual(
        read("log").plans.map((one) => [one.sql, one.executionMs, one.root]),
      );
    }
  });

  it("leave nothing unread", () => {
    for (const extension of ["log", "csv", "json"] as const) expect(read(extension).notices).toEqual([]);
  });

  it("count calls as pg_stat_statements does", () => {
    const key = erased("SELECT count(*) FROM prepared WHERE id > $1 OR name = $2");
    expect(read("log").logged.find((one) => one.id === key)).toMatchObject({ calls: 1, samples: [["5", "NULL"]] });
    const reads = (shape: QueryShape | null): boolean =>
      shape !== null && shape.kind === "select" && !isForeignKeyCheck(shape) && tablesOf(shape).some(({ table }) => table.name === "catalog_publisher");
    const calls = (all: readonly { readonly calls: number }[]): number => all.reduce((sum, one) => sum + one.calls, 0);
    expect(calls(read("log").logged.filter((one) => reads(one.shape)))).toBe(calls(counted.filter((one) => reads(parser.shapeOf(one.query)))));
  });

  it("keep what parameters were", () => {
    const key = erased("SELECT id FROM prepared WHERE name = $1 AND id = ANY($2)");
    for (const extension of ["log", "csv", "json"] as const) {
      expect(read(extension).logged.find((one) => one.id === key)?.samples).toEqual([["it's, $2 = 'x'\n\tnew", "{1,2}"]]);
    }
  });

  it("hold the plans of auto_explain", () => {
    const { plans } = read("json");
    // A tenth of the statements, drawn by the server: nine deviations below the mean.
    expect(plans.length).toBeGreaterThan(100);
    // What an EXPLAIN of the application's own plans is not run.
    const own = plans.filter(({ sql }) => sql?.startsWith("EXPLAIN") !== true);
    expect(own.filter((one) => !one.isAnalyzed || one.sql === null || one.executionMs === null)).toEqual([]);
    expect(new Set(plans.map((one) => one.root.type)).size).toBeGreaterThan(5);
  });
});
