/** What settings say of a database, read without running them. */
import type { DjangoProject } from "../model/project.ts";
import { isDict, type ConstantDict, type ConstantValue } from "../python/constant.ts";
import { createConstantReader, type Values } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";

/** An entry of DATABASES as libpq's words; what the source does not say is left out. */
export type DatabaseWords = Readonly<Partial<Record<"host" | "port" | "dbname" | "user" | "password" | "sslmode" | "service", string>>>;

export type DatabaseSetting =
  | { readonly kind: "words"; readonly words: DatabaseWords }
  | { readonly kind: "url"; readonly url: string }
  /** `why` completes "DATABASES["default"] …". */
  | { readonly kind: "unknown"; readonly why: string };

/** Entries of DATABASES by alias, those of the most trusted settings first. */
export function readDatabases(
  program: ResolvedProgram,
  project: DjangoProject,
  environment: (name: string) => string | undefined,
): ReadonlyMap<string, DatabaseSetting> {
  const reader = createConstantReader(program, { environment });
  const found = new Map<string, DatabaseSetting>();
  for (const dotted of project.settings) {
    const symbol = program.resolveDotted(dotted);
    const values: Values = symbol?.kind === "module" ? reader.module(symbol.module) : symbol?.kind === "class" ? reader.classBody(symbol.cls) : new Map();
    const databases = values.get("DATABASES");
    if (!isDict(databases)) continue;
    for (const [alias, entry] of databases.entries) if (!found.has(alias)) found.set(alias, settingOf(entry));
  }
  return found;
}

function settingOf(entry: ConstantValue): DatabaseSetting {
  if (!isDict(entry)) return { kind: "unknown", why: "is made by code that is not read" };
  const url = text(entry, "URL");
  if (url !== undefined) return { kind: "url", url };
  const engine = text(entry, "ENGINE");
  if (engine !== undefined && !/postg|psycopg|psqlextra/.test(engine)) return { kind: "unknown", why: `is of the engine ${engine}, not PostgreSQL` };
  const options = entry.entries.get("OPTIONS");
  const named = isDict(options) ? options : EMPTY;
  const service = text(named, "service");
  const words = filled({
    host: text(entry, "HOST"),
    port: text(entry, "PORT"),
    dbname: text(entry, "NAME"),
    user: text(entry, "USER"),
    password: text(entry, "PASSWORD"),
    sslmode: text(named, "sslmode"),
    service,
  });
  if (words.dbname === undefined && service === undefined) return { kind: "unknown", why: "takes its NAME from code that is not read" };
  return { kind: "words", words };
}

const EMPTY: ConstantDict = { kind: "dict", entries: new Map() };

function text({ entries }: ConstantDict, name: string): string | undefined {
  const value = entries.get(name);
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function filled(words: Readonly<Record<string, string | undefined>>): DatabaseWords {
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined && value !== ""));
}
