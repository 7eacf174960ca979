import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { QueryShape } from "../model/shape.ts";
import { shapeKey } from "./compare-shapes.ts";
import { openSqlParser, type SqlParser } from "./open-parser.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

function read(sql: string): QueryShape {
  const shape = parser.shapeOf(sql);
  if (shape === null) throw new Error(`not read: ${sql}`);
  return shape;
}

const key = (sql: string, constants: "kept" | "erased" = "kept"): string => shapeKey(read(sql), { constants });
const column = (table: number, name: string) => ({ kind: "column", table, name });

describe("tables and joins", () => {
  it("resolves Django's aliases to positions", () => {
    const shape = read(`SELECT "o"."id" FROM "orders_order" "o" INNER JOIN "customers_customer" ON ("o"."customer_id" = "customers_customer"."id")
      LEFT OUTER JOIN "customers_customer" T3 ON ("customers_customer"."referrer_id" = T3."id") WHERE T3."city" = %s`);
    expect(shape.base).toEqual({ schema: null, name: "orders_order", position: 0 });
    expect(shape.joins).toEqual([
      { table: { schema: null, name: "customers_customer", position: 1 }, kind: "inner", on: [{ left: column(0, "customer_id"), right: column(1, "id") }] },
      { table: { schema: null, name: "customers_customer", position: 2 }, kind: "left", on: [{ left: column(1, "referrer_id"), right: column(2, "id") }] },
    ]);
    expect(shape.predicates).toEqual([
      { clause: "where", operator: "=", left: column(2, "city"), right: { kind: "value", value: { kind: "parameter" } }, any: null, negated: false },
    ]);
  });

  it("puts what ON asks beyond the key among the predicates", () => {
    const shape = read("SELECT 1 FROM a LEFT JOIN b ON (a.id = b.a_id AND b.kind = 'x')");
    expect(shape.joins[0]?.on).toHaveLength(1);
    expect(shape.predicates).toMatchObject([{ clause: "on", operator: "=", left: column(1, "kind") }]);
  });

  it("reads USING, schemas, commas and parentheses", () => {
    expect(key("SELECT 1 FROM a JOIN b USING (id)")).toBe(key("SELECT 1 FROM a JOIN b ON a.id = b.id"));
    expect(read("SELECT 1 FROM sales.orders").base).toEqual({ schema: "sales", name: "orders", position: 0 });
    expect(read("SELECT 1 FROM a, b WHERE a.id = b.a_id").joins).toMatchObject([{ kind: "cross", on: [] }]);
    expect(read("SELECT 1 FROM a LEFT JOIN (b JOIN c ON b.id = c.b_id) ON a.id = b.a_id").joins.map(({ table, kind }) => [table.name, kind])).toEqual([
      ["b", "left"],
      ["c", "inner"],
    ]);
  });

  it("counts a subquery in FROM as a table of its own", () => {
    const shape = read('SELECT "subquery"."n" FROM (SELECT "a"."n" AS "n" FROM "a") "subquery" JOIN "b" ON "b"."id" = "subquery"."n"');
    expect(shape.base).toBeNull();
    expect(shape.projection).toEqual([column(0, "n")]);
    expect(shape.joins).toMatchObject([{ table: { name: "b", position: 1 } }]);
    expect(shape.subqueries).toMatchObject([{ role: "from", position: 0, shape: { base: { name: "a" } } }]);
  });

  it("does not take the name of a CTE for a table", () => {
    const shape = read("WITH recent AS (SELECT id FROM orders) SELECT * FROM recent JOIN customers c ON c.id = recent.id");
    expect(shape.base).toBeNull();
    expect(shape.joins.map((one) => one.table.name)).toEqual(["customers"]);
    expect(shape.subqueries).toMatchObject([{ role: "cte", shape: { base: { name: "orders" } } }]);
  });

  it("says so where several tables may have a column", () => {
    expect(read("SELECT x FROM a JOIN b ON a.id = b.a_id").projection).toEqual([column(-2, "x")]);
    expect(read("SELECT x FROM a").projection).toEqual([column(0, "x")]);
  });
});

