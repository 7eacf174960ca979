#!/usr/bin/env node
// The index advisor on TPC-H, judged by HypoPG: how far a budget goes. See README.md in this folder.
//
//   npm run build && node bench/advisor/tpch.mjs --db URL --queries FOLDER [--budgets 200,350,500,1000,2000] [--sizes built] [--build] [--out FILE]
//
// --sizes built: budgets are in the bytes that indexes have once they are built, by the phantom's own size model. --build: builds each set, and rolls it back: its bytes, and what the planner then makes of it.
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { MEGABYTE, openWorkload, readQueries, withHypopgSizes } from "./workload.mjs";

const modules = path.resolve(import.meta.dirname, "../../build");
const { openPhantom } = await import(`${modules}/sources/phantom/open-phantom.js`);
const { runIndexSearch } = await import(`${modules}/sources/index-search.js`);
const { pricedOf } = await import(`${modules}/sources/phantom/trial-planner.js`);
const { createIndexSql } = await import(`${modules}/fixes/migrations/index.js`);

const { values: flags } = parseArgs({
  options: {
    db: { type: "string" },
    queries: { type: "string" },
    budgets: { type: "string", default: "200,350,500,1000,2000" },
    out: { type: "string" },
    seconds: { type: "string", default: "30" },
    planner: { type: "string", default: "phantom" },
    sizes: { type: "string", default: "hypopg" },
    build: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});

const queries = readQueries(flags.queries);

const client = new pg.Client(flags.db);
await client.connect();
await client.query("CREATE EXTENSION IF NOT EXISTS hypopg");
// The rows were loaded once: nothing writes.
await client.query("SELECT pg_stat_reset()");

const results = [];
for (const budget of flags.budgets.split(",").map(Number)) results.push(await run(budget));
process.stdout.write(
  `${["budget relative promised megabytes promisedmb builtmb built indexes candidates plans gap seconds opening cpu complete", ...results.map((row) => [row.budget, row.relative, row.promised, row.megabytes, row.promisedMegabytes, row.built?.megabytes, row.built?.relative, row.indexes, row.candidates, row.plans, row.gap, row.seconds, row.opening, row.cpu, row.complete].join(" "))].join("\n")}\n`,
);
if (flags.out) writeFileSync(flags.out, `${JSON.stringify(results, null, 2)}\n`);
await client.end();

function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {number} megabytes */
async function run(megabytes) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const { snapshot, database } = await openWorkload(flags.db, queries);
  const phantom = await openPhantom(snapshot);
  try {
    const opened = performance.now();
    const deadline = started + Number(flags.seconds) * 1000;
    const result = await runIndexSearch(phantom.trial(), database, {
      budget: megabytes * MEGABYTE,
      isOver: () => false,
      secondsLeft: () => (deadline - performance.now()) / 1000,
      progress: flags.verbose
        ? (phase, done, total) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} ${phase} ${done}/${total}\n`)
        : () => {},
      ...(flags.sizes === "built" ? {} : { around: asJudged }),
    });
    const seconds = (performance.now() - started) / 1000;
    const chosen = result.chosen.map((one) =>
      createIndexSql(result.candidates[one].candidate.spec, "x", result.candidates[one].candidate.table, false).replace(/INDEX "?x"? ON/, "INDEX ON"),
    );
    const used = process.cpuUsage(cpu);
    const ownServer = serverSeconds();
    const sizes = result.chosen.map((one) => result.candidates[one].known.bytes);
    const judged = await judge(chosen);
    const built = flags.build ? await build(chosen, sizes) : undefined;
    const promised = result.costs.reduce((sum, one) => sum + one.after, 0) / result.costs.reduce((sum, one) => sum + one.before, 0);
    if (flags.verbose) say(chosen.join("\n"));
    return {
      budget: megabytes,
      relative: Number(judged.relative.toFixed(4)),
      promised: Number(promised.toFixed(4)),
      megabytes: Math.round(judged.bytes / MEGABYTE),
      promisedMegabytes: Math.round(sum(sizes) / MEGABYTE),
      built,
      indexes: chosen.length,
      candidates: result.candidates.length,
      plans: result.asked,
      gap: result.gap?.toFixed(4),
      seconds: Number(seconds.toFixed(1)),
      opening: Number(((opened - started) / 1000).toFixed(1)),
      cpu: Number(((used.user + used.system) / 1e6 + ownServer).toFixed(1)),
      complete: result.isComplete,
      chosen,
    };
  } finally {
    await phantom.close();
  }
}

/** Processor time of the phantom's processes, which have its folder as their own. */
function serverSeconds() {
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const folder = readlinkSync(`/proc/${pid}/cwd`);
      if (!folder.includes("luthier-phantom-") || !isOwn(folder)) continue;
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It ended in between.
    }
  }
  return ticks / 100;
}

/** Others on this machine have phantoms too. @param {string} folder */
function isOwn(folder) {
  return [folder, path.dirname(folder)].some(
    (one) => existsSync(path.join(one, "owner")) && readFileSync(path.join(one, "owner"), "utf8").includes(String(process.pid)),
  );
}

/** With --planner hypopg, plans are its own too: what the search makes of the judge's costs. */
function asJudged(planner) {
  const sized = withHypopgSizes(client)(planner);
  if (flags.planner !== "hypopg") return sized;
  const made = [];
  return { add: (indexes) => (made.push(...indexes), sized.add(indexes)), price: (questions, present) => hypopgPlans(questions, present, made) };
}

async function hypopgPlans(questions, present, made) {
  await client.query("SELECT hypopg_reset()");
  const { rows } = await client.query(
    "SELECT i.ordinality, h.indexname FROM unnest($1::text[]) WITH ORDINALITY i(sql, ordinality), LATERAL hypopg_create_index(i.sql) h",
    [[...present].map((one) => made[one])],
  );
  const names = new Map(rows.map((row) => [row.indexname, [...present][row.ordinality - 1]]));
  const priced = [];
  for (const question of questions) {
    const answer = await client.query(`EXPLAIN (FORMAT JSON) ${queries[question].sql}`);
    priced.push(pricedOf(answer.rows[0]["QUERY PLAN"][0], names));
  }
  await client.query("SELECT hypopg_reset()");
  return priced;
}

function sum(all) {
  return all.reduce((total, one) => total + one, 0);
}

/** In a transaction that is rolled back. @param {readonly string[]} indexes @param {readonly number[]} promised */
async function build(indexes, promised) {
  const before = await costs();
  await client.query("BEGIN");
  try {
    const each = [];
    for (const [number, sql] of indexes.entries()) {
      await client.query(sql.replace("INDEX ON", `INDEX luthier_built_${number} ON`));
      const { rows } = await client.query("SELECT pg_relation_size($1::regclass) AS bytes", [`luthier_built_${number}`]);
      each.push({ sql, promised: promised[number], built: Number(rows[0].bytes) });
    }
    const after = await costs();
    if (flags.verbose)
      say(
        each
          .map(
            ({ sql, promised: foretold, built }) =>
              `${(built / MEGABYTE).toFixed(1)} MB built, ${(foretold / MEGABYTE).toFixed(1)} promised (${((foretold / built - 1) * 100).toFixed(1)} %): ${sql}`,
          )
          .join("\n"),
      );
    return { megabytes: Number((sum(each.map(({ built }) => built)) / MEGABYTE).toFixed(1)), relative: Number((sum(after) / sum(before)).toFixed(4)), each };
  } finally {
    await client.query("ROLLBACK");
  }
}

/** What the workload costs with the set, as a share of what it costs without. @param {readonly string[]} indexes */
async function judge(indexes) {
  await client.query("SELECT hypopg_reset()");
  const before = await costs();
  let bytes = 0;
  for (const sql of indexes) {
    const { rows } = await client.query("SELECT hypopg_relation_size(indexrelid) AS bytes FROM hypopg_create_index($1)", [sql]);
    bytes += Number(rows[0].bytes);
  }
  const after = await costs();
  await client.query("SELECT hypopg_reset()");
  if (flags.verbose) say(queries.map(({ name }, index) => `${name}:${(after[index] / before[index]).toFixed(2)}`).join(" "));
  return { relative: sum(after) / sum(before), bytes };
}

async function costs() {
  const all = [];
  for (const { sql } of queries) {
    const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`);
    all.push(rows[0]["QUERY PLAN"][0].Plan["Total Cost"]);
  }
  return all;
}
