/** A second tree of the user's project, so that fixes can be tried without touching the first. */
import { execFileSync } from "node:child_process";
import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import path from "node:path";
import type { Edit } from "../model/finding.ts";
import { sitePackages } from "./find-files.ts";
import { writeEdits } from "./write-files.ts";

export interface ProjectCopy {
  /** The copy of the user's tree: of the repository, where there is one. */
  readonly top: string;
  /** The copy of the project's folder, which the paths of findings are relative to. */
  readonly root: string;
  /** Folders of the copy that an installed environment would import from the user's tree, by their `.pth` files. */
  readonly importPaths: (environments: readonly string[]) => readonly string[];
  /** Where a path or a text that names a path of the user's tree leads in the copy. */
  readonly translate: (text: string) => string;
  /** Puts the files as they were, then writes these edits. */
  readonly apply: (edits: ReadonlyMap<string, readonly Edit[]>) => void;
  /** What git ignores and was left out for its size, relative to the tree. */
  readonly leftOut: readonly LeftOut[];
  readonly remove: () => void;
}

export interface LeftOut {
  readonly path: string;
  readonly bytes: number;
}

/** Ignored files up to this size altogether are copied: settings, a SQLite file, compiled assets. */
const MOST_IGNORED_BYTES = 256 * 2 ** 20;

/** What tools make anew, and what is Luthier's or git's own. */
const NEVER_COPIED = new Set(".git .hg .luthier __pycache__ .pytest_cache .mypy_cache .ruff_cache .tox .nox .eggs htmlcov .coverage".split(" "));
/** Folders that are read alone, and large. */
const LINKED = new Set(["node_modules", "bower_components"]);