describe("conditions", () => {
  it("makes groups of OR, and moves NOT inwards", () => {
    expect(read("SELECT 1 FROM t WHERE (a = 1 OR b = 2) AND c = 3").predicates.map(({ left, any }) => [left, any])).toEqual([
      [column(0, "a"), 0],
      [column(0, "b"), 0],
      [column(0, "c"), null],
    ]);
    expect(read("SELECT 1 FROM t WHERE NOT (a = 1 AND b IS NOT NULL)").predicates).toMatchObject([
      { operator: "=", any: 0, negated: true },
      { operator: "is null", any: 0, negated: false },
    ]);
    expect(read("SELECT 1 FROM t WHERE NOT (a = 1 OR b = 2)").predicates).toMatchObject([
      { any: null, negated: true },
      { any: null, negated: true },
    ]);
    expect(key("SELECT 1 FROM t WHERE NOT NOT a = 1")).toBe(key("SELECT 1 FROM t WHERE a = 1"));
  });

  it("keeps alternatives of several predicates together", () => {
    expect(read("SELECT 1 FROM t WHERE (a = 1 AND b = 2) OR c = 3").predicates.map(({ any, arm }) => [any, arm])).toEqual([
      [0, 0],
      [0, 0],
      [0, undefined],
    ]);
    expect(key("SELECT 1 FROM t WHERE (a = 1 AND b = 2) OR c = 3")).not.toBe(key("SELECT 1 FROM t WHERE a = 1 OR b = 2 OR c = 3"));
    expect(key("SELECT 1 FROM t WHERE (a = 1 AND (b = 2 OR d = 4)) OR c = 3")).not.toBe(key("SELECT 1 FROM t WHERE (a = 1 AND b = 2 AND d = 4) OR c = 3"));
  });

  it("puts the column first", () => {
    expect(key("SELECT 1 FROM t WHERE 5 < a")).toBe(key("SELECT 1 FROM t WHERE a > 5"));
  });

  it("writes each operator in one way", () => {
    const operators = (sql: string): string[] => read(`SELECT 1 FROM t WHERE ${sql}`).predicates.map((one) => one.operator);
    expect(operators("a LIKE 'x%' AND a NOT LIKE 'x' AND a ILIKE 'x' AND NOT (a LIKE 'x')")).toEqual(["like", "not like", "ilike", "not like"]);
    expect(operators("a IN (1) AND a NOT IN (1) AND a = ANY($1) AND a <> ALL($1) AND a = ANY(ARRAY[1, 2]) AND 1 = ANY(tags)")).toEqual([
      "in",
      "not in",
      "in",
      "not in",
      "in",
      "= any",
    ]);
    expect(operators("a IN (SELECT 1) AND NOT (a IN (SELECT 1)) AND EXISTS(SELECT 1) AND NOT EXISTS(SELECT 1)")).toEqual([
      "in",
      "not in",
      "exists",
      "not exists",
    ]);
    expect(operators("a BETWEEN 1 AND 2 AND a ~ 'x' AND a @> '{}' AND a ? 'k' AND a && $1 AND a IS DISTINCT FROM 1 AND a IS TRUE AND a")).toEqual([
      "between",
      "~",
      "@>",
      "?",
      "&&",
      "is distinct from",
      "is true",
      "true",
    ]);
  });

  it("does not count the entries of a list", () => {
    expect(key("SELECT 1 FROM t WHERE a IN ($1, $2, $3)")).toBe(key("SELECT 1 FROM t WHERE a IN ($1)"));
    expect(key("SELECT 1 FROM t WHERE a IN ($1 /*, ... */)")).toBe(key("SELECT 1 FROM t WHERE a IN (1, 2)"));
    expect(key("SELECT 1 FROM t WHERE a = ANY('{1,2}'::int[])")).toBe(key("SELECT 1 FROM t WHERE a IN (%s)"));
    expect(read("SELECT 1 FROM t WHERE a IN (1, 2)").predicates[0]?.right).toEqual({ kind: "value", value: { kind: "list", length: 2 } });
    expect(read("SELECT 1 FROM t WHERE a IN ($1, $2)").predicates[0]?.right).toEqual({ kind: "value", value: { kind: "list", length: "parameter" } });
  });

  it("knows an outer statement's column", () => {
    const shape = read('SELECT 1 FROM a WHERE EXISTS(SELECT 1 AS "a" FROM b U0 WHERE U0.a_id = (a.id) LIMIT 1)');
    expect(shape.subqueries[0]?.shape.predicates[0]?.right).toEqual(column(-1, "id"));
  });
});

describe("expressions", () => {
  const projected = (sql: string): unknown => read(`SELECT ${sql} FROM t`).projection[0];

  it("reads aggregates, windows and casts", () => {
    expect(projected("COUNT(*)")).toMatchObject({ kind: "call", name: "count", arguments: [{ kind: "star", table: null }] });
    expect(projected("COUNT(DISTINCT a)")).toMatchObject({ name: "count", distinct: true });
    expect(projected("SUM(a) FILTER (WHERE b)")).toMatchObject({ name: "sum", filtered: true });
    expect(projected("ROW_NUMBER() OVER (PARTITION BY a ORDER BY b)")).toMatchObject({ name: "row_number", isWindow: true });
    expect(projected("a::date")).toMatchObject({ name: "cast:date", arguments: [column(0, "a")] });
    expect(projected("a::varchar(3)[]")).toMatchObject({ name: "cast:varchar[]" });
    expect(projected("a + 1")).toMatchObject({ name: "op:+" });
    expect(projected("a -> 'k' ->> 'l'")).toMatchObject({ name: "op:->>" });
    expect(projected("CASE WHEN a = 1 THEN 2 END")).toMatchObject({ name: "case" });
    expect(projected("XMLELEMENT(NAME x, a)")).toMatchObject({ kind: "call", name: "XmlExpr", arguments: [column(0, "a")] });
    expect(projected("current_timestamp")).toMatchObject({ name: "current_timestamp" });
  });

  it("resolves numbers and names of results in GROUP BY and ORDER BY", () => {
    expect(key("SELECT a, COUNT(*) AS n FROM t GROUP BY 1 ORDER BY 2 DESC")).toBe(key("SELECT a, COUNT(*) AS n FROM t GROUP BY a ORDER BY n DESC"));
  });
});

