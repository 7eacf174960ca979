import { beforeAll, expect, test } from "vitest";
import type { Column, Database, Index, QueryShape, Table } from "../../model/index.ts";
import { openSqlParser, type SqlParser } from "../../sql/open-parser.ts";
import { candidatesOf, mergeOf, widened } from "./candidates.ts";
import { labelOf } from "./describe.ts";

let parser: SqlParser;
beforeAll(async () => {
  parser = await openSqlParser();
});

const column = (name: string, typeName = "int4", distinct = 100): Column =>
  ({
    name,
    typeName,
    type: typeName === "varchar" ? "character varying(20)" : typeName,
    length: typeName === "int4" ? 4 : -1,
    statistics: { averageWidth: 10, distinct, nullFraction: 0, commonValues: ["new"], commonFrequencies: [0.05], correlation: 0.1 },
  }) as unknown as Column;

const table = (oid: number, name: string, columns: readonly Column[]): Table =>
  ({
    oid,
    name,
    schema: "public",
    kind: "table",
    persistence: "permanent",
    partitionOf: null,
    reltuples: 100_000,
    relpages: 2000,
    columns,
  }) as unknown as Table;

const ORDERS = table(1, "orders", [
  column("id"),
  column("customer_id", "int4", 5000),
  column("status", "varchar", 5),
  column("placed_at", "timestamptz"),
  column("total"),
  column("note", "jsonb"),
  column("tags", "_text"),
]);
const LINES = table(2, "lines", [column("order_id"), column("book_id"), column("quantity")]);

function database(indexes: readonly Index[] = []): Database {
  const tables = [ORDERS, LINES];
  return {
    catalog: { extensions: [], indexes },
    tableNamed: (name: string) => tables.find((one) => one.name === name) ?? null,
    indexesOf: (one: Table) => indexes.filter((index) => index.table === one.oid),
    tableCounters: () => null,
    statementsOn: () => [],
  } as unknown as Database;
}

const labels = (sql: string, of: Database = database()): string[] => candidatesOf(parser.shapeOf(sql) as QueryShape, of).map((one) => labelOf(one));

test("equality, then the order, then one range; the rest is carried along", () => {
  const found = labels("SELECT total FROM orders WHERE status = $1 AND customer_id = $2 AND total > $3 ORDER BY placed_at DESC LIMIT 5");
  expect(found).toContain("orders (customer_id, status, placed_at)");
  expect(found).toContain("orders (status, customer_id, placed_at)");
  expect(found).toContain("orders (customer_id, status, total)");
  expect(found).toContain("orders (customer_id, status, placed_at) INCLUDE (total)");
});

test("columns without a qualifier are those of the table that has them, in statements within too", () => {
  const found = labels(
    "SELECT count(*) FROM orders, lines WHERE order_id = id AND book_id = $1 AND EXISTS (SELECT 1 FROM lines WHERE order_id = id AND quantity > 5)",
  );
  expect(found).toContain("lines (book_id, order_id)");
  expect(found).toContain("lines (order_id, quantity)");
  expect(found).toContain("orders (id)");
  expect(found.filter((one) => one.startsWith("orders") && one.includes("order_id"))).toEqual([]);
});

test("what no plain key serves", () => {
  expect(labels("SELECT id FROM orders WHERE UPPER(status::text) LIKE UPPER($1)")).toContain("orders gin (upper(status) gin_trgm_ops)");
  expect(labels("SELECT id FROM orders WHERE status LIKE $1")).toContain("orders (status varchar_pattern_ops)");
  expect(labels("SELECT id FROM orders WHERE note @> $1")).toContain("orders gin (note jsonb_path_ops)");
  expect(labels("SELECT id FROM orders WHERE tags && $1")).toContain("orders gin (tags)");
  expect(labels("SELECT id FROM orders WHERE note ->> 'channel' = $1")).toContain("orders (note ->> 'channel')");
});

