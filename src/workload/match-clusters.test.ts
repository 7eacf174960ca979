import { expect, test } from "vitest";
import type { Finding } from "../model/finding.ts";
import type { Frame, LoopCluster, RowCluster } from "../model/recording.ts";
import { findingsOfLoop, findingsOfRows } from "./match-clusters.ts";
import type { RelationTargetOf } from "./relation-tables.ts";
import { SourceLines } from "./source-lines.ts";

const lines = new SourceLines(() => null);
const frame = (line: number): Frame => ({ file: "shop/helpers.py", line, name: "total", kind: "python", owner: "project" });

function finding(id: string, relation: string, line: number, model = "shop.Line"): Finding {
  const place = { role: "access" as const, file: "shop/helpers.py", line, column: 1, endLine: line, endColumn: 9 };
  return {
    id,
    rule: "n-plus-one",
    chapter: "2.4",
    severity: "warning",
    confidence: "certain",
    claim: id,
    message: id,
    reason: "",
    remedy: "",
    doubt: "",
    model,
    relation,
    places: [place],
    evidence: [{ kind: "inferred" }],
    impact: {},
    fixes: [],
  } as unknown as Finding;
}

const loop = (sql: string, line: number): LoopCluster => ({ sql, stack: [frame(line)], cause: null, occurrences: [] });
const ids = (found: readonly Finding[]): readonly string[] => found.map(({ id }) => id);

const targets: Readonly<Record<string, ReturnType<RelationTargetOf>>> = {
  unit: { table: "shop_unit", isByKey: true },
  notes: { table: "shop_note", isByKey: false },
};
const targetOf: RelationTargetOf = (_model, relation) => targets[relation] ?? null;

test("a loop's statement is a relation's only where it loads that relation's rows", () => {
  const findings = [finding("unit", "unit", 7), finding("notes", "notes", 7)];
  const found = (sql: string): readonly string[] => ids(findingsOfLoop(loop(sql, 7), findings, lines, targetOf));
  expect(found('SELECT "shop_unit"."id" FROM "shop_unit" WHERE "shop_unit"."id" = %s LIMIT 21')).toEqual(["unit"]);
  expect(
    found(
      'SELECT "shop_unit"."id" FROM "shop_unit" INNER JOIN "shop_book" ON ("shop_unit"."book_id" = "shop_book"."id") WHERE "shop_unit"."book_id" IN (%s, %s)',
    ),
  ).toEqual([]);
  expect(found('SELECT COUNT(*) FROM "shop_note" WHERE ("shop_note"."line_id" = %s AND "shop_note"."is_open")')).toEqual(["notes"]);
});

test("a helper's line that serves several models says nothing of a relation that no model knows", () => {
  const [one, other] = [finding("videos", "history", 7, "shop.Video"), finding("images", "history", 7, "shop.Image")];
  const cluster = loop('SELECT "shop_historicalnote"."id" FROM "shop_historicalnote" WHERE "shop_historicalnote"."id" = %s', 7);
  expect(ids(findingsOfLoop(cluster, [one, other], lines, targetOf))).toEqual([]);
  expect(ids(findingsOfLoop(cluster, [one], lines, targetOf))).toEqual(["videos"]);
});

test("of two querysets that one serializer serves, the one that the stack went through has the loop", () => {
  const from = (id: string, line: number): Finding => {
    const one = finding(id, "notes", 7);
    return { ...one, places: [{ role: "queryset", file: "shop/views.py", line, column: 1, endLine: line, endColumn: 9 }, ...one.places] };
  };
  const cluster = {
    ...loop('SELECT "shop_note"."id" FROM "shop_note" WHERE "shop_note"."line_id" = %s', 7),
    stack: [frame(7), { ...frame(20), file: "shop/views.py" }],
  };
  expect(ids(findingsOfLoop(cluster, [from("list", 20), from("task", 90)], lines, targetOf))).toEqual(["list"]);
  expect(ids(findingsOfLoop(cluster, [from("one", 80), from("task", 90)], lines, targetOf))).toEqual(["one", "task"]);
});

test("what lies on the way of a finding's path is that finding's, unless another one says it exactly", () => {
  const cluster = {
    cause: "forward",
    model: "shop.Order",
    path: "lines__book",
    field: "book",
    fetch: [frame(2)],
    access: [frame(7)],
    sql: "",
    occurrences: [],
  } as unknown as RowCluster;
  const through = finding("authors", "book__authors", 7);
  expect(ids(findingsOfRows(cluster, [through], lines, []))).toEqual(["authors"]);
  expect(ids(findingsOfRows(cluster, [through, finding("book", "book", 7)], lines, []))).toEqual(["book"]);
});

test("a command's own queryset is not what a request asked, though both call one helper", () => {
  const cluster = {
    cause: "forward",
    model: "shop.Line",
    path: "unit",
    field: "unit",
    fetch: [{ ...frame(3), file: "shop/views.py" }],
    access: [frame(7)],
    sql: "",
    occurrences: [],
  } as unknown as RowCluster;
  const place = { role: "queryset" as const, file: "shop/management/commands/refill.py", line: 9, column: 1, endLine: 9, endColumn: 9 };
  const ofCommand: Finding = { ...finding("command", "unit", 7), places: [place, ...finding("command", "unit", 7).places] };
  expect(ids(findingsOfRows(cluster, [ofCommand], lines, []))).toEqual([]);
  expect(ids(findingsOfRows({ ...cluster, fetch: [{ ...frame(9), file: place.file }] }, [ofCommand], lines, []))).toEqual(["command"]);
});

test("a prefetch that is asked again is the fault of the queryset that the request went through", () => {
  const again = (id: string, relation: string, line: number): Finding => {
    const one = { ...finding(id, relation, 7), rule: "defeated-prefetch" };
    return { ...one, places: [{ role: "queryset", file: "shop/views.py", line, column: 1, endLine: line, endColumn: 9 }, ...one.places] };
  };
  const cluster = {
    ...loop('SELECT "shop_note"."id" FROM "shop_note" WHERE "shop_note"."line_id" = %s', 7),
    stack: [frame(7), { ...frame(20), file: "shop/views.py" }],
  };
  expect(
    ids(
      findingsOfLoop(
        cluster,
        [again("list", "lines__notes", 20), again("page", "notes", 90)],
        lines,
        (_model, path) => targets[path.split("__").at(-1) ?? ""] ?? null,
      ),
    ),
  ).toEqual(["list"]);
});
