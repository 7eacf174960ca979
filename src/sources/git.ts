import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UsageError } from "../model/usage-error.ts";
import type { ChangedLines, LineRange } from "../select/changed-lines.ts";

const LARGEST_OUTPUT = 1 << 30;

/** A diff that no setting of the user's changes. */
const PLAIN_DIFF = ["--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--src-prefix=a/", "--dst-prefix=b/"];

async function git(folder: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("git", ["-c", "core.quotePath=false", ...args], {
    cwd: folder,
    maxBuffer: LARGEST_OUTPUT,
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" },
  });
  return stdout;
}

async function tryGit(folder: string, args: readonly string[]): Promise<string | null> {
  try {
    return await git(folder, args);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw gitMissing(error);
    return null;
  }
}

function gitMissing(cause: unknown): UsageError {
  return new UsageError("git-missing", "git was not found.", "Install git, or leave out what needs it.", { cause });
}

async function isRepository(folder: string): Promise<boolean> {
  return (await tryGit(folder, ["rev-parse", "--is-inside-work-tree"]))?.trim() === "true";
}

/** The lines below a folder that changed since the branch left a commit: committed, staged, unstaged and untracked. */
export async function changedSince(folder: string, ref: string): Promise<ChangedLines> {
  if (!(await isRepository(folder))) {
    throw new UsageError("not-a-repository", "--since needs a git repository, and this is none.", "Leave out --since.");
  }
  const base = await mergeBase(folder, ref);
  const diff = await git(folder, ["diff", ...PLAIN_DIFF, "--unified=0", "--relative", base, "--", "."]);
  const changed = new Map<string, readonly LineRange[] | "all">(parseChangedLines(diff));
  const untracked = await git(folder, ["ls-files", "--others", "--exclude-standard", "-z", "--", "."]);
  for (const file of untracked.split("\0").filter(Boolean)) changed.set(file, "all");
  return changed;
}

async function mergeBase(folder: string, ref: string): Promise<string> {
  const commit = (await tryGit(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]))?.trim();
  if (!commit) {
    const remedy = "Name a branch, a tag or a commit; in a shallow clone, fetch it first.";
    throw new UsageError("unknown-ref", `git knows no commit called ${ref}.`, remedy);
  }
  return (await tryGit(folder, ["merge-base", commit, "HEAD"]))?.trim() || commit;
}

/** The new side's line ranges of a diff without context. A pure removal touches the lines round it. */
export function parseChangedLines(diff: string): ReadonlyMap<string, readonly LineRange[]> {
  const changed = new Map<string, LineRange[]>();
  let ranges: LineRange[] = [];
  /** Lines of the current hunk still to come, so that a changed line is not taken for a header. */
  let left = 0;
  for (const line of diff.split("\n")) {
    if (left > 0 && /^[-+]/.test(line)) {
      left -= 1;
      continue;
    }
    const file = /^\+\+\+ (?:"b\/(.*)"|b\/(.*?))\t?$/.exec(line);
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (file) {
      ranges = [];
      changed.set(file[1] === undefined ? (file[2] ?? "") : unquote(file[1]), ranges);
    } else if (hunk) {
      const [first, count] = [Number(hunk[2]), Number(hunk[3] ?? 1)];
      left = Number(hunk[1] ?? 1) + count;
      ranges.push(count === 0 ? { first, last: first + 1 } : { first, last: first + count - 1 });
    }
  }
  return changed;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", a: "\u0007", b: "\b", f: "\f", v: "\v" };

/** Undoes git's quoting of unusual file names. */
function unquote(name: string): string {
  return name.replaceAll(/\\(\d{3}|.)/g, (_, code: string) =>
    /^\d{3}$/.test(code) ? String.fromCodePoint(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}

export type TreeState =
  | { readonly kind: "clean" }
  | { readonly kind: "not-a-repository" }
  /** Files with changes that git does not have, or among the given ones files that it does not know. */
  | { readonly kind: "dirty"; readonly files: readonly string[] };

/** Whether git could restore the folder's tracked files and the given ones, which are there. */
export async function treeState(folder: string, files: readonly string[]): Promise<TreeState> {
  if (!(await isRepository(folder))) return { kind: "not-a-repository" };
  const changed = await git(folder, ["diff", "--name-only", "-z", "--relative", "HEAD", "--", "."]).catch(() => "");
  const tracked = new Set((await git(folder, ["ls-files", "-z", "--", "."])).split("\0"));
  const dirty = new Set([...changed.split("\0").filter(Boolean), ...files.filter((file) => !tracked.has(file))]);
  return dirty.size === 0 ? { kind: "clean" } : { kind: "dirty", files: [...dirty].toSorted() };
}

/** Short hash of the commit that the folder is at, and whether files in it differ; null outside of a repository or before its first commit. */
export async function currentCommit(folder: string): Promise<{ readonly commit: string; readonly isDirty: boolean } | null> {
  const commit = (await tryGit(folder, ["rev-parse", "--short", "HEAD"]).catch(() => null))?.trim();
  if (!commit) return null;
  const changed = await tryGit(folder, ["status", "--porcelain", "--untracked-files=no", "--", "."]);
  return { commit, isDirty: (changed ?? "").trim() !== "" };
}
