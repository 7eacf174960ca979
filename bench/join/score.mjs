#!/usr/bin/env node
// How many statements of a recording are joined to the line that sent them, by their shape alone? The recording's stacks are the truth.
//
//   node bench/join/score.mjs --project DIR --recording DIR [--misses N] [--only VERDICT] [--out FILE] [--build DIR] [--normalised]      needs a build; see bench/README.md
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** Where a process begins: what is asked below it alone, Django asks of itself. */
const START_FILE = /^(?:manage|.*\/(?:manage|wsgi|asgi))\.py$/;
/** Code that only tests run says nothing about where the app asks. */
const TEST_FILE = /(?:^|\/)(?:tests?|testing|testutils?|conftest|factories)(?:\/|\.py$)|(?:^|\/)test_[^/]*\.py$|_tests?\.py$/;
/** A tag that only holds others: what is asked there, a package's own template or widget asks, and no line of the project says more. */
const STRUCTURE = /\{%-?\s*(?:block|extends|include)\b/;
/** Migrations, and a project's own form of the command that applies them: Django's command asks what is asked below it. */
const MIGRATION_FILE = /(?:^|\/)migrations\/|(?:^|\/)management\/commands\/migrate\.py$/;

/**
 * @typedef {{ file: string, line: number, name: string }} Line
 * @typedef {{ sql: string, at: Line, cause: string, calls: number }} Truth
 */

/**
 * Statements of the project's own code, once for each text and line.
 *
 * @param {string} folder
 * @param {(file: string, line: number) => string} lineOf the text of a line of the project
 * @returns {{ truths: Truth[], statements: number, inTests: number, outside: number, inMigrations: number, inPackages: number }}
 */
export function readTruths(folder, lineOf) {
  const found = new Map();
  const counts = { statements: 0, inTests: 0, outside: 0, inMigrations: 0, inPackages: 0, lineOf };
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".jsonl"))) {
    readProcess(readFileSync(path.join(folder, name), "utf8"), found, counts);
  }
  const { lineOf: _, ...numbers } = counts;
  return { truths: [...found.values()], ...numbers };
}

function readProcess(text, found, counts) {
  const maps = { s: new Map(), p: new Map(), f: new Map(), k: new Map(), a: new Map() };
  for (const row of text.split("\n")) {
    if (row === "") continue;
    const line = JSON.parse(row);
    if (line[0] in maps) maps[line[0]].set(line[1], line.slice(2));
    if (line[0] === "x") take(line, maps, found, counts);
  }
}

function take(line, { s, p, f, k, a }, found, counts) {
  const sql = s.get(line[3])?.[0] ?? "";
  if (!/^\W*(?:SELECT|INSERT|UPDATE|DELETE|WITH|DECLARE)\b/i.test(sql)) return;
  counts.statements += 1;
  const frames = (k.get(line[4])?.[0] ?? []).map((id) => f.get(id)).filter((frame) => frame !== undefined && p.get(frame[0])?.[1] === 0);
  const [frame] = frames;
  if (frame === undefined || frames.every((one) => START_FILE.test(p.get(one[0])[0]))) {
    counts.outside += 1;
    return;
  }
  const at = { file: p.get(frame[0])[0], line: frame[1], name: frame[2] };
  const above = frames.slice(1, 4).map((one) => `${p.get(one[0])[0]}:${one[1]}`);
  if (TEST_FILE.test(at.file)) counts.inTests += 1;
  else if (frame[3] !== 0 && STRUCTURE.test(counts.lineOf(at.file, at.line))) counts.inPackages += 1;
  else if (MIGRATION_FILE.test(at.file)) counts.inMigrations += 1;
  else {
    const key = `${at.file}:${at.line}\n${sql}`;
    const cause = a.get(line[9] ?? 0)?.[0] ?? "";
    const known = found.get(key) ?? { sql, at, above, cause, calls: 0 };
    known.calls += 1;
    found.set(key, known);
  }
}

/**
 * Is the line one that a site names?
 *
 * @param {Line} at
 * @param {readonly { file: string, from: number, to: number }[]} ranges
 */
export function isAt(at, ranges) {
  return ranges.some(({ file, from, to }) => file === at.file && from <= at.line && at.line <= to);
}

