import type { Catalog, PlannerData } from "../../model/index.ts";
import { quoteLiteral } from "../quote.ts";

export interface DatabaseChoice {
  readonly sql: string;
  /** What is not as in production; null for the same locale. */
  readonly note: string | null;
}

const WITH_ICU = 15;

/** Statements that make the database, the best first: a locale that this machine does not have makes the server refuse. */
export function createDatabase(name: string, database: Catalog["database"], planner: Pick<PlannerData, "locale"> | undefined, major: number): DatabaseChoice[] {
  const { encoding, collate, ctype, localeProvider } = database;
  const create = (locale: string): string => `CREATE DATABASE ${name} TEMPLATE template0 ENCODING ${quoteLiteral(encoding || "UTF8")} ${locale}`;
  const libc = (one: string, other: string): string => `LC_COLLATE ${quoteLiteral(one)} LC_CTYPE ${quoteLiteral(other)}`;
  const icu = (locale: string): string => `LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)} ${libc("C", "C")}`;
  const wanted = planner?.locale ?? null;
  const choices: DatabaseChoice[] = [];
  if (localeProvider === "icu" && wanted !== null) choices.push({ sql: create(icu(wanted)), note: null });
  if (localeProvider === "builtin" && wanted !== null)
    choices.push({ sql: create(`LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(wanted)} ${libc("C", "C")}`), note: null });
  if (localeProvider === "libc" && collate !== "") choices.push({ sql: create(libc(collate, ctype || collate)), note: null });
  const missing = `locale ${wanted ?? collate} is not on this machine`;
  if (major >= WITH_ICU && /^[a-z]{2,3}([_-]|$)/.test(collate))
    choices.push({ sql: create(icu(collate.replace(/[.@].*$/, "").replace("_", "-"))), note: `${missing}: texts are ordered as ICU orders them` });
  // Not the locale C itself, in which an index also serves LIKE.
  for (const bytes of ["C.UTF-8", "C.utf8"]) choices.push({ sql: create(libc(bytes, bytes)), note: `${missing}: texts are ordered by their bytes` });
  choices.push({ sql: create(libc("C", "C")), note: `${missing}: texts are ordered by their bytes, and any index on them serves LIKE` });
  return choices;
}
