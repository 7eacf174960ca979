import { expect, test } from "vitest";
import { estimateBtree, type BtreeInput } from "./btree-size.ts";

const key = { width: 8, nullFraction: 0, distinct: -1, alignment: 8, type: "int8" };
const plain: BtreeInput = {
  entries: 1_000_000,
  keys: [key],
  includedWidth: 0,
  hasIncluded: false,
  isUnique: false,
  fillfactor: 90,
  deduplicates: true,
  blockSize: 8192,
};
const pages = (input: Partial<BtreeInput>): number => estimateBtree({ ...plain, ...input }).bytes / 8192;

/** `CREATE INDEX` on a million bigints gives 2,745 pages (PostgreSQL 15). */
test("a million different bigints are within 2 % of a real index", () => {
  expect(pages({}) / 2745).toBeGreaterThan(0.98);
  expect(pages({}) / 2745).toBeLessThan(1.02);
});

test("equal keys share entries, unless they may not", () => {
  const few = [{ ...key, distinct: 4 }];
  expect(pages({ keys: few })).toBeLessThan(pages({}) / 2.5);
  expect(pages({ keys: few, deduplicates: false })).toBe(pages({}));
  expect(pages({ keys: few, isUnique: true })).toBe(pages({}));
  expect(pages({ keys: few, hasIncluded: true })).toBe(pages({}));
  expect(pages({ keys: [{ ...key, distinct: 4, type: "numeric" }] })).toBe(pages({}));
});

test("a lower fill factor takes more pages, an empty index a metapage and a root", () => {
  expect(pages({ fillfactor: 45 }) / pages({})).toBeCloseTo(2, 1);
  expect(pages({ entries: 0 })).toBe(2);
});

test("no statistics of distinct values count as all different", () => {
  expect(pages({ keys: [{ ...key, distinct: 0 }] })).toBe(pages({}));
});
