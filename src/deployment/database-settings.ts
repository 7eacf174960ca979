/** Entries of DATABASES and CACHES as facts, each key with its place. */
import type { CacheSettings, DatabaseSettings, OpenKey, Said, SettingValue } from "../model/deployment.ts";
import type { Span } from "../model/span.ts";
import { isDict, type ConstantDict, type ConstantValue } from "../python/constant.ts";
import { isUrlCall } from "./database-url.ts";
import { isSecret, oneLine, saidOf, settingSpot, toSettingValue, withoutPassword, type SettingsReader } from "./said.ts";

/** `entry` is the alias's part of DATABASES; undefined where code that is not read makes it. */
export function toDatabase(reader: SettingsReader, alias: string, entry: ConstantValue | undefined, at: Span): DatabaseSettings {
  const dict: ConstantDict = isDict(entry) ? entry : { kind: "dict", entries: new Map(), written: { at, keys: new Map(), unread: [at] } };
  const text = (name: string): Said<string> | null => textIn(reader, dict, name);
  const flag = (name: string): Said<boolean> | null => only(saidOf(reader, dict, name), isBoolean);
  const options = dict.entries.get("OPTIONS");
  const optionsDict = isDict(options) ? options : null;
  const said = optionsOf(reader, optionsDict);
  const test = dict.entries.get("TEST");
  const mirror = isDict(test) ? test.entries.get("MIRROR") : undefined;
  return {
    alias,
    engine: text("ENGINE"),
    host: text("HOST"),
    port: text("PORT"),
    name: text("NAME"),
    user: text("USER"),
    connMaxAge: only(saidOf(reader, dict, "CONN_MAX_AGE"), isSeconds),
    healthChecks: flag("CONN_HEALTH_CHECKS"),
    atomicRequests: flag("ATOMIC_REQUESTS"),
    disableServerSideCursors: flag("DISABLE_SERVER_SIDE_CURSORS"),
    options: said,
    serverSettings: serverSettingsOf(said.get("options")),
    mirrorOf: typeof mirror === "string" ? mirror : null,
    spot: settingSpot(keysSpan(dict) ?? at),
    optionsSpot: optionsDict === null ? null : settingSpot(dict.written?.keys.get("OPTIONS")?.span ?? optionsDict.written?.at ?? at),
    unread: unreadOf(reader, dict, optionsDict),
    open: openKeys(reader, dict, optionsDict),
  };
}

export function toCache(reader: SettingsReader, alias: string, entry: ConstantValue | undefined, at: Span): CacheSettings {
  const dict: ConstantDict = isDict(entry) ? entry : { kind: "dict", entries: new Map(), written: { at, keys: new Map(), unread: [at] } };
  const location = saidOf(reader, dict, "LOCATION");
  const options = dict.entries.get("OPTIONS");
  const optionsDict = isDict(options) ? options : null;
  return {
    alias,
    backend: textIn(reader, dict, "BACKEND"),
    location: location === null ? null : { ...location, value: toSettingValue(location.value) },
    timeout: only(saidOf(reader, dict, "TIMEOUT"), isSeconds),
    keyPrefix: textIn(reader, dict, "KEY_PREFIX"),
    options: optionsOf(reader, optionsDict),
    spot: settingSpot(keysSpan(dict) ?? at),
    unread: unreadOf(reader, dict, optionsDict),
    open: openKeys(reader, dict, optionsDict),
  };
}

const isBoolean = (value: ConstantValue): value is boolean => typeof value === "boolean";
const isSeconds = (value: ConstantValue): value is number | null => typeof value === "number" || value === null;

function only<Value extends ConstantValue>(said: Said<ConstantValue> | null, is: (value: ConstantValue) => value is Value): Said<Value> | null {
  if (said === null || !is(said.value)) return null;
  return { ...said, value: said.value };
}

function textIn(reader: SettingsReader, dict: ConstantDict, name: string): Said<string> | null {
  const said = saidOf(reader, dict, name);
  if (said === null || (typeof said.value !== "string" && typeof said.value !== "number")) return null;
  return { ...said, value: withoutPassword(String(said.value)) };
}

