import { expect, test } from "vitest";
import { asContains } from "./contains.ts";

test.each([
  [
    `SELECT id FROM book WHERE ("book"."facts" -> 'colour') = '"blue"'::jsonb`,
    `SELECT id FROM book WHERE "book"."facts" @> pg_catalog.jsonb_build_object('colour'::text, '"blue"'::jsonb)`,
  ],
  [
    "SELECT id FROM book WHERE (facts -> $1) = $2::jsonb AND id > $3",
    "SELECT id FROM book WHERE facts @> pg_catalog.jsonb_build_object($1::text, $2::jsonb) AND id > $3",
  ],
  ["SELECT id FROM book WHERE facts ->> 'it''s' = 'so'", "SELECT id FROM book WHERE facts @> pg_catalog.jsonb_build_object('it''s'::text, 'so'::text)"],
])("%s", (sql, rewritten) => {
  expect(asContains({ sql }, "facts")).toBe(rewritten);
});

test.each([
  "SELECT id FROM book WHERE (facts -> 'a' -> 'b') = '1'",
  "SELECT id FROM book WHERE (other -> 'a') = '1'",
  "SELECT id FROM book WHERE (facts -> 'a') > '1'",
  "SELECT facts -> 'a' FROM book",
])("leaves what is no such condition: %s", (sql) => {
  expect(asContains({ sql }, "facts")).toBeNull();
});
