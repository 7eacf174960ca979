import { expect, test } from "vitest";
import type { Table } from "../../model/index.ts";
import { leastBytes } from "./least-bytes.ts";

const column = (name: string, averageWidth: number, nullFraction: number): unknown => ({ name, statistics: { averageWidth, nullFraction } });
const TABLE = { reltuples: 1000, columns: [column("a", 4, 0), column("b", 20, 0.5), { name: "c", statistics: null }] } as unknown as Table;
const key = { kind: "column", column: "a" } as const;

test("an entry for each row, with what of its columns is not null", () => {
  expect(leastBytes({ table: TABLE, spec: { keys: [key], include: ["b"] } })).toBe(1000 * (12 + 4 + 10));
  expect(leastBytes({ table: TABLE, spec: { keys: [key], include: ["c"] } })).toBe(1000 * (12 + 4));
});

test("nothing is known where equal keys share an entry, rows are left out, or nobody counted them", () => {
  expect(leastBytes({ table: TABLE, spec: { keys: [key] } })).toBe(0);
  expect(leastBytes({ table: TABLE, spec: { keys: [key], include: ["b"], condition: [{ column: "b", operator: "is null" }] } })).toBe(0);
  expect(leastBytes({ table: { ...TABLE, reltuples: -1 }, spec: { keys: [key], include: ["b"] } })).toBe(0);
});
