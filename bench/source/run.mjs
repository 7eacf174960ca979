#!/usr/bin/env node
// Times luthier on one project against CPython's own parser and against peers, whole processes, in one run.
// See bench/README.md.
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEFAULT_EXCLUDES, middleFile, NEVER_SOURCE, pythonFiles, without } from "./files.mjs";

const USAGE = `Usage: run.mjs --project DIR [options]
  --luthier CMD     how to call luthier (node dist/cli/main.js)
  --runs N          rounds (5)
  --peers VENV      a virtual environment with pyright, pylint + pylint-django, djch; those found are timed
  --peer-runs N     rounds in which the peers take part (1)
  --exclude GLOB    replaces the default list of what luthier leaves out; may be repeated
  --edit FILE       the file to change, relative to the project (the models or views file of median size)
  --python CMD      the Python that parses and measures (python3)
  --timeout SECONDS for one process (900)
  --out FILE        write every figure as JSON too
`;

const { values: options } = parseArgs({
  options: {
    project: { type: "string" },
    luthier: { type: "string", default: "node dist/cli/main.js" },
    runs: { type: "string", default: "5" },
    peers: { type: "string" },
    "peer-runs": { type: "string", default: "1" },
    exclude: { type: "string", multiple: true, default: DEFAULT_EXCLUDES },
    edit: { type: "string" },
    python: { type: "string", default: "python3" },
    timeout: { type: "string", default: "900" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (options.help || !options.project) {
  process.stderr.write(USAGE);
  process.exit(options.help ? 0 : 2);
}

const here = dirname(fileURLToPath(import.meta.url));
const python = interpreterBehind(options.python);
const luthier = options.luthier.split(" ").filter(Boolean);
const scratch = mkdtempSync(join(tmpdir(), "luthier-bench-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

const copy = join(scratch, basename(resolve(options.project)));
cpSync(resolve(options.project), copy, {
  recursive: true,
  verbatimSymlinks: true,
  filter: (source) => source === resolve(options.project) || !NEVER_SOURCE.has(basename(source)),
});
const all = pythonFiles(copy);
const examined = without(all, options.exclude);
if (examined.length === 0) {
  process.stderr.write("no Python file is left to examine; see --exclude\n");
  process.exit(2);
}
/** Migrations are no subject of most rules, and are read all the same: what they have made decides what a table has. */
const read = without(
  all,
  options.exclude.filter((glob) => glob !== "**/migrations/**"),
);
const edited = options.edit ?? middleFile(copy, examined);
const lists = { all: writeList("all", all), examined: writeList("examined", examined), read: writeList("read", read) };

const subjects = [...parsers(), ...luthiers(), ...peers()];
const seen = warmUp();
const samples = measureAll();
const outcome = describeResult();
if (options.out) writeFileSync(options.out, `${JSON.stringify(outcome, null, 1)}\n`);
process.stdout.write(render(outcome));

/** A shim, as pyenv's, would be timed along with the interpreter it starts. */
function interpreterBehind(command) {
  const result = spawnSync(command, ["-c", "import sys; print(sys.executable)"], {
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`${command} does not run: ${result.error?.message ?? result.stderr}`);
  return result.stdout.trim();
}

function writeList(name, files) {
  const path = join(scratch, `${name}.txt`);
  writeFileSync(path, `${files.map((file) => join(copy, file)).join("\n")}\n`);
  return path;
}

function parsers() {
  return [
    {
      name: `ast.parse, ${examined.length} examined files`,
      command: [python, join(here, "parse.py"), lists.examined],
    },
    {
      name: `ast.parse, ${read.length} files with migrations`,
      command: [python, join(here, "parse.py"), lists.read],
    },
    {
      name: `ast.parse, all ${all.length} files`,
      command: [python, join(here, "parse.py"), lists.all],
    },
  ];
}

/** The order matters: the first run with a cache fills it for those after it. */
function luthiers() {
  const check = [...luthier, "check", copy, "--format", "json", "--fail-on", "never"];
  const cache = join(copy, ".luthier", "cache");
  const path = join(copy, edited);
  const original = readFileSync(path);
  return [
    { name: "luthier, no cache", command: [...check, "--no-cache"] },
    {
      name: "luthier, cache empty",
      command: check,
      before: () => rmSync(cache, { recursive: true, force: true }),
    },
    { name: "luthier, nothing changed", command: check },
    {
      name: "luthier, one file changed",
      command: check,
      before: () => appendFileSync(path, "\n# changed\n"),
      after: () => writeFileSync(path, original),
    },
  ];
}

function peers() {
  if (!options.peers) return [];
  const tool = (name) => join(resolve(options.peers), "bin", name);
  const files = examined.map((file) => join(copy, file));
  const pylint = ["--load-plugins=pylint_django", "--disable=django-not-configured", "--exit-zero", "-j", "1"];
  return [
    {
      name: "pyright",
      command: [tool("pyright"), "--pythonpath", tool("python"), "-"],
      stdin: lists.examined,
      accepts: [0, 1],
    },
    {
      name: "pylint with pylint-django",
      command: [tool("pylint"), ...pylint, ...files],
      cwd: copy,
    },
    {
      name: "djch (all files below the root)",
      command: [tool("djch"), "check"],
      cwd: copy,
      accepts: [0, 1],
    },
  ]
    .filter(({ name, command }) => existsSync(command[0]) || note(`${name} is not in the virtual environment`))
    .map((peer) => ({
      ...peer,
      name: `${peer.name} ${versionOf(peer.command[0])}`.trim(),
      isPeer: true,
    }));
}

function note(text) {
  process.stderr.write(`${text}\n`);
  return false;
}

function versionOf(tool) {
  const { stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
  return /\d+\.\d+(\.\d+)?/.exec(String(stdout))?.[0] ?? "";
}

/** Fills the page cache, and asks luthier how many files it takes itself. Not timed. */
function warmUp() {
  measure(subjects[2]);
  const check = [...luthier.slice(1), "check", copy, "--format", "json", "--fail-on", "never", "--no-cache"];
  const { stdout } = spawnSync(luthier[0], check, { encoding: "utf8", maxBuffer: 1 << 30 });
  try {
    const { project, coverage } = JSON.parse(stdout);
    return { files: project?.files, filesParsed: coverage?.filesParsed, lines: project?.lines };
  } catch {
    return {};
  }
}

function measureAll() {
  const rounds = Number(options.runs);
  const collected = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of subjects) {
      if (subject.isPeer && round >= Number(options["peer-runs"])) continue;
      subject.before?.();
      const sample = measure(subject);
      subject.after?.();
      collected.get(subject.name).push(sample);
      note(`${round + 1}/${rounds} ${subject.name}: ${sample.failure ?? `${sample.wall.toFixed(2)} s`}`);
    }
  }
  return collected;
}

/** `accepts`: the exit statuses of a process that did its work; pyright and djch exit 1 when they find something. */
function measure({ command, cwd, stdin, accepts = [0] }) {
  const flags = ["--timeout", options.timeout, ...(cwd ? ["--cwd", cwd] : []), ...(stdin ? ["--stdin", stdin] : [])];
  const child = spawnSync(python, [join(here, "measure.py"), ...flags, "--", ...command], {
    encoding: "utf8",
  });
  if (child.status !== 0) return { failure: errorLine(child.stderr) };
  const sample = JSON.parse(child.stdout);
  if (sample.failure || accepts.includes(sample.status)) return sample;
  return { failure: `exit ${sample.status}: ${errorLine(sample.stderr)}` };
}

function errorLine(stderr) {
  const line = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1);
  return line.replaceAll(copy, ".");
}

function describeResult() {
  const rows = [...samples].map(([name, list]) => {
    const good = list.filter(({ failure }) => !failure);
    const over = (key) => (good.length ? minMedianMax(good.map((sample) => sample[key])) : undefined);
    const failure = list.find((sample) => sample.failure)?.failure;
    return {
      name,
      runs: good.length,
      failure,
      wall: over("wall"),
      cpu: over("cpu"),
      peak: over("peak"),
      samples: list,
    };
  });
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    load: loadavg()[0],
    node: process.version,
  };
  const pythonVersion = spawnSync(python, ["--version"], { encoding: "utf8" }).stdout.trim();
  const project = { examined: examined.length, all: all.length, edited, luthier: seen };
  return {
    schema: "luthier-source-bench/1",
    machine: { ...machine, python: pythonVersion },
    project,
    rows,
  };
}

function minMedianMax(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

function spread(value) {
  return value ? [value.min, value.median, value.max].map((x) => x.toFixed(2)).join(" / ") : "";
}

function render({ machine, project, rows }) {
  const yardstick = rows[0];
  const ratio = (row, key) => (row[key] && yardstick[key] ? `${(row[key].median / yardstick[key].median).toFixed(2)} ×` : "");
  const lines = rows.map((row) => [
    row.name,
    row.runs,
    spread(row.wall),
    spread(row.cpu),
    row.peak ? (row.peak.max / 2 ** 20).toFixed(0) : "",
    ratio(row, "wall"),
    ratio(row, "cpu"),
    row.failure ?? "",
  ]);
  const header = ["", "runs", "wall s", "CPU s", "peak MiB", "wall ÷ ast.parse", "CPU ÷ ast.parse", "failure"];
  const { files = "?", filesParsed = "?", lines: count = "?" } = project.luthier;
  return [
    `${project.examined} of ${project.all} Python files examined; luthier says ${files} files, ${filesParsed} parsed, ${count} lines.`,
    `Changed file: ${project.edited}. ${machine.cpus} × ${machine.model}, load ${machine.load.toFixed(1)}, Node ${machine.node}, ${machine.python}.`,
    "Times are min / median / max of whole processes.",
    "",
    ...[header, header.map((_, index) => (index ? "---:" : "---")), ...lines].map((row) => `| ${row.join(" | ")} |`),
    "",
  ].join("\n");
}
