import { expect, test } from "vitest";
import { entriesAPage, fillLeaves, type Entry } from "./leaf-pages.ts";

const repeated = (entry: Entry, times: number): Entry[] => Array.from({ length: times }, () => entry);
const KEY: Entry = { bytes: 16, list: 0 };
/** 132 rows of a key of 8 bytes. */
const FULL_LIST: Entry = { bytes: 808, list: 792 };

test("a page keeps what fits but for the last entry, which begins the next one", () => {
  // pgbench_accounts_pkey: 366 entries a page at 90 per cent, and so 274 leaves for 100,000 rows.
  expect(entriesAPage(KEY, 90)).toBe(366);
  expect(fillLeaves(repeated(KEY, 100_000), 90).full).toBe(273);
  expect(entriesAPage(KEY, 100)).toBe(406);
});

test("of a page that is filled whole, a tenth is lost to lists of a tenth of a page", () => {
  // 6,001,215 rows of 2,526 days, WITH (fillfactor = 100): 5,212 pages as built by PostgreSQL 15, where ten lists a page would be 4,546.
  expect(entriesAPage(FULL_LIST, 100)).toBe(9);
  expect(entriesAPage(FULL_LIST, 90)).toBe(9);
});

test("a list does not count to what is left free, since a high key has none", () => {
  const list: Entry = { bytes: 320, list: 304 };
  expect(entriesAPage(list, 90)).toBe(23);
  expect(fillLeaves(repeated(list, 2302), 90).full).toBe(100);
});

test("one page has room for a few, and what is not there has none", () => {
  expect(fillLeaves([], 90)).toEqual({ full: 0, begun: 0 });
  expect(fillLeaves(repeated(KEY, 10), 90).full).toBe(0);
  expect(fillLeaves(repeated({ bytes: 2704, list: 0 }, 4), 90).full).toBe(1);
});
