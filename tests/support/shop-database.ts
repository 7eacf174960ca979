import type pg from "pg";

/** A value of every place that a snapshot keeps text from; `--redact` must leave none of them. */
export const PLANTED = {
  common: "planted-common-value",
  histogram: "planted-histogram",
  element: "planted-element",
  expression: "PLANTED-EXPRESSION",
  literal: "planted-literal",
  comment: "planted-comment",
  activity: "planted-activity",
} as const;

/** A small shop with skewed data, an index that is used and one that is not, and a played workload. */
export async function buildShop(client: pg.Client): Promise<void> {
  await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  await client.query(`
    CREATE TABLE customer (id serial PRIMARY KEY, email text NOT NULL, country text, tags text[]);
    CREATE TABLE "order" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer NOT NULL REFERENCES customer DEFERRABLE INITIALLY DEFERRED, status text NOT NULL, total numeric(10, 2), note text);
    CREATE INDEX order_status ON "order" (status, customer_id);
    CREATE INDEX order_note ON "order" (upper(note)) WHERE total > 5;
    CREATE STATISTICS order_both (dependencies, ndistinct) ON status, customer_id FROM "order";
    CREATE VIEW paid AS SELECT customer_id, sum(total) AS total FROM "order" WHERE status = 'paid' GROUP BY 1;
    INSERT INTO customer (email, country, tags) SELECT '${PLANTED.histogram}-' || n || '@example.com', CASE WHEN n % 10 = 0 THEN NULL ELSE 'dk' END, ARRAY['${PLANTED.element}', 'b' || n % 5] FROM generate_series(1, 1000) n;
    INSERT INTO "order" (customer_id, status, total, note) SELECT 1 + n % 1000, CASE WHEN n % 20 = 0 THEN 'open' ELSE '${PLANTED.common}' END, n % 100, CASE WHEN n % 4 = 0 THEN '${PLANTED.expression.toLowerCase()}' ELSE 'note ' || n END FROM generate_series(1, 20000) n;
  `);
  await client.query("ANALYZE");
  await play(client);
}

export async function play(client: pg.Client): Promise<void> {
  for (let id = 1; id <= 20; id += 1) await client.query("SELECT * FROM customer WHERE id = $1", [id]);
  await client.query(`SELECT count(*) FROM "order" WHERE status = 'open'`);
  await client.query(`SELECT * FROM "order" WHERE note LIKE '%${PLANTED.literal}%' /* ${PLANTED.comment} */`);
  await client.query(`SET application_name = '${PLANTED.literal}'`);
  await client.query("RESET application_name");
  await client.query(`UPDATE "order" SET total = total + 1 WHERE id < 100`);
  // Sessions hand in what they counted when they are idle, at most once a second before 15.
  await client.query("SELECT pg_sleep(1.1)");
  await client.query("SELECT 1");
}
