import { expect, test } from "vitest";
import { renumberDependencies, renumberDistinct, renumberValues } from "./extended-bytes.ts";

const bytes = (...parts: readonly (readonly [number, 2 | 4 | 8])[]): Buffer =>
  Buffer.concat(
    parts.map(([value, length]) => {
      const part = Buffer.alloc(length);
      if (length === 8) part.writeDoubleLE(value);
      else if (length === 4) part.writeInt32LE(value);
      else part.writeInt16LE(value);
      return part;
    }),
  );

const header = [
  [0, 4],
  [1, 4],
  [2, 4],
] as const;
const columns = new Map([
  [2, 1],
  [5, 3],
]);

test("gives columns their numbers here, and leaves expressions alone", () => {
  const distinct = (one: number, other: number): Buffer => bytes(...header, [12.5, 8], [2, 4], [one, 2], [other, 2], [7, 8], [2, 4], [-1, 2], [one, 2]);
  expect(renumberDistinct(distinct(2, 5), columns)).toEqual(distinct(1, 3));
  const dependencies = (one: number, other: number): Buffer =>
    bytes(...header, [0.9, 8], [2, 2], [one, 2], [other, 2], [0.1, 8], [3, 2], [other, 2], [one, 2], [9, 2]);
  expect(renumberDependencies(dependencies(5, 2), columns)).toEqual(dependencies(3, 1));
});

test("gives types and labels of enums their oids here", () => {
  const list = (type: number, first: number, second: number): Buffer =>
    bytes(
      [0, 4],
      [1, 4],
      [1, 4],
      [2, 2],
      [type, 4],
      [23, 4],
      [2, 4],
      [8, 4],
      [8, 4],
      [4, 4],
      [1, 4],
      [1, 4],
      [4, 4],
      [8, 4],
      [4, 4],
      [1, 4],
      [first, 4],
      [second, 4],
      [500, 4],
      [0, 4],
    );
  const numbers = {
    types: new Map([[16_400, 20_000]]),
    labels: new Map([
      [500, 900],
      [501, 901],
    ]),
    enums: new Set([16_400]),
  };
  // The integer 500 of the other column is no label.
  expect(renumberValues(list(16_400, 500, 501), numbers)).toEqual(list(20_000, 900, 901));
});
