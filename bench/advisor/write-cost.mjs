#!/usr/bin/env node
// What one more index costs a write, in the planner's units: how the constants of src/advisors/indexes/writes.ts were measured. Needs PostgreSQL's programs (Debian's).
//
//   node bench/advisor/write-cost.mjs [--rows 1000000] [--writes 20000] [--rounds 7]
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../../scripts/postgres.mjs";

const { values } = parseArgs({
  options: { rows: { type: "string", default: "1000000" }, writes: { type: "string", default: "20000" }, rounds: { type: "string", default: "7" } },
});
const [rows, writes, rounds] = [values.rows, values.writes, values.rounds].map(Number);

/** Keys in no order, in the order of time, and long ones in no order that outgrow a quarter of shared_buffers (128 MB). */
const indexes = { random: "(a)", ordered: "(at)", large: "(code)" };

/** What reads of rows in memory take, to say what a unit of the planner's is worth. */
const reads = {
  "sequential scan": "SELECT count(a) FROM t",
  "index scan, scattered rows": "SELECT sum(length(code)) FROM t WHERE a BETWEEN 1 AND 3000",
  "sort of a part": "SELECT a FROM t WHERE id % 10 = 3 ORDER BY a",
  "one row by its key, 2,000 times": "SELECT (SELECT length(u.code) FROM t u WHERE u.id = k.id) FROM generate_series(1, 2000) k(id)",
};

const { cluster, stop } = await startPostgres({ settings: { autovacuum: "off", max_parallel_workers_per_gather: "0", jit: "off", checkpoint_timeout: "1h" } });
const client = new pg.Client(cluster.url);
await client.connect();
try {
  await client.query(
    `CREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, at timestamptz NOT NULL, code text NOT NULL, note int NOT NULL) WITH (fillfactor = 80)`,
  );
  await client.query(
    `INSERT INTO t SELECT n, (random() * 1000000)::int, now() - (${rows} - n) * interval '1 second', gen_random_uuid()::text, 0 FROM generate_series(1, ${rows}) n`,
  );
  for (const [name, keys] of Object.entries(indexes)) await client.query(`CREATE INDEX t_${name} ON t ${keys}`);
  await client.query("VACUUM ANALYZE t");
  const units = [];
  for (const [name, sql] of Object.entries(reads)) {
    const all = [];
    for (let round = 0; round < rounds; round += 1) all.push(await explained(sql));
    const best = Math.min(...all.map(({ ms }) => ms));
    units.push((best * 1000) / all[0].cost);
    say(`${name.padEnd(34)} ${best.toFixed(1).padStart(9)} ms  cost ${all[0].cost.toFixed(0).padStart(7)}  ${units.at(-1).toFixed(2).padStart(6)} µs a unit`);
  }
  const unit = Math.exp(units.reduce((sum, one) => sum + Math.log(one), 0) / units.length);
  say(`a unit of the planner's: ${unit.toFixed(2)} µs (geometric mean)\n`);
  const insert = `INSERT INTO t SELECT ${rows} + n, (random() * 1000000)::int, now() + n * interval '1 second', gen_random_uuid()::text, 0 FROM generate_series(1, ${writes}) n`;
  const scattered = `UPDATE t SET note = note + 1 WHERE id IN (SELECT 1 + (n * 7919::bigint) % ${rows} FROM generate_series(1, ${writes}) n)`;
  const times = await inTurn({ none: [], random: ["random"], ordered: ["ordered"], large: ["large"] }, insert);
  for (const name of Object.keys(indexes)) entry(`insert, one more index, ${name}`, times[name] - times.none, unit, await bytesOf(`t_${name}`));
  // An index on a column that updates change: they are not HOT any more, and add an entry to each index.
  await client.query("CREATE INDEX t_note ON t (note, id)");
  const updates = await inTurn({ none: [], note: ["note"] }, scattered);
  const entries = 2; // the new index, and the primary key
  entry("update, no longer HOT, an entry", (updates.note - updates.none) / entries, unit, await bytesOf("t_note"));
} finally {
  await client.end();
  stop();
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function entry(name, ms, unit, bytes) {
  const each = (ms * 1000) / writes;
  say(`${name.padEnd(34)} ${each.toFixed(2).padStart(9)} µs = ${(each / unit).toFixed(2)} units  (index of ${(bytes / 1e6).toFixed(0)} MB)`);
}

async function bytesOf(name) {
  const { rows: found } = await client.query("SELECT pg_relation_size($1) AS bytes", [name]);
  return Number(found[0].bytes);
}

/** Execution time and total cost. */
async function explained(sql) {
  const { rows: found } = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`);
  const [plan] = found[0]["QUERY PLAN"];
  return { ms: plan["Execution Time"], cost: plan.Plan["Total Cost"] };
}

/** The least of the rounds; states take turns, all is rolled back, and each round begins on a vacuumed table. */
async function inTurn(states, sql) {
  const best = {};
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? Object.entries(states) : Object.entries(states).toReversed();
    for (const [name, kept] of order) {
      await client.query("BEGIN");
      for (const one of [...Object.keys(indexes), ...("note" in states ? ["note"] : [])]) if (!kept.includes(one)) await client.query(`DROP INDEX t_${one}`);
      const { ms } = await explained(sql);
      await client.query("ROLLBACK");
      await client.query("VACUUM t");
      if (round > 0) best[name] = Math.min(best[name] ?? Infinity, ms);
    }
  }
  return best;
}
