import type { AppFact, ClassInfo, PythonModule, Symbol } from "../model/project.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { folderOf } from "./source-roots.ts";

/** The app that an entry of INSTALLED_APPS means: a package, or the path of its AppConfig class. */
export function resolveApp(program: ResolvedProgram, reader: ConstantReader, entry: string): AppFact {
  const symbol = program.followAlias(program.resolveDotted(entry));
  if (symbol?.kind === "class") return fromConfig(program, reader, symbol.cls, packageOf(entry));
  const config = symbol?.kind === "module" ? defaultConfig(program, reader, symbol.module) : null;
  if (config) return fromConfig(program, reader, config, entry);
  return plainApp(program, symbol?.kind === "external" ? withoutConfig(entry) : entry);
}

/** Packages that define models without being installed, by the folder their `models` stand in. */
export function findAppsByFolder(program: ResolvedProgram, reader: ConstantReader, known: readonly AppFact[]): readonly AppFact[] {
  const names = new Set(known.map((app) => app.name));
  const found = new Map<string, AppFact>();
  for (const cls of program.classes) {
    if (cls.module.origin !== "project" || !program.isSubclass(cls, "django.db.models.Model")) continue;
    const name = modelPackage(cls.module);
    if (name === "" || found.has(name) || isInApp(cls.module.name, names)) continue;
    found.set(name, resolveApp(program, reader, name));
  }
  return [...found.values()];
}

/** The package that a model's module belongs to: what stands before `models`, else the module's own package. */
export function modelPackage(module: PythonModule): string {
  const parts = module.name.split(".");
  const index = parts.indexOf("models", 1);
  if (index > 0) return parts.slice(0, index).join(".");
  return (module.isPackage ? parts : parts.slice(0, -1)).join(".") || module.name;
}

function isInApp(module: string, names: ReadonlySet<string>): boolean {
  const parts = module.split(".");
  return parts.some((_, index) => names.has(parts.slice(0, index + 1).join(".")));
}

function defaultConfig(program: ResolvedProgram, reader: ConstantReader, module: PythonModule): ClassInfo | null {
  const said = reader.module(module).get("default_app_config");
  if (typeof said === "string") {
    const symbol = program.followAlias(program.resolveDotted(said));
    if (symbol?.kind === "class") return symbol.cls;
  }
  const apps = program.modules.get(`${module.name}.apps`);
  const configs = [...(apps?.classes.values() ?? [])].filter((cls) => program.isSubclass(cls, "django.apps.AppConfig"));
  const isDefault = (cls: ClassInfo): boolean => attribute(program, reader, cls, "default") === true;
  return configs.find(isDefault) ?? configs.find((cls) => attribute(program, reader, cls, "name") === module.name) ?? configs[0] ?? null;
}

function fromConfig(program: ResolvedProgram, reader: ConstantReader, config: ClassInfo, fallback: string): AppFact {
  const name = attribute(program, reader, config, "name");
  const label = attribute(program, reader, config, "label");
  const app = plainApp(program, typeof name === "string" ? name : fallback);
  return typeof label === "string" && label !== "" ? { ...app, label } : app;
}

function attribute(program: ResolvedProgram, reader: ConstantReader, cls: ClassInfo, name: string): unknown {
  const found = program.member(cls, name);
  if (found?.definition.kind !== "variable" || !found.definition.value) return undefined;
  return reader.expression(found.owner.module, found.definition.value);
}

function plainApp(program: ResolvedProgram, name: string): AppFact {
  const symbol: Symbol | null = program.resolveDotted(name);
  const inside = symbol?.kind === "module" ? symbol.module : moduleBelow(program, name);
  return {
    label: name.slice(name.lastIndexOf(".") + 1),
    name,
    directory: inside?.origin === "project" ? directoryOf(inside, name) : null,
  };
}

/** A namespace package has no module of its own; any module in it tells the folder. */
function moduleBelow(program: ResolvedProgram, name: string): PythonModule | null {
  return program.modules.get(`${name}.models`) ?? program.modules.get(`${name}.apps`) ?? null;
}

function directoryOf(module: PythonModule, name: string): string {
  const folder = folderOf(module.ir.file);
  return module.name !== name && module.isPackage ? folderOf(folder) : folder;
}

const packageOf = (dotted: string): string => withoutConfig(dotted) || dotted;

/** `shop.apps.ShopConfig` → `shop`; a package's own name stays. */
function withoutConfig(entry: string): string {
  const parts = entry.split(".");
  const last = parts.at(-1) ?? "";
  if (!/^[A-Z]/.test(last)) return entry;
  const kept = parts.slice(0, parts.at(-2) === "apps" || parts.at(-2) === "config" ? -2 : -1);
  return kept.join(".") || entry;
}
