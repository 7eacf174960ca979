import type { Module } from "../model/ir.ts";
import type { AppFact, DjangoProject, NamingSetting, PythonModule } from "../model/project.ts";
import type { Notice } from "../model/report.ts";
import { isDict, isList, type ConstantValue } from "../python/constant.ts";
import { createConstantReader, type ConstantReader, type Values } from "../python/constant-module.ts";
import { buildProgram, type ResolvedProgram, type SourceModule, type StandIns } from "../python/program.ts";
import { findAppsByFolder, resolveApp } from "./apps.ts";
import { findDjangoVersion, requiresDjango, type ReadText } from "./django-version.ts";
import { findNamedSettings, type NamedSettings } from "./settings-names.ts";
import { readFlagSettings, readSettings, type SettingsFacts } from "./settings.ts";
import { findSourceLayout, folderOf, join, type SourceLayout } from "./source-roots.ts";
import { readTemplateEngines } from "./template-engines.ts";
import { findModelClass, findUserModel } from "./user-model.ts";

export interface DiscoverInput {
  readonly root: string;
  /** Lowered Python files of the project by path relative to the root; migrations left out. */
  readonly modules: ReadonlyMap<string, Module>;
  /** Paths of the project's templates. */
  readonly templates: readonly string[];
  /** Paths of requirement, lock and configuration files. */
  readonly texts: readonly string[];
  readonly readText: ReadText;
  /** Built-in stubs and installed packages, lowered. */
  readonly packages: readonly SourceModule[];
  /** What unread base classes are taken for. */
  readonly standIns?: StandIns;
  /** Versions found in an environment, by normalised package name. */
  readonly installedVersions?: ReadonlyMap<string, string>;
}

export interface Discovery {
  readonly project: DjangoProject;
  readonly program: ResolvedProgram;
  /** False when nothing imports or requires Django: there is nothing to analyse. */
  readonly usesDjango: boolean;
}

/** Finds out how a Django project is laid out and configured, from its text alone. */
export function discoverProject(input: DiscoverInput): Discovery {
  const named = findNamedSettings(input.modules, input.texts, input.readText);
  const layout = findSourceLayout(input.modules, named);
  let userClass = "django.contrib.auth.models.User";
  const returnedClass = (fn: string): string | null => (fn === "django.contrib.auth.get_user_model" ? userClass : null);
  const program = buildProgram([...projectModules(input.modules, layout), ...input.packages], input.standIns, returnedClass);
  const reader = createConstantReader(program);
  const settings = readSettings(program, reader, named, createLocator(program, layout));
  const installed = readInstalledApps(program, reader, settings);
  // Classes that extend `get_user_model()` are asked for their bases from here on.
  const userModel = textSetting(settings, "AUTH_USER_MODEL");
  userClass = (userModel === null ? null : findModelClass(program, installed, userModel)) ?? userClass;
  const apps = [...installed, ...findAppsByFolder(program, reader, installed)];
  const texts = [...settings.sources.map(({ values }) => ({ prefix: "", values })), ...appDefaults(program, reader)];
  const project: DjangoProject = {
    root: input.root,
    sourceRoots: layout.roots,
    settings: settings.sources.map((source) => source.dotted),
    apps,
    templates: readTemplateEngines(settings, program, apps, input.templates),
    authUserModel: userModel ?? findUserModel(program, apps) ?? "auth.User",
    djangoVersion: findDjangoVersion(input.texts, input.readText, input.installedVersions),
    defaultAutoField: textSetting(settings, "DEFAULT_AUTO_FIELD"),
    modelSettings: namesIn(texts, isModelLabel),
    pathSettings: pathsIn(texts, (text) => leadsToProject(program, text)),
    flagSettings: readFlagSettings(settings, program),
    migrationModules: readMigrationModules(settings),
    notices: describe(settings, named, apps),
  };
  return { project, program, usesDjango: usesDjango(input) };
}

function projectModules(modules: ReadonlyMap<string, Module>, layout: SourceLayout): readonly SourceModule[] {
  return [...modules].flatMap(([file, ir]) => {
    const place = layout.moduleOf.get(file);
    return place ? [{ ...place, origin: "project" as const, ir }] : [];
  });
}

/** Settings are named from the source root of the file that names them. */
function createLocator(program: ResolvedProgram, layout: SourceLayout): (settings: NamedSettings) => PythonModule | null {
  const byFile = new Map([...program.modules.values()].map((module) => [module.ir.file, module]));
  return ({ dotted, file }) => {
    const path = dotted.replaceAll(".", "/");
    const roots = [layout.moduleOf.get(file)?.root ?? folderOf(file), folderOf(file), ...layout.roots];
    for (const root of roots) {
      const module = byFile.get(`${join(root, path)}.py`) ?? byFile.get(`${join(root, path)}/__init__.py`);
      if (module?.origin === "project") return module;
    }
    const symbol = program.resolveDotted(dotted);
    return symbol?.kind === "module" && symbol.module.origin === "project" ? symbol.module : null;
  };
}

function readInstalledApps(program: ResolvedProgram, reader: ConstantReader, settings: SettingsFacts): readonly AppFact[] {
  const entries = settings.get("INSTALLED_APPS");
  const named = isList(entries) ? entries.items.filter((item) => typeof item === "string") : [];
  const apps = new Map<string, AppFact>();
  for (const entry of named) {
    const app = resolveApp(program, reader, entry);
    if (!apps.has(app.name)) apps.set(app.name, app);
  }
  return [...apps.values()];
}

