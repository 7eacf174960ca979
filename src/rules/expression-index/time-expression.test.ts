import { expect, test } from "vitest";
import { partOf, zoneOf } from "./time-expression.ts";

const statement = (sql: string, ...samples: string[][]): { readonly sql: string; readonly samples: readonly (readonly string[])[] } => ({ sql, samples });

test("the zone is known where it is written, or where all calls had one", () => {
  expect(zoneOf([statement(`SELECT 1 FROM p WHERE ("p"."seen" AT TIME ZONE 'Europe/Oslo')::date = '2026-01-01'`)], "seen")).toBe("Europe/Oslo");
  expect(zoneOf([statement("SELECT 1 FROM p WHERE (seen AT TIME ZONE $1)::date = $2", ["UTC", "2026-01-01"], ["UTC", "2026-02-01"])], "seen")).toBe("UTC");
});

test("several zones, or none that is known, are no zone", () => {
  expect(zoneOf([statement("SELECT 1 FROM p WHERE (seen AT TIME ZONE $1)::date = $2", ["UTC", "x"], ["CET", "x"])], "seen")).toBeNull();
  expect(zoneOf([statement("SELECT 1 FROM p WHERE (seen AT TIME ZONE $1)::date = $2")], "seen")).toBeNull();
  expect(zoneOf([statement("SELECT 1 FROM p WHERE seen::date = '2026-01-01'")], "seen")).toBeNull();
  expect(zoneOf([statement("SELECT 1 FROM p WHERE (foreseen AT TIME ZONE 'UTC')::date = '2026-01-01'")], "seen")).toBeNull();
});

test("one part is asked for, or none is taken", () => {
  expect(partOf([statement("SELECT 1 FROM p WHERE EXTRACT(MONTH FROM born) = 3"), statement("SELECT 1 FROM p WHERE EXTRACT('month' FROM born) = $1")])).toBe(
    "month",
  );
  expect(partOf([statement("SELECT 1 FROM p WHERE EXTRACT(MONTH FROM born) = 3 AND EXTRACT(DAY FROM born) = 4")])).toBeNull();
});
