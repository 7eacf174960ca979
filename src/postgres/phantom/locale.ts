import type { Catalog, PlannerData } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../quote.ts";

export interface DatabaseChoice {
  readonly sql: string;
  /** What is not as in production; null for the same locale. */
  readonly note: string | null;
}

const WITH_ICU = 15;

type Locale = Pick<PlannerData, "locale"> | undefined;

/** Statements that make the database, the best first: a locale that this machine does not have makes the server refuse. */
export function createDatabase(name: string, database: Catalog["database"], planner: Locale, major: number): DatabaseChoice[] {
  const { collate, ctype, localeProvider } = database;
  const create = creating(name, database);
  const wanted = planner?.locale ?? null;
  const choices: DatabaseChoice[] = [];
  if (localeProvider === "icu" && wanted !== null) choices.push({ sql: create(icu(wanted)), note: null });
  if (localeProvider === "builtin" && wanted !== null) choices.push({ sql: create(builtin(wanted)), note: null });
  if (localeProvider === "libc" && collate !== "") choices.push({ sql: create(libc(collate, ctype || collate)), note: null });
  const missing = `locale ${wanted ?? collate} is not on this machine`;
  const language = languageOf(collate);
  if (major >= WITH_ICU && language !== null) choices.push({ sql: create(icu(language)), note: `${missing}: texts are ordered as ICU orders them` });
  // Not the locale C itself, in which an index also serves LIKE.
  for (const bytes of ["C.UTF-8", "C.utf8"]) choices.push({ sql: create(libc(bytes, bytes)), note: `${missing}: texts are ordered by their bytes` });
  choices.push({ sql: create(libc("C", "C")), note: `${missing}: texts are ordered by their bytes, and any index on them serves LIKE` });
  return choices;
}

/**
 * The same for PGlite. Its libc takes any name for a locale and orders all of them by bytes, and `C.UTF-8` becomes `C` there, in which an index also serves LIKE, while `C.utf8` stays
 * what it is. Its ICU holds the order that all languages start from, and no language's own rules.
 */
export function createPgliteDatabase(name: string, database: Catalog["database"], planner: Locale): DatabaseChoice[] {
  const { collate, ctype, localeProvider } = database;
  const create = creating(name, database);
  const wanted = planner?.locale ?? null;
  const bytes = { sql: create(libc("C.utf8", "C.utf8")), note: null };
  const last = { sql: create(libc("C", "C")), note: "PGlite orders texts by their bytes, and any index on them serves LIKE" };
  if (localeProvider === "builtin" && wanted !== null) return [{ sql: create(builtin(wanted)), note: null }, bytes, last];
  if (localeProvider === "libc" && /^(?:C|POSIX)$/.test(collate)) return [{ sql: create(libc("C", ctype || "C")), note: null }];
  if (localeProvider === "libc" && /^(?:C|POSIX)[.]/.test(collate)) return [bytes, last];
  const language = localeProvider === "icu" ? wanted : languageOf(collate);
  return [
    { sql: create(icu(language ?? "und")), note: pgliteOrder(localeProvider === "icu" ? (wanted ?? "ICU") : collate, language, localeProvider) },
    bytes,
    last,
  ];
}

/** Languages to whose order CLDR adds nothing; those of Canada's French are read from the end. */
const ROOT = /^(?:und|en|de|fr(?!-CA)|it|nl|pt)(?:$|-(?!u-))/;

function pgliteOrder(locale: string, language: string | null, provider: string): string | null {
  if (language === null || !ROOT.test(language))
    return `PGlite has no rules of ${locale}: texts are ordered as ICU orders those of any language, and ranges of texts are estimated by that`;
  return provider === "icu" ? null : `PGlite has no locale ${locale}: texts are ordered as ICU orders them`;
}

const creating =
  (name: string, { encoding }: Catalog["database"]) =>
  (locale: string): string =>
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING ${quoteLiteral(encoding || "UTF8")} ${locale}`;

const libc = (one: string, other: string): string => `LC_COLLATE ${quoteLiteral(one)} LC_CTYPE ${quoteLiteral(other)}`;
const icu = (locale: string): string => `LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)} ${libc("C", "C")}`;
const builtin = (locale: string): string => `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(locale)} ${libc("C", "C")}`;

/** `de-DE` of `de_DE.UTF-8`; null of what is no language. */
function languageOf(locale: string): string | null {
  return /^[a-z]{2,3}(?:[_-]|[.@]|$)/.test(locale) ? locale.replace(/[.@].*$/, "").replace("_", "-") : null;
}

/** Collations of the server's own that columns name and this machine does not have, each as a statement: ICU's of the same language. */
export function standInCollations(ddl: readonly string[], present: ReadonlySet<string>): { readonly name: string; readonly sql: string }[] {
  const named = new Set(
    ddl.flatMap((one) => [...one.matchAll(/ COLLATE pg_catalog\.(?:"([\w.@-]+)"|(\w+))/g)].flatMap(([, quoted, plain]) => quoted ?? plain ?? [])),
  );
  return [...named]
    .filter((name) => !present.has(name))
    .flatMap((name) => {
      const language = languageOf(name.replace(/-x-icu$/, ""));
      return language === null ? [] : [{ name, sql: `CREATE COLLATION pg_catalog.${quoteName(name)} (provider = icu, locale = ${quoteLiteral(language)})` }];
    });
}