/**
 * @param {{ certainty: string, sites: readonly (readonly { file: string, from: number, to: number }[])[] }} origin
 * @param {Line} at
 * @returns {"right" | "one of" | "wrong" | "one of wrong" | "framework" | "unknown"}
 */
export function judge({ certainty, sites }, at) {
  if (certainty === "framework" || certainty === "unknown") return certainty;
  const isRight = sites.some((ranges) => isAt(at, ranges));
  if (certainty === "unique") return isRight ? "right" : "wrong";
  return isRight ? "one of" : "one of wrong";
}

const VERDICTS = ["right", "one of", "wrong", "one of wrong", "framework", "unknown"];

/** @param {readonly { verdict: string, calls: number }[]} judged */
export function tally(judged) {
  const calls = judged.reduce((sum, one) => sum + one.calls, 0);
  const rows = VERDICTS.map((verdict) => {
    const of = judged.filter((one) => one.verdict === verdict);
    return { verdict, statements: of.length, calls: of.reduce((sum, one) => sum + one.calls, 0) };
  });
  const widths = judged
    .filter((one) => one.verdict === "one of")
    .map((one) => one.width ?? 0)
    .toSorted((a, b) => a - b);
  return { statements: judged.length, calls, rows, widths };
}

/** @param {readonly number[]} sorted @param {number} part */
const quantile = (sorted, part) => sorted[Math.floor((sorted.length - 1) * part)];

/** A reader looks at so many lines before giving up. */
const NARROW = 5;

function narrowLine(rows, widths, statements) {
  const sure = rows.find(({ verdict }) => verdict === "right")?.statements ?? 0;
  const few = widths.filter((width) => width <= NARROW).length;
  return `rightly, and at most ${NARROW} lines said: ${statements === 0 ? "0.0" : ((100 * (sure + few)) / statements).toFixed(1)} % of texts`;
}

/** @param {ReturnType<typeof tally>} totals */
export function render({ statements, calls, rows, widths }) {
  const share = (part, whole) => `${whole === 0 ? "0.0" : ((100 * part) / whole).toFixed(1)} %`;
  const lines = rows.map(
    (row) =>
      `${row.verdict.padEnd(14)} ${String(row.statements).padStart(6)} ${share(row.statements, statements).padStart(8)} ${String(row.calls).padStart(8)} ${share(row.calls, calls).padStart(8)}`,
  );
  const sum = (names, key) => rows.filter((row) => names.includes(row.verdict)).reduce((total, row) => total + row[key], 0);
  return [
    `${"".padEnd(14)} ${"texts".padStart(6)} ${"".padStart(8)} ${"calls".padStart(8)}`,
    ...lines,
    `joined rightly (one line, or one of those said): ${share(sum(["right", "one of"], "statements"), statements)} of texts, ${share(sum(["right", "one of"], "calls"), calls)} of calls`,
    ...(widths.length === 0
      ? []
      : [
          narrowLine(rows, widths, statements),
          `lines said where several are: ${quantile(widths, 0.5)} in the median, ${quantile(widths, 0.9)} at the ninth decile`,
        ]),
    `joined wrongly: ${share(sum(["wrong", "one of wrong"], "statements"), statements)} of texts, ${share(sum(["wrong", "one of wrong"], "calls"), calls)} of calls`,
  ].join("\n");
}

/** @param {string} root @param {string} build */
async function openJoin(root, build) {
  const built = (module) => import(pathToFileURL(path.resolve(build, module)).href);
  const [{ readSource }, { joinStatements }, { openSqlParser }] = await Promise.all(
    ["analyse.js", "workload/join-statements.js", "sql/open-parser.js"].map(built),
  );
  const environment = process.env.VIRTUAL_ENV ? { activeEnvironment: process.env.VIRTUAL_ENV } : {};
  const { facts, graph, ...source } = await readSource({
    root,
    exclude: [],
    jobs: 1,
    cache: false,
    settings: [],
    sourceRoots: [],
    conventions: [],
    thresholds: {},
    ...environment,
  });
  const { shapeOf } = await openSqlParser();
  const join = joinStatements({ facts, graph, shapeOf, django: source.project.djangoVersion });
  const originOf = (sql) => join.originOf(sql, shapeOf(sql));
  return { originOf, ranges: rangesOf(source) };
}

