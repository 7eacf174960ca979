// The example shop on a PostgreSQL of its own: filled, played on under the recorder, worn, and looked at.
//
//   node scripts/demo-shop.mjs [--rows N]     makes anew what the demo takes where there is no Python: examples/bookshop/demo
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { startServer } from "./postgres-servers.mjs";
import { root } from "./prepare.mjs";
import { ensurePythonEnv } from "./python-env.mjs";
import { captureBeside } from "./run-command.mjs";

export const bookshop = path.join(root, "examples", "bookshop");
export const bundle = path.join(bookshop, "demo");
export const cli = path.join(root, "dist", "cli", "main.js");
const major = 17;

/** So many fill the shop, play on it, and ask at a time: the demo is for a machine of two cores. */
const processes = 2;

/** A page that takes longer is given up, and so is a statement or a question of the office's: on a million rows, some of the planted ones take half a minute. */
const patience = { page: 0.05, statement: 1, question: 2 };

/** A shop that is neglected: nothing is vacuumed or analysed between the questions, some of which are about that. */
const settings = { autovacuum_naptime: "10min" };

/** The folder that the bundle says it was recorded in: where that was is nobody's matter. */
const elsewhere = "/srv/bookshop";

/**
 * @typedef {object} Seen
 * @property {string} recording a folder
 * @property {string} snapshot  a file
 * @property {string} log       the server's, with plans of what the office asks
 */

/**
 * @param {{ python: string, rows: string, home: string, say: (what: string) => void, ready?: Promise<void> }} shop `home`: the folder for what was seen; `ready`: when there is a build
 * @returns {Promise<Seen>}
 */
export async function playOn({ python, rows, home, say, ready }) {
  say(`PostgreSQL ${major}, a server of its own that is gone afterwards`);
  const { cluster, stop } = await startServer(major, { settings });
  try {
    const env = { ...process.env, ...cluster.env, DJANGO_SETTINGS_MODULE: "bookshop.settings.test", PYTHONWARNINGS: "ignore" };
    const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) => captureBeside(command, args, { cwd: bookshop, env });
    const sql = (/** @type {string} */ text) => run(python, "-c", `import psycopg; psycopg.connect("${cluster.url}", autocommit=True).execute("${text}")`);
    const seen = { recording: path.join(home, "recording"), snapshot: path.join(home, "snapshot.json.gz"), log: path.join(home, "server.log") };
    rmSync(seen.recording, { recursive: true, force: true });
    await sql("CREATE EXTENSION pg_stat_statements");
    await run(python, "manage.py", "migrate", "-v0");
    say(`${Number(rows).toLocaleString("en")} rows`);
    // Rows are made to fit: a look at the other table for each foreign key takes nearly half of the time.
    const filling = { cwd: bookshop, env: { ...env, PGOPTIONS: "-c session_replication_role=replica" } };
    const parts = Array.from({ length: processes }, (_, index) => `${index + 1}/${processes}`);
    await Promise.all(parts.map((part) => captureBeside(python, ["manage.py", "generate", "--rows", rows, "--part", part], filling)));
    await sql("SELECT pg_stat_statements_reset()");
    await ready;
    const play = ["-m", "tests.play", "--processes", String(processes), "--seconds"];
    say("traffic, under the recorder");
    const recorder = [cli, "record", "--literals", "--out", seen.recording, "--"];
    await run(process.execPath, ...recorder, python, ...play, String(patience.statement), "--patience", String(patience.page));
    say("the office's questions, with their plans");
    await run(python, ...play, String(patience.question), "--office");
    await run(python, "manage.py", "wear");
    say("a look at the server");
    await run(process.execPath, cli, "snapshot", ".", "--db", cluster.url, "--sample", "--interval", "3", "--out", seen.snapshot);
    copyFileSync(cluster.log, seen.log);
    return seen;
  } finally {
    stop();
  }
}

async function main() {
  const { values } = parseArgs({ options: { rows: { type: "string", default: "1000000" } } });
  const { python } = await ensurePythonEnv();
  const home = mkdtempSync(path.join(tmpdir(), "luthier-demo-"));
  try {
    const seen = await playOn({ python, rows: values.rows, home, say: (what) => process.stderr.write(`${what}\n`) });
    rmSync(bundle, { recursive: true, force: true });
    mkdirSync(path.join(bundle, "recording"), { recursive: true });
    copyFileSync(seen.snapshot, path.join(bundle, "snapshot.json.gz"));
    writeFileSync(path.join(bundle, "server.log.gz"), gzipSync(readFileSync(seen.log), { level: 9 }));
    for (const name of readdirSync(seen.recording)) {
      const text = readFileSync(path.join(seen.recording, name), "utf8").replaceAll(bookshop, elsewhere).replaceAll(python, "python");
      writeFileSync(path.join(bundle, "recording", `${name}.gz`), gzipSync(text, { level: 9 }));
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
