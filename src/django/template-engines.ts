import type { AppFact, TemplateEngine } from "../model/project.ts";
import { isDict, isList, type ConstantDict, type ConstantValue } from "../python/constant.ts";
import { belowRoot } from "../python/constant-path.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { ancestors, join } from "./source-roots.ts";
import type { SettingsFacts } from "./settings.ts";

/** The template engines that TEMPLATES configures; without settings, every folder named like one counts. */
export function readTemplateEngines(
  settings: SettingsFacts,
  program: ResolvedProgram,
  apps: readonly AppFact[],
  templates: readonly string[],
): readonly TemplateEngine[] {
  const folders = foldersOf(templates);
  const engines = new Map<string, TemplateEngine>();
  for (const { values, module } of settings.sources) {
    const configured = values.get("TEMPLATES");
    const list = isList(configured) ? configured.items : isDict(configured) ? [configured] : [legacyEngine(values)];
    for (const each of list) {
      if (!isDict(each)) continue;
      const engine = readEngine(each, program, apps, folders, module.ir.file);
      const key = `${engine.language} ${engine.environment} ${engine.match}`;
      engines.set(key, uniteEngines(engines.get(key), engine));
    }
  }
  const all = [...engines.values()];
  return all.some((engine) => engine.directories.length > 0) ? completeEngines(all, folders) : conventionalEngines(all, folders);
}

function readEngine(config: ConstantDict, program: ResolvedProgram, apps: readonly AppFact[], folders: ReadonlySet<string>, file: string): TemplateEngine {
  const backend = text(config.entries.get("BACKEND")) ?? "";
  const language = isJinja(backend, program) ? "jinja2" : "django";
  const found = config.entries.get("OPTIONS");
  const options = isDict(found) ? found.entries : new Map<string, ConstantValue>();
  const usesApps = config.entries.get("APP_DIRS") === true || loadsFromApps(options.get("loaders"));
  const subfolder = backend.endsWith("backends.jinja2.Jinja2")
    ? "jinja2"
    : (text(options.get("app_dirname")) ?? (language === "jinja2" && !backend.includes("django_jinja") ? "jinja2" : "templates"));
  const own = [...strings(config.entries.get("DIRS")), ...loaderFolders(options.get("loaders"))].flatMap((path) => locate(path, file, folders));
  const ofApps = usesApps ? apps.flatMap(({ directory }) => (directory === null ? [] : [join(directory, subfolder)])) : [];
  return {
    language,
    directories: [...new Set([...own, ...ofApps])].filter((folder) => folders.has(folder)),
    contextProcessors: strings(options.get("context_processors")),
    builtins: strings(options.get("builtins")),
    environment: text(options.get("environment")),
    match: matchOf(options, backend),
  };
}

/** TEMPLATE_DIRS and friends, Django before 1.8. */
function legacyEngine(values: ReadonlyMap<string, ConstantValue>): ConstantDict | null {
  const folders = values.get("TEMPLATE_DIRS");
  if (!folders) return null;
  const processors = values.get("TEMPLATE_CONTEXT_PROCESSORS") ?? null;
  const options: ConstantDict = { kind: "dict", entries: new Map([["context_processors", processors]]) };
  return {
    kind: "dict",
    entries: new Map<string, ConstantValue>([
      ["DIRS", folders],
      ["APP_DIRS", true],
      ["OPTIONS", options],
    ]),
  };
}

function isJinja(backend: string, program: ResolvedProgram): boolean {
  if (/jinja/i.test(backend)) return true;
  const symbol = program.followAlias(program.resolveDotted(backend));
  return symbol?.kind === "class" && program.isSubclass(symbol.cls, "django.template.backends.jinja2.Jinja2");
}

