/** What deployed settings say, read as text: nothing is run. */
import type { Expr } from "../model/ir.ts";
import type { CacheSettings, DatabaseSettings, Said, SettingsFacts, SettingValue } from "../model/deployment.ts";
import type { DjangoProject, PythonModule } from "../model/project.ts";
import type { Span } from "../model/span.ts";
import { isDict, type ConstantValue } from "../python/constant.ts";
import { createConstantReader, type ConstantReader, type Values } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { toCache, toDatabase } from "./database-settings.ts";
import { evaluateUrlCall } from "./database-url.ts";
import { decideForProduction } from "./decide.ts";
import { isDecidedElsewhere, isSecret, oneLine, settingSpot, toSettingValue, type SettingsReader } from "./said.ts";
import { chooseSettings, type SettingsModule } from "./settings-modules.ts";

export function readSettingsFacts(program: ResolvedProgram, project: DjangoProject, named: readonly string[], text: (file: string) => string): SettingsFacts[] {
  const constants = createConstantReader(program, { isExact: true, call: evaluateUrlCall, decide: decideForProduction });
  const modules = new Map([...program.modules.values()].map((module) => [module.ir.file, module]));
  const reader: SettingsReader = { program, moduleAt: (file) => modules.get(file) ?? null, textOf: ({ file, start, end }) => text(file).slice(start, end) };
  return chooseSettings(program, project, named).map((one) => factsOf(reader, constants, one));
}

function factsOf(reader: SettingsReader, constants: ConstantReader, { dotted, module, cls, isNamed }: SettingsModule): SettingsFacts {
  const values = cls === null ? constants.module(module) : constants.classBody(cls);
  return {
    module: dotted,
    databases: entriesOf(reader, module, values, "DATABASES", toDatabase),
    caches: entriesOf(reader, module, values, "CACHES", toCache),
    values: otherValues(reader, { module, cls, values }),
    by: "source",
    isNamed,
  };
}

function entriesOf<Entry extends DatabaseSettings | CacheSettings>(
  reader: SettingsReader,
  module: PythonModule,
  values: Values,
  name: string,
  toEntry: (reader: SettingsReader, alias: string, entry: ConstantValue | undefined, at: Span) => Entry,
): Entry[] {
  const dict = values.get(name);
  if (!isDict(dict)) return [];
  const whole = dict.written?.at ?? { file: module.ir.file, start: 0, end: 0 };
  const aliases = [...new Set([...dict.entries.keys(), ...(dict.written?.keys.keys() ?? [])])];
  return aliases.map((alias) => toEntry(reader, alias, dict.entries.get(alias), dict.written?.keys.get(alias)?.span ?? whole));
}

interface Named {
  readonly module: PythonModule;
  readonly cls: SettingsModule["cls"];
  readonly values: Values;
}

/** Every setting but the two above and secrets; what is there without a value that was read is unknown. */
function otherValues(reader: SettingsReader, settings: Named): ReadonlyMap<string, Said<SettingValue>> {
  const { module, values, cls } = settings;
  const names = new Set(
    [...values.keys(), ...(cls === null ? module.scope.keys() : cls.members.keys())].filter(
      (name) => /^[A-Z][A-Z0-9_]*$/.test(name) && !isSecret(name) && name !== "CACHES",
    ),
  );
  const found = new Map<string, Said<SettingValue>>();
  for (const name of names) {
    const value = values.get(name);
    if (name === "DATABASES" && value !== undefined) continue;
    const place = placeOf(reader, settings, name);
    const text =
      place === null ? "code that is not read" : oneLine(reader.textOf({ file: place.module.ir.file, start: place.expr.start, end: place.expr.end }));
    const isOpen = place !== null && isDecidedElsewhere(reader.program, place.module, place.expr);
    found.set(name, {
      value: value === undefined ? { unknown: text } : toSettingValue(value),
      spot: place === null ? null : settingSpot({ file: place.module.ir.file, start: place.start, end: place.expr.end }),
      ...(isOpen && value !== undefined ? { dependsOn: text } : {}),
    });
  }
  return found;
}

interface Place {
  readonly module: PythonModule;
  readonly expr: Expr;
  /** Of the whole assignment. */
  readonly start: number;
}

/** The last assignment of a setting, through star imports and base classes. */
function placeOf({ program }: SettingsReader, { module, cls }: Named, name: string): Place | null {
  const member = cls === null ? null : program.member(cls, name);
  if (member !== null && member.definition.kind === "variable" && member.definition.value !== null)
    return { module: member.owner.module, expr: member.definition.value, start: member.definition.stmt.start };
  const own = module.scope.get(name)?.findLast((one) => one.kind === "variable");
  if (own?.kind === "variable" && own.value !== null) return { module, expr: own.value, start: own.stmt.start };
  const symbol = program.resolve(module, name);
  const value = symbol?.kind === "variable" ? symbol.values.at(-1) : undefined;
  if (symbol?.kind !== "variable" || value === undefined) return null;
  const stmt = symbol.module.scope.get(symbol.name)?.findLast((one) => one.kind === "variable");
  return { module: symbol.module, expr: value, start: stmt?.kind === "variable" ? stmt.stmt.start : value.start };
}
