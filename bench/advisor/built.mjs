#!/usr/bin/env node
// Sets of indexes really built, and queries run warm with each set and with none, in turn. See README.md in this folder.
//
//   npm run build && node bench/advisor/built.mjs --db URL --queries FOLDER --out FILE [--budget 500] [--sizes built] [--other FILE.sql] [--without 21] [--rounds 3] [--seconds 280] [--drop]
//
// The first run chooses Luthier's set for the budget, in HypoPG's sizes (--sizes built: in the bytes that it has once it is built), and builds it beside the one of --other (a line each, CREATE INDEX ON …). What does not end within --seconds goes on
// with the next run of the same --out. --drop takes the indexes away.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { MEGABYTE, openWorkload, readQueries, withHypopgSizes } from "./workload.mjs";

const modules = path.resolve(import.meta.dirname, "../../build");
const { openPhantom } = await import(`${modules}/sources/phantom/open-phantom.js`);
const { studyIndexes } = await import(`${modules}/sources/index-study.js`);
const { createIndexSql } = await import(`${modules}/fixes/migrations/index.js`);

const { values: flags } = parseArgs({
  options: {
    db: { type: "string" },
    queries: { type: "string" },
    out: { type: "string" },
    budget: { type: "string", default: "500" },
    sizes: { type: "string", default: "hypopg" },
    other: { type: "string" },
    without: { type: "string", default: "21" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "280" },
    jit: { type: "boolean", default: false },
    drop: { type: "boolean", default: false },
  },
});

const started = performance.now();
const isOver = () => performance.now() - started > Number(flags.seconds) * 1000;
const queries = readQueries(flags.queries);
const run = queries.filter(({ name }) => !flags.without.split(",").includes(name));
const client = new pg.Client(flags.db);
await client.connect();
await client.query(`SET jit = ${flags.jit ? "on" : "off"}`);

/** `sets`: by name, the indexes' numbers. `times`: by query and state, milliseconds of each round, and processor seconds. */
const state = existsSync(flags.out) ? JSON.parse(readFileSync(flags.out, "utf8")) : { indexes: [], sets: {}, verdicts: {}, times: {}, loads: [] };

if (flags.drop) {
  for (const number of state.indexes.keys()) await client.query(`DROP INDEX IF EXISTS luthier_built_${number}`);
} else {
  if (state.indexes.length === 0) await choose();
  await build();
  await measure();
  report();
}
await client.end();

function save() {
  writeFileSync(flags.out, `${JSON.stringify(state, null, 2)}\n`);
}

async function choose() {
  await client.query("CREATE EXTENSION IF NOT EXISTS hypopg; SELECT pg_stat_reset()");
  const { snapshot, database } = await openWorkload(flags.db, queries);
  const phantom = await openPhantom(snapshot);
  try {
    const study = await studyIndexes(phantom, database, {
      budget: Number(flags.budget) * MEGABYTE,
      isOver: () => false,
      progress: () => {},
      ...(flags.sizes === "built" ? {} : { around: withHypopgSizes(client) }),
    });
    state.promised = study.added.reduce((sum, { bytes }) => sum + bytes, 0);
    add(
      "luthier",
      study.added.map(({ spec, table }) => createIndexSql(spec, "x", table, false).replace(/INDEX "?x"? ON/, "INDEX ON")),
    );
    state.verdicts = Object.fromEntries(study.statements.map(({ statement, verdict, server, careful }) => [statement, { verdict, server, careful }]));
  } finally {
    await phantom.close();
  }
  if (flags.other)
    add(
      "other",
      readFileSync(flags.other, "utf8")
        .split("\n")
        .filter((line) => line.trim() !== ""),
    );
  save();
}

/** One that both have is built once. */
function add(name, indexes) {
  state.sets[name] = indexes.map((sql) => {
    const found = state.indexes.findIndex((one) => one.sql === sql);
    return found >= 0 ? found : state.indexes.push({ sql, bytes: null }) - 1;
  });
}

