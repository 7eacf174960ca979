import { expect, test } from "vitest";
import type { Work } from "./input.ts";
import { indexMaps } from "./index-maps.ts";

const table = { oid: 7, schema: "public", name: "book", columns: [{ name: "id" }, { name: "price" }] };
const primary = {
  schema: "public",
  name: "book_pkey",
  keys: [{ column: "id", expression: null }],
  include: [],
  bytes: 8192,
  primary: true,
  unique: true,
  constraint: null,
};
const shape = {
  base: { schema: null, name: "book", position: 0 },
  joins: [],
  predicates: [],
  orderBy: [{ what: { kind: "column", table: 0, name: "price" } }],
};
const added = { table, name: "book_price_idx", spec: { keys: [{ column: "price" }] }, bytes: 16_384, isGuess: false, serves: ["1", "2"] };

function workWith(study: object | undefined): Work {
  const database = {
    tables: [table],
    catalog: { database: { name: "shop" } },
    snapshot: { takenAt: "2026-11-29T10:00:00Z" },
    study,
    statementsOn: () => [{ id: "1", sql: "", share: 0.5, shape: { ...shape, kind: "select", projection: [], distinct: "no", groupBy: [] } }],
    indexesOf: () => [primary],
    indexCounters: () => null,
  };
  return { evidence: { database }, report: { findings: [], coverage: { unknown: [] } }, timed: [], sentFrom: () => [] } as unknown as Work;
}

test("an index that the search has chosen stands in the map of its table", () => {
  const [plot] = indexMaps(workWith({ added: [added] }));
  expect(plot).toMatchObject({
    answer: "1 kind of statements looks into `book`; of 1 index none has to go; 1 to add.",
    indexes: [
      { name: "book_pkey", verdict: "keep" },
      { name: "book_price_idx", verdict: "add", why: "2 statements would use it" },
    ],
  });
});

test("without a search there is none to add", () => {
  const [plot] = indexMaps(workWith(undefined));
  expect(plot).toMatchObject({ answer: "1 kind of statements looks into `book`; of 1 index none has to go.", indexes: [{ name: "book_pkey" }] });
});
