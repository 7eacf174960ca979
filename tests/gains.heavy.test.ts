/** What one statement for all rows costs beside as many look-ups, on a real server. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BATCH_SHARE } from "../src/workload/gains.ts";
import { startDatabaseWorld, type BuiltDatabase, type DatabaseWorld } from "./support/database-world.ts";

let world: DatabaseWorld;
let database: BuiltDatabase;

beforeAll(async () => {
  world = await startDatabaseWorld();
  database = await world.build(`
    CREATE EXTENSION pg_stat_statements;
    CREATE TABLE narrow AS SELECT i AS id, md5(i::text) AS name FROM generate_series(1, 20000) i;
    ALTER TABLE narrow ADD PRIMARY KEY (id);
    CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 20) AS name, now() AS at, i * 2 AS n, i::text AS t FROM generate_series(1, 20000) i;
    ALTER TABLE wide ADD PRIMARY KEY (id);
    ANALYZE;
  `);
});
afterAll(() => world.stop());

const keys = (count: number, round: number): readonly number[] => Array.from({ length: count }, (_, index) => ((index * 7919 + round * 104_729) % 20_000) + 1);

const ROUNDS = 20;

// The least of the few long ones beside the mean of the many short ones: a machine that does other things besides makes either mean a matter of luck.
test.each([
  ["narrow", 10],
  ["narrow", 50],
  ["wide", 10],
  ["wide", 50],
] as const)("of %s rows, %i at once", (table, count) => {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => keys(count, round));
  const statements = rounds.flatMap((ids) => [
    ...ids.map((id) => `SELECT * FROM ${table} WHERE id = ${id} LIMIT 21;`),
    `SELECT * FROM ${table} WHERE id IN (${ids.join(", ")});`,
  ]);
  database.run(["\\o /dev/null", "SELECT pg_stat_statements_reset();", ...statements].join("\n"));
  const figure = (what: string, pattern: string): number =>
    Number(database.run(`SELECT ${what} FROM pg_stat_statements WHERE query LIKE 'SELECT * FROM ${table} WHERE id ${pattern}%';`).trim());
  const [single, together] = [figure("sum(total_exec_time) / sum(calls)", "="), figure("min(min_exec_time)", "IN")];
  expect(single).toBeGreaterThan(0);
  expect(together / (single * count)).toBeLessThanOrEqual(BATCH_SHARE);
});
