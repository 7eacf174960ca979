#!/usr/bin/env node
// What recording costs a statement, as CPU time: one process a tool, on SQLite in memory, and they take turns. The recorder's
// process runs each turn twice, with the recorder and without: those two are nearest to each other.
//
// A tool `luthier@FOLDER` is the recorder of another checkout.
//
//   node bench/recorder/turns.mjs [--turns 10] [--loads 20000] [--heavy-loads 2000] [--pages python,template] [--tools luthier,zeal]
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensurePythonEnv } from "../../scripts/python-env.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const { values: options } = parseArgs({
  options: {
    turns: { type: "string", default: "10" },
    loads: { type: "string", default: "20000" },
    "heavy-loads": { type: "string", default: "2000" },
    pages: { type: "string", default: "python,template" },
    tools: { type: "string", default: "luthier,zeal,query-doctor,debug-toolbar,silk" },
  },
});
const ROWS = 200;
/** These take so long that a turn of theirs is of `--heavy-loads`. */
const HEAVY = new Set(["query-doctor", "debug-toolbar", "silk"]);

const { python } = await ensurePythonEnv({ requirements: "bench/recorder/requirements.txt", directory: ".cache/venv-recorder-bench" });
const folder = mkdtempSync(path.join(tmpdir(), "luthier-bench-recording-"));
const tools = ["nothing", ...options.tools.split(",")];
const workers = tools.map(start);
try {
  await Promise.all(workers.map(({ next }) => next()));
  for (const page of options.pages.split(",")) await measure(page);
} finally {
  for (const { child } of workers) child.kill();
  rmSync(folder, { recursive: true });
}

/** @param {string} tool */
function start(tool) {
  const child = spawn(python, [path.join(here, "turns.py")], { env: environmentOf(tool), stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { tool, child, next: async () => String((await lines.next()).value) };
}

/** @param {string} tool */
function environmentOf(tool) {
  const environment = { ...process.env, PYTHONDONTWRITEBYTECODE: "1", BENCH_TOOL: tool };
  const [, checkout = root] = tool.split("@");
  if (!isRecorder(tool)) return environment;
  const recording = { folder, root: path.join(root, "bench"), key: "00112233445566778899aabbccddeeff" };
  return { ...environment, PYTHONPATH: path.join(checkout, "recorder/sitecustomize"), LUTHIER_RECORDING: JSON.stringify(recording) };
}

/** Every turn runs every tool once; the least of its turns counts. The first pages warm up. @param {string} page */
async function measure(page) {
  /** @type {Map<string, number[]>} */
  const seen = new Map(tools.map((tool) => [tool, []]));
  const without = new Map(tools.map((tool) => [tool, isRecorder(tool) ? [] : (seen.get("nothing") ?? [])]));
  for (const worker of workers) await turn(worker, page, 3);
  const before = loadavg();
  for (let count = 0; count < Number(options.turns); count += 1) {
    for (const worker of workers) {
      const loads = Number(HEAVY.has(worker.tool) ? options["heavy-loads"] : options.loads);
      const times = Math.max(1, Math.round(loads / ROWS));
      if (isRecorder(worker.tool)) without.get(worker.tool)?.push(await turn(worker, page, times, "off"));
      seen.get(worker.tool)?.push(await turn(worker, page, times));
    }
  }
  show(page, seen, without, before);
}

/** @param {string} tool */
function isRecorder(tool) {
  return tool.startsWith("luthier");
}

/** Microseconds a statement. @param {ReturnType<typeof start>} worker @param {string} page @param {number} times @param {"on" | "off"} state */
async function turn({ child, next }, page, times, state = "on") {
  child.stdin.write(`${page} ${times} ${state}\n`);
  const [seconds = 0, statements = 1] = (await next()).split(" ").map(Number);
  return (seconds / statements) * 1e6;
}

/** @param {string} page @param {Map<string, number[]>} seen @param {Map<string, number[]>} without @param {number[]} before */
function show(page, seen, without, before) {
  const alone = seen.get("nothing") ?? [];
  const [first, last] = [before, loadavg()].map((load) => load[0]?.toFixed(1));
  say(`\n${page}: ${spread(alone)} µs of CPU a statement without a tool (least and middle of ${alone.length} turns; load ${first} to ${last})`);
  for (const [tool, micros] of seen) {
    if (tool === "nothing") continue;
    const plain = without.get(tool) ?? [];
    say(`  ${tool.padEnd(20)} +${(least(micros) - least(plain)).toFixed(1).padStart(6)} µs (of the middles +${(middle(micros) - middle(plain)).toFixed(1)})`);
  }
}

/** @param {number[]} micros */
function spread(micros) {
  return `${least(micros).toFixed(1)} and ${middle(micros).toFixed(1)}`;
}

/** @param {number[]} micros */
function least(micros) {
  return Math.min(...micros);
}

/** @param {number[]} micros */
function middle(micros) {
  return micros.toSorted((a, b) => a - b)[Math.floor(micros.length / 2)] ?? 0;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
