#!/usr/bin/env node
// The advisor on pgbench: what it recommends, and what that does to pgbench's own transactions once it is built. Beside it, what others recommend that are installed. See README.md.
//
//   npm run build && node bench/advisor/pgbench.mjs [--scale 20] [--transactions 4000] [--index-advisor FILE.sql] [--dexter FOLDER] [--pghero FOLDER] [--postgres-mcp PYTHON]
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { startPostgres } from "../../scripts/postgres.mjs";
import { PEERS, askPeers } from "./peers.mjs";

const { values: flags } = parseArgs({
  options: {
    scale: { type: "string", default: "20" },
    transactions: { type: "string", default: "4000" },
    ...PEERS,
  },
});
const cli = path.resolve(import.meta.dirname, "../../dist/cli/main.js");
const { cluster, stop } = await startPostgres({ settings: { shared_preload_libraries: "pg_stat_statements", autovacuum: "off", synchronous_commit: "on" } });
const folder = mkdtempSync(path.join(tmpdir(), "luthier-pgbench-"));
const env = { ...process.env, ...cluster.env };
const bench = (...args) => execFileSync(path.join(cluster.binaries, "pgbench"), args, { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const client = new pg.Client(cluster.url);
await client.connect();

/** As pgbench has it, and with questions that it has no index for: the accounts of a branch that owe most, and what a teller did last. */
const scripts = {
  plain: ["-b", "tpcb-like"],
  questions: [
    "-b",
    "tpcb-like@8",
    "-f",
    script("SELECT aid, abalance FROM pgbench_accounts WHERE bid = :bid ORDER BY abalance LIMIT 10"),
    "-f",
    script("SELECT delta, mtime FROM pgbench_history WHERE tid = :tid ORDER BY mtime DESC LIMIT 5"),
  ],
};

try {
  bench("-i", "-q", "-s", flags.scale);
  await client.query("CREATE EXTENSION pg_stat_statements");
  for (const [name, args] of Object.entries(scripts)) await look(name, args);
} finally {
  await client.end();
  stop();
  rmSync(folder, { recursive: true, force: true });
}

async function look(name, args) {
  const run = (count) => bench("-n", "-c", "1", "-t", String(count), "-D", `scale=${flags.scale}`, ...args);
  say(`\n## ${name}`);
  run(300);
  await client.query("SELECT pg_stat_reset(), pg_stat_statements_reset()");
  await client.query("VACUUM ANALYZE");
  run(Math.max(300, Number(flags.transactions) / (name === "plain" ? 1 : 8)));
  await client.query("SELECT pg_stat_clear_snapshot(), pg_sleep(0.6)");
  const before = await times();
  const project = path.join(folder, name);
  mkdirSync(project, { recursive: true });
  luthier("snapshot", project, "--db", cluster.url);
  const advice = JSON.parse(luthier("advise", "indexes", project, "--format", "json"));
  say(`luthier: ${advice.add.map(({ label, upkeep }) => `${label} (upkeep ${Math.round(upkeep)})`).join("; ") || "no index"}`);
  say(`luthier, statements dearer by more than 5 %: ${advice.statements.filter(({ server }) => server.after > server.before * 1.05).length}`);
  say(
    `luthier, cost of all: ${Math.round(advice.cost.server.before)} to ${Math.round(advice.cost.server.after)}, upkeep ${Math.round(advice.add.reduce((sum, { upkeep }) => sum + upkeep, 0))}`,
  );
  for (const [peer, found] of Object.entries(await askPeers(flags, cluster, [...before.keys()]))) say(`${peer}: ${found.join("; ") || "no index"}`);
  if (advice.add.length === 0) return;
  for (const { sql } of advice.add) await client.query(sql);
  await client.query("VACUUM ANALYZE");
  run(300);
  await client.query("SELECT pg_stat_statements_reset()");
  run(Math.max(300, Number(flags.transactions) / 8));
  say("| statement | calls | ms a call, before | after |\n|---|---|---|---|");
  for (const [sql, one] of await times())
    say(`| \`${sql.slice(0, 80)}\` | ${one.calls} | ${(before.get(sql)?.mean ?? NaN).toFixed(3)} | ${one.mean.toFixed(3)} |`);
}

function luthier(...args) {
  // What it asks is no part of what the others look at.
  const quiet = { ...process.env, PGOPTIONS: "-c pg_stat_statements.track=none" };
  return execFileSync(process.execPath, [cli, ...args], { encoding: "utf8", cwd: folder, maxBuffer: 1e9, env: quiet });
}

async function times() {
  const { rows } = await client.query(
    "SELECT query, calls::int, mean_exec_time AS mean FROM pg_stat_statements WHERE query ~ 'pgbench_' AND query ~ '^(SELECT|UPDATE|INSERT)' ORDER BY total_exec_time DESC LIMIT 12",
  );
  return new Map(rows.map((row) => [row.query, row]));
}

function script(sql) {
  const file = path.join(folder, `${sql.length}.sql`);
  writeFileSync(file, `\\set bid random(1, :scale)\n\\set tid random(1, 10 * :scale)\n${sql};\n`);
  return file;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
