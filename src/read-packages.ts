/** Packages that the project imports, as far as they are about Django: read lazily, one import after the other. */
import type { Module, Stmt } from "./model/index.ts";
import type { SourceModule } from "./python/program.ts";
import { isDjangoPackage, mentionsDjango, packageFile, type Environment, type PackageFile } from "./sources/environment.ts";

/** Files read of an environment at most; what is beyond stays unknown, as without it. */
const MAX_FILES = 300;
/** Imports from the project's own to the last module that is read. */
const MAX_STEPS = 4;

export interface PackageSources {
  readonly environment: Environment;
  /** Names of modules that are described by stubs, and of packages that are described whole. */
  readonly described: ReadonlySet<string>;
  readonly lower: (files: readonly PackageFile[]) => Promise<ReadonlyMap<string, Module>>;
}

export async function readImportedPackages(
  project: ReadonlyMap<string, Module>,
  { environment, described, lower }: PackageSources,
): Promise<readonly SourceModule[]> {
  const found = new Map<string, SourceModule>();
  const asked = new Set<string>();
  let wanted = [...project.values()].flatMap((ir) => importedNames(ir, "", false));
  for (let step = 0; step < MAX_STEPS && wanted.length > 0; step += 1) {
    const files = wanted.flatMap((name) => {
      if (asked.has(name) || isDescribed(name, described)) return [];
      asked.add(name);
      const file = packageFile(environment, name);
      return file === null || !isWorthReading(environment, file) ? [] : [file];
    });
    const read = files.slice(0, MAX_FILES - found.size);
    const lowered = await lower(read);
    wanted = [];
    for (const { name, isPackage, file } of read) {
      const ir = lowered.get(file);
      if (ir === undefined) continue;
      found.set(name, { name, isPackage, origin: "installed", ir });
      wanted.push(...importedNames(ir, name, isPackage));
    }
  }
  return [...found.values()];
}

/** `django` is described whole; of `mptt.models` the module is. */
function isDescribed(name: string, described: ReadonlySet<string>): boolean {
  return described.has(name) || described.has(`${topOf(name)}.*`);
}

function topOf(name: string): string {
  return name.split(".", 1)[0] ?? name;
}

function isWorthReading(environment: Environment, file: PackageFile): boolean {
  return isDjangoPackage(environment, topOf(file.name)) || mentionsDjango(file.path);
}

/** What a module's imports may mean, outside functions: `from a.b import c` is `a`, `a.b` and perhaps `a.b.c`. */
function importedNames(ir: Module, name: string, isPackage: boolean): string[] {
  const names = new Set<string>();
  for (const stmt of importsIn(ir.body)) {
    if (stmt.from === null) {
      for (const one of stmt.names) addWithParents(names, one.name);
      continue;
    }
    const from = stmt.level === 0 ? stmt.from : relative(name, isPackage, stmt.level, stmt.from);
    if (from === null) continue;
    addWithParents(names, from);
    for (const one of stmt.names) if (one.name !== "*") names.add(`${from}.${one.name}`);
  }
  return [...names];
}

function addWithParents(names: Set<string>, dotted: string): void {
  const parts = dotted.split(".");
  for (let length = 1; length <= parts.length; length += 1) names.add(parts.slice(0, length).join("."));
}

/** Null for the project's own relative imports. */
function relative(name: string, isPackage: boolean, level: number, from: string): string | null {
  if (name === "") return null;
  const parts = name.split(".");
  const base = parts.slice(0, parts.length - level + (isPackage ? 1 : 0));
  return base.length === 0 ? null : [...base, ...(from === "" ? [] : [from])].join(".");
}

function importsIn(body: readonly Stmt[]): Extract<Stmt, { readonly kind: "import" }>[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "import") return [stmt];
    if (stmt.kind === "if") return [...importsIn(stmt.then), ...importsIn(stmt.otherwise)];
    return stmt.kind === "try" ? [...importsIn(stmt.body), ...stmt.handlers.flatMap((one) => importsIn(one.body)), ...importsIn(stmt.otherwise)] : [];
  });
}