describe("statements", () => {
  it("reads inserts", () => {
    expect(read("INSERT INTO t (a, b) VALUES (%s, %s) RETURNING t.id")).toMatchObject({
      kind: "insert",
      written: ["a", "b"],
      rows: "one",
      projection: [column(0, "id")],
    });
    expect(read("INSERT INTO t (a) VALUES (%s), (%s) ON CONFLICT DO NOTHING")).toMatchObject({ rows: "many", conflict: "nothing" });
    expect(key("INSERT INTO t (a) VALUES (1), (2)")).toBe(key("INSERT INTO t (a) VALUES (1), (2), (3)"));
    expect(read("INSERT INTO t (a) SELECT * FROM UNNEST((%s)::integer[]) RETURNING t.id")).toMatchObject({ rows: "many", subqueries: [] });
    expect(read("INSERT INTO t (a) SELECT b FROM u")).toMatchObject({ rows: null, subqueries: [{ role: "from" }] });
  });

  it("reads updates, and one arm of bulk_update's CASE for all rows", () => {
    const rows = (count: number): string =>
      `UPDATE t SET a = (CASE ${"WHEN (t.id = %s) THEN %s ".repeat(count)}ELSE NULL END)::integer WHERE t.id IN (${Array(count).fill("%s").join(", ")})`;
    expect(key(rows(1))).toBe(key(rows(50)));
    expect(key("UPDATE t SET a = a + 1")).not.toBe(key("UPDATE t SET a = 1"));
    expect(read("UPDATE t SET a = %s, b = %s WHERE t.id = %s")).toMatchObject({ kind: "update", written: ["a", "b"], base: { name: "t" } });
  });

  it("reads deletes", () => {
    expect(read("DELETE FROM t WHERE t.id IN (SELECT U0.id FROM u U0)")).toMatchObject({
      kind: "delete",
      predicates: [{ operator: "in", right: { kind: "subquery", index: 0 } }],
    });
  });

  it("reads LIMIT, OFFSET, DISTINCT and locks", () => {
    expect(read("SELECT DISTINCT ON (a) a FROM t LIMIT 21 OFFSET $1 FOR UPDATE OF t SKIP LOCKED")).toMatchObject({
      limit: 21,
      offset: "parameter",
      distinct: "on",
      lock: "update",
      lockOf: ["t"],
    });
    expect(read("SELECT DISTINCT a FROM t LIMIT ALL")).toMatchObject({ distinct: "all", limit: null });
  });

  it("flattens unions", () => {
    expect(read("(SELECT a FROM t) UNION ALL (SELECT b FROM u) UNION ALL (SELECT c FROM v) LIMIT 3")).toMatchObject({
      base: null,
      limit: 3,
      subqueries: [{ role: "union all" }, { role: "union all" }, { role: "union all" }],
    });
    expect(read("SELECT a FROM t EXCEPT SELECT b FROM u").subqueries.map((one) => one.role)).toEqual(["except", "except"]);
  });

  it("looks into what wraps a statement", () => {
    const plain = key("SELECT a FROM t");
    for (const wrapped of [
      'DECLARE "_django_curs_1" NO SCROLL CURSOR WITH HOLD FOR SELECT a FROM t',
      "EXPLAIN (ANALYZE, FORMAT JSON) SELECT a FROM t",
      "PREPARE x AS SELECT a FROM t",
      "COPY (SELECT a FROM t) TO STDOUT",
      "SELECT a FROM t;",
    ]) {
      expect(key(wrapped)).toBe(plain);
    }
  });

  it("has no shape for what is no query, more than one, or cut off", () => {
    for (const sql of [
      "",
      " ",
      "SAVEPOINT x",
      "BEGIN",
      "SET search_path = x",
      "CREATE TABLE t (a int)",
      "SELECT 1; SELECT 2",
      'SELECT "a"."id", "a"."na',
      "SELECT a FROM t WHERE a IN (",
      "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE",
      "SELECT 1\0",
      "not SQL",
    ]) {
      expect(parser.shapeOf(sql), sql).toBeNull();
    }
  });
});

