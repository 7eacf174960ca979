import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import type { Edit } from "../model/finding.ts";
import { writeEdits } from "./write-files.ts";

const read = (folder: string, file: string): string => readFileSync(path.join(folder, file), "utf8");
const plan = (...edits: Edit[]): Map<string, readonly Edit[]> => new Map(edits.map((edit) => [edit.file, [edit]]));
const edit = (file: string, expected: string, text: string): Edit => ({
  file,
  start: 0,
  end: expected.length,
  expected,
  text,
});

test("changes and creates files, and keeps permissions", () => {
  const folder = temporaryFolder({ "a.py": "old" });
  chmodSync(path.join(folder, "a.py"), 0o755);
  expect(writeEdits(folder, plan(edit("a.py", "old", "new"), edit("shop/migrations/0002.py", "", "fresh")))).toEqual({
    changed: ["a.py"],
    created: ["shop/migrations/0002.py"],
  });
  expect(read(folder, "a.py")).toBe("new");
  expect(statSync(path.join(folder, "a.py")).mode & 0o777).toBe(0o755);
  expect(read(folder, "shop/migrations/0002.py")).toBe("fresh");
  expect(readdirSync(folder).toSorted()).toEqual(["a.py", "shop"]);
});

test("writes none when one is not as expected", () => {
  const folder = temporaryFolder({ "a.py": "old", "b.py": "other" });
  expect(() => writeEdits(folder, plan(edit("a.py", "old", "new"), edit("b.py", "old", "new")))).toThrow(expect.objectContaining({ code: "changed-since" }));
  expect(read(folder, "a.py")).toBe("old");
});

test("gives back what it had written when one cannot be written", () => {
  const folder = temporaryFolder({ "a.py": "old", "file/x": "" });
  expect(() => writeEdits(folder, plan(edit("a.py", "old", "new"), edit("file/x/y.py", "", "new")))).toThrow(expect.objectContaining({ code: "unwritable" }));
  expect(read(folder, "a.py")).toBe("old");
});

describe("stays in the project", () => {
  test.each(["../outside.py", "/tmp/luthier-outside.py"])("%s", (file) => {
    const folder = temporaryFolder();
    expect(() => writeEdits(folder, plan(edit(file, "", "x")))).toThrow(expect.objectContaining({ code: "outside" }));
    expect(existsSync(path.resolve(folder, file))).toBe(false);
  });
  test("a link that leads out", () => {
    const outside = temporaryFolder({ "real.py": "old" });
    const folder = temporaryFolder();
    symlinkSync(path.join(outside, "real.py"), path.join(folder, "a.py"));
    expect(() => writeEdits(folder, plan(edit("a.py", "old", "new")))).toThrow(expect.objectContaining({ code: "outside" }));
    expect(read(outside, "real.py")).toBe("old");
  });
  test("a new file below a folder that leads out", () => {
    const outside = temporaryFolder();
    const folder = temporaryFolder();
    symlinkSync(outside, path.join(folder, "away"));
    expect(() => writeEdits(folder, plan(edit("away/new.py", "", "x")))).toThrow(expect.objectContaining({ code: "outside" }));
    expect(readdirSync(outside)).toEqual([]);
  });
  test("a link inside stays a link", () => {
    const folder = temporaryFolder({ "real.py": "old" });
    symlinkSync("real.py", path.join(folder, "a.py"));
    writeEdits(folder, plan(edit("a.py", "old", "new")));
    expect(read(folder, "real.py")).toBe("new");
  });
});
