#!/usr/bin/env node
// What recording costs: the bookshop's pages and its test suite, without a recorder, with ours, and with peers, in one run.
//
//   node bench/recorder/run.mjs [--rounds 20] [--repeats 3] [--suite 3]
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { withPostgres } from "../../scripts/postgres.mjs";
import { ensurePythonEnv } from "../../scripts/python-env.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const bookshop = path.join(root, "examples/bookshop");
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    repeats: { type: "string", default: "3" },
    suite: { type: "string", default: "3" },
  },
});

/** @type {readonly { name: string, tool: string, recorder?: object }[]} */
const SUBJECTS = [
  { name: "nothing", tool: "nothing" },
  { name: "no-op wrapper", tool: "no-op wrapper" },
  { name: "luthier", tool: "nothing", recorder: {} },
  { name: "luthier --fields", tool: "nothing", recorder: { fields: true } },
  { name: "django-zeal", tool: "zeal" },
  { name: "django-query-doctor", tool: "query-doctor" },
  { name: "django-debug-toolbar", tool: "debug-toolbar" },
  { name: "django-silk", tool: "silk" },
];

const { python } = await ensurePythonEnv({ requirements: "bench/recorder/requirements.txt", directory: ".cache/venv-recorder-bench" });
await withPostgres((cluster) => {
  const environment = { ...process.env, ...cluster.env, PYTHONDONTWRITEBYTECODE: "1", DJANGO_SETTINGS_MODULE: "bench_settings" };
  django(environment, "silk", "migrate", "-v0");
  django(environment, "nothing", "generate", "--rows", "10000");
  say(
    `Load before: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(" ")}\n`,
  );
  showPages(measurePages(environment));
  showSuite(measureSuite(environment));
});

/** @param {NodeJS.ProcessEnv} env @param {string} tool @param {string[]} args */
function django(env, tool, ...args) {
  run(["-m", "django", ...args], { ...env, BENCH_TOOL: tool, PYTHONPATH: `${here}:${bookshop}` });
}

/**
 * Every repeat runs every subject once, so that a change in the machine's load hits all; the least of all rounds is taken.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function measurePages(env) {
  /** @type {Record<string, Record<string, { statements: number, cpu: number[] }>>} */
  const results = {};
  for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) {
    for (const subject of SUBJECTS) {
      const output = recording(subject, { ...env, BENCH_TOOL: subject.tool, PYTHONPATH: `${here}:${bookshop}` }, (all) =>
        run([path.join(here, "pages.py"), String(options.rounds)], all),
      );
      const known = (results[subject.name] ??= {});
      for (const [work, { statements, cpu }] of Object.entries(JSON.parse(output.trim().split("\n").at(-1) ?? "{}"))) {
        known[work] = { statements, cpu: [...(known[work]?.cpu ?? []), ...cpu] };
      }
    }
  }
  return results;
}

/** @param {ReturnType<typeof measurePages>} results */
function showPages(results) {
  const base = results["nothing"] ?? {};
  for (const [work, { statements, cpu }] of Object.entries(base)) {
    const least = Math.min(...cpu);
    say(`\n${work}: ${statements} statements, ${((least / statements) * 1e6).toFixed(0)} µs CPU each without a tool`);
    for (const { name } of SUBJECTS.slice(1)) {
      const mine = Math.min(...(results[name]?.[work]?.cpu ?? []));
      say(`  ${name.padEnd(22)} +${(((mine - least) / statements) * 1e6).toFixed(1).padStart(7)} µs a statement, ${(mine / least).toFixed(3)}x`);
    }
  }
}

/** @param {NodeJS.ProcessEnv} env */
function measureSuite(env) {
  /** @type {Record<string, number[]>} */
  const walls = {};
  for (let repeat = 0; repeat < Number(options.suite); repeat += 1) {
    for (const subject of SUBJECTS.filter(({ name, recorder }) => name === "nothing" || recorder)) {
      const start = performance.now();
      recording(subject, env, (all) => run(["manage.py", "test", "--settings", "bookshop.settings.test", "--noinput"], all));
      (walls[subject.name] ??= []).push((performance.now() - start) / 1000);
    }
  }
  return walls;
}

/** @param {Record<string, number[]>} walls */
function showSuite(walls) {
  const least = Math.min(...(walls["nothing"] ?? []));
  if (!Number.isFinite(least)) return;
  say(`\nThe bookshop's tests: ${least.toFixed(1)} s without a tool`);
  for (const [name, seconds] of Object.entries(walls)) say(`  ${name.padEnd(22)} ${(Math.min(...seconds) / least).toFixed(3)}x`);
}

/**
 * @template T
 * @param {{ recorder?: object }} subject @param {NodeJS.ProcessEnv} env @param {(env: NodeJS.ProcessEnv) => T} work
 * @returns {T}
 */
function recording({ recorder }, env, work) {
  if (!recorder) return work(env);
  const folder = mkdtempSync(path.join(tmpdir(), "luthier-bench-recording-"));
  const before = env["PYTHONPATH"];
  const sitecustomize = path.join(root, "recorder/sitecustomize");
  try {
    return work({
      ...env,
      PYTHONPATH: before ? `${sitecustomize}:${before}` : sitecustomize,
      LUTHIER_RECORDING: JSON.stringify({ folder, root: bookshop, ...recorder }),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env */
function run(args, env) {
  const { status, stdout, stderr } = spawnSync(python, args, { cwd: bookshop, env, encoding: "utf8", maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(`${args.join(" ")} with ${env["BENCH_TOOL"] ?? "its tests"} exited with ${status}\n${stderr.slice(-3000)}`);
  return stdout;
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
