import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { comprehensionStart, judge, readTruths, render, tally } from "./score.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "luthier-join-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LINES = [
  ["h", 1, {}],
  ["s", 1, 'SELECT "a" FROM "b"'],
  ["s", 2, "SAVEPOINT x"],
  ["p", 1, "shop/views.py", 0],
  ["p", 2, "shop/tests/test_views.py", 0],
  ["p", 3, "manage.py", 0],
  ["p", 4, "templates/base.html", 0],
  ["p", 5, "site-packages/django/db.py", 1],
  ["p", 6, "shop/migrations/0001_initial.py", 0],
  ["f", 1, 1, 12, "orders", 0],
  ["f", 2, 2, 5, "test_orders", 0],
  ["f", 3, 3, 10, "main", 0],
  ["f", 4, 4, 6, "", 1],
  ["f", 5, 5, 80, "execute", 0],
  ["f", 6, 6, 9, "forwards", 0],
  ["k", 1, [5, 1, 2]],
  ["k", 2, [2]],
  ["k", 3, [3]],
  ["k", 4, [4, 1]],
  ["k", 5, [5]],
  ["k", 6, [6]],
  ...[1, 1, 2, 3, 4, 5, 6].map((stack) => ["x", 1, 5, 1, stack, 1, 1, 0, 1]),
  ["x", 1, 5, 2, 1, 1, 1, 0, 1],
];

test("the truth is the innermost line of the project's own code", () => {
  writeFileSync(path.join(folder, "1-0.jsonl"), LINES.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const lineOf = () => "{% block content %}";
  const { truths, ...counts } = readTruths(folder, lineOf);
  expect(truths).toMatchObject([{ at: { file: "shop/views.py", line: 12 }, calls: 2 }]);
  expect(counts).toEqual({ statements: 7, inTests: 1, outside: 2, inMigrations: 1, inPackages: 1 });
});

const here = { file: "a.py", from: 3, to: 5 };
const there = { file: "b.py", from: 1, to: 9 };

test.each([
  ["right", "unique", [[here]], 4],
  ["wrong", "unique", [[here]], 6],
  ["one of", "one-of", [[there], [there, here]], 5],
  ["one of wrong", "one-of", [[there], [here]], 2],
  ["framework", "framework", [], 4],
  ["unknown", "unknown", [], 4],
])("%s", (verdict, certainty, sites, line) => {
  expect(judge({ certainty, sites }, { file: "a.py", line, name: "f" })).toBe(verdict);
});

test("texts and calls are weighed apart", () => {
  const said = render(
    tally([
      { verdict: "right", calls: 1, width: 1 },
      { verdict: "one of", calls: 2, width: 4 },
      { verdict: "wrong", calls: 7, width: 1 },
    ]),
  );
  expect(said).toContain("joined rightly (one line, or one of those said): 66.7 % of texts, 30.0 % of calls");
  expect(said).toContain("joined wrongly: 33.3 % of texts, 70.0 % of calls");
});

test.each([
  ["[one for one in ", "rows.all()]", 0],
  ["data = {'a': [\n    (one.pk, one) for one in ", "rows.all() if one]}", 13],
  ["for one in ", "rows.all()", 11],
  ["call(\n  for_all in ", "rows)", 19],
  ["(name for one in sorted(", "rows))", 24],
])("a comprehension begins where its bracket opens: %s", (before, after, start) => {
  expect(comprehensionStart(before + after, before.length)).toBe(start);
});
