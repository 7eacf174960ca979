import { expect, test } from "vitest";
import { statementGist, statementText } from "./blocks.ts";

const COUNTED =
  'SELECT "shop_order"."id", "shop_order"."a", "shop_order"."b", "shop_order"."c", "shop_order"."d", EXISTS(SELECT $1 AS "x" FROM "shop_line" U0 INNER JOIN "shop_book" U1 ON (U0."book_id" = U1."id") WHERE U0."order_id" = "shop_order"."id") AS "has" FROM "shop_order" INNER JOIN "shop_shop" ON ("shop_order"."shop_id" = "shop_shop"."id") WHERE "shop_order"."note" = \' FROM (\'';

test("the table of a statement is not that of a subquery among its columns", () => {
  expect(statementGist(COUNTED)).toMatch(/^SELECT … FROM shop_order INNER JOIN shop_shop/);
});

test("plain columns are counted, what is computed is shown, and a join stays on its line", () => {
  const text = statementText(COUNTED);
  expect(text).toMatch(/^SELECT "shop_order"\."id", "shop_order"\."a" \/\* and 3 more columns \*\/, EXISTS\(/);
  expect(text).toContain('\nFROM "shop_order"\nINNER JOIN "shop_shop"');
});

test("a statement without a table, or with one bracket too many, is left as it is", () => {
  expect(statementText("SELECT now()")).toBe("SELECT now()");
  expect(statementText('SELECT (a FROM "b"')).toContain("SELECT (a");
  expect(statementGist("UPDATE x SET y = 1")).toBe("UPDATE x SET y = 1");
});
