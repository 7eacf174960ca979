import { expect, test } from "vitest";
import type { StatisticSlot } from "../../model/index.ts";
import { adjustDrawn, widened, type SourceColumn } from "./expression-statistics.ts";

const created: SourceColumn = {
  number: 1,
  name: "created",
  type: "timestamp with time zone",
  baseType: "timestamp with time zone",
  typeName: "timestamptz",
  nullFraction: 0,
  distinct: -1,
  common: null,
  frequencies: null,
  histogram: "{}",
  correlation: 1,
  rows: 1_000_000,
  sampled: 30_000,
};
const figures = { nullFraction: "0", width: 4, distinct: "-0.2185", slots: [] };
const drawn = { figures, typeName: "date", columnDistinct: 10_000, distinct: 2185, single: 10, hundredths: null };

test("two thousand days among ten thousand drawn rows are two thousand days of any number of rows, not a share of them", () => {
  expect(Number(adjustDrawn(drawn, [created]).distinct)).toBe(2187);
});

test("an expression that gives each value another one has as many values as the column", () => {
  expect(adjustDrawn({ ...drawn, distinct: 9990, single: 9980 }, [created]).distinct).toBe("-1");
});

test("of a hundred documents in which one score comes three times, that one is common and the others are a histogram", () => {
  const profile: SourceColumn = { ...created, name: "profile", type: "jsonb", baseType: "jsonb", typeName: "jsonb", correlation: 0 };
  const slot: Omit<StatisticSlot, "kind"> = { operator: 97, collation: 0, numbers: null, values: null };
  const scores = Array.from({ length: 97 }, (_, index) => index * 10);
  const slots = [
    { ...slot, kind: 1, numbers: "{0.03,0.01}", values: "{500,10}" },
    { ...slot, kind: 3, numbers: "{0.1}" },
  ];
  const hundredths = `{${[...scores, 500, 500, 500].toSorted((a, b) => a - b).join(",")}}`;
  const adjusted = adjustDrawn({ ...drawn, figures: { ...figures, slots }, typeName: "int4", hundredths }, [profile]);
  expect(adjusted.slots.map(({ kind, values }) => [kind, values?.split(",").length ?? 0])).toEqual([
    [1, 1],
    [2, 96],
    [3, 0],
  ]);
  expect(adjusted.slots[0]?.values).toBe("{500}");
  expect(adjusted.slots[1]?.values).not.toMatch(/\b500\b/);
});

test("a hundred known values are not the ends: twice a step lies beyond each", () => {
  expect(widened(["0", "10", "20", "30"], "int4")).toBe("{-20,10,20,50}");
  expect(widened(["a", "b", "c"], "text")).toBe("{a,b,c}");
});