test("a rare constant that the statement itself writes makes a partial index, a parameter none", () => {
  expect(labels("SELECT id FROM orders WHERE status = 'new' AND customer_id = $1")).toContain(`orders (customer_id) WHERE status = "new"`);
  expect(labels("SELECT id FROM orders WHERE status = $1 AND customer_id = $2").filter((one) => one.includes("WHERE"))).toEqual([]);
});

test("what an index does that is there is not made again", () => {
  const key = (name: string): Index["keys"][number] => ({
    column: name,
    expression: null,
    operatorClass: "int4_ops",
    isDefaultClass: true,
    collation: null,
    descending: false,
    nullsFirst: false,
  });
  const index = {
    oid: 9,
    table: 1,
    valid: true,
    method: "btree",
    predicate: null,
    keys: [key("customer_id"), key("placed_at")],
    include: [],
  } as unknown as Index;
  const found = labels("SELECT * FROM orders WHERE customer_id = $1 ORDER BY placed_at", database([index]));
  expect(found).not.toContain("orders (customer_id)");
  expect(found).not.toContain("orders (customer_id, placed_at)");
});

test("rows that are changed are read whole, so that nothing covers them", () => {
  expect(labels("UPDATE orders SET total = 1 WHERE customer_id = $1").filter((one) => one.includes("INCLUDE"))).toEqual([]);
});

test("of two indexes one carries what either did", () => {
  const [one, other] = [
    { table: ORDERS, spec: { keys: [{ kind: "column", column: "customer_id" }], include: ["total"] } },
    {
      table: ORDERS,
      spec: {
        keys: [
          { kind: "column", column: "customer_id" },
          { kind: "column", column: "placed_at" },
        ],
        include: ["status"],
      },
    },
  ] as const;
  const merged = mergeOf(one, other);
  expect(merged === null ? "" : labelOf(merged)).toBe("orders (customer_id, placed_at) INCLUDE (status, total)");
  expect(mergeOf(one, { table: LINES, spec: other.spec })).toBeNull();
});

test("a copy of the whole table is none of them, nor is an index of a table of one page", () => {
  expect(labels("SELECT order_id, book_id, quantity FROM lines WHERE order_id = $1")).toEqual(["lines (order_id)"]);
  expect(labels("SELECT order_id, quantity FROM lines WHERE order_id = $1")).toContain("lines (order_id) INCLUDE (quantity)");
  const small = { ...LINES, reltuples: 5, relpages: 1 };
  const one = { ...database(), tableNamed: () => small } as unknown as Database;
  expect(labels("SELECT order_id, quantity FROM lines WHERE order_id = $1", one)).toEqual([]);
});

test("a hash table only of a large table that nothing writes, for equality", () => {
  const large = { ...LINES, relpages: 20_000 } as Table;
  const world = (written: number): Database =>
    ({
      ...database(),
      tableNamed: (name: string) => (name === "lines" ? large : null),
      tableCounters: () => ({ inserted: written, updated: 0, deleted: 0 }),
    }) as unknown as Database;
  const sql = "SELECT quantity FROM lines WHERE book_id = $1 AND order_id > $2";
  expect(labels(sql, world(0)).filter((one) => one.includes("hash"))).toEqual(["lines hash (book_id)"]);
  expect(labels(sql, world(1)).filter((one) => one.includes("hash"))).toEqual([]);
  expect(labels(sql).filter((one) => one.includes("hash"))).toEqual([]);
});

test("one index carries what another of its table reads", () => {
  const narrow = { table: ORDERS, spec: { keys: [{ kind: "column", column: "customer_id" }] } } as const;
  const other = { table: ORDERS, spec: { keys: [{ kind: "column", column: "status" }], include: ["total"] } } as const;
  const wide = widened(narrow, other);
  expect(wide === null ? "" : labelOf(wide)).toBe("orders (customer_id) INCLUDE (status, total)");
  expect(widened(narrow, { ...other, table: LINES })).toBeNull();
  expect(widened(narrow, narrow)).toBeNull();
});
