import { expect, test } from "vitest";
import { BLOCK, brinMeta, btreePages, emptyBtreeMeta, ginMeta, readBtreeHeight, readEqualImages, readGinCounters, readLastRevmapPage } from "./pages.ts";

/** As much of a metapage as a snapshot holds. */
const start = (page: Buffer | undefined): Buffer => (page ?? Buffer.alloc(0)).subarray(0, 88);

test("reads the heights and counters that it writes", () => {
  for (const height of [0, 1, 4]) {
    const pages = btreePages(height);
    expect(pages).toHaveLength(height + 2);
    expect(readBtreeHeight(start(pages[0]))).toBe(height);
  }
  expect(readBtreeHeight(start(emptyBtreeMeta()))).toBe(-1);
  expect(readEqualImages(start(emptyBtreeMeta()))).toBe(true);
  const counters = { pendingPages: 2, entryPages: 30, dataPages: 5, entries: 12_345 };
  expect(readGinCounters(start(ginMeta(counters, 38)))).toEqual({ counters, pages: 38 });
  expect(readLastRevmapPage(start(brinMeta(32, 7)))).toBe(7);
});

test("a page that was not written yet tells nothing", () => {
  const zeros = Buffer.alloc(88);
  expect([readEqualImages(zeros), readEqualImages(Buffer.alloc(3))]).toEqual([null, null]);
  expect([readBtreeHeight(zeros), readLastRevmapPage(zeros), readBtreeHeight(Buffer.alloc(3)), readGinCounters(Buffer.alloc(3))]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("every level leads to the one below, down to the leaf of the ends", () => {
  const leaf = Buffer.alloc(BLOCK, 1);
  const [, first, ...inner] = btreePages(2, leaf);
  expect(first?.subarray(0, 100)).toEqual(leaf.subarray(0, 100));
  expect(first?.readUInt16LE(BLOCK - 4)).toBe(1);
  // Block of the downlink: its lower half, in the first item.
  expect(inner.map((page) => page.readUInt16LE(BLOCK - 24 + 2))).toEqual([1, 2]);
});
