import { appendFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { findRecording, readRecording } from "../sources/recordings.ts";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import { RecordedProcess, writeRecording } from "../../tests/support/write-recording.ts";
import { foldSql } from "./fold-sql.ts";
import { Recent } from "./recent.ts";
import { selectedColumns } from "./select-list.ts";
import { SpreadCounter } from "./spread.ts";
import { isBlamable } from "./user-code.ts";

const ORDERS = 'SELECT "shop_order"."id", "shop_order"."customer_id" FROM "shop_order"';
const LINES = 'SELECT "shop_orderline"."id" FROM "shop_orderline" WHERE "shop_orderline"."order_id" = %s';
const CUSTOMER = 'SELECT "shop_customer"."id" FROM "shop_customer" WHERE "shop_customer"."id" = %s LIMIT 21';
const VIEW = ["shop/views.py:12 order_list"];
const ROW = ["~shop/templates/_row.html:4 customer", ...VIEW];

function listOrders(process: RecordedProcess, rows: number, parent = 0): void {
  process.scope(
    "request",
    "GET",
    { route: "orders/", view: "shop.views.order_list", status: 200 },
    (scope) => {
      const orders = process.fetch(scope, "shop.Order", rows, ORDERS, VIEW);
      for (let row = 1; row <= rows; row += 1) {
        const cause = process.cause("forward", "shop.Order", "customer", orders);
        const customer = process.fetch(scope, "shop.Customer", 1, CUSTOMER, ROW, cause, row);
        const deeper = process.cause("forward", "shop.Customer", "address", customer);
        process.query(scope, 'SELECT "shop_address"."id" FROM "shop_address" WHERE "shop_address"."id" = %s', ROW, { cause: deeper, instance: 1 });
      }
    },
    parent,
  );
}

function recordingOf(...processes: (RecordedProcess | string)[]): ReturnType<typeof readRecording> {
  return readRecording(writeRecording(temporaryFolder(), processes));
}

describe("an N+1 is told by the rows that it hangs from", () => {
  const threeLists = (): ReturnType<typeof readRecording> => {
    const process = new RecordedProcess();
    for (const rows of [3, 5, 1]) listOrders(process, rows);
    return recordingOf(process);
  };

  test("with its queryset, its path, its access and how often it was seen", () => {
    const cluster = threeLists().rowClusters.find(({ path: relation }) => relation === "customer");
    expect(cluster).toMatchObject({ cause: "forward", model: "shop.Order", owner: "shop.Order", field: "customer" });
    expect(cluster?.fetch[0]).toMatchObject({ file: "shop/views.py", line: 12, name: "order_list", owner: "project" });
    expect(cluster?.access[0]).toMatchObject({ file: "shop/templates/_row.html", line: 4, kind: "django" });
    expect(cluster?.occurrences).toMatchObject([
      { kind: "request", label: "GET /orders/", scopes: 2, of: 3, statements: { count: 2, sum: 8, max: 5 }, rows: { max: 5 } },
    ]);
  });

  test("the statement that fetched them with the route of its requests", () => {
    expect(threeLists().top.find(({ sql }) => sql === ORDERS)?.route).toBe("GET /orders/");
    expect(threeLists().top.find(({ sql }) => sql === CUSTOMER)?.route).toBeUndefined();
  });

  test("a path of two relations hangs from the same queryset", () => {
    const deeper = threeLists().rowClusters.find(({ path: relation }) => relation === "customer__address");
    expect(deeper).toMatchObject({ model: "shop.Order", owner: "shop.Customer", field: "address" });
    expect(deeper?.occurrences).toMatchObject([{ scopes: 2, of: 3, statements: { max: 5 } }]);
  });

  test("a scope's own figures", () => {
    expect(threeLists().scopes).toMatchObject([{ label: "GET /orders/", view: "shop.views.order_list", scopes: 3, statements: { median: 7, max: 11 } }]);
  });
});

test("rows of one single row hang from their own fetch: nobody loads a list with the row whose page it is on", () => {
  const process = new RecordedProcess();
  process.scope("request", "GET", { route: "orders/<int:pk>/" }, (scope) => {
    const order = process.fetch(scope, "shop.Order", 1, ORDERS, [`shop/middleware.py:9 attach`]);
    const lines = process.fetch(scope, "shop.OrderLine", 4, LINES, VIEW, process.cause("manager", "shop.Order", "lines", order), 1);
    for (let row = 1; row <= 4; row += 1)
      process.query(scope, CUSTOMER, ROW, { cause: process.cause("forward", "shop.OrderLine", "book", lines), instance: row });
  });
  expect(recordingOf(process).rowClusters).toMatchObject([{ model: "shop.OrderLine", path: "book" }]);
});

test("a line that fetches twice in a scope is one cluster of that scope", () => {
  const process = new RecordedProcess();
  process.scope("request", "GET", { route: "^orders/$" }, (scope) => {
    for (const rows of [2, 3]) {
      const orders = process.fetch(scope, "shop.Order", rows, ORDERS, VIEW);
      for (let row = 1; row <= rows; row += 1)
        process.query(scope, CUSTOMER, ROW, { cause: process.cause("forward", "shop.Order", "customer", orders), instance: row });
    }
  });
  expect(recordingOf(process).rowClusters).toMatchObject([
    { occurrences: [{ label: "GET /orders/", scopes: 1, of: 1, statements: { max: 5 }, rows: { max: 5 } }] },
  ]);
});

test.each([
  ["orders/<int:pk>/", "/orders/<int:pk>/"],
  ["", "/"],
  ["^routine/(?P<pk>[^/.]+)/stats/$", "/routine/<pk>/stats/"],
  ["^(?P<event>[0-9a-zA-Z.-]+)/(?:talk|speaker)/(?P<code>\\w+)/\\.ics\\Z", "/<event>/(?:talk|speaker)/<code>/.ics"],
  ["^old/(\\d{4})/^inner/([a-z()]+)/$", "/old/<…>/inner/<…>/"],
])("the route %j reads %j", (route, words) => {
  const process = new RecordedProcess();
  process.scope("request", "GET", { route }, (scope) => process.query(scope, CUSTOMER, VIEW));
  expect(recordingOf(process).scopes).toMatchObject([{ label: `GET ${words}` }]);
});

test("repetition alone is not an N+1", () => {
  const process = new RecordedProcess();
  process.scope("request", "GET", { route: "orders/" }, (scope) => {
    // The same relation of two querysets' rows, one row each; and the same row twice.
    for (const line of [12, 30]) {
      const fetch = process.fetch(scope, "shop.Order", 1, ORDERS, [`shop/views.py:${line} order_list`]);
      process.query(scope, CUSTOMER, ROW, { cause: process.cause("forward", "shop.Order", "customer", fetch), instance: 1 });
      process.query(scope, CUSTOMER, ROW, { cause: process.cause("forward", "shop.Order", "customer", fetch), instance: 1 });
    }
  });
  expect(recordingOf(process).rowClusters).toEqual([]);
});

test("the same explicit query from the same stack is a loop; from two lines it is none", () => {
  const process = new RecordedProcess();
  process.scope("task", "shop.tasks.sync", {}, (scope) => {
    for (let round = 0; round < 4; round += 1) process.query(scope, CUSTOMER, ["shop/tasks.py:7 sync"]);
    process.query(scope, CUSTOMER, ["shop/tasks.py:20 sync"]);
  });
  const { loopClusters } = recordingOf(process);
  expect(loopClusters).toHaveLength(1);
  expect(loopClusters[0]).toMatchObject({ stack: [{ line: 7 }], occurrences: [{ kind: "task", label: "shop.tasks.sync", statements: { max: 4 } }] });
});

test("equal parameters make a duplicate, wherever it was sent from", () => {
  const process = new RecordedProcess({ literals: true });
  process.scope("request", "GET", { route: "cart/" }, (scope) => {
    process.query(scope, CUSTOMER, ["shop/views.py:3 cart"], { params: "[7]" });
    process.query(scope, CUSTOMER, ["shop/views.py:9 cart"], { params: "[7]" });
    process.query(scope, CUSTOMER, ["shop/views.py:11 cart"], { params: "[8]" });
  });
  expect(recordingOf(process).duplicates).toMatchObject([{ repeats: 1, label: "GET /cart/", stack: [{ line: 3 }] }]);
});

test("fixtures are counted and left out; a test holds what its requests sent", () => {
  const process = new RecordedProcess();
  process.scope("setup", "shop.tests.OrderTests", {}, (scope) => {
    for (let row = 0; row < 9; row += 1) process.query(scope, "INSERT INTO shop_order VALUES (%s, %s)", ["shop/tests.py:5 setUpTestData"]);
  });
  process.scope("test", "shop.tests.OrderTests.test_list", { outcome: "passed" }, (scope) => {
    process.query(scope, ORDERS, ["shop/tests.py:9 test_list"]);
    listOrders(process, 2, scope);
  });
  const recording = recordingOf(process);
  expect(recording).toMatchObject({ setupStatements: 9, statements: 6 });
  expect(recording.loopClusters).toEqual([]);
  const one = recording.scopes.find(({ kind }) => kind === "test");
  expect(one).toMatchObject({ label: "shop.tests.OrderTests.test_list", statements: { max: 6 } });
  expect(one?.places.map(({ frame, statements }) => `${frame?.file}:${frame?.line} ${statements}`)).toEqual([
    "shop/templates/_row.html:4 4",
    "shop/tests.py:9 1",
    "shop/views.py:12 1",
  ]);
  expect(recording.scopes.find(({ kind }) => kind === "request")).toMatchObject({ scopes: 1, inTests: 1 });
});

test("a test whose own setUp asks is a test, without what setUp asked", () => {
  const process = new RecordedProcess();
  process.scope("test", "shop.tests.OrderTests.test_list", { outcome: "passed" }, (scope) => {
    process.scope("setup", "shop.tests.OrderTests.test_list", {}, (setup) => process.query(setup, CUSTOMER, ["shop/tests.py:7 setUp"]), scope);
    process.query(scope, ORDERS, ["shop/tests.py:9 test_list"]);
  });
  const recording = recordingOf(process);
  expect(recording).toMatchObject({ setupStatements: 1, statements: 1 });
  expect(recording.scopes).toMatchObject([{ kind: "test", label: "shop.tests.OrderTests.test_list", statements: { max: 1 } }]);
});

test("transactions: how long they were held, the longest silence in them and calls that went out", () => {
  const process = new RecordedProcess();
  process.scope("request", "POST", { route: "checkout/" }, (scope) => {
    const connection = process.connect();
    process.transaction(connection, "begin", scope);
    process.query(scope, ORDERS, ["shop/checkout.py:10 pay"], { connection, state: 1 });
    process.call(scope, connection, "http", "pay.example", 400_000, ["shop/checkout.py:11 pay"]);
    process.query(scope, ORDERS, ["shop/checkout.py:14 pay"], { connection, state: 1 });
    process.transaction(connection, "commit", scope);
  });
  const { transactions, outsideCalls, connections } = recordingOf(process);
  expect(transactions).toMatchObject([{ transactions: 1, label: "POST /checkout/", statements: { max: 2 }, before: [{ line: 10 }], after: [{ line: 14 }] }]);
  expect(transactions[0]?.idle.max).toBeGreaterThanOrEqual(400_000);
  expect(outsideCalls).toMatchObject([{ kind: "http", target: "pay.example", calls: 1, slowest: 400_000, labels: ["POST /checkout/"] }]);
  expect(connections).toMatchObject([{ alias: "default", vendor: "postgresql", opened: 1, peak: 1, server: "16.4" }]);
});

test("what the rows of a queryset were used for, over all its fetches", () => {
  const process = new RecordedProcess({ fields: true });
  process.scope("request", "GET", { route: "orders/" }, (scope) => {
    const orders = process.fetch(scope, "shop.Order", 4, ORDERS, VIEW);
    const lines = process.fetch(
      scope,
      "shop.Line",
      8,
      'SELECT "shop_line"."id" FROM "shop_line"',
      VIEW,
      process.cause("prefetch", "shop.Order", "lines", orders),
    );
    const tags = process.fetch(scope, "shop.Tag", 8, 'SELECT "shop_tag"."id" FROM "shop_tag"', VIEW, process.cause("prefetch", "shop.Order", "tags", orders));
    // Django reads the key of prefetched rows to hand them out.
    process.use(lines, [["shop.Line", "order_id", 8]]);
    process.use(orders, [
      ["shop.Order", "id", 4],
      ["shop.Order", "tags", 1],
    ]);
    process.use(tags, [["shop.Tag", "name", 2]]);
  });
  const { uses } = recordingOf(process);
  expect(uses).toMatchObject([
    { model: "shop.Line", prefetch: "lines", rows: 8, isHandedOut: false, fields: [{ field: "order_id" }] },
    { model: "shop.Tag", prefetch: "tags", rows: 8, isHandedOut: true, fields: [{ field: "name" }] },
    {
      model: "shop.Order",
      prefetch: null,
      rows: 4,
      isHandedOut: true,
      fields: [{ field: "id", instances: 4 }, { field: "tags" }],
      columns: [{ table: "shop_order", columns: ["id", "customer_id"] }],
    },
  ]);
});

describe("a recording that is not whole", () => {
  test("a half-written last line is dropped, and a scope without an end ends with the file", () => {
    const process = new RecordedProcess();
    const scope = process.begin("request", "GET");
    process.query(scope, ORDERS, VIEW);
    const recording = recordingOf(`${process.text()}["x",12,4`);
    expect(recording).toMatchObject({ statements: 1, broken: 0, killed: 1, processes: 1 });
    expect(recording.scopes).toMatchObject([{ label: "GET", scopes: 1 }]);
  });

  test("lines of an unknown kind are skipped, and those that are no line are counted", () => {
    const process = new RecordedProcess().line(["q", "of a later version"]);
    process.scope("request", "GET", { route: "orders/" }, (scope) => process.query(scope, ORDERS, VIEW));
    const recording = recordingOf(`${process.text()}{"not": "an array"}\nnor this\n["i", 9]\n`);
    expect(recording).toMatchObject({ unknown: 1, broken: 2, statements: 1, killed: 0 });
  });

  test("a file that does not begin with a header is none of a recording's", () => {
    const process = new RecordedProcess();
    process.scope("request", "GET", { route: "orders/" }, (scope) => process.query(scope, ORDERS, VIEW));
    expect(recordingOf('["x",1,2,3]\n["x",1,2,3]\n', process)).toMatchObject({ processes: 1, statements: 1, broken: 1 });
  });

  test("a higher version is refused in one sentence", () => {
    const folder = writeRecording(temporaryFolder(), [new RecordedProcess({}, 2)]);
    expect(() => readRecording(folder)).toThrow("The recording is of format 2, and this version of Luthier reads 1.");
  });

  test("an empty folder is no recording", () => {
    expect(() => readRecording(temporaryFolder())).toThrow(/holds no process that was recorded/);
    expect(() => readRecording("/nowhere")).toThrow(/there is no recording/);
  });

  test("references to what was never defined do no harm", () => {
    const process = new RecordedProcess()
      .line(["x", 1, 2, 77, 78, 79, 80, 0, 1, 81])
      .line(["r", 5, 99, 98, 97, 3, 1, 96])
      .line(["a", 1, "forward", 9, 9, 9])
      .line(["e", 44, 1])
      .line(["k", 3, [1, "x", null]]);
    expect(recordingOf(process)).toMatchObject({ statements: 1, rowClusters: [] });
  });
});

test("processes share what they say", () => {
  const processes = [1, 2].map(() => {
    const process = new RecordedProcess();
    listOrders(process, 2);
    return process;
  });
  const recording = recordingOf(...processes);
  expect(recording.scopes).toMatchObject([{ scopes: 2 }]);
  expect(recording.rowClusters[0]?.occurrences).toMatchObject([{ scopes: 2, of: 2 }]);
});

test("a line longer than what is read at once is one line", () => {
  const process = new RecordedProcess();
  const long = `SELECT '${"x".repeat(3 << 20)}'`;
  process.scope("request", "GET", { route: "orders/" }, (scope) => process.query(scope, long, VIEW));
  expect(recordingOf(process).top[0]?.sql).toBe(long);
});

test("the newest recording is found by its pointer", () => {
  const root = temporaryFolder();
  expect(findRecording(root)).toBeNull();
  const folder = writeRecording(root, [new RecordedProcess()]);
  expect(findRecording(root)).toBe(folder);
  appendFileSync(path.join(root, ".luthier/recordings/latest"), "");
  writeRecording(root, [new RecordedProcess()], "gone");
  expect(path.basename(findRecording(root) ?? "")).toBe("gone");
});

test.each([
  ["SELECT a FROM b WHERE id IN (%s, %s, %s)", "SELECT a FROM b WHERE id IN (…)"],
  ["SELECT a FROM b WHERE id IN (%s)", "SELECT a FROM b WHERE id IN (…)"],
  ["INSERT INTO b (x, y) VALUES (%s, %s), (%s, %s)", "INSERT INTO b (x, y) VALUES (…)"],
  ["SELECT COALESCE(%s, b.c)  FROM b", "SELECT COALESCE(%s, b.c) FROM b"],
  ["SELECT ' (1, 2)' FROM \"a (1, 2)\"", "SELECT ' (1, 2)' FROM \"a (1, 2)\""],
  ['SAVEPOINT "s140_x1"', "SAVEPOINT …"],
  ["RELEASE SAVEPOINT s1", "RELEASE SAVEPOINT …"],
])("%s has the shape %s", (sql, shape) => {
  expect(foldSql(sql)).toBe(shape);
});

test("a select list ends at its first annotation", () => {
  const sql = 'SELECT "a"."id", "a"."x", "b"."id", COUNT("c"."id") AS "n" FROM "a" INNER JOIN "b" ON ("a"."b_id" = "b"."id")';
  expect(selectedColumns(sql)).toEqual([
    { table: "a", columns: ["id", "x"] },
    { table: "b", columns: ["id"] },
  ]);
  expect(selectedColumns("UPDATE a SET b = %s")).toEqual([]);
});

test("a spread is exact for small values and near for large ones", () => {
  const spread = new SpreadCounter();
  for (let value = 1; value <= 101; value += 1) spread.add(value * 1000);
  const { median, max, sum, count } = spread.result();
  expect({ max, sum, count }).toEqual({ max: 101_000, sum: 5_151_000, count: 101 });
  expect(median / 51_000).toBeCloseTo(1, 1);
});

test.each([
  ["shop/views.py", true],
  ["shop/tests/test_views.py", false],
  ["shop/tests.py", false],
  ["conftest.py", false],
  ["shop/migrations/0001_initial.py", false],
  ["shop/contests/views.py", true],
  ["shop/latest.py", true],
])("%s may be blamed: %s", (file, expected) => {
  expect(isBlamable({ file, owner: "project", line: 1, name: "f", kind: "python" })).toBe(expected);
});

test("what was set lately is kept, and the rest given up", () => {
  const recent = new Recent<number, string>(3);
  for (let key = 1; key <= 8; key += 1) recent.set(key, `v${key}`);
  expect([1, 2, 3, 4, 5, 6, 7, 8].map((key) => recent.get(key))).toEqual([undefined, undefined, undefined, "v4", "v5", "v6", "v7", "v8"]);
});