/** Copies the tree that holds `root` to a folder of its own below it. Copies that an earlier run left behind are removed. */
export function copyProject(given: string, id: string): ProjectCopy {
  const root = realpathSync(given);
  const home = path.join(root, ".luthier", "prove");
  removeAbandoned(home);
  const folder = path.join(home, id);
  const tree = gitTop(root) ?? root;
  const top = path.join(folder, "tree");
  mkdirSync(top, { recursive: true });
  writeFileSync(path.join(home, ".gitignore"), "*\n");
  writeFileSync(path.join(folder, "owner"), String(process.pid));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const leftOut = fill(tree, top);
    const own = path.join(top, path.relative(tree, root));
    const translate = translation(tree, top, root);
    const importPaths = (environments: readonly string[]): readonly string[] =>
      environments.flatMap((environment) => editableSources(environment, tree)).map(translate);
    return { top, root: own, leftOut, remove, translate, importPaths, apply: applier(own) };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Removes what runs that were interrupted left there. */
export function removeAbandoned(home: string): void {
  if (!existsSync(home)) return;
  for (const entry of readdirSync(home, { withFileTypes: true })) {
    const folder = path.join(home, entry.name);
    if (entry.isDirectory() && !isOwned(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether the process that made a copy still runs. */
function isOwned(folder: string): boolean {
  try {
    process.kill(Number(readFileSync(path.join(folder, "owner"), "utf8")) || 0x7fffffff, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

// ------------------------------------------------------------------------------------------------- what is copied

function gitTop(folder: string): string | null {
  return git(folder, ["rev-parse", "--show-toplevel"])?.trim() || null;
}

/** Null where there is no git, or no repository. */
function git(folder: string, args: readonly string[]): string | null {
  try {
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" };
    return execFileSync("git", args, { cwd: folder, env, encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}

function fill(tree: string, top: string): readonly LeftOut[] {
  const known = listKnown(tree);
  if (known === null) return fillWithoutGit(tree, top);
  for (const file of known) copyEntry(tree, top, file);
  return copyIgnored(tree, top, listIgnored(tree));
}

/** Tracked files, and new ones that are not ignored, those of submodules included. */
function listKnown(tree: string): readonly string[] | null {
  const listed = git(tree, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  if (listed === null || gitTop(tree) === null) return null;
  return [...new Set(listed.split("\0").filter(Boolean))].flatMap((file) => {
    const stats = statsOf(path.join(tree, file));
    if (stats?.isDirectory()) return (listKnown(path.join(tree, file)) ?? []).map((inner) => path.join(file, inner));
    return stats === null || isNeverCopied(file) ? [] : [file];
  });
}

function isNeverCopied(file: string): boolean {
  return file.split(/[/\\]/).some((part) => NEVER_COPIED.has(part));
}

function listIgnored(tree: string): readonly string[] {
  const listed = git(tree, ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"]) ?? "";
  return listed
    .split("\0")
    .filter(Boolean)
    .map((name) => name.replace(/\/$/, ""))
    .filter((name) => !isNeverCopied(name));
}

/** Without git nothing says what is ignored: everything is, but for what is linked or made anew. */
function fillWithoutGit(tree: string, top: string): readonly LeftOut[] {
  const names = readdirSync(tree).filter((name) => !NEVER_COPIED.has(name));
  for (const name of names) copyWhole(tree, top, name);
  return [];
}

/** What a command may need and git does not know: environments by link, small files by copy. */
function copyIgnored(tree: string, top: string, ignored: readonly string[]): readonly LeftOut[] {
  const leftOut: LeftOut[] = [];
  let left = MOST_IGNORED_BYTES;
  const sized = ignored.map((name) => ({ name, bytes: isLinked(path.join(tree, name)) ? 0 : sizeOf(path.join(tree, name), left) }));
  for (const { name, bytes } of sized.toSorted((a, b) => a.bytes - b.bytes)) {
    if (bytes > left) leftOut.push({ path: name, bytes });
    else copyWhole(tree, top, name);
    left -= Math.min(left, bytes);
  }
  return leftOut;
}

/** Installed packages are read, not written: a link to them is as good as a copy, and made at once. */
function isLinked(folder: string): boolean {
  return LINKED.has(path.basename(folder)) || existsSync(path.join(folder, "pyvenv.cfg"));
}

/** Bytes below a path; counting ends past a limit. */
function sizeOf(file: string, limit: number): number {
  const stats = statsOf(file);
  if (stats === null || stats.isSymbolicLink()) return 0;
  if (!stats.isDirectory()) return stats.size;
  let size = 0;
  for (const name of readdirSync(file)) {
    if (!NEVER_COPIED.has(name)) size += sizeOf(path.join(file, name), limit - size);
    if (size > limit) return size;
  }
  return size;
}

function copyWhole(tree: string, top: string, name: string): void {
  const source = path.join(tree, name);
  if (isLinked(source)) {
    makeFolder(path.dirname(path.join(top, name)));
    symlinkSync(source, path.join(top, name));
  } else if (statsOf(source)?.isDirectory()) {
    makeFolder(path.join(top, name));
    const inner = readdirSync(source).filter((each) => !NEVER_COPIED.has(each));
    for (const each of inner) copyWhole(tree, top, path.join(name, each));
  } else copyEntry(tree, top, name);
}

/** One file or link. A link into the tree by its whole path would lead out of the copy: it is made anew. */
function copyEntry(tree: string, top: string, name: string): void {
  const [source, target] = [path.join(tree, name), path.join(top, name)];
  const stats = statsOf(source);
  if (stats === null) return;
  makeFolder(path.dirname(target));
  if (stats.isSymbolicLink()) symlinkSync(replacePath(readlinkSync(source), tree, top), target);
  else if (stats.isFile()) copyFileSync(source, target, constants.COPYFILE_FICLONE);
}

function statsOf(file: string): Stats | null {
  return lstatSync(file, { throwIfNoEntry: false }) ?? null;
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
}

/** What `pip install --editable` put on the path of an environment, as far as it lies in the tree. */
function editableSources(environment: string, tree: string): readonly string[] {
  const sources = sitePackages(environment).flatMap((packages) =>
    readdirSync(packages)
      .filter((name) => /\.pth$|^__editable__.*\.py$/.test(name))
      .flatMap((name) => editableFolders(readFileSync(path.join(packages, name), "utf8"), name)),
  );
  return [...new Set(sources)].filter((folder) => folder === tree || folder.startsWith(`${tree}${path.sep}`));
}

/** Lines of a `.pth` file are folders; a finder maps packages to where they are, and their parent is the folder. */
function editableFolders(text: string, name: string): readonly string[] {
  if (name.endsWith(".pth")) return text.split(/\r?\n/).filter((line) => path.isAbsolute(line));
  return [...text.matchAll(/'[\w.]+': '([^']+)'/g)].map(([, mapped = ""]) => path.dirname(mapped));
}

// ------------------------------------------------------------------------------------------------- what is changed

/** Paths of the tree in any text; those below `.luthier`, where the copy and its recordings lie, are left. */
function translation(tree: string, top: string, root: string): (text: string) => string {
  const own = path.join(root, ".luthier");
  return (text) => replacePath(text, tree, top, own);
}

function replacePath(text: string, tree: string, top: string, own?: string): string {
  let out = "";
  let at = 0;
  for (;;) {
    const found = text.indexOf(tree, at);
    if (found < 0) return out + text.slice(at);
    const end = found + tree.length;
    const isWhole = !/[\w.-]/.test(text[end] ?? "/") && !/[\w.-]/.test(text[found - 1] ?? " ");
    const isOwn = own !== undefined && text.startsWith(own, found);
    out += text.slice(at, found) + (isWhole && !isOwn ? top : tree);
    at = end;
  }
}

/** Remembers how the files were that it edits, to put them back before the next edits. */
function applier(copy: string): ProjectCopy["apply"] {
  const before = new Map<string, Buffer | null>();
  let writes = 0;
  return (edits) => {
    for (const [file, bytes] of before) restore(path.join(copy, file), bytes);
    for (const file of edits.keys()) {
      const target = path.join(copy, file);
      if (!before.has(file)) before.set(file, existsSync(target) ? readFileSync(target) : null);
    }
    writeEdits(copy, edits);
    writes += 1;
    for (const file of before.keys()) stampUniquely(path.join(copy, file), writes);
  };
}

function restore(target: string, bytes: Buffer | null): void {
  if (bytes === null) rmSync(target, { force: true });
  else writeFileSync(target, bytes);
}

/** Python takes its compiled file for fresh when size and whole seconds are the same: no two writes get the same second. */
function stampUniquely(file: string, writes: number): void {
  const seconds = Math.floor(Date.now() / 1000) - 1_000_000 + writes;
  if (existsSync(file)) utimesSync(file, seconds, seconds);
}
