// The edge of the scorer: git, the cache folder of extracted trees, and one run of luthier over a tree.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The git directory of `owner/name` below `repos`: a bare one, or that of a clone; cloned first where that was asked. */
export function locateRepository(repos, name, { clone = false } = {}) {
  const folder = join(repos, name.replace("/", "+"));
  const candidates = [join(folder, ".git"), join(folder, "repo", ".git"), join(folder, "repo"), folder];
  const found = candidates.find((path) => existsSync(join(path, "HEAD")) && existsSync(join(path, "objects")));
  if (found) return found;
  if (!clone) throw new Error(`no clone of ${name}; add it, or pass --clone`);
  git(["clone", "--quiet", `https://github.com/${name}`, folder]);
  return join(folder, ".git");
}

function git(args, input) {
  const result = spawnSync("git", args, { encoding: "utf8", maxBuffer: 1 << 30, input });
  if (result.status !== 0) throw new Error(`git ${args.find((arg) => /^[a-z]/.test(arg))}: ${firstLine(result.stderr)}`);
  return result.stdout;
}

const hasCommit = (gitDir, sha) => spawnSync("git", ["--git-dir", gitDir, "cat-file", "-e", `${sha}^{commit}`], { stdio: "ignore" }).status === 0;

/** One commit's files in a folder of their own, held by this process alone until `release`. */
export async function openTree({ gitDir, repo, sha, work, clone, keepCache }) {
  const root = join(work, `${repo.replace("/", "+")}@${sha.slice(0, 12)}`);
  const release = await lock(`${root}.lock`);
  try {
    // A run that was cut short while a mutation was in place left this mark: the tree is not to be trusted.
    const mark = `${root}.mutated`;
    if (existsSync(mark)) rmSync(root, { recursive: true, force: true });
    if (!existsSync(root)) {
      if (!hasCommit(gitDir, sha) && clone) git(["--git-dir", gitDir, "fetch", "--quiet", "origin", sha]);
      await extract(gitDir, sha, root);
    }
    rmSync(mark, { force: true });
    if (!keepCache) rmSync(join(root, ".luthier"), { recursive: true, force: true });
    return {
      root,
      release,
      mutate: (file, bytes, action) => withFile(root, mark, file, bytes, action),
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function withFile(root, mark, file, edit, action) {
  const path = join(root, file);
  const original = readFileSync(path);
  const changed = edit(original);
  writeFileSync(mark, file);
  try {
    writeFileSync(path, changed);
    return await action();
  } finally {
    writeFileSync(path, original);
    rmSync(mark);
  }
}

async function extract(gitDir, sha, root) {
  const part = `${root}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const absent = missingFiles(gitDir, sha).map((path) => `:(exclude,literal)${path}`);
  const archive = spawn("git", ["--git-dir", gitDir, "archive", sha, "--", ".", ...absent], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const tar = spawn("tar", ["-x", "-C", part], { stdio: ["pipe", "ignore", "pipe"] });
  archive.stdout.on("error", () => {}).pipe(tar.stdin.on("error", () => {}));
  const [from, to] = await Promise.all([ended(archive), ended(tar)]);
  if (from.code !== 0 || to.code !== 0) throw new Error(`cannot extract ${sha}: ${firstLine(from.stderr || to.stderr)}`);
  renameSync(part, root);
}

/** Stored snapshots leave out the largest blobs; git archive would stop at the first. */
function missingFiles(gitDir, sha) {
  const entries = git(["--git-dir", gitDir, "ls-tree", "-r", "-z", sha]).split("\0").filter(Boolean);
  const blobs = entries.map((entry) => /^\d+ blob (\w+)\t(.*)$/s.exec(entry)).filter(Boolean);
  const ids = blobs.map(([, id]) => id).join("\n");
  const states = git(["--git-dir", gitDir, "cat-file", "--batch-check"], `${ids}\n`).split("\n");
  return blobs.filter((_, index) => states[index].endsWith(" missing")).map(([, , path]) => path);
}

function ended(child) {
  const stderr = [];
  child.stderr.on("data", (chunk) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: -1, stderr: error.message }));
    child.on("close", (code, signal) => resolve({ code: code ?? signal, stderr: Buffer.concat(stderr).toString() }));
  });
}

async function lock(path) {
  mkdirSync(join(path, ".."), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (isStale(path)) rmSync(path, { force: true });
      else await sleep(500);
    }
  }
}

function isStale(path) {
  try {
    const holder = Number(readFileSync(path, "utf8"));
    if (!holder) return false;
    process.kill(holder, 0);
    return holder === process.pid;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Runs luthier on a tree. Always resolves; `failure` says in one line why there is no report. */
export async function checkTree({ luthier, root, args, timeoutMs }) {
  const [command, ...rest] = luthier;
  const started = performance.now();
  const child = spawn(command, [...rest, "check", root, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
  const stdout = [];
  child.stdout.on("data", (chunk) => stdout.push(chunk));
  const { code, stderr } = await ended(child);
  const ms = performance.now() - started;
  try {
    const report = JSON.parse(Buffer.concat(stdout).toString());
    if (code !== 0 && code !== 1) return { ms, failure: describe(code, stderr, root) };
    if (!Array.isArray(report.findings)) return { ms, failure: "the report has no findings list" };
    return { ms, report };
  } catch {
    return { ms, failure: describe(code, stderr, root) };
  }
}

const describe = (code, stderr, root) => `exit ${code}: ${errorLine(stderr).replaceAll(root, ".") || "no JSON report on standard output"}`;

const firstLine = (text = "") => text.split("\n").find((line) => line.trim()) ?? "";

/** Node prints its own source line above an uncaught error; the line that names the error says more. */
const errorLine = (stderr) => /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? firstLine(stderr);
