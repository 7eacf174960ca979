// Installs, builds, and tunes the example project: a shop of a million rows on a PostgreSQL of its own is played on under the recorder,
// looked at, and written up. Findings are what it is there to show: the exit status is 0. Without a Python that can run the shop, the
// recording and the snapshot that come with it are taken instead.
//
//   node scripts/demo.mjs [--rows N] [--out DIR] [--without-python]
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createGunzip } from "node:zlib";
import { bookshop, bundle, cli, playOn } from "./demo-shop.mjs";
import { prepare } from "./prepare.mjs";
import { ensurePythonEnv } from "./python-env.mjs";
import { runThrough } from "./run-command.mjs";

const home = path.join(bookshop, ".luthier", "demo");
const started = performance.now();

/** @param {string} what */
function say(what) {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${what}\n`);
}

async function main() {
  const { values } = parseArgs({
    options: { rows: { type: "string", default: "1000000" }, "without-python": { type: "boolean", default: false }, out: { type: "string" } },
  });
  say("installing and building");
  const ready = prepare();
  // It fails where it is waited for, and not before.
  ready.catch(() => undefined);
  const python = values["without-python"] ? null : await demoPython();
  // The build has a core of its own while rows are written on another.
  const { recording, snapshot, log } = python === null ? await unpackBundle() : await playOn({ python, rows: values.rows, home, say, ready });
  await ready;
  say("luthier tune: rules, advisors, handbook");
  const out = values.out === undefined ? [] : ["--out", path.resolve(values.out)];
  const project = path.relative(process.cwd(), bookshop) || ".";
  const status = await runThrough(process.execPath, [cli, "tune", project, "--recording", recording, "--snapshot", snapshot, "--log", log, ...out], {});
  say("done");
  process.exitCode = status === 1 ? 0 : status;
}

/** An interpreter with what the shop needs; null where there is no Python at all. */
async function demoPython() {
  if (spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]).status !== 0) return null;
  say("Python's packages for the shop");
  return (await ensurePythonEnv()).python;
}

/** What `scripts/demo-shop.mjs` has made. */
async function unpackBundle() {
  say("no Python 3.10 here: the recording and the snapshot that come with the example");
  const recording = path.join(home, "bundled");
  mkdirSync(recording, { recursive: true });
  const files = readdirSync(path.join(bundle, "recording"));
  await Promise.all(
    files.map((name) =>
      pipeline(createReadStream(path.join(bundle, "recording", name)), createGunzip(), createWriteStream(path.join(recording, name.replace(/\.gz$/, "")))),
    ),
  );
  const log = path.join(home, "server.log");
  await pipeline(createReadStream(path.join(bundle, "server.log.gz")), createGunzip(), createWriteStream(log));
  return { recording, snapshot: path.join(bundle, "snapshot.json.gz"), log };
}

await main();