function optionsOf(reader: SettingsReader, options: ConstantDict | null): ReadonlyMap<string, Said<SettingValue>> {
  const said = new Map<string, Said<SettingValue>>();
  for (const [name, { span, value: expr }] of options?.written?.keys ?? []) {
    const known = options === null ? null : saidOf(reader, options, name);
    if (isSecret(name)) said.set(name, { value: { unknown: "a secret: not kept" }, spot: settingSpot(span) });
    else if (known !== null) said.set(name, { ...known, value: toSettingValue(known.value) });
    else
      said.set(name, {
        value: { unknown: oneLine(reader.textOf(expr === null ? span : { ...span, start: expr.start, end: expr.end })) },
        spot: settingSpot(span),
      });
  }
  return said;
}

/** `-c name=value`, `-cname=value` and `--name=value`, as the server reads what libpq hands it: a backslash keeps a space. */
export function serverSettingsOf(options: Said<SettingValue> | undefined): ReadonlyMap<string, Said<string>> {
  const found = new Map<string, Said<string>>();
  if (options === undefined || typeof options.value !== "string") return found;
  for (const [, name = "", value = ""] of options.value.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=((?:\\.|\S)*)/g)) {
    found.set(name.toLowerCase().replaceAll("-", "_"), { ...options, value: value.replaceAll(/\\(.)/g, "$1").replaceAll(/^'|'$/g, "") });
  }
  return found;
}

/** The stretch of the entry itself, without what a later line adds. */
function keysSpan(dict: ConstantDict): Span | null {
  return dict.written?.at ?? null;
}

function unreadOf(reader: SettingsReader, dict: ConstantDict, options: ConstantDict | null): string[] {
  const parts = [...(dict.written?.unread ?? []), ...(options?.written?.unread ?? [])].map((span) => oneLine(reader.textOf(span)));
  return [...parts, ...unknownKeys(dict), ...unknownKeys(options).map((key) => `OPTIONS.${key}`)];
}

function unknownKeys(dict: ConstantDict | null): string[] {
  return dict === null ? [] : [...(dict.written?.keys.keys() ?? [])].filter((key) => !dict.entries.has(key));
}

/** What a URL leaves open: its query becomes OPTIONS, and for django-environ the keys below. */
const OF_A_URL = [
  "ENGINE",
  "NAME",
  "USER",
  "HOST",
  "PORT",
  "CONN_MAX_AGE",
  "CONN_HEALTH_CHECKS",
  "ATOMIC_REQUESTS",
  "DISABLE_SERVER_SIDE_CURSORS",
  "OPTIONS.*",
];

function openKeys(reader: SettingsReader, dict: ConstantDict, options: ConstantDict | null): OpenKey[] {
  const written = dict.written?.keys;
  const spreads = (dict.written?.unread ?? []).flatMap((span): OpenKey[] =>
    isUrlCall(reader.textOf(span)) ? OF_A_URL.map((key) => ({ key, by: "url" })) : [{ key: "*", by: "code" }],
  );
  const inOptions = (options?.written?.unread ?? []).map((): OpenKey => ({ key: "OPTIONS.*", by: "code" }));
  const unknown = [
    ...unknownKeys(dict).flatMap((key) => (key === "OPTIONS" ? ["OPTIONS.*"] : [key])),
    ...unknownKeys(options).map((key) => `OPTIONS.${key}`),
  ].map((key): OpenKey => ({ key, by: "code" }));
  // What is written after a spread stands, whatever the spread brings.
  const isSettled = ({ key, by }: OpenKey): boolean =>
    by === "url" &&
    (key === "OPTIONS.*" ? options !== null : written?.has(key) === true && dict.entries.has(key) && !key.match(/^(?:ENGINE|NAME|USER|HOST|PORT)$/));
  return [...spreads.filter((one) => !isSettled(one)), ...inOptions, ...unknown];
}
