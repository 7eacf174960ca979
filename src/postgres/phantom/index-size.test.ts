import fc from "fast-check";
import { expect, test } from "vitest";
import { groupSizes } from "./group-sizes.ts";
import { estimateHeight, estimateIndexSize, type IndexColumnFacts, type IndexFacts } from "./index-size.ts";

const integer: IndexColumnFacts = {
  length: 4,
  alignment: 4,
  nullFraction: 0,
  width: 4,
  widths: [],
  distinct: 100_000,
  frequencies: [],
  bounds: [],
  hasEqualImages: true,
  typeName: "int4",
  operatorClass: "int4_ops",
};
const index: IndexFacts = {
  method: "btree",
  unique: true,
  tableRows: 100_000,
  rows: 100_000,
  tablePages: 1640,
  columns: [integer],
  keys: 1,
  options: {},
  mostGroups: null,
};

test("knows the primary key of pgbench's accounts to the page", () => {
  // pgbench_accounts_pkey at scale 1: 2208 kB, of which one page is the root and one the metapage.
  expect(estimateIndexSize(index)).toEqual({ pages: 276, bytes: 276 * 8192, rows: 100_000, height: 1, basis: "model" });
});

test("stores equal keys once, with a list of rows", () => {
  const few = { ...index, unique: false, columns: [{ ...integer, distinct: 10, frequencies: Array.from({ length: 10 }, () => 0.1) }] };
  const { pages } = estimateIndexSize(few);
  // 132 rows a list of 812 bytes, 9 lists a page: 85 leaves, a root and the metapage. As built by PostgreSQL 15: 87.
  expect(pages).toBe(87);
  expect(estimateIndexSize({ ...few, options: { deduplicate_items: "off" } }).pages).toBe(276);
  expect(estimateIndexSize({ ...few, columns: [{ ...few.columns[0], ...integer, distinct: 10, hasEqualImages: false }] }).pages).toBe(276);
});

test("a condition leaves the rows that it holds for", () => {
  expect(estimateIndexSize({ ...index, unique: false, rows: 1000 }).pages).toBe(5);
  expect(estimateIndexSize({ ...index, rows: 0 }).pages).toBe(1);
});

test("calls all but a B-tree or a hash table with statistics a guess", () => {
  for (const method of ["btree", "hash"]) expect(estimateIndexSize({ ...index, method, columns: [{ ...integer, distinct: null }] }).basis).toBe("guess");
  expect(estimateIndexSize({ ...index, method: "hash", unique: false }).basis).toBe("model");
  for (const method of ["gin", "gist", "brin", "spgist"]) expect(estimateIndexSize({ ...index, method }).basis).toBe("guess");
});

test("a wider key makes a larger index, and none without pages", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 3_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (width, rows, share) => {
      const text = { ...integer, length: -1, alignment: 4, width, distinct: Math.max(1, rows * share) };
      const size = (wider: number): number =>
        estimateIndexSize({ ...index, unique: false, tableRows: Math.max(1, rows), rows, columns: [{ ...text, width: width + wider }] }).pages;
      expect(size(0)).toBeGreaterThanOrEqual(1);
      expect(size(64)).toBeGreaterThanOrEqual(size(0));
    }),
    { numRuns: 60 },
  );
});

test("groups over several columns hold all rows", () => {
  const values = [
    { values: 1, share: 0.5, isExact: true },
    { values: 50, share: 0.01, isExact: false },
  ];
  const groups = groupSizes({ tableRows: 10_000, rows: 10_000, columns: [values, values, values], mostGroups: null });
  expect(groups.reduce((sum, one) => sum + one.groups * one.rows, 0)).toBeCloseTo(10_000, -1);
  const known = groupSizes({ tableRows: 10_000, rows: 10_000, columns: [values, values], mostGroups: 7 });
  expect(known.reduce((sum, one) => sum + one.groups, 0)).toBeCloseTo(7);
});

test("heights follow from pages", () => {
  expect([2, 276, 300, 100_000].map((pages) => estimateHeight(pages, 8))).toEqual([0, 1, 2, 3]);
});

test("values that lie side by side are more than ANALYZE counted, and numbers with gaps are not all taken", () => {
  // lineitem (l_orderkey, l_shipmode) at scale 1: 1.5 million orders, every fourth number, of which ANALYZE counted 390,725. 18,445 pages as built.
  const order = { ...integer, distinct: 390_725, correlation: 1, bounds: Array.from({ length: 101 }, (_, place) => place * 60_000) };
  const mode = {
    ...integer,
    length: -1,
    alignment: 4,
    width: 11,
    widths: [{ bytes: 11, share: 1 }],
    distinct: 7,
    frequencies: Array.from({ length: 7 }, () => 1 / 7),
    typeName: "bpchar",
  };
  const both: IndexFacts = {
    ...index,
    unique: false,
    tableRows: 6_001_215,
    rows: 6_001_215,
    tablePages: 112_503,
    columns: [order, mode],
    keys: 2,
    options: { fillfactor: "100" },
  };
  expect(Math.abs(estimateIndexSize(both).pages / 18_445 - 1)).toBeLessThan(0.01);
});

test("null is one key among the others, however many rows have none", () => {
  const half = { ...integer, nullFraction: 0.5, distinct: 45_000 };
  const whole = { ...integer, distinct: 45_000 };
  const [without, all] = [half, whole].map((column) => estimateIndexSize({ ...index, unique: false, columns: [column] }).pages) as [number, number];
  // 50,000 rows in lists take 43 pages; those of the other half are nearly as many entries as keys.
  expect(without).toBeLessThan(all);
  expect(without - 43).toBeGreaterThan(100);
});

test("values that come once are counted as such beside a common one, which makes ANALYZE count fewer", () => {
  // 200,000 rows: a fifth null, 15,384 of one value, 147,553 of others, each once; ANALYZE wrote -0.484. As built by PostgreSQL 16: 452 pages.
  const seen: IndexColumnFacts = { ...integer, length: 8, alignment: 8, width: 8, nullFraction: 0.185, distinct: 0.483_945 * 200_000, frequencies: [0.075_83] };
  const { pages } = estimateIndexSize({ ...index, unique: false, tableRows: 200_000, rows: 200_000, tablePages: 8000, columns: [seen] });
  expect(Math.abs(pages / 452 - 1)).toBeLessThan(0.01);
  // Where the others come again too, what ANALYZE counted stays.
  const again = { ...seen, nullFraction: 0, distinct: 1000, frequencies: [0.1] };
  const few = estimateIndexSize({ ...index, unique: false, tableRows: 200_000, rows: 200_000, tablePages: 8000, columns: [again] });
  expect(few.pages).toBeLessThan(200);
});
