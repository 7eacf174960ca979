import type { ClassInfo, Definition, PythonModule } from "../model/project.ts";
import { evaluateEither, isList, type ConstantValue } from "../python/constant.ts";
import type { ConstantReader, Values } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isForTests, type NamedSettings } from "./settings-names.ts";

/** One settings module or configuration class with its values. */
export interface SettingsSource {
  readonly dotted: string;
  readonly module: PythonModule;
  readonly values: Values;
}

/** What all settings of a repository say together. */
export interface SettingsFacts {
  readonly sources: readonly SettingsSource[];
  readonly isNamed: boolean;
  /** The value of a setting: lists of all sources united, otherwise the most trusted source's. */
  get(name: string): ConstantValue | undefined;
  /** The value of a setting in every source that has it. */
  all(name: string): readonly ConstantValue[];
}

/** Finds the settings that entry points name and their siblings; without any, whatever lists INSTALLED_APPS. */
export function readSettings(
  program: ResolvedProgram,
  reader: ConstantReader,
  named: readonly NamedSettings[],
  locate: (settings: NamedSettings) => PythonModule | null,
): SettingsFacts {
  const sources = new Map<string, SettingsSource>();
  const add = (source: SettingsSource): void => {
    if (!sources.has(source.dotted) && source.values.size > 2) sources.set(source.dotted, source);
  };
  for (const each of named.filter(({ dotted }) => !isForTests(dotted))) {
    const module = locate(each);
    if (module) for (const source of sourcesIn(program, reader, module, each.configuration)) add(source);
  }
  const isNamed = sources.size > 0;
  const listing = modulesWithApps(program);
  const others = listing.filter((module) => !isForTests(module.name));
  for (const module of others.length > 0 || isNamed ? others : listing) {
    for (const source of sourcesIn(program, reader, module, null)) add(source);
  }
  if (sources.size === 0) {
    for (const each of named) {
      const module = locate(each);
      if (module) add({ dotted: module.name, module, values: reader.module(module) });
    }
  }
  const list = [...sources.values()];
  const all = (name: string): readonly ConstantValue[] =>
    list.flatMap(({ values }) => {
      const value = values.get(name);
      return value === undefined ? [] : [value];
    });
  return { sources: list, isNamed, all, get: (name) => joinValues(all(name)) };
}

function joinValues(values: readonly ConstantValue[]): ConstantValue | undefined {
  const [first] = values;
  if (!isList(first)) return first;
  return values.reduce((joined, value) => (isList(value) ? (evaluateEither(joined, value) ?? joined) : joined));
}

/** Settings that are `True`, or `False`, wherever the project assigns them: what the environment gives is not known, and tests set what they like. */
export function readFlagSettings({ sources }: SettingsFacts, program: ResolvedProgram): ReadonlyMap<string, boolean> {
  const flags = new Map<string, boolean>();
  for (const { values } of sources.filter((source) => !isForTests(source.dotted))) {
    for (const [name, value] of values) if (typeof value === "boolean" && isOwnFlag(name)) flags.set(name, value);
  }
  const written = new Set<string>();
  for (const module of program.modules.values()) {
    if (module.origin !== "project" || isForTests(module.name)) continue;
    const classes = [...module.classes.values()].filter(({ name }) => !isForTests(name));
    for (const [name, value] of flags) {
      const all = [module.scope, ...classes.map(({ members }) => members)].flatMap((names) => names.get(name) ?? []);
      if (all.some((one) => isFlag(one, value))) written.add(name);
      if (!all.every((one) => isFlag(one, value) || (one.kind === "import" && program.resolve(module, name)?.kind === "variable"))) flags.delete(name);
    }
  }
  return new Map([...flags].filter(([name]) => written.has(name)));
}

/** `DEBUG` is another where the project is deployed, whatever its settings say. */
function isOwnFlag(name: string): boolean {
  return /^[A-Z][A-Z\d_]*$/.test(name) && name !== "DEBUG";
}

function isFlag(one: Definition, value: boolean): boolean {
  return one.kind === "variable" && one.value?.kind === "constant" && one.value.value === (value ? "true" : "false");
}

function modulesWithApps(program: ResolvedProgram): readonly PythonModule[] {
  return [...program.modules.values()].filter((module) => module.origin === "project" && mentionsApps(module)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function mentionsApps(module: PythonModule): boolean {
  return module.scope.has("INSTALLED_APPS") || configurations(module).length > 0;
}

function configurations(module: PythonModule): readonly ClassInfo[] {
  return [...module.classes.values()].filter((cls) => cls.members.has("INSTALLED_APPS"));
}

/** The module itself, or the configuration classes in it (django-configurations). */
function sourcesIn(program: ResolvedProgram, reader: ConstantReader, module: PythonModule, configuration: string | null): readonly SettingsSource[] {
  const fromModule: SettingsSource = { dotted: module.name, module, values: reader.module(module) };
  const isConfigured = [...module.classes.values()].some((cls) => cls.members.has("INSTALLED_APPS") || program.isSubclass(cls, "configurations.Configuration"));
  if (!isConfigured) return [fromModule];
  const wanted = configuration ? module.classes.get(configuration) : undefined;
  const classes = [...(wanted ? [wanted] : []), ...module.classes.values()];
  return [...new Set(classes.filter((cls) => !isForTests(cls.name) && program.member(cls, "INSTALLED_APPS")))].map((cls) => ({
    dotted: cls.id,
    module,
    values: reader.classBody(cls),
  }));
}
