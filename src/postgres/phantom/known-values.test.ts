import { expect, test } from "vitest";
import type { SourceColumn } from "./expression-statistics.ts";
import { boundPlaces, commonest, commonPlaces, followed, isSparse, knownDistinct, knownFigures, knownRows, type Groups } from "./known-values.ts";

const city: SourceColumn = {
  number: 1,
  name: "city",
  type: "text",
  baseType: "text",
  typeName: "text",
  nullFraction: 0,
  distinct: 1200,
  common: "{Paris,Rome}",
  frequencies: [0.1, 0.05],
  histogram: "{Aix,Bonn,Caen}",
  correlation: 0,
  rows: 200_000,
  sampled: 30_000,
};
const placed: SourceColumn = {
  ...city,
  name: "placed",
  type: "timestamp",
  baseType: "timestamp",
  typeName: "timestamp",
  distinct: -1,
  common: null,
  frequencies: null,
};
const groups: Groups = {
  nulls: 0,
  width: 6.4,
  columns: 5,
  values: "{aix,bonn,caen,paris,rome}",
  shares: [0.28, 0.28, 0.28, 0.1, 0.05],
  counts: [1, 1, 1, 1, 1],
  often: [0, 0, 0, 1, 1],
  correlation: 1,
};
const operators = { equal: 98, less: 664, collation: 100, typeName: "text" };
const alike = (count: number, one: number): number[] => Array.from({ length: count }, () => one);

test("the common values of a column are the common ones of an expression over it, and a bound of its histogram is not", () => {
  expect(commonPlaces(groups, city, 1200)).toEqual([3, 4]);
  const { slots, distinct, width } = knownFigures(groups, city, null, operators);
  expect(slots.slice(0, 2)).toEqual([
    { kind: 1, operator: 98, collation: 100, numbers: "{0.1,0.05}", values: "{paris,rome}" },
    { kind: 2, operator: 664, collation: 100, numbers: null, values: "{aix,bonn,caen}" },
  ]);
  expect([distinct, width]).toEqual(["1200", 6]);
});

test("what several bounds give is common, and the rarest stands last, as the planner reads it", () => {
  const some: Groups = { ...groups, values: "{a,b,c,d}", shares: [0.7, 0.05, 0.1, 0.1], counts: [3, 1, 1, 1], often: [0, 1, 0, 0] };
  expect(knownFigures(some, city, null, operators).slots[0]).toMatchObject({ numbers: "{0.7,0.05}", values: "{a,b}" });
});

test("an expression of few values that each come again has these and no histogram", () => {
  const hours: Groups = {
    ...groups,
    columns: 5001,
    values: `{${alike(24, 1).join(",")}}`,
    shares: alike(24, 1 / 24),
    counts: alike(24, 208),
    often: alike(24, 0),
  };
  expect(commonPlaces(hours, placed, 24)).toHaveLength(24);
  const { slots, distinct } = knownFigures(hours, placed, null, operators);
  expect(distinct).toBe("24");
  expect(slots.map(({ kind }) => kind)).toEqual([1, 3]);
});

test("of four values in a hundred documents the one that came once is as sure as the others", () => {
  const colours: Groups = { ...groups, columns: 101, shares: [0.5, 0.3, 0.19, 0.01], counts: [50, 31, 19, 1], often: alike(4, 0) };
  expect(commonPlaces(colours, city, 4)).toEqual([0, 1, 2, 3]);
  const many: Groups = { ...colours, shares: [0.5, 0.3, 0.1, ...alike(37, 0.1 / 37)], counts: [50, 31, 19, ...alike(37, 1)], often: alike(40, 0) };
  expect(commonPlaces(many, city, 40)).toEqual([0, 1, 2]);
});

