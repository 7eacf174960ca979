import { describe, expect, test } from "vitest";
import type { Line } from "../recording/lines.ts";
import { oldLines } from "./old-lines.ts";
import { statementCount, totalStatements, type RunFigures } from "./run-figures.ts";
import { RunReader, RunSums } from "./run-reader.ts";

const DEFINITIONS: readonly Line[] = [
  ["h", 1, { epoch: 0, root: "/copy" }],
  ["s", 1, "SELECT * FROM book"],
  ["s", 2, "SELECT * FROM author WHERE id IN (%s, %s)"],
  ["s", 3, "SELECT * FROM author WHERE id IN (%s, %s, %s)"],
  ["p", 1, "shop/views.py", 0],
  ["p", 2, "django/db/models/query.py", 1],
  ["p", 3, "/home/me/shop/models.py", 2],
  ["f", 1, 1, 12, "shelf", 0],
  ["f", 2, 2, 99, "__iter__", 0],
  ["k", 1, [2, 1]],
  ["n", 1, "shop.Book"],
  ["n", 2, "author"],
  ["a", 1, "forward", 1, 2, 0],
];

function read(lines: readonly Line[], status = 0, oldLine: (file: string, line: number) => number = (_, line) => line): RunFigures {
  const sums = new RunSums();
  const reader = new RunReader(sums, oldLine);
  for (const line of [...DEFINITIONS, ...lines]) reader.add(line);
  reader.finish();
  return sums.figures(status);
}

const statement = (sql: number, scope: number, cause = 0): Line => ["x", 10, 2000, sql, 1, scope, 0, 0, 4, cause];

const TEST_RUN: readonly Line[] = [
  ["b", 1, 0, "command", "test", 0, 1, {}],
  statement(1, 1),
  ["b", 2, 1, "test", "shop.tests.T.test_a", 100, 1, {}],
  ["b", 3, 2, "setup", "shop.tests.T.test_a", 100, 1, {}],
  statement(1, 3),
  ["e", 3, 200, {}],
  ["b", 4, 2, "request", "GET", 200, 1, {}],
  statement(1, 4),
  statement(2, 4, 1),
  statement(3, 4, 1),
  ["r", 7, 1, 1, 4, 4, 10, 0],
  ["e", 4, 900, { route: "shelf/<int:pk>/", status: 200, body: "abc" }],
  ["e", 2, 1100, { outcome: "passed" }],
  ["e", 1, 2000, {}],
];

describe("a test", () => {
  const { scopes } = read(TEST_RUN);
  const scope = scopes.get("test shop.tests.T.test_a");

  test("has what its requests do, and its fixtures beside it", () => {
    expect([...scopes.keys()]).toEqual(["command test", "test shop.tests.T.test_a", "setup shop.tests.T.test_a"]);
    expect(scope).toMatchObject({ kind: "test", runs: 1, outcome: "passed", milliseconds: 1 });
    expect(scope?.responses).toEqual([{ request: "GET /shelf/<int:pk>/", status: 200, body: "abc" }]);
  });

  test("has its statements by text and place, lists of any length as one", () => {
    expect([...(scope?.groups.values() ?? [])]).toMatchObject([
      { count: 1, milliseconds: 2, rows: 4, read: null, frames: [{ file: "shop/views.py", line: 12 }] },
      { count: 2, milliseconds: 4, rows: 8, read: { model: "shop.Book", field: "author" } },
    ]);
    expect([...(scope?.fetches.values() ?? [])]).toMatchObject([{ model: "shop.Book", count: 1, rows: 4 }]);
  });

  test("counts alone, where there are tests", () => {
    expect(totalStatements(read(TEST_RUN))).toBe(3);
    expect(totalStatements(read([["b", 1, 0, "command", "test", 0, 1, {}], statement(1, 1)]))).toBe(1);
  });
});

test("requests without tests are one scope for each route, whatever their order", () => {
  const request = (id: number, route: string): readonly Line[] => [
    ["b", id, 0, "request", "GET", 0, 1, {}],
    statement(1, id),
    ["e", id, 500, { route, status: 200 }],
  ];
  const { scopes } = read([...request(1, "a/"), ...request(2, "b/"), ...request(3, "a/")]);
  expect([...scopes].map(([key, scope]) => [key, scope.runs, statementCount(scope)])).toEqual([
    ["request GET /a/", 2, 2],
    ["request GET /b/", 1, 1],
  ]);
});

test("what has no end, as after a kill, is counted", () => {
  expect(totalStatements(read([["b", 1, 0, "request", "GET", 0, 1, {}], statement(1, 1)], 137))).toBe(1);
});

test("a statement that belongs to no scope belongs to the process", () => {
  expect([...read([statement(1, 0)]).scopes.keys()]).toEqual(["process"]);
});

test("files of the project that are not the copy's are told", () => {
  const sums = new RunSums();
  const reader = new RunReader(sums, (_, line) => line);
  for (const line of DEFINITIONS) reader.add(line);
  expect([...sums.outsideFiles]).toEqual(["/home/me/shop/models.py"]);
});

describe("lines are named as they were before the fixes", () => {
  const text = "a\nb\nc\nd\ne\n";
  const edit = { file: "shop/views.py", start: 2, end: 3, expected: "b", text: "b1\nb2\nb3" };
  const oldLine = oldLines(new Map([["shop/views.py", [edit]]]), () => text);

  test("after, in and before an edit", () => {
    expect([1, 2, 3, 4, 5, 7].map((line) => oldLine("shop/views.py", line))).toEqual([1, 2, 2, 2, 3, 5]);
    expect(oldLine("shop/other.py", 7)).toBe(7);
  });

  test("in the figures of a run", () => {
    const [group] =
      read([statement(1, 0)], 0, oldLine)
        .scopes.get("process")
        ?.groups.values() ?? [];
    expect(group?.frames).toEqual([{ file: "shop/views.py", line: 10 }]);
  });
});
