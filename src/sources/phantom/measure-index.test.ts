import { expect, test } from "vitest";
import * as q from "../../postgres/phantom/phantom-queries.ts";
import type { Ask } from "./connection.ts";
import { measureIndex, type MadeIndex, type MeasureContext } from "./measure-index.ts";

const row = {
  number: 2,
  null_fraction: 0,
  width: 4,
  distinct: 100,
  frequencies: null,
  bounds: null,
  common_lengths: null,
  histogram_lengths: null,
  correlation: 0,
};

/** A phantom that counts what it is asked. */
function phantom(): MeasureContext & { readonly asked: string[] } {
  const asked: string[] = [];
  const ask = ((sql: string) => {
    asked.push(sql);
    return Promise.resolve(sql === q.COLUMN_STATISTICS ? [row] : [{ "QUERY PLAN": [{ Plan: { "Plan Rows": 5000 } }] }]);
  }) as Ask;
  return { asked, ask, liveRows: new Map(), memory: { rows: new Map(), statistics: new Map(), facts: new Map() } };
}

function index(method: string, hasEqualImages: boolean): MadeIndex {
  const column = {
    position: 1,
    column: 2,
    length: 4,
    alignment: 4,
    type_name: "int4",
    collation: 0,
    class: "int4_ops",
    equal_images: hasEqualImages,
    definition: "buyer",
  };
  return {
    oid: 9,
    table: 7,
    method,
    unique: false,
    keys: 1,
    table_name: "sale",
    predicate: null,
    options: {},
    table_pages: 40,
    known_together: false,
    columns: [column],
  };
}

test("a column's statistics and a table's rows are asked once, however many indexes are tried", async () => {
  const context = phantom();
  for (let tried = 0; tried < 5; tried += 1) expect((await measureIndex(context, index("btree", true))).rows).toBe(5000);
  expect(context.asked).toHaveLength(2);
});

test("what a hash index makes of a column is not what a B-tree makes of it, though their classes have one name", async () => {
  const context = phantom();
  expect((await measureIndex(context, index("hash", false))).columns[0]?.hasEqualImages).toBe(false);
  expect((await measureIndex(context, index("btree", true))).columns[0]?.hasEqualImages).toBe(true);
});
