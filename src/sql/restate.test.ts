import { expect, test } from "vitest";
import { openSqlParser } from "./open-parser.ts";
import { askedIfAny, withAllRowsOfUnion, withExistsForDistinct, withFirstRowAlone, withoutOrder } from "./restate.ts";

const parser = await openSqlParser();

const CASES: readonly [restate: (sql: string) => string | null, sql: string, after: string | null][] = [
  [withFirstRowAlone, 'SELECT "a"."id" FROM "a" ORDER BY "a"."name" ASC', 'SELECT "a"."id" FROM "a" ORDER BY "a"."name" ASC LIMIT 1'],
  [withFirstRowAlone, 'SELECT "a"."id" FROM "a" WHERE "a"."note" = \'LIMIT 3\';', 'SELECT "a"."id" FROM "a" WHERE "a"."note" = \'LIMIT 3\' LIMIT 1'],
  [withFirstRowAlone, 'SELECT "a"."id" FROM "a" LIMIT 21', null],
  [withFirstRowAlone, 'UPDATE "a" SET "b" = 1', null],
  [askedIfAny, 'SELECT "a"."id", "a"."name" FROM "a" WHERE "a"."id" > $1 ORDER BY "a"."name" ASC', 'SELECT 1 FROM "a" WHERE "a"."id" > $1 LIMIT 1'],
  [askedIfAny, 'SELECT DISTINCT "a"."id" FROM "a"', null],
  [askedIfAny, 'SELECT COUNT(*) FROM "a" GROUP BY "a"."b"', null],
  [askedIfAny, 'SELECT COALESCE("a"."b", %s) FROM "a" WHERE "a"."c" = %s', null],
  [withAllRowsOfUnion, '(SELECT "a"."id" FROM "a") UNION (SELECT "b"."id" FROM "b")', '(SELECT "a"."id" FROM "a") UNION ALL (SELECT "b"."id" FROM "b")'],
  [withAllRowsOfUnion, "SELECT 1 UNION ALL SELECT 2", null],
  [withoutOrder, 'SELECT "a"."id" FROM "a" ORDER BY "a"."name" ASC', 'SELECT "a"."id" FROM "a"'],
  [withoutOrder, 'SELECT "a"."id" FROM "a" ORDER BY "a"."name" ASC LIMIT 5', null],
  [
    withExistsForDistinct,
    'SELECT DISTINCT "a"."id" FROM "a" INNER JOIN "b" ON ("a"."id" = "b"."a_id") WHERE "b"."mark" >= $1 ORDER BY "a"."id" ASC',
    'SELECT "a"."id" FROM "a" WHERE EXISTS (SELECT 1 FROM "b" WHERE ("a"."id" = "b"."a_id") AND ("b"."mark" >= $1)) ORDER BY "a"."id" ASC',
  ],
  [withExistsForDistinct, 'SELECT DISTINCT "a"."id", "b"."mark" FROM "a" INNER JOIN "b" ON ("a"."id" = "b"."a_id") WHERE "b"."mark" >= $1', null],
  [withExistsForDistinct, 'SELECT DISTINCT "a"."id" FROM "a" INNER JOIN "b" T3 ON ("a"."id" = T3."a_id") WHERE T3."mark" >= $1 ORDER BY T3."mark"', null],
  [withExistsForDistinct, 'SELECT DISTINCT "a"."id" FROM "a" LEFT OUTER JOIN "b" ON ("a"."id" = "b"."a_id") WHERE "b"."mark" >= $1', null],
];

test.each(CASES)("%o of %s", (restate, sql, after) => {
  expect(restate(sql)).toBe(after);
  if (after !== null) expect(parser.shapeOf(after)).not.toBeNull();
});