/** Which template names the engine takes: django_jinja's `match_regex` and `match_extension`, both of them. */
function matchOf(options: ReadonlyMap<string, ConstantValue>, backend: string): string | null {
  const said = options.get("match_extension");
  const isDefault = said === undefined && backend.includes("django_jinja") && !options.has("match_regex");
  const extensions = isDefault ? [".jinja"] : flatStrings(said).filter((each) => each !== "");
  const endings = extensions.map((each) => each.replaceAll(".", String.raw`\.`)).join("|");
  const expression = text(options.get("match_regex"));
  const source = (endings && `(?=.*(?:${endings})$)`) + (expression ? `(?:${expression})` : "");
  return source !== "" && isRegularExpression(source) ? `^${source}` : null;
}

function isRegularExpression(source: string): boolean {
  try {
    return new RegExp(source).source !== "";
  } catch {
    return false;
  }
}

function loadsFromApps(loaders: ConstantValue | undefined): boolean {
  return flatStrings(loaders).some((each) => each.endsWith("app_directories.Loader"));
}

/** `("django.template.loaders.filesystem.Loader", [folders])`. */
function loaderFolders(loaders: ConstantValue | undefined): readonly string[] {
  return flatStrings(loaders).filter((each) => each.includes("/"));
}

function flatStrings(value: ConstantValue | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  return isList(value) ? value.items.flatMap(flatStrings) : [];
}

/** A path of DIRS below the root. One that is relative or elsewhere is tried from the settings file upwards. */
function locate(path: string, file: string, folders: ReadonlySet<string>): readonly string[] {
  const below = belowRoot(path);
  if (below !== null) return [below];
  if (path.startsWith("/")) return [];
  return ancestors(file)
    .map((folder) => join(folder, path))
    .filter((folder) => folders.has(folder))
    .slice(0, 1);
}

function foldersOf(templates: readonly string[]): ReadonlySet<string> {
  return new Set(templates.flatMap((path) => ancestors(path)));
}

function unite(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...new Set([...one, ...other])];
}

function uniteEngines(one: TemplateEngine | undefined, other: TemplateEngine): TemplateEngine {
  if (!one) return other;
  return {
    ...one,
    directories: unite(one.directories, other.directories),
    contextProcessors: unite(one.contextProcessors, other.contextProcessors),
    builtins: unite(one.builtins, other.builtins),
  };
}

/** Folders named `templates` or `jinja2` that no engine lists come after the listed ones. */
function completeEngines(engines: readonly TemplateEngine[], folders: ReadonlySet<string>): readonly TemplateEngine[] {
  const known = new Set(engines.flatMap((engine) => engine.directories));
  const missing = [...folders].filter((folder) => isTemplateFolder(folder) && !known.has(folder)).toSorted();
  const covered = (folder: string): boolean => ancestors(folder).some((each) => each !== "" && known.has(each));
  const left = missing.filter((folder) => !covered(folder));
  const fallback = engines.find((engine) => engine.language === "django") ?? engines[0];
  return engines.map((engine) => (engine === fallback ? { ...engine, directories: [...engine.directories, ...left] } : engine));
}

function conventionalEngines(engines: readonly TemplateEngine[], folders: ReadonlySet<string>): readonly TemplateEngine[] {
  const byName = (name: string): readonly string[] => [...folders].filter((folder) => folder === name || folder.endsWith(`/${name}`)).toSorted();
  const blank = { contextProcessors: [], builtins: [], environment: null, match: null };
  const known = engines.length > 0 ? engines : [{ ...blank, language: "django" as const, directories: [] }];
  const filled = known.map((engine) => ({ ...engine, directories: byName("templates") }));
  const jinja = byName("jinja2");
  return jinja.length > 0 ? [...filled, { ...blank, language: "jinja2", directories: jinja }] : filled;
}

const isTemplateFolder = (folder: string): boolean => /(?:^|\/)templates$/.test(folder);

const text = (value: ConstantValue | undefined): string | null => (typeof value === "string" ? value : null);

function strings(value: ConstantValue | undefined): readonly string[] {
  return isList(value) ? value.items.filter((item) => typeof item === "string") : [];
}
