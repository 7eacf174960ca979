/**
 * Statements to lines by their shape. `tests/join/project/shop/queries.py` marks each line that sends one with a name; `tests/join/statements.json` is what
 * Django 5.2 sent from that line.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readSource } from "../src/analyse.ts";
import type { AnalyseOptions, RuleInput, Statement, StatementOrigin } from "../src/model/index.ts";
import type { Frame, Stack } from "../src/model/recording.ts";
import type { LoggedStatement } from "../src/model/workload.ts";
import { openDatabase } from "../src/open-database.ts";
import { openSqlParser } from "../src/sql/open-parser.ts";
import { statementName } from "../src/rules/database/statement-places.ts";
import { joinStatements } from "../src/workload/join-statements.ts";
import { emptyRecording } from "./support/empty-recording.ts";
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

function lineNamed(name: string, within: string): number {
  return (
    source
      .text(within)
      .split("\n")
      .findIndex((one) => one.endsWith(`# ${name}`)) + 1
  );
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

describe("a recording beside the counters", () => {
  const several = "fetched";
  const frame = (name: string, from = file): Frame => ({ file: from, owner: "project", line: lineNamed(name, from), name: "seen", kind: "python" });
  const logs = (sql: string, calls: number): LoggedStatement[] =>
    Array.from({ length: calls }, (_, index) => ({
      sql,
      ms: 1,
      parameters: [],
      at: null,
      database: null,
      application: null,
      source: { file: "pg.log", line: index + 1 },
    }));
  const seen = async (
    sql: string,
    stack: Stack,
    { calls = 1, stacks = 1, route }: { calls?: number; stacks?: number; route?: string } = {},
  ): Promise<StatementOrigin | undefined> => {
    const top = [{ sql, statements: 1, microseconds: 10, rows: 1, slowest: 10, stack, stacks, ...(route === undefined ? {} : { route }) }];
    const evidence = { snapshot: smallSnapshot([]), file: "shop.snapshot", plans: [], logged: logs(sql, calls), stamp: "" };
    const { workload } = await openDatabase(evidence, source, { ...emptyRecording(), top });
    return workload.statements[0]?.written;
  };
  const sqlOf = (name: string): string => statements.find(({ line }) => line === name)?.sql ?? "";

  it("leaves of several lines the one that sent all that was counted", async () => {
    const one = await seen(sqlOf(several), [frame(several)]);
    expect(one).toMatchObject({ certainty: "unique", sites: [{ isRecorded: true }] });
    expect(one && linesOf(one)).toContain(several);
  });

  it("puts it first where more calls were counted than recorded, or where other stacks sent it too", async () => {
    for (const more of [{ calls: 5 }, { stacks: 2 }]) {
      const one = await seen(sqlOf(several), [frame(several)], more);
      expect(one?.certainty).toBe("one-of");
      expect(one?.sites.map(({ isRecorded }) => isRecorded)).toEqual([true, ...Array.from({ length: (one?.sites.length ?? 0) - 1 }, () => undefined)]);
    }
  });

  it("names the line of the stack where no query of its shape was made out on the way", async () => {
    const one = await seen(sqlOf(several), [frame("through foreign keys")]);
    expect(one).toMatchObject({ certainty: "unique", sites: [{ symbol: "seen", how: "recorded", isRecorded: true }] });
    expect(await seen("SELECT count(*) FROM reports", [frame("either")])).toMatchObject({ certainty: "unique", sites: [{ how: "recorded" }] });
  });

  it("says for which page a template sent it", async () => {
    const template = { ...frame("either"), kind: "django" as const };
    const nameOf = async (stack: Stack, more: Parameters<typeof seen>[2]): Promise<string> => {
      const written = await seen("SELECT count(*) FROM reports", stack, more);
      return statementName({ sql: "", shape: null, written } as Statement);
    };
    expect(await nameOf([template], { route: "GET /orders/" })).toBe("The query of `queries.py` for `GET /orders/`");
    expect(await nameOf([template], {})).toBe("The query of `queries.py`");
  });

  it("is no line's that stands in tests or packages, or Django's own statement's", async () => {
    const test = { ...frame(several), file: "shop/tests/test_queries.py" };
    expect((await seen("SELECT count(*) FROM reports", [test]))?.certainty).toBe("unknown");
    expect((await seen("SELECT count(*) FROM reports", [{ ...frame(several), owner: "library" }]))?.certainty).toBe("unknown");
    expect((await seen("SELECT c.relname FROM pg_catalog.pg_class c", [frame(several)]))?.certainty).toBe("framework");
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
