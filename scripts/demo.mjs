// Installs, builds, and tunes the example project: a shop of a million rows on a PostgreSQL of its own is played on under the recorder,
// looked at, and written up. Findings are what it is there to show: the exit status is 0. Without a Python that can run the shop, the
// recording and the snapshot that come with it are taken instead.
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { startServer } from "./postgres-servers.mjs";
import { prepare, root } from "./prepare.mjs";
import { ensurePythonEnv } from "./python-env.mjs";
import { capture, runThrough } from "./run-command.mjs";

const bookshop = path.join(root, "examples", "bookshop");
const bundled = path.join(bookshop, "demo");
const cli = path.join(root, "dist", "cli", "main.js");
const major = 17;

/** A page that takes longer is given up, and so is a statement: on a million rows, some of the planted ones take half a minute. */
const patience = { page: 0.2, statement: 2 };

const started = performance.now();

/** @param {string} what */
function say(what) {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
}

async function main() {
  const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" }, "without-python": { type: "boolean", default: false }, out: { type: "string" } } });
  say("installing and building");
  await prepare();
  const python = values["without-python"] ? null : await demoPython();
  const evidence = python === null ? await unpackBundle() : await playOn(python, values.rows);
  say("luthier tune: rules, advisors, handbook");
  const out = values.out === undefined ? [] : ["--out", path.resolve(values.out)];
  const status = await runThrough(process.execPath, [cli, "tune", path.relative(process.cwd(), bookshop) || ".", ...evidence, ...out], {});
  say("done");
  process.exitCode = status === 1 ? 0 : status;
}

/** An interpreter with what the shop needs; null where there is no Python at all. */
async function demoPython() {
  if (spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status !== 0) return null;
  say("Python's packages for the shop");
  return (await ensurePythonEnv()).python;
}

/**
 * @param {string} python
 * @param {string} rows
 * @returns {Promise<string[]>} the arguments of tune that name what was seen
 */
async function playOn(python, rows) {
  say(`PostgreSQL ${major}, a server of its own that is gone afterwards`);
  const { cluster, stop } = await startServer(major);
  try {
    const env = { ...process.env, ...cluster.env, DJANGO_SETTINGS_MODULE: "bookshop.settings.test", PYTHONWARNINGS: "ignore", PATH: `${path.dirname(python)}${path.delimiter}${process.env["PATH"] ?? ""}` };
    const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) => capture(command, args, { cwd: bookshop, env });
    const sql = (/** @type {string} */ text) => run(python, "-c", `import psycopg; psycopg.connect("${cluster.url}", autocommit=True).execute("${text}")`);
    sql("CREATE EXTENSION pg_stat_statements");
    run(python, "manage.py", "migrate", "-v0");
    say(`${Number(rows).toLocaleString("en")} rows`);
    run(python, "manage.py", "generate", "--rows", rows);
    sql("SELECT pg_stat_statements_reset()");
    say("traffic, under the recorder");
    const recording = path.join(bookshop, ".luthier", "recordings", `demo-${process.pid}`);
    run(process.execPath, cli, "record", "--literals", "--fields", "--out", recording, "--", python, "-m", "tests.play", "--patience", String(patience.page), "--seconds", String(patience.statement));
    run(python, "manage.py", "wear");
    say("a look at the server");
    run(process.execPath, cli, "snapshot", ".", "--db", cluster.url, "--sample", "--interval", "3");
    return ["--recording", recording];
  } finally {
    stop();
  }
}

/** What lies in `examples/bookshop/demo`, made by `scripts/demo-bundle.mjs`. */
async function unpackBundle() {
  say("no Python 3.10 here: the recording and the snapshot that come with the example");
  const recording = path.join(bookshop, ".luthier", "recordings", "bundled");
  mkdirSync(recording, { recursive: true });
  const files = readdirSync(path.join(bundled, "recording"));
  await Promise.all(files.map((name) => pipeline(createReadStream(path.join(bundled, "recording", name)), createGunzip(), createWriteStream(path.join(recording, name.replace(/\.gz$/, ""))))));
  return ["--recording", recording, "--snapshot", path.join(bundled, "snapshot.json.gz")];
}

await main();
