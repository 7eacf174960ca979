// Creates or updates a Python virtual environment from a requirements file.
//
//   node scripts/python-env.mjs [REQUIREMENTS] [--directory DIR]
//
// Without arguments: the bookshop's requirements, in .cache/venv. Does nothing when the environment is up to date.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { capture, installDebianPackages } from "./run-command.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const staleLockMs = 10 * 60_000;

/**
 * Makes sure that a virtual environment holds exactly what the requirements file asks for.
 *
 * @param {{ requirements?: string, directory?: string, interpreter?: string }} [options] paths, relative to the repository root
 * @returns {Promise<{ python: string, directory: string, isFresh: boolean }>} `isFresh`: something was installed
 */
export async function ensurePythonEnv({ requirements = "examples/bookshop/requirements.txt", directory = ".cache/venv", interpreter = "python3" } = {}) {
  const home = path.resolve(root, directory);
  const python = path.join(home, "bin", "python");
  const wanted = path.resolve(root, requirements);
  const isReady = () => existsSync(python) && readStamp(home) === stampOf(wanted, python);
  if (isReady()) return { python, directory: home, isFresh: false };
  const release = await takeLock(`${home}.lock`);
  try {
    if (isReady()) return { python, directory: home, isFresh: false };
    build(home, python, wanted, interpreter);
    return { python, directory: home, isFresh: true };
  } finally {
    release();
  }
}

/** @param {string} home @param {string} python @param {string} requirements @param {string} interpreter */
function build(home, python, requirements, interpreter) {
  if (!hasVenvModule()) installDebianPackages(["python3", "python3-venv"], "Python's venv module is missing");
  rmSync(home, { recursive: true, force: true });
  capture(interpreter, ["-m", "venv", home]);
  capture(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  writeFileSync(path.join(home, "luthier-stamp"), stampOf(requirements, python));
}

function hasVenvModule() {
  try {
    capture("python3", ["-c", "import venv, ensurepip"]);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} requirements @param {string} python */
function stampOf(requirements, python) {
  const version = capture(python, ["--version"]).trim();
  return createHash("sha256").update(version).update(readFileSync(requirements)).digest("hex");
}

/** @param {string} home */
function readStamp(home) {
  const file = path.join(home, "luthier-stamp");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/**
 * Two test files may ask at once: the second waits for the first. A folder is the lock, as making one is atomic.
 *
 * @param {string} lock
 */
async function takeLock(lock) {
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      return () => rmdirSync(lock);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const age = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
    if (age > staleLockMs) rmSync(lock, { recursive: true, force: true });
    await sleep(200);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { directory: { type: "string" } },
  });
  const environment = await ensurePythonEnv({
    requirements: positionals[0],
    directory: values.directory,
  });
  const where = path.relative(process.cwd(), environment.directory) || ".";
  process.stdout.write(`Python environment ${environment.isFresh ? "built" : "up to date"}: ${where}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
