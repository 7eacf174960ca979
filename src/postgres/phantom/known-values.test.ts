import { expect, test } from "vitest";
import type { SourceColumn } from "./expression-statistics.ts";
import { commonRanks, knownDistinct, knownFigures, knownRows, type Groups } from "./known-values.ts";

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
  distinct: 5,
  single: 5,
  shares: [0.1, 0.05, 0.28, 0.28, 0.28],
  values: [1, 1, 1, 1, 1],
  often: [true, true, false, false, false],
  correlation: 1,
  hundredths: null,
};
const operators = { equal: 98, less: 664, collation: 100, typeName: "text" };

test("the common values of a column are the common ones of an expression over it, and a bound of its histogram is not", () => {
  const ranks = commonRanks(groups, city);
  expect(ranks).toEqual([1, 2]);
  const lists = { common: "{paris,rome}", hundredths: "{aix,aix,bonn,caen}" };
  const { slots, distinct, width } = knownFigures({ groups, ranks, lists, distinct: knownDistinct(groups, city, null) }, operators, city);
  expect(slots.slice(0, 2)).toEqual([
    { kind: 1, operator: 98, collation: 100, numbers: "{0.1,0.05}", values: "{paris,rome}" },
    { kind: 2, operator: 664, collation: 100, numbers: null, values: "{aix,bonn,caen}" },
  ]);
  expect([distinct, width]).toEqual(["1200", 6]);
});

test("what several bounds give is common, and the rarest stands last, as the planner reads it", () => {
  const some: Groups = { ...groups, distinct: 4, single: 2, shares: [0.05, 0.7, 0.1, 0.1], values: [1, 70, 1, 1], often: [true, false, false, false] };
  expect(commonRanks(some, city)).toEqual([1, 2]);
  expect(knownFigures({ groups: some, ranks: [1, 2], lists: { common: "{b,a}", hundredths: null }, distinct: "4" }, operators, city).slots[0]?.numbers).toBe(
    "{0.7,0.05}",
  );
});

test("an expression of few values that each come again has these and no histogram", () => {
  const hours: Groups = {
    ...groups,
    columns: 5001,
    distinct: 24,
    single: 0,
    shares: Array.from({ length: 24 }, () => 1 / 24),
    values: Array.from({ length: 24 }, () => 208),
    often: Array.from({ length: 24 }, () => false),
  };
  const ranks = commonRanks(hours, placed);
  expect(ranks).toHaveLength(24);
  expect(knownDistinct(hours, placed, null)).toBe("24");
  expect(
    knownFigures({ groups: hours, ranks, lists: { common: "{}", hundredths: "{1,2}" }, distinct: "24" }, operators, placed).slots.map(({ kind }) => kind),
  ).toEqual([1, 3]);
});

test("of four values in a hundred documents the one that came once is as sure as the others", () => {
  const colours: Groups = {
    ...groups,
    columns: 101,
    distinct: 4,
    single: 1,
    shares: [0.5, 0.3, 0.19, 0.01],
    values: [50, 31, 19, 1],
    often: [false, false, false, false],
  };
  expect(commonRanks(colours, city)).toEqual([1, 2, 3, 4]);
  expect(commonRanks({ ...colours, distinct: 40, single: 37 }, city)).toEqual([1, 2, 3]);
});

test("of days that all have as many rows none is common by chance", () => {
  const days: Groups = {
    ...groups,
    columns: 5001,
    distinct: 2190,
    single: 90,
    shares: [3 / 5001, 3 / 5001, 2 / 5001],
    values: [3, 3, 2],
    often: [false, false, false],
  };
  expect(commonRanks(days, placed)).toEqual([]);
  expect(commonRanks({ ...days, shares: [40 / 5001, 3 / 5001, 2 / 5001] }, placed)).toEqual([1]);
});

test("where most values that were tried give one of their own, how often chance meets one again tells how many there are", () => {
  const many: Groups = { ...groups, columns: 5001, distinct: 4800, single: 4600 };
  expect(Number(knownDistinct(many, placed, { columns: 5000, distinct: 4750, single: 4510 }))).toBe(48_469);
  expect(knownDistinct(many, placed, { columns: 5000, distinct: 4990, single: 4980 })).toBe("-1");
});

test("one value for all that is null, and rows of it lie as they came", () => {
  const coupons: Groups = { ...groups, columns: 3, distinct: 3, shares: [0.96, 0.02, 0.02] };
  const { slots } = knownFigures({ groups: coupons, ranks: [1], lists: { common: '{""}', hundredths: null }, distinct: "500" }, operators, city);
  expect(Number(slots.at(-1)?.numbers?.slice(1, -1))).toBeCloseTo(0.9224, 4);
});

test("a share that is a whole number is no whole number to SQL", () => {
  expect(knownRows({ ...city, common: null, frequencies: null })).toContain("1::pg_catalog.float8 / ");
});
