#!/usr/bin/env node
// How fast the phantom is: opening, plans a second, an index tried, a snapshot of a thousand tables. See README.md in this folder.
//
//   npm run build && node bench/phantom/speed.mjs --db URL --statements FILE --indexes FILE [--tables 1000]
// Beside what passed on the clock, processor time is given, of this process and of the phantom's server: the clock says little on a machine that others use.
import { chmodSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openPhantom } from "../../build/sources/phantom/open-phantom.js";
import { startServer } from "../../scripts/postgres-servers.mjs";
import { quantile } from "./compare.mjs";
import { execute, foldersOf, onTarget, readStatements, say, snapshotOf } from "./target.mjs";

const { values: flags } = parseArgs({
  options: {
    db: { type: "string" },
    major: { type: "string" },
    load: { type: "string" },
    set: { type: "string", multiple: true, default: [] },
    statements: { type: "string" },
    indexes: { type: "string" },
    tables: { type: "string", default: "1000" },
    planner: { type: "string", default: "native" },
  },
});

const folder = mkdtempSync(path.join(tmpdir(), "luthier-speed-"));
chmodSync(folder, 0o711);

/** @param {import("../../src/model/index.ts").Snapshot} snapshot */
const optionsOf = (snapshot) => (flags.planner === "pglite" ? { planner: /** @type {const} */ ("pglite"), folder } : { folders: foldersOf(snapshot), folder });

/** Processor time in ms: this process's, and that of servers that have a folder of ours as their own. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It ended in between.
    }
  }
  return (user + system) / 1000 + ticks * 10;
}

/** On the clock, and in processor time. @template Result @param {() => Promise<Result>} work @returns {Promise<readonly [Result, number, number]>} */
async function timed(work) {
  const [started, used] = [performance.now(), processorTime()];
  return [await work(), performance.now() - started, processorTime() - used];
}

/** Rounds of all statements, for about three seconds. @param {string} what @param {readonly unknown[]} statements @param {() => Promise<void>} round */
async function rate(what, statements, round) {
  await round();
  let rounds = 0;
  const [, passed, used] = await timed(async () => {
    for (const started = performance.now(); performance.now() - started < 3000; rounds += 1) await round();
  });
  const a = (/** @type {number} */ ms) => Math.round((rounds * statements.length * 1000) / ms);
  say(`${what}: ${a(passed)} a second, ${a(used)} a second of processor time, ${statements.length} statements`);
}

/** @param {string} url */
async function measure(url) {
  const snapshot = await snapshotOf(url);
  const [phantom, opened, used] = await timed(() => openPhantom(snapshot, optionsOf(snapshot)));
  try {
    say(
      `opened in ${Math.round(opened)} ms, ${Math.round(used)} ms of processor time: PostgreSQL ${phantom.version}, ${snapshot.catalog.tables.length} tables, ${snapshot.catalog.indexes.length} indexes`,
    );
    const known = await plannable(phantom, readStatements(flags.statements ?? ""));
    await rate("plan()", known, async () => {
      for (const sql of known) await phantom.plan(sql);
    });
    const trial = phantom.trial();
    const prepared = (await Promise.all(known.map((sql) => trial.prepare(sql, { literals: [] })))).flatMap((one) => ("text" in one ? [one] : []));
    await rate("trial", prepared, async () => void (await trial.explain(prepared, { shown: [] })));
    await trial.end();
    /** @type {import("./compare.mjs").Candidate[]} */
    const candidates = flags.indexes === undefined ? [] : JSON.parse(readFileSync(flags.indexes, "utf8"));
    await tryAll(phantom, candidates);
  } finally {
    await phantom.close();
  }
}

/** @param {import("../../src/sources/phantom/open-phantom.ts").Phantom} phantom @param {readonly string[]} statements */
async function plannable(phantom, statements) {
  const known = [];
  for (const sql of statements) if ((await phantom.plan(sql).catch(() => null)) !== null) known.push(sql);
  return known;
}

/** @param {import("../../src/sources/phantom/open-phantom.ts").Phantom} phantom @param {readonly import("./compare.mjs").Candidate[]} candidates */
async function tryAll(phantom, candidates) {
  /** @type {Record<"first" | "again", { index: string, ms: number, used: number }[]>} */
  const times = { first: [], again: [] };
  for (const { index, statements } of candidates) {
    const sql = statements[0];
    if (sql === undefined) continue;
    for (const which of /** @type {const} */ (["first", "again"])) {
      const [, ms, used] = await timed(() => phantom.whatIf({ add: [index] }, ({ plan }) => plan(sql)));
      times[which].push({ index, ms, used });
    }
  }
  if (times.first.length === 0) return;
  for (const [which, all] of Object.entries(times)) {
    const [clock, work] = [all.map(({ ms }) => ms), all.map(({ used }) => used)];
    say(
      `an index tried, with one plan, ${which}: p50 ${quantile(clock, 0.5).toFixed(1)} ms, p90 ${quantile(clock, 0.9).toFixed(1)} ms; processor time p50 ${quantile(work, 0.5).toFixed(1)} ms, p90 ${quantile(work, 0.9).toFixed(1)} ms, mean ${(work.reduce((sum, one) => sum + one, 0) / work.length).toFixed(1)} ms; above 25 ms of processor time: ${
        all
          .filter(({ used }) => used > 25)
          .map(({ index, used }) => `${used.toFixed(0)} ms ${index}`)
          .join("; ") || "none"
      }`,
    );
  }
}

/** Each with five indexes and a foreign key, as a project of many apps has them; two thousand rows, so that each column has statistics. @param {number} count */
async function manyTables(count) {
  const { cluster, stop } = await startServer(17, { settings: { autovacuum: "off", max_locks_per_transaction: "2000" } });
  try {
    const tables = Array.from(
      { length: count },
      (
        _,
        at,
      ) => `CREATE TABLE app_table_${at} (id bigint PRIMARY KEY, parent_id bigint REFERENCES app_table_${Math.max(0, at - 1)}, name varchar(80) NOT NULL, state varchar(12) NOT NULL, created timestamptz NOT NULL, data jsonb NOT NULL);
      INSERT INTO app_table_${at} SELECT n, n, 'name ' || n, 'state ' || n % 7, timestamptz '2026-01-01' + n * interval '1 hour', jsonb_build_object('n', n % 50) FROM generate_series(1, 200) n;
      CREATE INDEX ON app_table_${at} (parent_id); CREATE INDEX ON app_table_${at} (name); CREATE INDEX ON app_table_${at} (state, created); CREATE INDEX ON app_table_${at} (created) WHERE state = 'state 3'`,
    );
    await execute(cluster.url, [...tables, "ANALYZE", "CHECKPOINT"]);
    const snapshot = await snapshotOf(cluster.url);
    const [phantom, opened, used] = await timed(() => openPhantom(snapshot, optionsOf(snapshot)));
    await phantom.close();
    say(
      `${snapshot.catalog.tables.length} tables with ${snapshot.catalog.indexes.length} indexes: opened in ${Math.round(opened)} ms, ${Math.round(used)} ms of processor time${phantom.notes.length === 0 ? "" : `; ${phantom.notes.join("; ")}`}`,
    );
  } finally {
    stop();
  }
}

if (flags.statements !== undefined) await onTarget(flags, measure);
if (Number(flags.tables) > 0) await manyTables(Number(flags.tables));
rmSync(folder, { recursive: true, force: true });
