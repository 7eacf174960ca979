/** Entries of DATABASES that are PostgreSQL's, with the settings that have them and the services that run by these. */
import { distinctBy } from "../../model/group-by.ts";
import type { Confidence, DatabaseDraft, Deployment, EvidenceInput, Judgement, Said, Service, SettingValue, Unjudged } from "../../model/index.ts";
import type { DatabaseSettings, SettingsFacts } from "../../model/deployment.ts";

export interface Entry {
  readonly settings: SettingsFacts;
  readonly database: DatabaseSettings;
  readonly services: readonly Service[];
  /** False where only the driver that is installed says that it is PostgreSQL. */
  readonly isSure: boolean;
}

const POSTGRES = /postg|psycopg|psqlextra|timescale|alloydb|cockroach|citus|tenants/i;

/** Mirrors of tests and other engines are left out. */
export function postgresEntries(deployment: Deployment): Entry[] {
  const hasDriver = deployment.packages.has("psycopg") || deployment.packages.has("psycopg2");
  return deployment.settings.flatMap((settings) =>
    settings.databases.flatMap((database) => {
      const { engine } = database;
      const isSure = engine !== null && POSTGRES.test(engine.value);
      const isPerhaps = (engine === null || engine.dependsOn !== undefined) && hasDriver;
      if (database.mirrorOf !== null || !(isSure || isPerhaps)) return [];
      return [{ settings, database, services: servicesOf(deployment, settings), isSure }];
    }),
  );
}

const OTHERS: readonly (readonly [engine: RegExp, name: string])[] = [
  [/mysql|maria/i, "MySQL"],
  [/sqlite|spatialite/i, "SQLite"],
  [/oracle/i, "Oracle"],
  [/mssql|sql_server/i, "SQL Server"],
];

/** What advice lacks where the settings name another. */
export const NEEDS_POSTGRES = "needs a database of PostgreSQL";

/** `` `default` of `shop.settings` is MySQL ``, where the settings name a server and none of it is PostgreSQL; else empty. */
export function otherEngineWords(deployment: Deployment): string {
  if (postgresEntries(deployment).length > 0) return "";
  const named = deployment.settings.flatMap(({ module, databases }) =>
    databases.flatMap(({ alias, engine }) => {
      const [, name] = (engine === null || engine.dependsOn !== undefined ? undefined : OTHERS.find(([known]) => known.test(engine.value))) ?? [];
      return name === undefined ? [] : [`\`${alias}\` of \`${module}\` is ${name}`];
    }),
  );
  return named[0] ?? "";
}

/** Services that run by these settings: those that name them, and, for what the entry points name, those that name none. */
export function servicesOf({ services, settings }: Deployment, { module, isNamed }: SettingsFacts): Service[] {
  const isOnly = settings.length === 1;
  return services.filter((one) =>
    one.settings === null
      ? isNamed === true || isOnly
      : one.settings === module || module.startsWith(`${one.settings}.`) || (isOnly && !settings.some((other) => other.module === one.settings)),
  );
}

/** The key may be there unseen. `by` leaves out what only the query of a URL could bring. */
export function isOpen({ open = [], optionsSpot }: DatabaseSettings, key: string, by: readonly ("code" | "url")[] = ["code", "url"]): boolean {
  const isOption = key.startsWith("OPTIONS.");
  return open.some(
    (one) => by.includes(one.by) && (one.key === key || (one.key === "*" && !(isOption && optionsSpot !== null)) || (isOption && one.key === "OPTIONS.*")),
  );
}

/** `OPTIONS[name]`; null where it is not written. */
export function optionOf({ options }: DatabaseSettings, name: string): Said<SettingValue> | null {
  return options.get(name) ?? null;
}

/** Django's own pool is asked for. What code decides counts, for it is written down. */
export function poolOf(database: DatabaseSettings): Said<SettingValue> | null {
  const said = optionOf(database, "pool");
  return said === null || said.value === false || said.value === null || (isPlain(said.value) && Object.keys(said.value).length === 0) ? null : said;
}

/** A number of a `pool` that is a dictionary; null where it is not said. */
export function poolNumber(pool: Said<SettingValue>, name: string): number | null {
  const fields: { readonly [key: string]: SettingValue } | null = isPlain(pool.value) ? pool.value : null;
  const value = fields?.[name];
  return typeof value === "number" ? value : null;
}

export function isPlain(value: SettingValue): value is { readonly [key: string]: SettingValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("unknown" in value);
}

/** CONN_MAX_AGE where it keeps connections: a positive number, or null for ever. */
export function keptFor({ connMaxAge }: DatabaseSettings): Said<number | null> | null {
  return connMaxAge === null || connMaxAge.value === 0 ? null : connMaxAge;
}

