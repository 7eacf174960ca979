import { expect, test } from "vitest";
import { createDatabase, createPgliteDatabase, standInCollations } from "./locale.ts";

const database = {
  name: "shop",
  encoding: "UTF8",
  collate: "en_US.UTF-8",
  ctype: "en_US.UTF-8",
  localeProvider: "libc",
  bytes: null,
  xidAge: null,
  multixactAge: null,
};

test("takes production's own locale, then one that orders alike, and the locale C last of all", () => {
  const choices = createDatabase("phantom", database, undefined, 16);
  expect(choices[0]).toEqual({ sql: "CREATE DATABASE phantom TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'en_US.UTF-8' LC_CTYPE 'en_US.UTF-8'", note: null });
  expect(choices[1]?.sql).toContain("LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
  expect(choices.at(-1)).toEqual({
    sql: expect.stringContaining("LC_COLLATE 'C' "),
    note: "locale en_US.UTF-8 is not on this machine: texts are ordered by their bytes, and any index on them serves LIKE",
  });
  expect(createDatabase("phantom", database, undefined, 14).some(({ sql }) => sql.includes("icu"))).toBe(false);
});

test("takes another provider's locale by its name", () => {
  expect(createDatabase("phantom", { ...database, localeProvider: "icu" }, { locale: "de" }, 17)[0]?.sql).toContain("LOCALE_PROVIDER icu ICU_LOCALE 'de'");
  expect(createDatabase("phantom", { ...database, localeProvider: "builtin" }, { locale: "C.UTF-8" }, 17)[0]?.sql).toContain(
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
  );
});

test("a database in C is made in C", () => {
  expect(createDatabase("phantom", { ...database, collate: "C", ctype: "C" }, undefined, 18)[0]).toEqual({
    sql: expect.stringContaining("LC_COLLATE 'C' LC_CTYPE 'C'"),
    note: null,
  });
});

const pglite = (collate: string, provider = "libc", locale: string | null = null): readonly (string | null)[] => {
  const [first] = createPgliteDatabase("phantom", { ...database, collate, ctype: collate, localeProvider: provider }, { locale });
  return [first?.sql.replace(/^.* ENCODING 'UTF8' /, "") ?? null, first?.note ?? null];
};

test("PGlite has C.UTF-8 by a name that it does not take for C", () => {
  expect(pglite("C.UTF-8")).toEqual(["LC_COLLATE 'C.utf8' LC_CTYPE 'C.utf8'", null]);
  expect(pglite("C")).toEqual(["LC_COLLATE 'C' LC_CTYPE 'C'", null]);
  expect(pglite("C.UTF-8", "builtin", "C.UTF-8")[0]).toContain("BUILTIN_LOCALE 'C.UTF-8'");
});

test("of languages PGlite has the order that all start from, which is that of some", () => {
  expect(pglite("en_US.UTF-8")).toEqual([
    "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'",
    "PGlite has no locale en_US.UTF-8: texts are ordered as ICU orders them",
  ]);
  expect(pglite("C", "icu", "de-AT")).toEqual(["LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LC_COLLATE 'C' LC_CTYPE 'C'", null]);
  const foreign = /^PGlite has no rules of (?:sv_SE\.UTF-8|fr-CA|de-u-co-phonebk): texts are ordered as ICU orders those of any language/;
  expect(pglite("sv_SE.UTF-8")[1]).toMatch(foreign);
  expect(pglite("C", "icu", "fr-CA")[1]).toMatch(foreign);
  expect(pglite("C", "icu", "de-u-co-phonebk")[1]).toMatch(foreign);
});

test("a column's collation that is not here is made of ICU's", () => {
  const ddl = [
    'CREATE TABLE public.a (b text COLLATE pg_catalog."de_DE.utf8", c text COLLATE pg_catalog."C", d text COLLATE pg_catalog."sv-SE-x-icu", e text COLLATE pg_catalog.unicode, f text COLLATE public.mine)',
  ];
  expect(standInCollations(ddl, new Set(["C", "unicode"]))).toEqual([
    { name: "de_DE.utf8", sql: `CREATE COLLATION pg_catalog."de_DE.utf8" (provider = icu, locale = 'de-DE')` },
    { name: "sv-SE-x-icu", sql: `CREATE COLLATION pg_catalog."sv-SE-x-icu" (provider = icu, locale = 'sv-SE')` },
  ]);
});
