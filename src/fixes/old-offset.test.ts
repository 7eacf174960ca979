import { expect, test } from "vitest";
import { oldOffset } from "./old-offset.ts";

const edits = [
  { file: "a.py", start: 10, end: 10, expected: "", text: "abc" },
  { file: "a.py", start: 20, end: 40, expected: "[é.x for é in Row.all]", text: "list(Row.all.values)" },
];

test.each([
  ["before all edits", 5, 5],
  ["inside an insertion", 11, 10],
  ["between edits", 15, 12],
  ["words that stood elsewhere", 23 + 5, 20 + Buffer.byteLength("[é.x for é in ")],
  ["words that are new", 23, 20],
  ["a part of a name", 23 + 9, 20 + Buffer.byteLength("[é.x for é in Row.")],
  ["after all edits", 43, 40],
])("%s", (_name, offset, old) => {
  expect(
    oldOffset(
      edits.map((edit) => ({ ...edit })),
      offset,
    ),
  ).toBe(old);
});

test("a call that a wrapped chain has on the next line", () => {
  const expected = 'Row.objects.filter(a=1).order_by("b")';
  const text = '(\n    Row.objects.filter(a=1)\n    .order_by("b")\n    .select_related("c")\n)';
  // A call in a chain begins where what it is called on ends.
  expect(oldOffset([{ file: "a.py", start: 0, end: expected.length, expected, text }], text.indexOf("\n    .order_by"))).toBe(expected.indexOf(".order_by"));
});
