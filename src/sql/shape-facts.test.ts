import { beforeAll, describe, expect, it } from "vitest";
import type { QueryShape } from "../model/shape.ts";
import { columnsOf, isTable, predicatesOn, tablesOf } from "./compare-shapes.ts";
import { openSqlParser, type SqlParser } from "./open-parser.ts";
import {
  alternativesAcrossTables,
  castsOnColumns,
  distinctOverJoins,
  functionsOnColumns,
  isForeignKeyCheck,
  leadingWildcards,
  notInSubqueries,
  offsets,
} from "./shape-facts.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

function read(sql: string): QueryShape {
  const shape = parser.shapeOf(sql);
  if (shape === null) throw new Error(`not read: ${sql}`);
  return shape;
}

const where = (condition: string): QueryShape => read(`SELECT 1 FROM t JOIN u ON t.id = u.t_id WHERE ${condition}`);

describe("columns and tables", () => {
  const shape = later(`SELECT "b"."title", COUNT(*) FROM "book" "b" JOIN "author" "a" ON ("b"."author_id" = "a"."id")
    WHERE "a"."name" = %s AND EXISTS(SELECT 1 FROM "sale" "b" WHERE "b"."book_id" = 3 AND UPPER("b"."place") = 'X') GROUP BY 1 ORDER BY "b"."year"`);

  it("finds every table", () => {
    expect(tablesOf(shape()).map((one) => one.table.name)).toEqual(["book", "author", "sale"]);
  });

  it("finds the predicates on a table, whatever its alias is elsewhere", () => {
    expect(predicatesOn(shape(), "author").map((one) => one.column.name)).toEqual(["name"]);
    expect(predicatesOn(shape(), "sale").map((one) => one.column.name)).toEqual(["book_id", "place"]);
    expect(predicatesOn(shape(), "book")).toEqual([]);
  });

  it("finds the columns that a statement mentions", () => {
    expect(columnsOf(shape(), "book")).toEqual(["title", "author_id", "year"]);
    expect(columnsOf(read("SELECT * FROM t"), "t")).toEqual(["*"]);
    expect(columnsOf(read("SELECT COUNT(*) FROM t"), "t")).toEqual([]);
    expect(columnsOf(read("UPDATE t SET a = b WHERE id = 1"), "t")).toEqual(["a", "id", "b"]);
  });

  it("compares names with and without a schema", () => {
    expect(isTable({ schema: "sales", name: "o", position: 0 }, "sales.o")).toBe(true);
    expect(isTable({ schema: null, name: "o", position: 0 }, "sales.o")).toBe(true);
    expect(isTable({ schema: "other", name: "o", position: 0 }, "sales.o")).toBe(false);
    expect(isTable({ schema: "sales", name: "o", position: 0 }, "o")).toBe(true);
  });
});

function later(sql: string): () => QueryShape {
  return () => read(sql);
}

describe("functions and casts on columns", () => {
  it("finds them on either side, outermost first", () => {
    expect(functionsOnColumns(where("UPPER(t.name::text) = UPPER($1)")).map((one) => [one.column.name, one.wrappers])).toEqual([
      ["name", ["upper", "cast:text"]],
    ]);
    expect(functionsOnColumns(where("t.data ->> 'k' = 'v'")).map((one) => one.wrappers)).toEqual([["op:->>"]]);
    expect(functionsOnColumns(where("t.at < now() AND t.at > t.began"))).toEqual([]);
  });

  it("tells casts from functions", () => {
    expect(castsOnColumns(where("t.at::date = $1")).map((one) => one.wrappers)).toEqual([["cast:date"]]);
    expect(castsOnColumns(where("UPPER(t.name::text) = 'X' AND t.at = $1::date"))).toEqual([]);
  });
});

describe("patterns", () => {
  it("finds wildcards at the start of what is written", () => {
    expect(leadingWildcards(where("t.a LIKE '%x'")).map((one) => one.pattern)).toEqual(["%x"]);
    expect(leadingWildcards(where("UPPER(t.a::text) LIKE UPPER('%x%')"))).toHaveLength(1);
    expect(leadingWildcards(where("t.a LIKE '%x' ESCAPE '!'"))).toHaveLength(1);
    expect(leadingWildcards(where("t.a LIKE 'x%' AND t.a LIKE $1 AND t.a = '%x'"))).toEqual([]);
  });
});

describe("alternatives, offsets, NOT IN and DISTINCT", () => {
  it("finds OR across tables", () => {
    expect(alternativesAcrossTables(where("t.a = 1 OR u.b = 2"))).toHaveLength(1);
    expect(alternativesAcrossTables(where("(t.a = 1 OR t.b = 2) AND (u.a = 1 OR u.b = 2)"))).toEqual([]);
  });

  it("finds OFFSET", () => {
    expect(offsets(read("SELECT a FROM (SELECT a FROM t OFFSET 500) x OFFSET $1")).map((one) => one.offset)).toEqual(["parameter", 500]);
    expect(offsets(read("SELECT a FROM t LIMIT 5 OFFSET 0"))).toEqual([]);
  });

  it("finds NOT IN (SELECT …) in both ways of writing it", () => {
    for (const sql of ["t.a NOT IN (SELECT x FROM v)", "NOT (t.a IN (SELECT x FROM v))"])
      expect(
        notInSubqueries(where(sql)).map((one) => one.subquery.base?.name),
        sql,
      ).toEqual(["v"]);
    expect(notInSubqueries(where("t.a NOT IN (1, 2) AND t.b IN (SELECT x FROM v)"))).toEqual([]);
  });

  it("finds DISTINCT over joins", () => {
    expect(distinctOverJoins(read("SELECT DISTINCT t.a FROM t JOIN u ON t.id = u.t_id"))).toHaveLength(1);
    expect(distinctOverJoins(read("SELECT DISTINCT t.a FROM t"))).toEqual([]);
    expect(distinctOverJoins(read("SELECT DISTINCT ON (t.a) t.a FROM t JOIN u ON t.id = u.t_id"))).toEqual([]);
  });
});

describe("statements that PostgreSQL writes", () => {
  it("are told from those of clients", () => {
    expect(isForeignKeyCheck(read('SELECT $2 FROM ONLY "public"."t" x WHERE "id" OPERATOR(pg_catalog.=) $1 FOR KEY SHARE OF x'))).toBe(true);
    expect(isForeignKeyCheck(read("SELECT 1 FROM t WHERE id = $1 FOR KEY SHARE"))).toBe(false);
  });
});
