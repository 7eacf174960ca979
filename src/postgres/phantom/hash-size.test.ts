import { expect, test } from "vitest";
import type { GroupClass } from "./group-sizes.ts";
import { hashPages } from "./hash-size.ts";

const alike = (groups: number, rows: number): GroupClass => ({ groups, rows: rows / groups, isExact: false, nulls: 0 });

/** Within so much of what PostgreSQL 15 built on TPC-H, fillfactor 100. */
function expectNear(rows: number, distinct: number, built: number, share: number): void {
  const pages = hashPages({
    rows,
    fillfactor: 100,
    groups: distinct === rows ? [{ groups: rows, rows: 1, isExact: true, nulls: 0 }] : [alike(distinct, rows)],
  });
  expect(Math.abs(pages / built - 1)).toBeLessThan(share);
}

test("buckets for keys of one row each", () => expectNear(1_500_000, 1_500_000, 34_045_952 / 8192, 0.01));

test("keys of several rows crowd into some buckets", () => {
  expectNear(1_500_000, 99_996, 43_393_024 / 8192, 0.05);
  expectNear(6_001_215, 200_000, 179_052_544 / 8192, 0.05);
  expectNear(6_001_215, 10_000, 223_207_424 / 8192, 0.05);
  expectNear(800_000, 10_000, 23_183_360 / 8192, 0.05);
});

test("a small one has two buckets, a map and the page of its own facts", () => expect(hashPages({ rows: 10, groups: [alike(10, 10)] })).toBe(4));
