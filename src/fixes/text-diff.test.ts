import fc from "fast-check";
import { expect, test } from "vitest";
import { applyEdits } from "./apply.ts";
import { editsBetween } from "./text-diff.ts";

test("two changes far apart are two edits", () => {
  const before = "import a\n\nclass A:\n    x = 1\n\n    class Meta:\n        ordering = []\n";
  const after = "import a\nimport b\n\nclass A:\n    x = 1\n\n    class Meta:\n        ordering = []\n        indexes = []\n";
  expect(editsBetween("m.py", before, after).map(({ text, expected }) => [expected, text])).toEqual([
    ["", "import b\n"],
    ["", "        indexes = []\n"],
  ]);
});

test("the edits make the one text of the other, whatever both are", () => {
  const text = fc.array(fc.constantFrom("a\n", "b\n", "é\n", "c"), { maxLength: 12 }).map((lines) => lines.join(""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(applyEdits(before, editsBetween("f", before, after))).toEqual({ ok: true, text: after });
    }),
    { seed: 7 },
  );
});
