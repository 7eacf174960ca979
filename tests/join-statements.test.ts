/**
 * Statements to lines by their shape. `tests/join/project/shop/queries.py` marks each line that sends one with a name; `tests/join/statements.json` is what
 * Django 5.2 sent from that line.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readSource } from "../src/analyse.ts";
import type { AnalyseOptions, RuleInput, StatementOrigin } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { openSqlParser } from "../src/sql/open-parser.ts";
import { joinStatements } from "../src/workload/join-statements.ts";
import { smallSnapshot } from "./support/small-catalog.ts";

const root = path.join(import.meta.dirname, "join/project");
const file = "shop/queries.py";
const statements = JSON.parse(readFileSync(path.join(import.meta.dirname, "join/statements.json"), "utf8")) as readonly {
  readonly line: string;
  readonly sql: string;
}[];
const options: AnalyseOptions = { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} };

let source: RuleInput;
let originOf: (sql: string) => StatementOrigin;

beforeAll(async () => {
  source = await readSource(options);
  const parser = await openSqlParser();
  const join = joinStatements({ facts: source.facts, graph: source.graph, shapeOf: (sql) => parser.shapeOf(sql) });
  originOf = (sql) => join.originOf(sql, parser.shapeOf(sql));
});

/** The names of the lines that an origin's places touch. */
function linesOf({ sites }: StatementOrigin, within = file): string[] {
  const text = source.text(within);
  const spans = sites.flatMap(({ span, sent }) => [span, ...(sent ?? [])]).filter((one) => one.file === within);
  const names = spans.map(({ start, end }) => /# ([\w ]+)/.exec(text.slice(start, text.indexOf("\n", end)))?.[1] ?? "?");
  return [...new Set(names)];
}

describe("what Django sends is joined to the line that sends it", () => {
  it.each(statements)("$line", ({ line, sql }) => {
    const origin = originOf(sql);
    expect(origin.certainty, sql).toMatch(/unique|one-of/);
    expect(linesOf(origin)).toContain(line);
  });

  it("names one line where only one sends such a statement", () => {
    const several = statements.filter(({ sql }) => originOf(sql).certainty === "one-of").map(({ line }) => line);
    expect(several.toSorted()).toEqual(["fetched", "found", "loaded", "made", "tagged"]);
  });

  it("knows statements that only the counters' server has made anonymous", () => {
    const sql =
      'SELECT "shop_customer"."id", "shop_customer"."name", "shop_customer"."email", "shop_customer"."vip", "shop_customer"."referrer_id" FROM "shop_customer" WHERE "shop_customer"."email" = $1 LIMIT $2';
    expect(linesOf(originOf(sql))).toEqual(["one"]);
  });

  it("is sure of no line while another that leaves more open can send it too", () => {
    const sql = 'SELECT "labels"."id", "labels"."tag_label" FROM "labels" WHERE ("labels"."tag_label" = %s AND "labels"."id" = %s)';
    const origin = originOf(sql);
    expect(origin.certainty).toBe("one-of");
    expect(linesOf(origin, "shop/searches.py")).toEqual(["new", "any"]);
  });
});

describe("a Django before 5.2", () => {
  it("orders what values() names by the model behind it", async () => {
    const parser = await openSqlParser();
    const older = joinStatements({ facts: source.facts, graph: source.graph, shapeOf: (sql) => parser.shapeOf(sql), django: "4.2.16" });
    const sql =
      'SELECT "shop_line"."order_id", COUNT("shop_line"."id") AS "n" FROM "shop_line" INNER JOIN "shop_order" ON ("shop_line"."order_id" = "shop_order"."id") GROUP BY "shop_line"."order_id", "shop_order"."paid" ORDER BY "shop_order"."paid" DESC';
    expect(linesOf(older.originOf(sql, parser.shapeOf(sql)))).toEqual(["per order"]);
    expect(linesOf(originOf(sql))).toEqual([]);
  });
});

describe("a database beside the source", () => {
  it("has the lines with each statement of its workload", async () => {
    const at = "2026-11-19T10:00:00Z";
    const logged = statements
      .slice(0, 3)
      .map(({ sql }, index) => ({ sql, ms: 3 - index, parameters: [], at, database: null, application: null, source: { file: "pg.log", line: index + 1 } }));
    const evidence = { snapshot: smallSnapshot([]), file: "shop.snapshot", plans: [], logged, stamp: "" };
    const { workload } = await openDatabase(evidence, source);
    expect(workload.statements.map(({ written }) => linesOf(written))).toEqual([["through foreign keys"], ["key of a relation"], ["either"]]);
    const alone = await openDatabase(evidence, null);
    expect(alone.workload.statements.map(({ written }) => written.certainty)).toEqual(["unknown", "unknown", "unknown"]);
  });
});

describe("what is no line's", () => {
  it("Django's own statements", () => {
    expect(
      originOf('SELECT "django_migrations"."id", "django_migrations"."app", "django_migrations"."name", "django_migrations"."applied" FROM "django_migrations"')
        .certainty,
    ).toBe("framework");
    expect(originOf("SELECT c.relname FROM pg_catalog.pg_class c").certainty).toBe("framework");
  });

  it.each([
    [
      "another column in WHERE",
      'SELECT "shop_line"."id", "shop_line"."order_id", "shop_line"."product_id", "shop_line"."quantity" FROM "shop_line" WHERE "shop_line"."id" > $1',
    ],
    [
      "another order",
      'SELECT "shop_order"."id", "shop_order"."customer_id", "shop_order"."courier_id", "shop_order"."status", "shop_order"."paid" FROM "shop_order" WHERE "shop_order"."status" = $1 ORDER BY "shop_order"."id" ASC',
    ],
    ["other columns", 'SELECT "shop_order"."status" FROM "shop_order" WHERE "shop_order"."status" = $1 ORDER BY "shop_order"."paid" DESC'],
    [
      "an outer join",
      'SELECT "shop_line"."id", "shop_line"."order_id", "shop_line"."product_id", "shop_line"."quantity" FROM "shop_line" LEFT OUTER JOIN "shop_order" ON ("shop_line"."order_id" = "shop_order"."id") LEFT OUTER JOIN "shop_customer" ON ("shop_order"."customer_id" = "shop_customer"."id") WHERE "shop_customer"."name" = $1',
    ],
    ["another table's", "SELECT count(*) FROM reports"],
    ["what PostgreSQL does not read", "SELEKT 1"],
  ])("%s is not taken for a line's", (_what, sql) => {
    expect(originOf(sql).certainty).toBe("unknown");
  });
});
