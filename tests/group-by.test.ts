import { expect, it } from "vitest";
import { distinctBy } from "../src/model/group-by.ts";

it("keeps the first row of each key, in the rows' order", () => {
  const rows = [
    { name: "b", at: 1 },
    { name: "a", at: 2 },
    { name: "b", at: 3 },
  ];
  expect(distinctBy(rows, (row) => row.name)).toEqual([
    { name: "b", at: 1 },
    { name: "a", at: 2 },
  ]);
});
