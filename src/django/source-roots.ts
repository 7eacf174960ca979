import { groupBy } from "../model/group-by.ts";
import type { Assign, AugAssign, Expr, Import, Module, Stmt } from "../model/ir.ts";

/** Folders from which imports are resolved, and the dotted name that each file has there. */
export interface SourceLayout {
  /** Relative folders, `""` for the root; the one with most files first. */
  readonly roots: readonly string[];
  readonly moduleOf: ReadonlyMap<string, ModulePlace>;
}
export interface ModulePlace {
  readonly root: string;
  readonly name: string;
  readonly isPackage: boolean;
}

/**
 * Decides by evidence: a folder is a source root when absolute imports of the files below it lead to files below
 * it. Where no import says, the nearest folder that is not a package is taken.
 */
export function findSourceLayout(modules: ReadonlyMap<string, Module>, named: readonly NamedModule[] = []): SourceLayout {
  const tree = readTree(modules);
  const votes = collectVotes(modules, named, tree);
  const moduleOf = new Map<string, ModulePlace>();
  const sizes = new Map<string, number>();
  for (const file of modules.keys()) {
    const root = chooseRoot(file, tree, votes);
    moduleOf.set(file, placeBelow(root, file));
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
  }
  const roots = [...sizes.keys()].toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || (a < b ? -1 : 1));
  return { roots, moduleOf };
}

/** A module that a file names in a string, such as its settings. */
export interface NamedModule {
  readonly file: string;
  readonly dotted: string;
}

interface FileTree {
  readonly files: ReadonlySet<string>;
  /** Folders that hold Python files at some depth. */
  readonly folders: ReadonlySet<string>;
  /** Folders with a `manage.py`. */
  readonly managed: ReadonlySet<string>;
  /** Folders that code puts on `sys.path`. */
  readonly added: ReadonlySet<string>;
}

function readTree(modules: ReadonlyMap<string, Module>): FileTree {
  const paths = [...modules.keys()];
  const folders = new Set<string>();
  for (const path of paths) for (const folder of ancestors(path)) folders.add(folder);
  const managed = paths.filter((path) => /(?:^|\/)manage\.py$/.test(path)).map(folderOf);
  const tree = { files: new Set(paths), folders, managed: new Set(managed), added: addedFolders(modules, folders) };
  return { ...tree, added: new Set([...tree.added, ...importedFolders(modules, tree)]) };
}

/** So many modules are imported as if a package were on the path, and from nowhere else: it is, by PYTHONPATH or by a setting say. Ours. */
const LEAST_IMPORTED = 3;

function importedFolders(modules: ReadonlyMap<string, Module>, tree: FileTree): string[] {
  const packages = new Set([...tree.folders].filter((folder) => !canBeRoot(folder, tree)));
  const inner = [...packages].filter((folder) => packages.has(folderOf(folder)));
  const holders = groupBy(inner, (folder) => folder.slice(folderOf(folder).length + 1));
  const found = new Map<string, Set<string>>();
  for (const [file, ir] of modules) {
    const roots = ancestors(file).filter((root) => canBeRoot(root, tree));
    for (const dotted of absoluteImports(ir.body)) {
      const [top = "", ...rest] = dotted.split(".");
      const path = dotted.replaceAll(".", "/");
      // A module that is named like a package, `celery`, is imported by that name alone.
      if (rest.length === 0 || !holders.has(top) || [...roots, ...tree.added].some((root) => leadsToModule(tree, join(root, top)))) continue;
      for (const holder of (holders.get(top) ?? []).map(folderOf)) {
        if (leadsToModule(tree, join(holder, path))) found.set(holder, (found.get(holder) ?? new Set()).add(dotted));
      }
    }
  }
  return [...found].flatMap(([folder, imports]) => (imports.size >= LEAST_IMPORTED ? [folder] : []));
}

/** `sys.path.append(os.path.join(here, "shop"))`: the folder of that name nearest to the file. */
function addedFolders(modules: ReadonlyMap<string, Module>, folders: ReadonlySet<string>): ReadonlySet<string> {
  const added = new Set<string>();
  for (const [file, ir] of modules) {
    for (const name of addedNames(ir.body)) {
      const found = ancestors(file).find((folder) => folders.has(join(folder, name)));
      if (found !== undefined) added.add(join(found, name));
    }
  }
  return added;
}

function addedNames(body: readonly Stmt[]): string[] {
  return body.flatMap((stmt): string[] => {
    if (stmt.kind === "expr") return addedName(stmt.value);
    if (stmt.kind === "if") return [...addedNames(stmt.then), ...addedNames(stmt.otherwise)];
    if (stmt.kind === "try") return addedNames(stmt.body);
    return stmt.kind === "function" ? addedNames(stmt.body) : [];
  });
}

function addedName(expr: Expr): string[] {
  if (expr.kind !== "call" || expr.callee.kind !== "attribute" || !["append", "insert"].includes(expr.callee.name)) return [];
  const { object } = expr.callee;
  const isPath = object.kind === "attribute" && object.name === "path" && object.object.kind === "name" && object.object.name === "sys";
  const last = expr.args.at(-1);
  const name = isPath && last !== undefined ? stringsOf(last).join("/") : "";
  return /^\w+(?:\/\w+)*$/.test(name) ? [name] : [];
}

/** The strings in an expression that puts a path together, in order. */
function stringsOf(expr: Expr): readonly string[] {
  switch (expr.kind) {
    case "str":
      return [expr.value];
    case "call":
      return [...(expr.callee.kind === "attribute" ? stringsOf(expr.callee.object) : []), ...expr.args.flatMap(stringsOf)];
    case "binary":
      return [...stringsOf(expr.left), ...stringsOf(expr.right)];
    default:
      return [];
  }
}

