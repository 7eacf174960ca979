/** Which of a project's settings modules are deployed: not those for tests, not those on a developer's machine, not what others build upon. */
import type { ClassInfo, DjangoProject, PythonModule } from "../model/project.ts";
import type { Import, Stmt } from "../model/ir.ts";
import { isForTests } from "../django/settings-names.ts";
import { absoluteModule } from "../python/program-scope.ts";
import type { ResolvedProgram } from "../python/program.ts";

export interface SettingsModule {
  readonly dotted: string;
  readonly module: PythonModule;
  /** django-configurations: the class in the module. */
  readonly cls: ClassInfo | null;
  readonly isNamed: boolean;
}

/** Words of a module's name or its folders that say: not in production. */
const DEVELOPMENT =
  /(?:^|[._/-])(?:local|dev|devel|develop|development|debug|docker_?dev|devcontainer|sandbox|examples?|sample|samples|demo|template|tutorial|benchmarks?|e2e|playwright|cypress|mypy|sqlite|build|codegen|docs?|dev_?project|testproject|testapp|testsite|test_?project|test_?app|tests?|testing|ci|travis|circle\w*)(?:$|[._/-])/i;

/** @param named dotted names that entry points and files of the deployment give, most trusted first */
export function chooseSettings(program: ResolvedProgram, project: DjangoProject, named: readonly string[]): SettingsModule[] {
  const first = [...named.filter((dotted) => !isForTests(dotted)), ...project.settings];
  const candidates = new Map<string, SettingsModule>();
  for (const dotted of first) {
    const found = locate(program, dotted, named.includes(dotted));
    if (found !== null && !candidates.has(found.dotted)) candidates.set(found.dotted, found);
  }
  for (const module of siblings(program, [...candidates.values()])) {
    if (!candidates.has(module.name)) candidates.set(module.name, { dotted: module.name, module, cls: null, isNamed: false });
  }
  const deployed = [...candidates.values()].filter((one) => !isForDevelopment(one) && !basesOf(program, one).some((base) => DEVELOPMENT.test(base)));
  const bases = new Set(deployed.flatMap((one) => basesOf(program, one)));
  const heads = deployed.filter((one) => one.isNamed || !bases.has(one.dotted));
  // Where others build upon a named module, and one of them is named too, the base is never run by itself.
  return heads.filter((one) => !bases.has(one.dotted) || !heads.some((other) => other.isNamed && basesOf(program, other).includes(one.dotted)));
}

function locate(program: ResolvedProgram, dotted: string, isNamed: boolean): SettingsModule | null {
  const symbol = program.resolveDotted(dotted);
  if (symbol?.kind === "module" && symbol.module.origin === "project") return { dotted: symbol.module.name, module: symbol.module, cls: null, isNamed };
  if (symbol?.kind === "class" && symbol.cls.module.origin === "project") return { dotted: symbol.cls.id, module: symbol.cls.module, cls: symbol.cls, isNamed };
  return null;
}

/** Modules beside those that are known, with databases or caches of their own, or built upon one of them. */
function siblings(program: ResolvedProgram, known: readonly SettingsModule[]): PythonModule[] {
  const folders = new Set(known.filter(({ module }) => /settings|config|conf\b/.test(module.name)).map(({ module }) => folderOf(module.ir.file)));
  const names = new Set(known.map(({ dotted }) => dotted));
  return [...program.modules.values()]
    .filter(
      (module) =>
        module.origin === "project" &&
        folders.has(folderOf(module.ir.file)) &&
        (module.scope.has("DATABASES") || starsOf(module).some((name) => names.has(name))),
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf("/")));

function isForDevelopment({ dotted, module }: SettingsModule): boolean {
  return isForTests(dotted) || DEVELOPMENT.test(dotted) || DEVELOPMENT.test(folderOf(module.ir.file));
}

/** Settings that this module or class takes over whole. */
function basesOf(program: ResolvedProgram, { module, cls }: SettingsModule): string[] {
  if (cls !== null)
    return program
      .mro(cls)
      .slice(1)
      .flatMap((one) => ("kind" in one ? [] : [one.id]));
  return allStars(program, module, new Set([module.name]));
}

function allStars(program: ResolvedProgram, module: PythonModule, seen: Set<string>): string[] {
  return starsOf(module).flatMap((name) => {
    const symbol = program.resolveDotted(name);
    if (symbol?.kind !== "module" || seen.has(symbol.module.name)) return [];
    seen.add(symbol.module.name);
    return [symbol.module.name, ...allStars(program, symbol.module, seen)];
  });
}

function starsOf(module: PythonModule): string[] {
  return importsIn(module.ir.body)
    .filter(({ names }) => names.some(({ name }) => name === "*"))
    .map((stmt) => absoluteModule(module, stmt));
}

function importsIn(body: readonly Stmt[]): Import[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "import") return [stmt];
    if (stmt.kind === "if") return [...importsIn(stmt.then), ...importsIn(stmt.otherwise)];
    return stmt.kind === "try" ? [...importsIn(stmt.body), ...importsIn(stmt.otherwise)] : [];
  });
}
