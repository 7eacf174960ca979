import { expect, test } from "vitest";
import { describeShape } from "./describe-shape.ts";
import { openSqlParser } from "./open-parser.ts";

const parser = await openSqlParser();

test.each([
  [
    'SELECT "o"."id", "o"."status" FROM "orders" "o" WHERE "o"."status" = $1 ORDER BY "o"."placed_at" DESC LIMIT 20',
    "SELECT orders WHERE status = ? ORDER BY placed_at DESC LIMIT 20",
  ],
  [
    "SELECT * FROM orders INNER JOIN customers ON orders.customer_id = customers.id WHERE customers.vip AND orders.id IN ($1, $2)",
    "SELECT orders, customers WHERE customers.vip, id IN (…)",
  ],
  ["SELECT COUNT(*) FROM orders", "SELECT count() of orders"],
  ["SELECT COUNT(*) FROM (SELECT DISTINCT id FROM orders) x", "SELECT count() of (SELECT DISTINCT orders)"],
  ["UPDATE orders SET status = $1 WHERE id = $2", "UPDATE orders WHERE id = ?"],
  ["INSERT INTO orders (a) VALUES ($1)", "INSERT orders"],
  ["SELECT 1 FROM orders WHERE EXISTS (SELECT 1 FROM lines) AND a = 1 AND b = 2 AND c = 3", "SELECT orders WHERE EXISTS (…), a = 1, b = 2 and 1 more"],
  [
    "SELECT a FROM orders WHERE UPPER(name::text) LIKE UPPER($1) GROUP BY a OFFSET 5",
    "SELECT orders WHERE upper(name) LIKE upper(?) GROUP BY 1 column OFFSET 5",
  ],
])("%s", (sql, words) => {
  const shape = parser.shapeOf(sql);
  expect(shape === null ? null : describeShape(shape)).toBe(words);
});
