/** `check --plan --log --since-snapshot`: files as PostgreSQL writes them, beside a snapshot of a real server. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyse } from "../src/analyse.ts";
import { findDatabase } from "../src/cli/database.ts";
import type { Report } from "../src/model/index.ts";
import { writeSnapshot } from "../src/sources/snapshot-file.ts";
import { startDatabaseWorld, type BuiltDatabase, type DatabaseWorld } from "./support/database-world.ts";

const SCHEMA = `CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL);
INSERT INTO orders SELECT i, CASE WHEN i % 1000 = 0 THEN 'new' ELSE 'done' END FROM generate_series(1, 20000) i;
ANALYZE orders;`;

const LOG = `2026-11-26 09:00:00.000 UTC [123] LOG:  duration: 651.234 ms  statement: SELECT "id" FROM "orders" WHERE "state" = 'new'
2026-11-26 09:00:01.000 UTC [123] LOG:  duration: 648.766 ms  statement: SELECT "id" FROM "orders" WHERE "state" = 'done'
`;

let world: DatabaseWorld;
let built: BuiltDatabase;
let root: string;
const inRoot = (name: string): string => path.join(root, name);

beforeAll(async () => {
  world = await startDatabaseWorld();
  built = await world.build(SCHEMA);
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-statements-")));
  writeSnapshot(inRoot("snapshot.json.gz"), built.snapshot);
  const plan = built.run(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT "id" FROM "orders" WHERE "state" = 'new';`);
  writeFileSync(inRoot("plan.json"), plan);
  const [value] = JSON.parse(plan) as object[];
  writeFileSync(inRoot("with-text.json"), JSON.stringify({ "Query Text": `SELECT "id" FROM "orders" WHERE "state" = 'new'`, ...value }));
  writeFileSync(inRoot("postgresql.log"), LOG);
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  world.stop();
});

async function check(flags: Parameters<typeof findDatabase>[1]): Promise<Report> {
  const database = await findDatabase(root, { snapshot: inRoot("snapshot.json.gz"), ...flags }, root);
  expect(database).not.toBeNull();
  const options = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: { "plan.ms": 0 } };
  return analyse(database === null ? options : { ...options, database }, () => undefined);
}

describe("beside a snapshot", () => {
  test("a plan shows what it wasted, and where it was read", async () => {
    const report = await check({ plan: ["plan.json"] });
    const [finding] = report.findings.filter(({ rule }) => rule === "plan-rows-removed");
    expect(finding?.claim).toContain("reads 20,000 rows and keeps 20");
    expect(finding?.places.map(({ object }) => object)).toEqual(["in plan.json:1", "public.orders"]);
    expect(finding?.evidence[0]?.kind).toBe("measured");
  });

  test("a log gives statements where the server counts none, and a plan that says its statement belongs to one of them", async () => {
    const report = await check({ plan: ["with-text.json"], log: ["postgresql.log"] });
    const [top] = report.findings.filter(({ rule }) => rule === "top-statements");
    expect(top?.claim).toMatch(/takes (100|>99) % of the time of all statements: 2 calls of 650 ms/);
    const [removed] = report.findings.filter(({ rule }) => rule === "plan-rows-removed");
    expect(removed?.places[0]?.object).toBe(top?.places[0]?.object);
  });

  test("without plans the rules that read them say so", async () => {
    const { coverage } = await check({});
    expect(coverage.unknown.find(({ rule }) => rule === "plan-rows-removed")?.why).toMatch(/^needs plans/);
    expect(coverage.unknown.find(({ rule }) => rule === "plan-regression")?.why).toMatch(/^needs an earlier snapshot/);
  });

  test("an earlier snapshot of a server without statements is no base", async () => {
    const { coverage } = await check({ sinceSnapshot: "snapshot.json.gz" });
    expect(coverage.unknown.find(({ rule }) => rule === "plan-regression")?.why).toContain("pg_stat_statements");
  });

  test("values of rows in a plan are not repeated", async () => {
    const report = await check({ plan: ["plan.json"] });
    expect(JSON.stringify(report.findings)).not.toContain("'new'");
  });

  test("a log that says no durations is a notice of the report", async () => {
    writeFileSync(inRoot("silent.log"), "2026-11-26 09:00:00.000 UTC [123] LOG:  checkpoint starting: time\n");
    const { notices } = await check({ log: ["silent.log"] });
    expect(notices.map(({ message }) => message).join("\n")).toContain("says of no statement how long it took");
  });

  test("another plan is another stamp, so that no stored report is taken", async () => {
    const snapshot = inRoot("snapshot.json.gz");
    const [without, withPlan] = [await findDatabase(root, { snapshot }, root), await findDatabase(root, { snapshot, plan: ["plan.json"] }, root)];
    expect(without?.stamp).not.toBe(withPlan?.stamp);
  });
});

test("plans alone are refused: they name tables of which nothing is known", async () => {
  await expect(findDatabase(root, { plan: ["plan.json"] }, root)).rejects.toMatchObject({ code: "needs-snapshot" });
});
