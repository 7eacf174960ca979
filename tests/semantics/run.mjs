#!/usr/bin/env node
// Measures the facts on several versions of Django, each in an environment of its own under .cache/.
//
//   node tests/semantics/run.mjs                    every version that some Python here can run
//   node tests/semantics/run.mjs 5.2                that version
//   node tests/semantics/run.mjs 5.2 -- --sql fk    what follows -- goes to measure.py

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const cache = join(here, "..", "..", ".cache");

/** The REST framework that fits each Django, and the minor versions of Python 3 that its release notes name. */
const versions = [
  { django: "4.2", restFramework: "3.15", oldest: 8, newest: 12 },
  { django: "5.2", restFramework: "3.16", oldest: 10, newest: 14 },
  { django: "6.0", restFramework: "3.18", oldest: 12, newest: 14 },
  { django: "6.1", restFramework: "3.18", oldest: 12, newest: 14 },
];

process.exitCode = main(process.argv.slice(2));

function main(args) {
  const [wanted, passedOn] = splitAt(args, "--");
  const chosen = versions.filter((version) => wanted.length === 0 || wanted.includes(version.django));
  if (chosen.length < Math.max(1, wanted.length)) {
    say(process.stderr, `Known versions: ${versions.map((version) => version.django).join(", ")}`);
    return 2;
  }
  const outcomes = chosen.map((version) => measure(version, passedOn));
  if (outcomes.every((outcome) => outcome === "skipped")) {
    say(process.stderr, "No version of Django was measured.");
    return 2;
  }
  return outcomes.includes("failed") ? 1 : 0;
}

function say(stream, line) {
  stream.write(`${line}\n`);
}

function splitAt(list, mark) {
  const index = list.indexOf(mark);
  return index < 0 ? [list, []] : [list.slice(0, index), list.slice(index + 1)];
}

function measure(version, passedOn) {
  const python = prepare(version);
  if (python === null) return "skipped";
  const options = passedOn.length > 0 ? passedOn : ["--failed"];
  const { status } = spawnSync(python, [join(here, "measure.py"), ...options], {
    stdio: "inherit",
  });
  return status === 0 ? "passed" : "failed";
}

/** The Python of the version's environment, which is made when it is missing or incomplete. */
function prepare(version) {
  const environment = join(cache, `venv-django-${version.django}`);
  const python = join(environment, "bin", "python");
  const stamp = join(environment, "facts.installed");
  const requirements = [`Django==${version.django}.*`, `djangorestframework==${version.restFramework}.*`];
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements.join("\n")) return python;

  const base = findPython(version);
  mkdirSync(cache, { recursive: true });
  rmSync(environment, { recursive: true, force: true });
  runOrThrow(base, ["-m", "venv", environment]);
  const { status, stderr } = spawnSync(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...requirements], {
    encoding: "utf8",
  });
  if (status !== 0 && /Requires-Python|different python version/i.test(stderr)) {
    say(process.stdout, `Django ${version.django}: skipped, pip says that this Python is too old for it (Python 3.${minorOf(base)})`);
    return null;
  }
  if (status !== 0) throw new Error(`pip could not install ${requirements.join(" and ")}:\n${stderr}`);
  writeFileSync(stamp, requirements.join("\n"));
  return python;
}

function runOrThrow(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}:\n${stderr}`);
}

/** A Python that suits the version. Where there is none, pip has the last word on the default one. */
function findPython({ oldest, newest }) {
  const suits = (command) => oldest <= minorOf(command) && minorOf(command) <= newest;
  return candidates().find(suits) ?? "python3";
}

/** The default Python first, then others on the path, then those of pyenv, whose shims refuse what is not selected. */
function candidates() {
  const names = Array.from({ length: 8 }, (_, step) => `python3.${15 - step}`);
  const onPath = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .filter((file) => existsSync(file));
  return ["python3", ...onPath, ...pyenvPythons()];
}

function pyenvPythons() {
  const folder = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((version) => join(folder, version, "bin", "python3"));
}

function minorOf(command) {
  const { status, stdout } = spawnSync(command, ["-c", "import sys; print(sys.version_info.minor)"], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : -1;
}
