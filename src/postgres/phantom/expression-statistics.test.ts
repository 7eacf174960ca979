import { expect, test } from "vitest";
import { adjustDrawn, type SourceColumn } from "./expression-statistics.ts";

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
};
const figures = { nullFraction: "0", width: 4, distinct: "-0.2185", slots: [] };
const drawn = { figures, typeName: "date", columnDistinct: 10_000, distinct: 2185, single: 10, hundredths: null };

test("two thousand days among ten thousand drawn rows are two thousand days of any number of rows, not a share of them", () => {
  expect(Number(adjustDrawn(drawn, [created]).distinct)).toBe(2187);
});

test("an expression that gives each value another one has as many values as the column", () => {
  expect(adjustDrawn({ ...drawn, distinct: 9990, single: 9980 }, [created]).distinct).toBe("-1");
});
