import { beforeAll, expect, test } from "vitest";
import { formatMilliseconds } from "../../model/numbers.ts";
import { openSqlParser, type SqlParser } from "../../sql/open-parser.ts";
import { commandOf, statementKind } from "./statement-kind.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

test.each([
  ["SELECT id FROM book WHERE title = $1", "application"],
  ['SELECT $2 FROM ONLY "public"."book" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x', "foreign-key-check"],
  ["SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace", "catalog"],
  ["VACUUM (ANALYZE) book", "command"],
])("%s", (sql, kind) => {
  expect(statementKind({ sql, shape: parser.shapeOf(sql) })).toBe(kind);
});

test("a command is named without what it holds", () => {
  expect(commandOf("ALTER USER shop PASSWORD 'secret'")).toBe("ALTER USER");
  expect(commandOf("create unique index concurrently book_title ON book (title)")).toBe("CREATE INDEX");
  expect(commandOf("SELECT 1")).toBeNull();
});

test("less than a millisecond has two digits", () => {
  expect([0.0153, 0.4, 1.44, 12.3].map(formatMilliseconds)).toEqual(["0.015", "0.4", "1.4", "12"]);
});
