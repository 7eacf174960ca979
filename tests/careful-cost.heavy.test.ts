/** A plan's price with little memory, against the planner's own where it can be made to keep to the plan. */
import { expect, test } from "vitest";
import { carefulCost } from "../src/advisors/indexes/careful-cost.ts";
import { costFacts } from "../src/advisors/indexes/cost-facts.ts";
import { planKey } from "../src/advisors/indexes/verdict.ts";
import type { Plan } from "../src/model/index.ts";
import { readPlan } from "../src/postgres/plans/read-plan.ts";
import { buildDatabase, NO_SOURCE } from "../src/workload/database.ts";
import { execute, look, startDebian, withClient } from "./support/servers.ts";

const SHOP = `
CREATE TABLE customer (id int, country int, note text);
CREATE TABLE purchase (id int, customer_id int, placed int, status int, note text);
INSERT INTO customer SELECT n, n % 50, repeat('x', 60) FROM generate_series(1, 20000) n;
INSERT INTO purchase SELECT n, 1 + (n * 7919::bigint) % 20000, n / 100, n % 7, repeat('y', 80) FROM generate_series(1, 300000) n;
CREATE INDEX purchase_customer ON purchase (customer_id);
CREATE INDEX purchase_placed ON purchase (placed);
CREATE INDEX purchase_status ON purchase (status);
VACUUM ANALYZE`;

/** Memory for a sixth of the table, and a machine that is said to have plenty. */
const SMALL = "4MB";

const STATEMENTS = [
  "SELECT count(p.note) FROM customer c JOIN purchase p ON p.customer_id = c.id WHERE c.country = 7",
  "SELECT count(p.note) FROM customer c JOIN purchase p ON p.customer_id = c.id",
  "SELECT count(p.note) FROM customer c JOIN purchase p ON p.customer_id = c.id WHERE c.country < 5 AND p.status = 3",
  "SELECT note FROM purchase WHERE placed BETWEEN 100 AND 400",
  "SELECT note FROM purchase WHERE status = 3",
  "SELECT note FROM purchase ORDER BY placed LIMIT 500",
  "SELECT count(*) FROM customer",
];

/** No way to join but the one, so that the plan stays. */
const HELD = [
  "SET enable_hashjoin = off",
  "SET enable_mergejoin = off",
  "SET enable_memoize = off",
  "SET enable_material = off",
  "SET max_parallel_workers_per_gather = 0",
  "SET jit = off",
];

test("the price is the planner's own, where the planner takes the plan", async () => {
  const { cluster, stop } = await startDebian({ settings: { shared_buffers: SMALL } });
  try {
    for (const statement of SHOP.split(/;\n/)) await execute(cluster.url, statement);
    const database = buildDatabase(
      { snapshot: await look(cluster.url), file: "", source: null, workload: { statements: [], totalMs: 0, days: 1, plans: [] } },
      NO_SOURCE,
    );
    const facts = costFacts(database);
    const off = await withClient(cluster.url, async (client) => {
      for (const one of HELD) await client.query(one);
      const plan = async (sql: string): Promise<Plan> =>
        readPlan((await client.query(`EXPLAIN (FORMAT JSON) ${sql}`)).rows[0]["QUERY PLAN"][0], { file: "", line: 0 }) as Plan;
      const found: { readonly sql: string; readonly off: number; readonly change: number }[] = [];
      for (const sql of STATEMENTS) {
        const server = await plan(sql);
        await client.query(`SET random_page_cost = 1.1; SET effective_cache_size = '${SMALL}'`);
        const careful = await plan(sql);
        await client.query("RESET random_page_cost; RESET effective_cache_size");
        expect(planKey(careful.root), sql).toBe(planKey(server.root));
        found.push({ sql, off: carefulCost(server, facts) / careful.root.cost.total - 1, change: careful.root.cost.total / server.root.cost.total });
      }
      return found;
    });
    for (const one of off) expect(Math.abs(one.off), JSON.stringify(one)).toBeLessThan(0.08);
    // The join that fetches every purchase one by one is several times as dear, the range in the table's order is cheaper.
    expect(Math.max(...off.map(({ change }) => change))).toBeGreaterThan(2);
    expect(Math.min(...off.map(({ change }) => change))).toBeLessThan(0.95);
  } finally {
    stop();
  }
}, 120_000);
