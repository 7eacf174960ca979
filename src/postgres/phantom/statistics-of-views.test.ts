import { expect, test } from "vitest";
import type { ColumnStatistics, StatisticRow } from "../../model/index.ts";
import { statisticsOfViews, withShownValues } from "./statistics-of-views.ts";

const shown: ColumnStatistics = {
  nullFraction: 0.25,
  averageWidth: 5,
  distinct: -1,
  commonValues: ["a", 'b "c"', "d\\e,f"],
  commonFrequencies: [0.5, 0.2, 0.1],
  histogram: ["g", "h"],
  histogramBounds: 2,
  correlation: 0.5,
  commonElements: null,
  elementFrequencies: null,
  inherited: false,
};
const values = String.raw`{"a","b \"c\"","d\\e,f"}`;

test("puts back the values that the catalog shows", () => {
  const slot = { operator: 98, collation: 100, numbers: null };
  const row: StatisticRow = {
    relation: 1,
    attribute: 2,
    inherited: false,
    figures: {
      nullFraction: "0.25",
      width: 5,
      distinct: "-1",
      slots: [
        { ...slot, kind: 1, values: null, shown: true },
        { ...slot, kind: 2, values: "{own}" },
        { ...slot, kind: 3, values: null },
      ],
    },
  };
  expect(withShownValues(row, shown).figures.slots.map((one) => one.values)).toEqual([values, "{own}", null]);
  expect(withShownValues(row, null)).toEqual(row);
});

test("makes rows of what a view shows, as far as a type can be compared", () => {
  const columns = [
    { number: 3, name: "note", statistics: shown },
    { number: 4, name: "shape", statistics: shown },
    { number: 5, name: "gone", statistics: shown },
  ];
  const catalog = { tables: [{ oid: 7, columns }], indexes: [{ oid: 8, expressionStatistics: { 1: shown } }] } as unknown as Parameters<
    typeof statisticsOfViews
  >[0];
  const text = { equal: 98, less: 664, elementEqual: null, collation: 100 };
  const rows = statisticsOfViews(catalog, (_, column) =>
    column === "gone" ? null : column === "shape" ? { equal: null, less: null, elementEqual: null, collation: 0 } : text,
  );
  expect(rows.map(({ relation, attribute, figures }) => [relation, attribute, figures.slots.map(({ kind, operator }) => [kind, operator])])).toEqual([
    [
      7,
      3,
      [
        [1, 98],
        [2, 664],
        [3, 664],
      ],
    ],
    [7, 4, []],
    [
      8,
      2,
      [
        [1, 98],
        [2, 664],
        [3, 664],
      ],
    ],
  ]);
  expect(rows[0]?.figures.slots[0]).toEqual({ kind: 1, operator: 98, collation: 100, numbers: "{0.5,0.2,0.1}", values });
});