/** Lines of a span: the statements that its first and its last line belong to, so that a call over several lines is one. */
function rangesOf({ text }) {
  const starts = new Map();
  const lineAt = (file, offset) => {
    const lines = starts.get(file) ?? [0, ...Array.from(text(file).matchAll(/\n/g), (end) => end.index + 1)];
    starts.set(file, lines);
    return lines.findLastIndex((start) => start <= offset) + 1;
  };
  return ({ file, start, end }) => ({ file, from: lineAt(file, comprehensionStart(text(file), start)), to: lineAt(file, Math.max(start, end - 1)) });
}

/**
 * Python counts what a comprehension goes through to the line where the comprehension begins.
 *
 * @param {string} text
 * @param {number} start of what is gone through
 */
export function comprehensionStart(text, start) {
  let depth = 0;
  for (let at = start - 1; at >= 0; at -= 1) {
    const char = text[at] ?? "";
    if (")]}".includes(char)) depth += 1;
    if (!"([{".includes(char)) continue;
    if (depth === 0) return /\sfor\s[^()[\]{}]*\sin\s+$/.test(text.slice(at + 1, start)) ? at : start;
    depth -= 1;
  }
  return start;
}

/**
 * As pg_stat_statements keeps it: limits are literals in what Django sends, and parameters there.
 *
 * @param {string} sql
 */
const normalised = (sql) => sql.replaceAll(/\b(LIMIT|OFFSET) \d+/g, "$1 %s");

/** @param {string} root */
function lineReader(root) {
  const texts = new Map();
  return (file, line) => {
    if (!texts.has(file)) texts.set(file, existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), "utf8").split("\n") : []);
    return texts.get(file)[line - 1] ?? "";
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      project: { type: "string" },
      recording: { type: "string" },
      misses: { type: "string", default: "0" },
      only: { type: "string" },
      out: { type: "string" },
      build: { type: "string" },
      normalised: { type: "boolean", default: false },
    },
  });
  if (values.project === undefined || values.recording === undefined) {
    process.stderr.write("usage: node bench/join/score.mjs --project DIR --recording DIR [--misses N] [--only VERDICT] [--out FILE]\n");
    process.exit(2);
  }
  const started = performance.now();
  const { originOf, ranges } = await openJoin(path.resolve(values.project), values.build ?? path.resolve(import.meta.dirname, "../../build"));
  const seconds = (performance.now() - started) / 1000;
  const { truths, ...counts } = readTruths(values.recording, lineReader(path.resolve(values.project)));
  const judged = truths.map((truth) => {
    const origin = originOf(values.normalised ? normalised(truth.sql) : truth.sql);
    const sites = origin.sites.map((site) => [site.span, ...(site.sent ?? [])].map(ranges));
    return {
      ...truth,
      origin: { certainty: origin.certainty, sites, how: origin.sites.map((site) => `${site.how} ${site.model}`) },
      width: sites.length,
      verdict: judge({ certainty: origin.certainty, sites }, truth.at),
    };
  });
  process.stdout.write(`${truths.length} texts by line; ${JSON.stringify(counts)}; source read in ${seconds.toFixed(1)} s\n${render(tally(judged))}\n`);
  const misses = judged
    .filter((one) => (values.only === undefined ? one.verdict !== "right" && one.verdict !== "one of" : one.verdict === values.only))
    .toSorted((a, b) => b.calls - a.calls);
  for (const one of misses.slice(0, Number(values.misses))) {
    const named = one.origin.sites
      .slice(0, 4)
      .map((site, index) => `${one.origin.how[index]}: ${site.map(({ file, from, to }) => `${file}:${from}-${to}`).join(" ")}`);
    process.stdout.write(
      `\n${one.verdict}, ${one.calls} calls, ${one.at.file}:${one.at.line} ${one.at.name} ${one.cause} < ${one.above.join(" < ")}\n  ${one.sql.slice(0, 1200)}\n${named.map((text) => `  said ${text}\n`).join("")}`,
    );
  }
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify({ totals: tally(judged), judged }, null, 1));
}

if (process.argv[1] === import.meta.filename) await main();
