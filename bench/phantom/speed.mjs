#!/usr/bin/env node
// How fast the phantom is: opening, plans a second, an index tried, a snapshot of a thousand tables. See README.md in this folder.
//
//   npm run build && node bench/phantom/speed.mjs --db URL --statements FILE --indexes FILE [--tables 1000]
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openPhantom } from "../../dist/sources/phantom/open-phantom.js";
import { startServer } from "../../scripts/postgres-servers.mjs";
import { quantile } from "./compare.mjs";
import { execute, foldersOf, onTarget, readStatements, say, snapshotOf } from "./target.mjs";

const { values: flags } = parseArgs({
  options: { db: { type: "string" }, major: { type: "string" }, load: { type: "string" }, set: { type: "string", multiple: true, default: [] }, statements: { type: "string" }, indexes: { type: "string" }, tables: { type: "string", default: "1000" }, planner: { type: "string", default: "native" } },
});

/** @param {import("../../src/model/index.ts").Snapshot} snapshot */
const optionsOf = (snapshot) => (flags.planner === "pglite" ? { planner: /** @type {const} */ ("pglite") } : { folders: foldersOf(snapshot) });

/** @template Result @param {() => Promise<Result>} work @returns {Promise<readonly [Result, number]>} */
async function timed(work) {
  const started = performance.now();
  return [await work(), performance.now() - started];
}

/** Rounds of all statements, for about three seconds. @param {string} what @param {readonly unknown[]} statements @param {() => Promise<void>} round */
async function rate(what, statements, round) {
  await round();
  const started = performance.now();
  let rounds = 0;
  for (; performance.now() - started < 3000; rounds += 1) await round();
  say(`${what}: ${Math.round((rounds * statements.length * 1000) / (performance.now() - started))} a second, ${statements.length} statements`);
}

/** @param {string} url */
async function measure(url) {
  const snapshot = await snapshotOf(url);
  const [phantom, opened] = await timed(() => openPhantom(snapshot, optionsOf(snapshot)));
  try {
    say(`opened in ${Math.round(opened)} ms: PostgreSQL ${phantom.version}, ${snapshot.catalog.tables.length} tables, ${snapshot.catalog.indexes.length} indexes`);
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
  const times = [];
  for (const { index, statements } of candidates) {
    const sql = statements[0];
    if (sql === undefined) continue;
    const once = () => timed(() => phantom.whatIf({ add: [index] }, ({ plan }) => plan(sql)));
    await once();
    times.push({ index, ms: (await once())[1] });
  }
  if (times.length === 0) return;
  const all = times.map(({ ms }) => ms);
  say(`an index tried, with one plan: p50 ${quantile(all, 0.5).toFixed(1)} ms, p90 ${quantile(all, 0.9).toFixed(1)} ms; above 25 ms: ${times.filter(({ ms }) => ms > 25).map(({ index, ms }) => `${ms.toFixed(0)} ms ${index}`).join("; ") || "none"}`);
}

/** Each with five indexes and a foreign key, as a project of many apps has them; two thousand rows, so that each column has statistics. @param {number} count */
async function manyTables(count) {
  const { cluster, stop } = await startServer(17, { settings: { autovacuum: "off", max_locks_per_transaction: "2000" } });
  try {
    const tables = Array.from({ length: count }, (_, at) => `CREATE TABLE app_table_${at} (id bigint PRIMARY KEY, parent_id bigint REFERENCES app_table_${Math.max(0, at - 1)}, name varchar(80) NOT NULL, state varchar(12) NOT NULL, created timestamptz NOT NULL, data jsonb NOT NULL);
      INSERT INTO app_table_${at} SELECT n, n, 'name ' || n, 'state ' || n % 7, timestamptz '2026-01-01' + n * interval '1 hour', jsonb_build_object('n', n % 50) FROM generate_series(1, 200) n;
      CREATE INDEX ON app_table_${at} (parent_id); CREATE INDEX ON app_table_${at} (name); CREATE INDEX ON app_table_${at} (state, created); CREATE INDEX ON app_table_${at} (created) WHERE state = 'state 3'`);
    await execute(cluster.url, [...tables, "ANALYZE", "CHECKPOINT"]);
    const snapshot = await snapshotOf(cluster.url);
    const [phantom, opened] = await timed(() => openPhantom(snapshot, optionsOf(snapshot)));
    await phantom.close();
    say(`${snapshot.catalog.tables.length} tables with ${snapshot.catalog.indexes.length} indexes: opened in ${Math.round(opened)} ms${phantom.notes.length === 0 ? "" : `; ${phantom.notes.join("; ")}`}`);
  } finally {
    stop();
  }
}

if (flags.statements !== undefined) await onTarget(flags, measure);
if (Number(flags.tables) > 0) await manyTables(Number(flags.tables));
