import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { arbitraryChange } from "../../tests/support/arbitrary-change.ts";
import { changedBlocks, changedLineCount } from "./changed-blocks.ts";
import { unifiedDiff } from "./unified-diff.ts";

const folder = mkdtempSync(path.join(tmpdir(), "luthier-diff-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

function replace(text: string, expected: string, replacement: string) {
  const start = Buffer.byteLength(text.slice(0, text.indexOf(expected)));
  return { file: "a.py", start, end: start + Buffer.byteLength(expected), expected, text: replacement };
}

test("keeps three lines of context and joins near hunks", () => {
  const text = numbered(30);
  const edits = [replace(text, "line 5\n", "FIVE\n"), replace(text, "line 10\n", ""), replace(text, "line 25\n", "line 25\nnew\n")];
  expect(unifiedDiff("a.py", text, edits)).toBe(`--- a/a.py
+++ b/a.py
@@ -2,12 +2,11 @@
 line 2
 line 3
 line 4
-line 5
+FIVE
 line 6
 line 7
 line 8
 line 9
-line 10
 line 11
 line 12
 line 13
@@ -23,6 +22,7 @@
 line 23
 line 24
 line 25
+new
 line 26
 line 27
 line 28
`);
});

test("a new file comes from nowhere", () => {
  const edit = { file: "new.py", start: 0, end: 0, expected: "", text: "a\nb\n" };
  expect(unifiedDiff("new.py", undefined, [edit])).toBe("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,2 @@\n+a\n+b\n");
});

test("is null when the text is not as expected", () => {
  expect(unifiedDiff("a.py", "x", [{ file: "a.py", start: 0, end: 1, expected: "y", text: "z" }])).toBeNull();
});

test("git applies it and gets the edited text", () => {
  fc.assert(
    fc.property(arbitraryChange(), ({ before, after, edits }) => {
      fc.pre(before.trim() !== "" && before !== after);
      // A text that only gains or loses its last newline has no changed line to show.
      fc.pre(before.endsWith("\n") === after.endsWith("\n"));
      writeFileSync(path.join(folder, "a.py"), before);
      writeFileSync(path.join(folder, "p.diff"), unifiedDiff("a.py", before, edits) ?? "");
      execFileSync("git", ["apply", "--whitespace=nowarn", "p.diff"], { cwd: folder, stdio: "pipe" });
      expect(readFileSync(path.join(folder, "a.py"), "utf8")).toBe(after);
    }),
    { numRuns: 60 },
  );
});

test("a block is what changed, without the lines that stayed", () => {
  const text = "a\nb\nc\nd\n";
  expect(changedBlocks(text, [replace(text, "b\nc\n", "b\nX\nY\n")])).toEqual([{ line: 3, removed: ["c"], added: ["X", "Y"] }]);
  expect(changedBlocks(text, [replace(text, "c", "c")])).toEqual([]);
});

test("lines are counted as replaced, or as added where none is", () => {
  expect(
    changedLineCount([
      { line: 1, removed: ["a"], added: ["b", "c"] },
      { line: 9, removed: [], added: ["d", "e"] },
    ]),
  ).toBe(3);
});
