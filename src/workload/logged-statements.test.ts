import { beforeAll, describe, expect, it } from "vitest";
import type { LoggedStatement, Plan } from "../model/index.ts";
import { foldLiterals } from "../sql/fold-literals.ts";
import { openSqlParser, type SqlParser } from "../sql/open-parser.ts";
import { keepPlans } from "./logged-plans.ts";
import { tallyLogged } from "./logged-statements.ts";
import { keyStatements } from "./statement-keys.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

const logged = (sql: string, ms: number, more: Partial<LoggedStatement> = {}): LoggedStatement => ({
  sql,
  ms,
  parameters: [],
  at: null,
  database: null,
  application: null,
  source: { file: "pg.log", line: 1 },
  ...more,
});

describe("statements of a log", () => {
  it("are added up by shape, whatever their values", () => {
    const tally = tallyLogged(keyStatements(parser));
    tally.add(logged("SELECT a FROM t WHERE id = 100 AND b IN ('x', 'y')", 2, { at: "2026-01-01T00:00:00Z" }));
    tally.add(logged("select t.a from t where t.id = $1 and b in ($2)", 4, { parameters: ["7", "it's"], at: "2026-01-02T00:00:00Z" }));
    tally.add(logged("SELECT a FROM t WHERE id = 5 AND b IN ('x')", 9));
    tally.add(logged("SELECT b FROM t", 40));
    const [slow, common, ...others] = tally.sums();
    expect(others).toEqual([]);
    expect(slow).toMatchObject({ sql: "SELECT b FROM t", calls: 1, totalMs: 40, deviationMs: null });
    expect(common).toMatchObject({
      calls: 3,
      totalMs: 15,
      meanMs: 5,
      seenIn: ["log"],
      rows: null,
      first: "2026-01-01T00:00:00Z",
      last: "2026-01-02T00:00:00Z",
    });
    expect(common?.deviationMs).toBeCloseTo(Math.sqrt((9 + 1 + 16) / 3));
    expect(common?.samples).toEqual([
      ["100", "x", "y"],
      ["7", "it's"],
      ["5", "x"],
    ]);
  });

  it("keep few samples, and short ones", () => {
    const tally = tallyLogged(keyStatements(parser));
    for (let index = 0; index < 20; index += 1) tally.add(logged("SELECT a FROM t WHERE b = $1", 1, { parameters: [`${index % 15}${"x".repeat(1000)}`] }));
    expect(tally.sums()[0]?.samples).toHaveLength(5);
    expect(tally.sums()[0]?.samples[0]?.[0]).toHaveLength(200);
  });

  it("have one entry for commands with names of their own", () => {
    const tally = tallyLogged(keyStatements(parser));
    for (const sql of ["SAVEPOINT s1_x1", "SAVEPOINT s1_x2", "COMMIT", "FETCH FORWARD 100 FROM c1", "FETCH FORWARD 100 FROM c2"]) tally.add(logged(sql, 1));
    expect(tally.sums().map((one) => [one.sql, one.calls, one.shape])).toEqual([
      ["SAVEPOINT s1_x1", 2, null],
      ["FETCH FORWARD 100 FROM c1", 2, null],
      ["COMMIT", 1, null],
    ]);
  });

  it("are counted where there is no room", () => {
    const tally = tallyLogged(keyStatements(parser));
    for (let index = 0; index < 20_010; index += 1) tally.add(logged(`no statement "n${index}"`, 1));
    expect(tally.sums()).toHaveLength(20_000);
    expect(tally.dropped()).toBe(10);
  });
});

describe("text without literals", () => {
  it("keeps names, parameters and short numbers", () => {
    expect(foldLiterals(`SELECT "a1", t3.b FROM t3 WHERE c = 'it''s' AND d = 12345 AND e > 1.5e AND f = $12 ORDER BY 2 -- 1234`)).toEqual({
      text: `SELECT "a1", t3.b FROM t3 WHERE c = '' AND d = 0 AND e > 0e AND f = $12 ORDER BY 2 -- 1234`,
      literals: ["it's", "12345", "1.5", "2"],
    });
    expect(foldLiterals("SELECT 'open")).toMatchObject({ text: "SELECT ''" });
  });
});

describe("plans of a log", () => {
  const plan = (sql: string, type: string, executionMs: number): Plan => ({
    sql,
    executionMs,
    source: { file: "pg.log", line: 1 },
    planningMs: null,
    sendingMs: null,
    jitMs: null,
    triggers: [],
    isAnalyzed: true,
    root: { type, relation: "t", index: null, children: [] } as unknown as Plan["root"],
  });

  it("are the slowest of each statement and each way of running it", () => {
    const keeper = keepPlans(keyStatements(parser));
    for (const one of [
      plan("SELECT 1 WHERE a = 'x'", "Seq Scan", 5),
      plan("SELECT 1 WHERE a = 'y'", "Seq Scan", 8),
      plan("SELECT 1 WHERE a = 'z'", "Index Scan", 1),
    ])
      keeper.add(one);
    expect(keeper.plans().map((one) => [one.root.type, one.executionMs])).toEqual([
      ["Seq Scan", 8],
      ["Index Scan", 1],
    ]);
  });
});
