#!/usr/bin/env node
// The advisor on the bookshop's own traffic, reads and writes: filled, played on, looked at, and the chosen set measured on a copy. See README.md in this folder.
//
//   npm run build && node bench/advisor/shop.mjs [--major 15] [--rows 200000] [--budget-mb N] [--keep-unused] [--out FILE] [--index-advisor FILE.sql] [--dexter FOLDER] [--pghero FOLDER] [--postgres-mcp PYTHON]
//
// Without --major on Debian's PostgreSQL 15, which has HypoPG: the other advisors want it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { startServer } from "../../scripts/postgres-servers.mjs";
import { startPostgres } from "../../scripts/postgres.mjs";
import { ensurePythonEnv } from "../../scripts/python-env.mjs";
import { PEERS, askPeers } from "./peers.mjs";

const { values: flags } = parseArgs({
  options: {
    ...PEERS,
    "keep-unused": { type: "boolean", default: false },
    major: { type: "string" },
    rows: { type: "string", default: "200000" },
    "budget-mb": { type: "string" },
    out: { type: "string" },
  },
});
const root = path.resolve(import.meta.dirname, "../..");
const cli = path.join(root, "dist/cli/main.js");
const { python } = await ensurePythonEnv();
const folder = mkdtempSync(path.join(tmpdir(), "luthier-shop-"));
const started = performance.now();

/** A microsecond and a tenth: what a unit of the planner's is worth in the geometric mean of reads (write-cost.mjs). */
const UNIT_US = 1.1;

const { cluster, stop } = flags.major ? await startServer(Number(flags.major)) : await startPostgres();
try {
  const project = path.join(folder, "bookshop");
  cpSync(path.join(root, "examples/bookshop"), project, { recursive: true, filter: (from) => !from.includes("/.luthier") && !from.includes("/demo/") });
  const env = { ...process.env, ...cluster.env, DJANGO_SETTINGS_MODULE: "bookshop.settings.test", PYTHONWARNINGS: "ignore" };
  const run = (command, ...args) => runWith({}, command, ...args);
  const runWith = (more, command, ...args) =>
    execFileSync(command, args, { cwd: project, env: { ...env, ...more }, encoding: "utf8", maxBuffer: 1e9, stdio: ["ignore", "pipe", "pipe"] });
  await execute(cluster.url, "CREATE EXTENSION pg_stat_statements");
  run(python, "manage.py", "migrate", "-v0");
  // Its rows are whole: keys of others need not be looked up for each.
  runWith({ PGOPTIONS: "-c session_replication_role=replica" }, python, "manage.py", "generate", "--rows", flags.rows);
  await execute(cluster.url, "SELECT pg_stat_reset()", "VACUUM ANALYZE", "SELECT pg_stat_statements_reset()");
  say(`${flags.rows} rows on PostgreSQL ${flags.major ?? 15}`);
  run(python, "-m", "tests.play", "--patience", "0.1", "--seconds", "1");
  say("played");
  runWith({ PGOPTIONS: "-c pg_stat_statements.track=none" }, process.execPath, cli, "snapshot", ".", "--db", cluster.url);
  const copy = new URL(cluster.url);
  await execute(Object.assign(new URL(cluster.url), { pathname: "/template1" }).href, `CREATE DATABASE shop_copy TEMPLATE ${copy.pathname.slice(1)}`);
  copy.pathname = "/shop_copy";
  await execute(copy.href, "VACUUM ANALYZE");
  const advice = JSON.parse(
    run(
      process.execPath,
      cli,
      "advise",
      "indexes",
      ".",
      "--format",
      "json",
      "--measure",
      "--db",
      copy.href,
      ...(flags["keep-unused"] ? ["--keep-unused"] : []),
      ...(flags["budget-mb"] ? ["--budget", `${flags["budget-mb"]}M`] : []),
    ),
  );
  if (flags.out) writeFileSync(flags.out, JSON.stringify(advice, null, 2));
  report(advice);
  for (const [peer, found] of Object.entries(await askPeers(flags, cluster, await statementsOf(cluster.url))))
    say(`${peer}: ${found.length} indexes: ${found.join("; ")}`);
} finally {
  stop();
  rmSync(folder, { recursive: true, force: true });
}

function report({ add, cost, statements, measured }) {
  const { reads, writes } = measured.totals;
  const upkeep = add.reduce((sum, one) => sum + one.upkeep, 0);
  const bytes = (all) => (all.reduce((sum, one) => sum + (one.bytes ?? 0), 0) / 1e6).toFixed(1);
  say(`${add.length} indexes, ${bytes(add)} MB promised, ${bytes(measured.built)} MB built, ${measured.dropped.length} unused ones away`);
  say(
    `planned: ${Math.round(cost.server.before)} to ${Math.round(cost.server.after)}, upkeep ${Math.round(upkeep)}; dearer by more than 5 %: ${statements.filter(({ server }) => server.after > server.before * 1.05).length}`,
  );
  say(`reads, measured: ${reads.before.toFixed(0)} to ${reads.after.toFixed(0)} ms in all calls of ${reads.count} statements`);
  say(
    `writes, measured: ${writes.before.toFixed(1)} to ${writes.after.toFixed(1)} ms in all calls of ${writes.count} statements; foretold ${((upkeep * UNIT_US) / 1000).toFixed(1)} ms more, were ${(writes.after - writes.before).toFixed(1)}`,
  );
  for (const kind of ["read", "write"]) {
    const own = measured.statements.filter((one) => one.kind === kind);
    say(
      `${kind}s: ${own.filter(({ verdict }) => verdict === "faster").length} faster, ${own.filter(({ verdict }) => verdict === "slower").length} slower of ${own.length}`,
    );
    for (const one of own.filter(({ verdict }) => verdict === "slower"))
      say(
        `  slower ${ms(one.before)} to ${ms(one.after)} ms, ${one.calls} calls: ${one.sql.slice(0, 110).replaceAll(/\s+/g, " ")} (${statements.find(({ statement }) => statement === one.statement)?.verdict ?? "not planned"})`,
      );
  }
}

function ms({ median }) {
  return median?.toFixed(3) ?? "not in time";
}

async function statementsOf(url) {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query(
    "SELECT query FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid WHERE datname = current_database() AND query ~* '^(SELECT|UPDATE|DELETE)' AND query !~ 'pg_' ORDER BY total_exec_time DESC LIMIT 400",
  );
  await client.end();
  return rows.map(({ query }) => query);
}

async function execute(url, ...statements) {
  const client = new pg.Client(url);
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

function say(text) {
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(0)} s, load ${loadavg()[0].toFixed(1)}: ${text}\n`);
}