/** Votes by `root` and each path below it that imports go through. */
type Votes = ReadonlyMap<string, number>;

const voteKey = (root: string, path: string): string => `${root}\0${path}`;

function collectVotes(modules: ReadonlyMap<string, Module>, named: readonly NamedModule[], tree: FileTree): Votes {
  const importers = new Map<string, Set<string>>();
  const add = (file: string, dotted: string): void => {
    const folder = folderOf(file);
    const known = importers.get(folder) ?? new Set<string>();
    importers.set(folder, known.add(dotted));
  };
  for (const [file, ir] of modules) for (const dotted of absoluteImports(ir.body)) add(file, dotted);
  for (const { file, dotted } of named) add(file, dotted);
  const votes = new Map<string, number>();
  for (const [folder, imports] of importers) {
    // What code puts on the path is there for all.
    const roots = [...[folder, ...ancestors(`${folder}/x`)].filter((root) => canBeRoot(root, tree)), ...tree.added];
    for (const dotted of imports) {
      const path = dotted.replaceAll(".", "/");
      const top = dotted.split(".", 1)[0] ?? dotted;
      for (const root of new Set(roots)) {
        if (!leadsToModule(tree, join(root, path))) continue;
        for (const part of [path, ...ancestors(path).slice(0, -1)]) {
          const key = voteKey(root, part);
          votes.set(key, (votes.get(key) ?? 0) + (path === top ? 1 : 4));
        }
      }
    }
  }
  return votes;
}

/** A package is no root, unless it holds `manage.py`, code puts it on the path, or it stands at the very top. */
function canBeRoot(folder: string, tree: FileTree): boolean {
  return folder === "" || tree.managed.has(folder) || tree.added.has(folder) || !tree.files.has(join(folder, "__init__.py"));
}

function leadsToModule(tree: FileTree, path: string): boolean {
  return tree.files.has(`${path}.py`) || tree.files.has(`${path}/__init__.py`) || tree.folders.has(path);
}

function chooseRoot(file: string, tree: FileTree, votes: Votes): string {
  const candidates = ancestors(file).filter((folder) => canBeRoot(folder, tree));
  const voted = candidates.filter((folder) => votes.has(voteKey(folder, topBelow(folder, file))));
  const [nearest] = voted;
  if (nearest === undefined) return naturalRoot(tree, candidates);
  // What is imported from elsewhere in a package says nothing of a folder in it that is a root itself.
  const unit = join(nearest, topBelow(nearest, file));
  return (
    mostVoted(voted, (folder) => votes.get(voteKey(folder, below(folder, unit)))) ??
    mostVoted(voted, (folder) => votes.get(voteKey(folder, topBelow(folder, file)))) ??
    nearest
  );
}

function mostVoted(folders: readonly string[], votesOf: (folder: string) => number | undefined): string | null {
  let best: string | null = null;
  let most = 0;
  for (const folder of folders) {
    const count = votesOf(folder) ?? 0;
    if (count > most) [best, most] = [folder, count];
  }
  return best;
}

const below = (folder: string, path: string): string => (folder === "" ? path : path.slice(folder.length + 1));

function topBelow(folder: string, file: string): string {
  return (below(folder, file).split("/", 1)[0] ?? "").replace(/\.py$/, "");
}

/** Nothing imports it: the nearest folder with `manage.py`, else the nearest that is not a package. */
function naturalRoot(tree: FileTree, candidates: readonly string[]): string {
  const managed = candidates.find((folder) => tree.managed.has(folder));
  return managed ?? candidates.find((folder) => !tree.files.has(join(folder, "__init__.py"))) ?? "";
}

function placeBelow(root: string, file: string): ModulePlace {
  const path = below(root, file).replace(/\.py$/, "");
  const isPackage = path === "__init__" || path.endsWith("/__init__");
  const name = path.replace(/\/?__init__$/, "").replaceAll("/", ".");
  return { root, name: name === "" ? "__init__" : name, isPackage };
}

/** What a module imports by its full name; the entries of INSTALLED_APPS count too. */
function* absoluteImports(body: readonly Stmt[]): Generator<string> {
  for (const stmt of body) {
    if (stmt.kind === "import" && stmt.level === 0) yield* importedPaths(stmt);
    else if (stmt.kind === "assign" || stmt.kind === "augment") yield* listedApps(stmt);
    else if (stmt.kind === "if") {
      yield* absoluteImports(stmt.then);
      yield* absoluteImports(stmt.otherwise);
    } else if (stmt.kind === "try") {
      yield* absoluteImports(stmt.body);
      for (const handler of stmt.handlers) yield* absoluteImports(handler.body);
    }
  }
}

function* listedApps(stmt: Assign | AugAssign): Generator<string> {
  const target = stmt.kind === "assign" ? stmt.targets[0] : stmt.target;
  if (target?.kind !== "name" || !target.name.endsWith("_APPS") || stmt.value?.kind !== "sequence") return;
  for (const item of stmt.value.items) if (item.kind === "str") yield item.value.replace(/\.apps\.\w+$/, "");
}

function importedPaths(stmt: Import): readonly string[] {
  return stmt.from === null ? stmt.names.map((each) => each.name) : [stmt.from];
}

/** Folders above a path, the nearest first and the root last. */
export function ancestors(path: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = folderOf(path); folder !== ""; folder = folderOf(folder)) folders.push(folder);
  return [...folders, ""];
}

export function folderOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
