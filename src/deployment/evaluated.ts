/** Settings that the project's own Python evaluated take the place of what their text says; the places stay those of the text. */
import type { CacheSettings, DatabaseSettings, Deployment, EvaluatedSettings, Said, SettingsFacts, SettingValue } from "../model/deployment.ts";
import type { Spot } from "../model/span.ts";
import { serverSettingsOf } from "./database-settings.ts";

type Fields = { readonly [key: string]: SettingValue };

export function withEvaluated(deployment: Deployment, evaluated: EvaluatedSettings): Deployment {
  if (evaluated.kind === "failed")
    return {
      ...deployment,
      notices: [...deployment.notices, `The settings were not evaluated: ${evaluated.why.replace(/\.$/, "")}. What their text says is taken.`],
    };
  const known = deployment.settings.find(({ module }) => module === evaluated.module) ?? deployment.settings[0];
  const facts = evaluatedFacts(evaluated.module, evaluated.values, known);
  return { ...deployment, settings: [facts, ...deployment.settings.filter((one) => one.module !== evaluated.module)] };
}

function evaluatedFacts(module: string, values: Fields, text: SettingsFacts | undefined): SettingsFacts {
  const anywhere: Spot = text?.databases[0]?.spot ??
    [...(text?.values.values() ?? [])].find(({ spot }) => spot !== null)?.spot ?? { role: "setting", span: { file: "", start: 0, end: 0 } };
  const entries = (name: string): (readonly [string, Fields])[] => Object.entries(fieldsOf(values[name])).map(([alias, entry]) => [alias, fieldsOf(entry)]);
  return {
    module,
    databases: entries("DATABASES").map(([alias, entry]) =>
      toDatabase(
        alias,
        entry,
        text?.databases.find((one) => one.alias === alias),
        anywhere,
      ),
    ),
    caches: entries("CACHES").map(([alias, entry]) =>
      toCache(
        alias,
        entry,
        text?.caches.find((one) => one.alias === alias),
        anywhere,
      ),
    ),
    values: new Map(
      Object.entries(values).flatMap(([name, value]) =>
        name === "DATABASES" || name === "CACHES" ? [] : [[name, { value, spot: text?.values.get(name)?.spot ?? null }] as const],
      ),
    ),
    by: "evaluated",
    isNamed: true,
  };
}

function fieldsOf(value: SettingValue | undefined): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("unknown" in value) ? Object.fromEntries(Object.entries(value)) : {};
}

/** A key's place is where the text has it, else its entry's. */
function reader(entry: Fields, spot: Spot) {
  return <Value extends SettingValue>(
    name: string,
    is: (value: SettingValue) => value is Value,
    before: Said<unknown> | null | undefined,
  ): Said<Value> | null => {
    const value = entry[name];
    return value === undefined || !is(value)
      ? null
      : { value, spot: before?.spot ?? spot, ...(before?.written === undefined ? {} : { written: before.written }) };
  };
}

const isText = (value: SettingValue): value is string => typeof value === "string" && value !== "";
const isFlag = (value: SettingValue): value is boolean => typeof value === "boolean";
const isSeconds = (value: SettingValue): value is number | null => typeof value === "number" || value === null;
const isAny = (value: SettingValue): value is SettingValue => value !== undefined;

function toDatabase(alias: string, entry: Fields, text: DatabaseSettings | undefined, anywhere: Spot): DatabaseSettings {
  const spot = text?.spot ?? anywhere;
  const said = reader(typeof entry["PORT"] === "number" ? { ...entry, PORT: String(entry["PORT"]) } : entry, spot);
  const options = optionsOf(entry, text?.options, text?.optionsSpot ?? spot);
  const mirror = fieldsOf(entry["TEST"])["MIRROR"];
  return {
    alias,
    engine: said("ENGINE", isText, text?.engine),
    host: said("HOST", isText, text?.host),
    port: said("PORT", isText, text?.port),
    name: said("NAME", isText, text?.name),
    user: said("USER", isText, text?.user),
    connMaxAge: said("CONN_MAX_AGE", isSeconds, text?.connMaxAge),
    healthChecks: said("CONN_HEALTH_CHECKS", isFlag, text?.healthChecks),
    atomicRequests: said("ATOMIC_REQUESTS", isFlag, text?.atomicRequests),
    disableServerSideCursors: said("DISABLE_SERVER_SIDE_CURSORS", isFlag, text?.disableServerSideCursors),
    options,
    serverSettings: serverSettingsOf(options.get("options")),
    mirrorOf: typeof mirror === "string" ? mirror : null,
    spot,
    optionsSpot: entry["OPTIONS"] === undefined ? null : (text?.optionsSpot ?? null),
    unread: [],
    open: [],
  };
}

function optionsOf(entry: Fields, text: ReadonlyMap<string, Said<SettingValue>> | undefined, spot: Spot): ReadonlyMap<string, Said<SettingValue>> {
  return new Map(Object.entries(fieldsOf(entry["OPTIONS"])).map(([name, value]) => [name, { value, spot: text?.get(name)?.spot ?? spot }]));
}

function toCache(alias: string, entry: Fields, text: CacheSettings | undefined, anywhere: Spot): CacheSettings {
  const spot = text?.spot ?? anywhere;
  const said = reader(entry, spot);
  return {
    alias,
    backend: said("BACKEND", isText, text?.backend),
    location: said("LOCATION", isAny, text?.location),
    timeout: said("TIMEOUT", isSeconds, text?.timeout),
    keyPrefix: said("KEY_PREFIX", isText, text?.keyPrefix),
    options: optionsOf(entry, text?.options, spot),
    spot,
    unread: [],
    open: [],
  };
}