async function build() {
  for (const [number, one] of state.indexes.entries()) {
    const { rows: there } = await client.query("SELECT to_regclass($1) IS NOT NULL AS there", [`luthier_built_${number}`]);
    if (!there[0].there) await client.query(one.sql.replace("INDEX ON", `INDEX luthier_built_${number} ON`));
    const { rows } = await client.query("SELECT pg_relation_size($1::regclass) AS bytes", [`luthier_built_${number}`]);
    one.bytes = Number(rows[0].bytes);
  }
  save();
}

async function measure() {
  const names = ["none", ...Object.keys(state.sets)];
  const rounds = Number(flags.rounds);
  for (const { name, sql } of run) {
    const own = (state.times[name] ??= Object.fromEntries(names.map((one) => [one, []])));
    // The first of each warms up; the order turns with each round.
    for (let round = own.none.length === 0 ? -1 : own.none.length; round < rounds; round += 1) {
      if (isOver()) return;
      state.loads.push(Number(loadavg()[0].toFixed(1)));
      const turn = Math.max(0, round) % names.length;
      for (const one of [...names.slice(turn), ...names.slice(0, turn)]) {
        const time = await timeOf(sql, state.sets[one] ?? []);
        if (round >= 0) own[one].push(time);
      }
    }
    save();
  }
}

/** Without what is not of the set: dropped, run, rolled back. */
async function timeOf(sql, present) {
  await client.query("BEGIN");
  try {
    for (const number of state.indexes.keys()) if (!present.includes(number)) await client.query(`DROP INDEX luthier_built_${number}`);
    const [cpu, from] = [await processorSeconds(), performance.now()];
    await client.query(sql);
    const milliseconds = performance.now() - from;
    return { ms: Number(milliseconds.toFixed(1)), cpu: Number(((await processorSeconds()) - cpu).toFixed(2)) };
  } finally {
    await client.query("ROLLBACK");
  }
}

/** Of the session, and of workers that the server has seen end. */
async function processorSeconds() {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  const fields = (pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").map(Number);
  const own = fields(rows[0].pid);
  const server = fields(own[1]);
  return (own[11] + own[12] + server[13] + server[14]) / 100;
}

function report() {
  const names = Object.keys(state.sets);
  const median = (all) => all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)];
  const of = (name, one, what) => median(state.times[name][one].map((time) => time[what]));
  const done = run.filter(
    ({ name }) => Object.values(state.times[name] ?? {}).length > 0 && Object.values(state.times[name]).every((all) => all.length >= Number(flags.rounds)),
  );
  const total = (one, what) => done.reduce((sum, { name }) => sum + of(name, one, what), 0);
  const change = (one, what) => `${((total(one, what) / total("none", what) - 1) * 100).toFixed(1)} %`;
  say(`${done.length} of ${run.length} queries, medians of ${flags.rounds} warm runs, load ${Math.min(...state.loads)} to ${Math.max(...state.loads)}`);
  if (done.length === 0) return;
  say(`none: ${(total("none", "ms") / 1000).toFixed(2)} s, ${total("none", "cpu").toFixed(1)} processor seconds`);
  for (const one of names)
    say(
      `${one}: ${(total(one, "ms") / 1000).toFixed(2)} s (${change(one, "ms")}), ${total(one, "cpu").toFixed(1)} processor seconds (${change(one, "cpu")}), ${state.sets[one].length} indexes, ${(state.sets[one].reduce((sum, number) => sum + state.indexes[number].bytes, 0) / MEGABYTE).toFixed(0)} MB built`,
    );
  say(`| query | none ms | ${names.join(" | ")} | by processor time | luthier says |\n|${"---|".repeat(names.length + 4)}`);
  for (const { name } of done)
    say(
      `| ${name} | ${of(name, "none", "ms").toFixed(0)} | ${names.map((one) => `${(of(name, one, "ms") / of(name, "none", "ms")).toFixed(2)}x`).join(" | ")} | ${names.map((one) => `${(of(name, one, "cpu") / Math.max(0.01, of(name, "none", "cpu"))).toFixed(2)}x`).join(", ")} | ${state.verdicts[name]?.verdict ?? "not planned"} |`,
    );
  const slower = done.filter(({ name }) => of(name, "luthier", "ms") > of(name, "none", "ms") * 1.1).map(({ name }) => name);
  say(`slower by more than 10 % with luthier's: ${slower.map((name) => `Q${name} (${state.verdicts[name]?.verdict})`).join(", ") || "none"}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
