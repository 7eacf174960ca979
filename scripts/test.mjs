// Everything that must hold before a change is taken: `npm test`. Fetches what is missing, skips nothing, and says at
// the end how many checks passed and how many failed.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { ensureChromium } from "./browser.mjs";
import { checkPackage } from "./pack-check.mjs";
import { prepare, root } from "./prepare.mjs";
import { ensurePythonEnv } from "./python-env.mjs";
import { runTeed } from "./run-command.mjs";

/** @typedef {{ passed: number, failed: number }} Tally */

const vitestResults = path.join(root, ".cache", "vitest.json");

/** @type {readonly (readonly [name: string, run: () => Promise<Tally>])[]} */
const steps = [
  ["format", () => tool("oxfmt", "--check", "src", "tests", "scripts", "bench", "web")],
  ["lint", () => tool("oxlint", "--config", ".oxlintrc.json", "--quiet", "src", "tests", "scripts", "bench", "web")],
  ["types", () => tool("tsc", "-p", "tsconfig.test.json")],
  ["unused code", () => tool("knip", "--no-progress")],
  ["packed package", async () => (checkPackage(), { passed: 1, failed: 0 })],
  ["facts about Django", measureFacts],
  ["tests", runTests],
];

process.chdir(root);
process.exitCode = await main();

/** @returns {Promise<number>} */
async function main() {
  const started = Date.now();
  await prepare();
  await ensurePythonEnv();
  ensureChromium();
  const total = { passed: 0, failed: 0 };
  const failed = [];
  for (const [name, run] of steps) {
    process.stdout.write(`\n== ${name}\n`);
    const tally = await attempt(run);
    if (tally.failed > 0) failed.push(name);
    total.passed += tally.passed;
    total.failed += tally.failed;
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(`\n${failed.length > 0 ? `Failed: ${failed.join(", ")}\n` : ""}Took ${seconds} s.\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed > 0 ? 1 : 0;
}

/** A step that cannot run counts as failed, and the others still have their say. @param {() => Promise<Tally>} run */
async function attempt(run) {
  try {
    return await run();
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { passed: 0, failed: 1 };
  }
}

/** @param {string} name @param {string[]} args @returns {Promise<Tally>} */
async function tool(name, ...args) {
  const { status } = await runTeed(path.join("node_modules", ".bin", name), args);
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** @returns {Promise<Tally>} */
async function runTests() {
  rmSync(vitestResults, { force: true });
  mkdirSync(path.dirname(vitestResults), { recursive: true });
  const report = ["--reporter=default", "--reporter=json", `--outputFile.json=${vitestResults}`];
  const { status } = await runTeed(path.join("node_modules", ".bin", "vitest"), ["run", ...report]);
  const { numPassedTests: passed, numFailedTests: failed, testResults } = JSON.parse(readFileSync(vitestResults, "utf8"));
  for (const name of skippedTests(testResults)) process.stdout.write(`NOT RUN: ${name}\n`);
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
}

/**
 * A version of Django for which there is no Python here, and a machine that lets no test mount a file system, are the
 * reasons to skip a test; it is named at the end.
 *
 * @param {{ assertionResults: { status: string, fullName: string }[] }[]} files
 * @returns {string[]}
 */
function skippedTests(files) {
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  return tests.filter(({ status }) => status !== "passed" && status !== "failed").map(({ fullName }) => fullName);
}

/** Sums the last line of each version; a version without a fitting Python says so, and at least one must be measured. */
async function measureFacts() {
  const { status, output } = await runTeed(process.execPath, ["tests/semantics/run.mjs"]);
  const lines = [...output.matchAll(/^Django \S+: (\d+) passed, (\d+) failed/gm)];
  const sum = (/** @type {number} */ group) => lines.reduce((total, line) => total + Number(line[group]), 0);
  const failed = sum(2);
  return { passed: sum(1), failed: failed === 0 && (status !== 0 || lines.length === 0) ? 1 : failed };
}
