#!/usr/bin/env node
// How true the phantom is of a database: the same statements to the server and to its phantom, and indexes tried on both. See README.md in this folder.
//
//   npm run build && node bench/phantom/run.mjs --db URL --statements FILE|FOLDER [--indexes FILE|auto] [--tries N]
//   npm run build && node bench/phantom/run.mjs --major 18 --load FILE.sql --statements FILE …
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import pg from "pg";
import { createIndexSql } from "../../build/fixes/migrations/index.js";
import { candidatesOfAll, shapesOf } from "../../build/advisors/indexes/questions.js";
import { openPhantom } from "../../build/sources/phantom/open-phantom.js";
import { openSqlParser } from "../../build/sql/open-parser.js";
import { buildDatabase, NO_SOURCE } from "../../build/workload/database.js";
import { ask, quantile, tryIndex } from "./compare.mjs";
import { foldersOf, onTarget, readStatements, say, snapshotOf, workloadOf } from "./target.mjs";

/** @typedef {import("../../src/model/index.ts").Snapshot} Snapshot */

const { values: flags } = parseArgs({
  options: {
    db: { type: "string" },
    major: { type: "string" },
    load: { type: "string" },
    statements: { type: "string" },
    indexes: { type: "string" },
    /** Of `--indexes auto`, at most this many. */
    tries: { type: "string", default: "60" },
    set: { type: "string", multiple: true, default: [] },
    planner: { type: "string", default: "native" },
    out: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

/** @param {number} share */
const percent = (share) => (Number.isFinite(share) ? `${(share * 100).toFixed(share < 0.001 ? 3 : 2)} %` : "no plan");

/** Every candidate of the index advisor for these statements, each with the statements it is for; spread evenly where there are too many. @param {readonly string[]} statements @param {Snapshot} snapshot */
async function candidates(statements, snapshot) {
  const parser = await openSqlParser();
  const workload = workloadOf(
    parser,
    statements.map((sql, at) => ({ id: `${at}`, sql })),
  );
  const database = buildDatabase({ snapshot, file: "", source: null, workload }, NO_SOURCE);
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { sql, shape } of workload.statements) {
    if (shape === null) continue;
    for (const { table, spec } of candidatesOfAll(shapesOf(shape, new Map()), database)) {
      const index = createIndexSql(spec, "luthier_probe", table, false);
      found.set(index, [...(found.get(index) ?? []), sql]);
    }
  }
  const all = [...found].map(([index, of]) => ({ index, statements: of.slice(0, 3) }));
  const step = Math.max(1, all.length / Number(flags.tries));
  return Array.from({ length: Math.min(all.length, Number(flags.tries)) }, (_, at) => all[Math.floor(at * step)]).flatMap((one) => one ?? []);
}

/** @param {pg.Client} client @param {import("../../src/sources/phantom/open-phantom.ts").Phantom} phantom @param {readonly string[]} statements */
async function comparePlans(client, phantom, statements) {
  const answers = [];
  for (const sql of statements) answers.push(await ask(client, phantom, sql));
  const known = answers.flatMap((one) => one ?? []);
  const errors = known.map(({ error }) => error);
  for (const one of known.filter(({ isSamePlan, error }) => !isSamePlan || error > 0)) {
    if (one.isSamePlan && one.error < 0.01 && !flags.verbose) continue;
    say(
      `${one.isSamePlan ? "=" : one.isSameTree ? "~" : "!"} ${percent(one.error)} ${one.costs.join(" → ")}: ${one.sql.replaceAll(/\s+/g, " ").slice(0, 160)}${one.isSamePlan ? "" : `\n    server  ${one.plans[0]}\n    phantom ${one.plans[1]}`}`,
    );
  }
  const figures = {
    statements: known.length,
    refused: answers.length - known.length,
    samePlan: known.filter(({ isSamePlan }) => isSamePlan).length,
    sameTree: known.filter(({ isSameTree }) => isSameTree).length,
    sameCost: errors.filter((one) => one === 0).length,
    within1: errors.filter((one) => one <= 0.01).length,
    max: percent(Math.max(0, ...errors)),
  };
  say(`plans: ${JSON.stringify(figures)}`);
  return { figures, answers: known };
}

/** @param {pg.Client} client @param {import("../../src/sources/phantom/open-phantom.ts").Phantom} phantom @param {readonly import("./compare.mjs").Candidate[]} all */
async function compareIndexes(client, phantom, all) {
  const pairs = [];
  const refused = [];
  for (const one of all) {
    try {
      pairs.push(...(await tryIndex(client, phantom, one)));
    } catch (error) {
      refused.push(`${one.index}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const errors = pairs.map(({ error }) => error);
  for (const [what, some] of /** @type {const} */ ([
    ["columns", pairs.filter(({ isExpression }) => !isExpression)],
    ["expressions", pairs.filter(({ isExpression }) => isExpression)],
  ]))
    say(
      `what if, ${what}: ${some.length} pairs, same decision ${some.filter(({ uses: [a, b] }) => a === b).length}, same tree ${some.filter(({ isSameTree }) => isSameTree).length}, cost ${[
        0.5, 0.9, 1,
      ]
        .map((share) =>
          percent(
            quantile(
              some.map(({ error }) => error),
              share,
            ),
          ),
        )
        .join(", ")}`,
    );
  const trees = new Map(
    pairs
      .filter(({ basis, method }) => basis === "model" && method === "btree")
      .map((one) => [one.index, Math.abs(one.pages[1] - one.pages[0]) / one.pages[0]]),
  );
  const sizes = [...trees.values()];
  for (const one of pairs) {
    const size = Math.abs(one.pages[1] - one.pages[0]) / one.pages[0];
    if (!flags.verbose && one.isSameTree && one.error < 0.05 && (size < 0.05 || one.basis !== "model")) continue;
    say(
      `${one.uses[0] === one.uses[1] ? (one.isSameTree ? "=" : "~") : "!"} cost ${percent(one.error)} ${one.costs.join(" → ")}, rows ${one.rows.join(" → ")}, pages ${one.pages.join(" → ")} (${one.basis}): ${one.index}: ${one.sql.replaceAll(/\s+/g, " ").slice(0, 120)}${one.isSameTree ? "" : `\n    server  ${one.plans[0]}\n    phantom ${one.plans[1]}`}`,
    );
  }
  for (const one of refused) say(`refused ${one}`);
  const figures = {
    indexes: all.length,
    refused: refused.length,
    pairs: pairs.length,
    sameDecision: pairs.filter(({ uses: [a, b] }) => a === b).length,
    sameTree: pairs.filter(({ isSameTree }) => isSameTree).length,
    cost: { p50: percent(quantile(errors, 0.5)), p90: percent(quantile(errors, 0.9)), max: percent(Math.max(0, ...errors)) },
    btrees: sizes.length,
    size: { p50: percent(quantile(sizes, 0.5)), p90: percent(quantile(sizes, 0.9)), max: percent(Math.max(0, ...sizes)) },
  };
  say(`what if: ${JSON.stringify(figures)}`);
  return { figures, pairs };
}

/** @param {string} url */
async function compare(url) {
  const client = new pg.Client(url);
  await client.connect();
  const statements = readStatements(flags.statements ?? "");
  const snapshot = await snapshotOf(url);
  const started = performance.now();
  const phantom = await openPhantom(snapshot, flags.planner === "pglite" ? { planner: "pglite" } : { folders: foldersOf(snapshot) });
  try {
    say(
      `PostgreSQL ${phantom.version}, opened in ${Math.round(performance.now() - started)} ms, ${snapshot.catalog.tables.length} tables, ${Math.round(snapshot.catalog.tables.reduce((sum, { reltuples, kind }) => sum + (kind === "partitioned" ? 0 : Math.max(0, reltuples)), 0))} rows; ${phantom.notes.length === 0 ? "no notes" : phantom.notes.join("; ")}`,
    );
    const plans = await comparePlans(client, phantom, statements);
    const indexes =
      flags.indexes === undefined ? [] : flags.indexes === "auto" ? await candidates(statements, snapshot) : JSON.parse(readFileSync(flags.indexes, "utf8"));
    const tried = flags.indexes === undefined ? null : await compareIndexes(client, phantom, indexes);
    if (flags.out !== undefined) writeFileSync(flags.out, `${JSON.stringify({ version: phantom.version, notes: phantom.notes, plans, tried }, null, 2)}\n`);
  } finally {
    await phantom.close();
    await client.end();
  }
}

if (flags.statements === undefined) throw new Error("which statements? --statements FILE|FOLDER");
await onTarget(flags, compare);