function textSetting(settings: SettingsFacts, name: string): string | null {
  const value = settings.all(name).find((each) => typeof each === "string");
  return typeof value === "string" ? value : null;
}

interface SettingTexts {
  readonly prefix: string;
  readonly values: Values;
}

/** Settings whose text names something: the first that says so. */
function namesIn(texts: readonly SettingTexts[], isName: (text: string) => boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { prefix, values } of texts) {
    for (const [name, value] of values) {
      if (typeof value === "string" && !found.has(prefix + name) && isName(value)) found.set(prefix + name, value);
    }
  }
  return found;
}

/** Settings in which some text names something: the first value that says so. */
function pathsIn(texts: readonly SettingTexts[], isName: (text: string) => boolean): ReadonlyMap<string, NamingSetting> {
  const found = new Map<string, NamingSetting>();
  for (const { prefix, values } of texts) {
    for (const [name, value] of values) {
      if (!found.has(prefix + name) && !READ_BY_DJANGO.has(name) && hasName(value, isName)) found.set(prefix + name, textsIn(value));
    }
  }
  return found;
}

const READ_BY_DJANGO: ReadonlySet<string> = new Set(["INSTALLED_APPS", "LOGGING", "MIDDLEWARE", "TEMPLATES"]);

function hasName(value: ConstantValue, isName: (text: string) => boolean): boolean {
  if (isList(value)) return value.items.some((one) => hasName(one, isName));
  if (isDict(value)) return [...value.entries.values()].some((one) => hasName(one, isName));
  return typeof value === "string" && isName(value);
}

function textsIn(value: ConstantValue): NamingSetting {
  if (isList(value)) return value.items.map(textsIn);
  if (isDict(value)) return new Map([...value.entries].map(([key, one]) => [key, textsIn(one)]));
  return typeof value === "string" ? value : null;
}

/** `SHOP_ORDER_MODEL = "shop.Order"` */
function isModelLabel(text: string): boolean {
  return /^\w+\.[A-Z]\w*$/.test(text);
}

/** `SHOP_SERIALIZER = "shop.api.OrderSerializer"` */
function leadsToProject(program: ResolvedProgram, text: string): boolean {
  if (!/^\w+(?:\.\w+){2,}$/.test(text)) return false;
  const symbol = program.resolveDotted(text);
  if (symbol?.kind === "class") return symbol.cls.module.origin === "project";
  return symbol?.kind === "function" && symbol.module.origin === "project";
}

/** What apps say for settings that nobody sets (django-appconf): `class ShopConf(AppConf): ORDER_MODEL = "shop.Order"` is `SHOP_ORDER_MODEL`. */
function appDefaults(program: ResolvedProgram, reader: ConstantReader): readonly SettingTexts[] {
  const classes = program.classes.filter((cls) => APP_CONF.some((base) => program.isSubclass(cls, base)));
  return classes.map((cls) => {
    const meta = cls.nested.get("Meta");
    const written = meta && reader.classBody(meta).get("prefix");
    const app = cls.module.name.split(".").at(-2) ?? "";
    return { prefix: `${(typeof written === "string" ? written : app).toUpperCase()}_`, values: reader.classBody(cls) };
  });
}

const APP_CONF: readonly string[] = ["appconf.AppConf", "appconf.base.AppConf"];

/** What the settings do not say plainly is left out: the app's own folder is taken then. */
function readMigrationModules(settings: SettingsFacts): ReadonlyMap<string, string | null> {
  const value = settings.get("MIGRATION_MODULES");
  const entries = isDict(value) ? [...value.entries] : [];
  return new Map(entries.filter((entry): entry is [string, string | null] => entry[1] === null || typeof entry[1] === "string"));
}

function describe(settings: SettingsFacts, named: readonly NamedSettings[], apps: readonly AppFact[]): readonly Notice[] {
  const notices: Notice[] = [];
  const tell = (file: string, message: string): void => {
    notices.push({ file, line: 1, column: 1, message });
  };
  const [first] = settings.sources;
  if (!first) {
    const said = named[0] ? ` ${named[0].file} names ${named[0].dotted}, which was not found.` : "";
    tell(named[0]?.file ?? "", `No Django settings were found; apps are taken from folders that hold models.${said}`);
  }
  const folders = new Set(named.filter((each) => each.file.endsWith("manage.py")).map((each) => folderOf(each.file)));
  if (folders.size > 1) {
    tell("manage.py", `${folders.size} Django projects were found (${[...folders].map((each) => each || ".").join(", ")}); they are analysed as one.`);
  }
  if (first && apps.length === 0) tell(first.module.ir.file, "INSTALLED_APPS could not be read and no models were found.");
  return notices;
}

function usesDjango(input: DiscoverInput): boolean {
  const importsDjango = [...input.modules.values()].some((ir) =>
    ir.body.some(
      (stmt) =>
        stmt.kind === "import" &&
        stmt.level === 0 &&
        [stmt.from ?? "", ...(stmt.from === null ? stmt.names.map((each) => each.name) : [])].some((name) => /^(?:django|rest_framework)(?:\.|$)/.test(name)),
    ),
  );
  return importsDjango || (input.modules.size > 0 && requiresDjango(input.texts, input.readText));
}