test("of a column of few values, each of which is known, every one is kept, be it as rare as the others are together", () => {
  const categories: SourceColumn = { ...placed, common: "{1,2,3}", frequencies: [0.6, 0.39, 0.01], histogram: null, distinct: 3 };
  const each: Groups = { ...groups, columns: 3, values: "{1,2,3}", shares: [0.6, 0.39, 0.01], counts: [1, 1, 1], often: [1, 1, 1] };
  expect(commonPlaces(each, categories, 3)).toEqual([0, 1, 2]);
  expect(knownFigures(each, categories, null, operators).slots.map(({ kind }) => kind)).toEqual([1, 3]);
});

test("of days that all have as many rows none is common; where ANALYZE would see one more often than chance explains, it is", () => {
  const rest = alike(2187, (1 - 8 / 5001) / 2187);
  const days: Groups = {
    ...groups,
    columns: 5001,
    shares: [3 / 5001, 3 / 5001, 2 / 5001, ...rest],
    counts: [3, 3, 2, ...alike(2187, 2)],
    often: alike(2190, 0),
  };
  expect(commonPlaces(days, placed, 2190)).toEqual([]);
  expect(commonPlaces({ ...days, shares: [40 / 5001, 3 / 5001, 2 / 5001, ...rest] }, placed, 2190)).toEqual([0]);
});

test("common values are kept as ANALYZE keeps them, by the rows that it reads: a long list of rounded prices, none of values that are alike", () => {
  // Each of a thousand prices is a little rarer than the one before it.
  const all = Array.from({ length: 900 }, (_, index) => 1 / (index + 3));
  const sum = all.reduce((total, one) => total + one, 0);
  const skewed = all.slice(0, 100).map((one) => one / sum);
  const others = { nulls: 0, distinct: 900, rows: 200_000 };
  expect(commonest(skewed, { ...others, sampled: 30_000 })).toBe(100);
  expect(commonest(skewed, { ...others, sampled: 3000 })).toBeLessThan(100);
  expect(commonest(alike(100, 1 / 900), { ...others, sampled: 30_000 })).toBe(0);
});

test("of a table that ANALYZE reads whole every value that came again is kept", () => {
  expect(commonest([0.01, 0.005, 0.0001], { nulls: 0, distinct: 300, rows: 3000, sampled: 3000 })).toBe(2);
});

test("bounds lie where as many rows are between two of them, a common value aside", () => {
  expect(boundPlaces([0.1, 0.1, 0.6, 0.1, 0.1], new Set([2]))).toEqual([0, 1, 3, 4]);
  const shares = [...alike(100, 0.005), ...alike(50, 0.01)];
  const places = boundPlaces(shares, new Set());
  expect([places.length, places[0], places[50], places.at(-1)]).toEqual([101, 0, 99, 149]);
});

test("where some values that were tried give one of their own, how often chance meets one again tells how many there are", () => {
  const many: Groups = { ...groups, columns: 5001, shares: alike(4800, 1 / 4800), counts: [...alike(4600, 1), ...alike(200, 2)] };
  expect(isSparse(many, placed)).toBe(true);
  expect(knownDistinct(many, placed, { columns: 5000, distinct: 4750, single: 4510 })).toBe(48_469);
  expect(knownDistinct(many, placed, { columns: 5000, distinct: 4990, single: 4980 })).toBe(-1);
  expect(isSparse({ ...many, columns: 4800, counts: alike(4800, 1) }, placed)).toBe(false);
});

test("a column follows its table as far as its common values, whose rows ANALYZE takes in order, do not explain", () => {
  expect(followed({ correlation: 0.3, frequencies: null, nullFraction: 0 })).toBeCloseTo(0.3, 6);
  // Nine rows in ten have one value, and the others lie anywhere.
  expect(followed({ correlation: 0.81, frequencies: [0.9], nullFraction: 0 })).toBeCloseTo(0, 2);
  expect(followed({ correlation: 1, frequencies: [0.9], nullFraction: 0 })).toBeCloseTo(1, 6);
});

test("a share that is a whole number is no whole number to SQL", () => {
  expect(knownRows({ ...city, common: null, frequencies: null })).toContain("1::pg_catalog.float8 / ");
});