describe("placeholders", () => {
  it("reads those of Python's drivers as PostgreSQL's", () => {
    expect(key("SELECT a FROM t WHERE a = %s AND b IN (%s,%s) AND c = %(name)s")).toBe(key("SELECT a FROM t WHERE a = $1 AND b IN ($2,$3) AND c = $4"));
    expect(key("SELECT a %% 2 FROM t WHERE a = %s")).toBe(key("SELECT a % 2 FROM t WHERE a = $1"));
    expect(key("SELECT a % b FROM t")).toContain("op:%");
    expect(key("SELECT a FROM t WHERE b IN (…) AND c = %s")).toBe(key("SELECT a FROM t WHERE b IN ($1) AND c = $2"));
  });

  it("leaves quoted ones alone", () => {
    expect(read(`SELECT 'a%s' AS "b%s", $$%s$$, E'\\'%s', 1 /* %s /* %s */ */ FROM t -- %s`).projection).toHaveLength(4);
    expect(read(`SELECT "a%%s" FROM t WHERE b LIKE '%%x' AND c = %s`)).toMatchObject({
      projection: [column(0, "a%s")],
      predicates: [{ right: { value: { text: "%x" } } }, { operator: "=" }],
    });
  });
});

describe("keys", () => {
  it("tells constants apart only where they are kept", () => {
    const twenty = "SELECT a FROM t WHERE b = true AND c = 'x'::text LIMIT 20";
    const counted = "SELECT a FROM t WHERE b = $1 AND c = $2 LIMIT $3";
    expect(key(twenty, "erased")).toBe(key(counted, "erased"));
    expect(key(twenty)).not.toBe(key(counted));
    expect(key(twenty)).not.toBe(key(twenty.replace("20", "21")));
  });

  it("does not depend on the numbers of groups and arms", () => {
    const shape = read("SELECT 1 FROM t WHERE ((a = 1 AND b = 2) OR c = 3) AND (d = 1 OR e = 2)");
    const other = {
      ...shape,
      predicates: shape.predicates.map((one) => ({
        ...one,
        any: one.any === null ? null : 7 - one.any,
        ...(one.arm === undefined ? {} : { arm: one.arm + 3 }),
      })),
    };
    expect(shapeKey(other, { constants: "kept" })).toBe(shapeKey(shape, { constants: "kept" }));
  });

  it("does not depend on names of aliases, quoting, case or parentheses", () => {
    expect(key('SELECT "x"."a" FROM "t" "x" WHERE ("x"."b" = %s)')).toBe(key("select Y.a from T Y where Y.b=$1"));
  });

  it("tells statements apart by everything else", () => {
    const base = "SELECT t.a FROM t JOIN u ON t.id = u.t_id WHERE t.b = $1 ORDER BY t.a";
    for (const other of [
      base.replace("t.a FROM", "t.b FROM"),
      base.replace("JOIN", "LEFT JOIN"),
      base.replace("u.t_id", "u.id"),
      base.replace("= $1", "> $1"),
      `${base} DESC`,
      `${base} LIMIT 1`,
      `${base} FOR UPDATE`,
      base.replace("SELECT", "SELECT DISTINCT"),
    ]) {
      expect(key(other), other).not.toBe(key(base));
    }
  });
});

describe("whatever the text", () => {
  const words = [
    "SELECT",
    "FROM",
    "WHERE",
    "t",
    "a.b",
    "(",
    ")",
    ",",
    "%s",
    "%%",
    "$1",
    "'x",
    "'",
    '"',
    "$$",
    "IN",
    "NOT",
    "=",
    "ANY",
    "/*",
    "*/",
    "--",
    "\n",
    "CASE",
    "WHEN",
    "END",
    "::",
    "[",
    "1",
    "é",
    "…",
    "UNION",
    "WITH",
    "AS",
    "INSERT INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "*",
  ];

  it("gives a shape or null", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((all) => all.join(" ")),
        ),
        (sql) => {
          const shape = parser.shapeOf(sql);
          if (shape !== null) expect(shapeKey(shape, { constants: "kept" })).toBeTypeOf("string");
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("survives what is deep or long", () => {
    for (const sql of [
      `SELECT 1${"+1".repeat(100_000)}`,
      `SELECT ${"NOT ".repeat(100_000)}true`,
      `SELECT ${"(SELECT ".repeat(3000)}1${")".repeat(3000)}`,
      `SELECT ${"f(".repeat(50_000)}`,
    ])
      expect(parser.shapeOf(sql)).toBeNull();
    expect(parser.shapeOf("SELECT 1")).not.toBeNull();
  });
});
