import { expect, test } from "vitest";
import type { Place } from "../model/finding.ts";
import { distinctPlaces } from "./distinct-places.ts";

const place = (line: number, column: number, label = "sends it"): Place => ({
  role: "queryset",
  file: "shop/views.py",
  line,
  column,
  endLine: line,
  endColumn: column + 4,
  label,
});

test("a line is named once for each thing that is said of it, the first time it comes", () => {
  const places = [place(3, 1), place(9, 1), place(3, 20), place(3, 1, "declared here")];
  expect(distinctPlaces(places)).toEqual([place(3, 1), place(9, 1), place(3, 1, "declared here")]);
});

test("a line of which something is said is not named once more without", () => {
  const { label: _label, ...bare } = place(3, 20);
  expect(distinctPlaces([bare, place(3, 1), bare])).toEqual([place(3, 1)]);
});