/** `600 s`, `for ever`. */
export const durationWords = ({ value }: Said<number | null>): string => (value === null ? "for ever" : `for ${value} s`);

/** What depends on a variable of the environment, or on an engine that is only guessed, is less sure. */
export function confidenceOf(entry: Entry, ...said: readonly (Said<unknown> | null)[]): Confidence {
  if (!entry.isSure) return "possible";
  return said.some((one) => one?.dependsOn !== undefined) ? "likely" : "certain";
}

/** `the environment sets CONN_MAX_AGE otherwise`; the rest is the rule's own. */
export function doubtOf(own: string, ...said: readonly (Said<unknown> | null)[]): string {
  const open = [...new Set(said.flatMap((one) => (one?.dependsOn === undefined ? [] : [`\`${one.dependsOn}\` gives another value where it runs`])))];
  return [own, ...open].filter((one) => one !== "").join("; ");
}

/** One finding for each place and claim, however many settings modules build upon it. */
export function distinctDrafts(drafts: readonly DatabaseDraft[]): DatabaseDraft[] {
  const seen = new Set<string>();
  return drafts.filter((draft) => {
    const [first] = draft.places;
    const key = JSON.stringify([first === undefined || "object" in first ? "" : first.span, draft.key]);
    return !seen.has(key) && seen.add(key);
  });
}

/** What is said of each alias of one file alike is said once: the first alias's draft, with the others' places and edits. */
export function oncePerFile(judgement: Judgement): Judgement {
  const groups = new Map<string, DatabaseDraft[]>();
  for (const draft of judgement.drafts) {
    const [, ...key] = draft.key;
    const group = JSON.stringify([key, draft.confidence, draft.remedy]);
    groups.set(group, [...(groups.get(group) ?? []), draft]);
  }
  return { ...judgement, drafts: [...groups.values()].flatMap(joined) };
}

function joined(drafts: readonly DatabaseDraft[]): DatabaseDraft[] {
  const [first, ...others] = drafts;
  if (first === undefined || others.length === 0) return [...drafts];
  const aliases = others.map(({ key }) => `\`${key[0] ?? ""}\``);
  const fixes = drafts.map((draft) => draft.fixes[0]);
  const whole = fixes.every((fix) => fix !== undefined) ? fixes.flatMap((fix) => fix?.edits ?? []) : [];
  const [fix] = first.fixes;
  return [
    {
      ...first,
      reason: `${first.reason} The same holds for ${aliases.join(", ")}.`,
      places: [...first.places, ...others.flatMap(({ places }) => places.slice(0, 1))],
      fixes: fix === undefined || whole.length === 0 ? [] : [{ ...fix, edits: whole }],
    },
  ];
}

/** Looks at each PostgreSQL entry of the settings. `missing` names a key whose absence is what the rule is about. */
export function auditEntries({ source, deployment }: EvidenceInput, draftsOf: (entry: Entry) => readonly DatabaseDraft[], missing?: string): Judgement {
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const entries = postgresEntries(deployment);
  const unjudged = missing === undefined ? [] : entries.flatMap(({ database }) => unreadEntry(database, missing));
  return {
    drafts: distinctDrafts(entries.flatMap(draftsOf)),
    unjudged: distinctBy(unjudged, (one) => one.why),
    examined: examinedWords(entries),
  };
}

function unreadEntry(database: DatabaseSettings, key: string): Unjudged[] {
  if (!isOpen(database, key, ["code"])) return [];
  const what = database.unread
    .slice(0, 2)
    .map((one) => `\`${one}\``)
    .join(" and ");
  return [
    {
      object: `database ${database.alias}`,
      why: `needs ${key.replace(".", " ")}, which ${what} of \`${database.spot.span.file}\` decides: that code is not read`,
    },
  ];
}

/** `4.1` of `4.1.3` and `5.0b1`; unknown versions are no less than anything. */
export function isBelow(version: string | null | undefined, major: number, minor: number, patch = 0): boolean {
  const [, one, two = "0", three = "0"] = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version ?? "") ?? [];
  if (one === undefined) return false;
  const difference = Number(one) - major || Number(two) - minor || Number(three) - patch;
  return difference < 0;
}

/** `3 databases in 2 settings modules`. */
export function examinedWords(entries: readonly Entry[]): string {
  const modules = new Set(entries.map(({ settings }) => settings.module)).size;
  return entries.length === 0 ? "" : `${count(entries.length, "PostgreSQL database")} in ${count(modules, "settings module")}`;
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
