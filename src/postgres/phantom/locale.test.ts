import { expect, test } from "vitest";
import { createDatabase } from "./locale.ts";

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
