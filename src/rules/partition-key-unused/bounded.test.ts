import { expect, test } from "vitest";
import { withBound } from "./bounded.ts";

const event = { schema: "public", name: "event" };
const bound = { column: "at", value: "2026-03-01" };
const PART = `(SELECT * FROM "public"."event" WHERE "at" >= '2026-03-01')`;

test.each([
  ["SELECT id FROM event WHERE kind = $1", `SELECT id FROM ${PART} AS "event" WHERE kind = $1`],
  [
    `SELECT "event"."id" FROM "event" INNER JOIN "user" ON "user"."id" = "event"."user_id"`,
    `SELECT "event"."id" FROM ${PART} AS "event" INNER JOIN "user" ON "user"."id" = "event"."user_id"`,
  ],
  ["SELECT e.id FROM customer c JOIN public.event e ON e.customer_id = c.id", `SELECT e.id FROM customer c JOIN ${PART} e ON e.customer_id = c.id`],
  ["SELECT count(*) FROM event", `SELECT count(*) FROM ${PART} AS "event"`],
])("%s", (sql, bounded) => {
  expect(withBound({ sql }, event, bound)).toBe(bounded);
});

test.each(["UPDATE event SET kind = $1", "DELETE FROM event", "SELECT 1 FROM event JOIN event other ON true", "SELECT 1 FROM events"])(
  "is not made of %s",
  (sql) => {
    expect(withBound({ sql }, event, bound)).toBeNull();
  },
);
