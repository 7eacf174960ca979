import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/support/temporary-folder.ts";
import type { HistoryEntry } from "../handbook/since.ts";
import { notesOf } from "../report/handbook/markdown/notes.ts";
import { refuseOtherFolder, writeHandbook } from "./handbook-folder.ts";
import { addToHistory, readHistory } from "./history.ts";

const page = (title: string, ...ids: string[]): string => `# ${title}\n\n${ids.map(notesOf).join("\n\n")}\n`;
const book = (pages: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}): Parameters<typeof writeHandbook>[1] => ({
  pages: new Map(Object.entries(pages)),
  files: new Map(Object.entries(files)),
});

const write = (file: string, id: string, note: string): void =>
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(`<!-- notes: ${id} -->\n`, () => `<!-- notes: ${id} -->\n${note}\n`),
  );

describe("a handbook's folder", () => {
  test("is made anew with all that belongs in it", () => {
    const folder = path.join(temporaryFolder(), "deep", "handbook");
    writeHandbook(folder, book({ "README.md": page("A", "README") }, { "patches/a.patch": "diff\n" }));
    expect(readdirSync(folder).toSorted()).toEqual([".luthier-handbook.json", "README.md", "patches"]);
    expect(readFileSync(path.join(folder, "patches/a.patch"), "utf8")).toBe("diff\n");
  });

  test("that holds something else is refused, and left as it is", () => {
    const folder = temporaryFolder({ "README.md": "# mine\n" });
    expect(() => writeHandbook(folder, book({ "README.md": page("A") }))).toThrow(/holds something else than a handbook/);
    expect(readFileSync(path.join(folder, "README.md"), "utf8")).toBe("# mine\n");
    expect(readdirSync(folder)).toEqual(["README.md"]);
  });

  test("that is a file is refused; an empty one is not", () => {
    const folder = temporaryFolder({ book: "" });
    expect(() => refuseOtherFolder(path.join(folder, "book"))).toThrow(/is a file/);
    mkdirSync(path.join(folder, "empty"));
    expect(() => refuseOtherFolder(path.join(folder, "empty"))).not.toThrow();
  });

  test("loses what the last run wrote and this one does not, and nothing else", () => {
    const folder = path.join(temporaryFolder(), "handbook");
    writeHandbook(folder, book({ "README.md": page("A"), "old.md": page("B") }, { "patches/x.patch": "" }));
    writeFileSync(path.join(folder, "ours.png"), "png");
    writeHandbook(folder, book({ "README.md": page("A") }));
    expect(existsSync(path.join(folder, "old.md"))).toBe(false);
    expect(existsSync(path.join(folder, "patches/x.patch"))).toBe(false);
    expect(readFileSync(path.join(folder, "ours.png"), "utf8")).toBe("png");
  });

  test("keeps notes of people where they stand", () => {
    const folder = path.join(temporaryFolder(), "handbook");
    writeHandbook(folder, book({ "README.md": page("A", "README"), "n1.md": page("B", "abc", "n1") }));
    write(path.join(folder, "n1.md"), "abc", "Not before **June**.\n\n- with $& and $1");
    const { notes } = writeHandbook(folder, book({ "README.md": page("A2", "README"), "n1.md": page("B2", "n1", "abc") }));
    expect(notes).toBe(1);
    expect(readFileSync(path.join(folder, "n1.md"), "utf8")).toBe(
      `# B2\n\n${notesOf("n1")}\n\n<!-- notes: abc -->\nNot before **June**.\n\n- with $& and $1\n<!-- /notes -->\n`,
    );
  });

  test("keeps them also when their finding is gone, and gives them back when it returns", () => {
    const folder = path.join(temporaryFolder(), "handbook");
    const whole = book({ "README.md": page("A", "README"), "n1.md": page("B", "abc") });
    writeHandbook(folder, whole);
    write(path.join(folder, "n1.md"), "abc", "ours");
    writeHandbook(folder, book({ "README.md": page("A", "README") }));
    writeHandbook(folder, book({ "README.md": page("A", "README") }));
    expect(readFileSync(path.join(folder, "kept-notes.md"), "utf8")).toContain("<!-- notes: abc -->\nours\n<!-- /notes -->");
    writeHandbook(folder, whole);
    expect(readFileSync(path.join(folder, "n1.md"), "utf8")).toContain("ours");
    expect(existsSync(path.join(folder, "kept-notes.md"))).toBe(false);
  });

  test("moves a note whose region changes its page", () => {
    const folder = path.join(temporaryFolder(), "handbook");
    writeHandbook(folder, book({ "a.md": page("A", "abc"), "b.md": page("B") }));
    write(path.join(folder, "a.md"), "abc", "ours");
    writeHandbook(folder, book({ "a.md": page("A"), "b.md": page("B", "abc") }));
    expect(readFileSync(path.join(folder, "b.md"), "utf8")).toContain("ours");
  });

  test("is written byte by byte the same for the same input", () => {
    const folder = path.join(temporaryFolder(), "handbook");
    const input = book({ "README.md": page("A", "README") });
    writeHandbook(folder, input);
    const before = readFileSync(path.join(folder, ".luthier-handbook.json"), "utf8");
    writeHandbook(folder, input);
    expect(readFileSync(path.join(folder, ".luthier-handbook.json"), "utf8")).toBe(before);
  });

  test.each(["../outside.txt", "/etc/x", "a/../../b"])("writes nothing to %s", (name) => {
    const folder = path.join(temporaryFolder(), "handbook");
    expect(() => writeHandbook(folder, book({}, { [name]: "x" }))).toThrow(/outside/);
    expect(readdirSync(path.dirname(folder)).filter((one) => one !== "handbook")).toEqual([]);
  });

  test("whose marker names files outside removes none of them", () => {
    const root = temporaryFolder({ "keep.txt": "kept" });
    const folder = path.join(root, "handbook");
    writeHandbook(folder, book({ "README.md": page("A") }));
    writeFileSync(path.join(folder, ".luthier-handbook.json"), JSON.stringify({ schema: "luthier-handbook/1", files: ["../keep.txt", "README.md"] }));
    writeHandbook(folder, book({ "README.md": page("A") }));
    expect(readFileSync(path.join(root, "keep.txt"), "utf8")).toBe("kept");
  });
});

describe("the history", () => {
  const entry = (at: string, ids: readonly string[]): HistoryEntry => ({
    schema: "luthier-history/1",
    at,
    commit: null,
    unit: null,
    total: null,
    findings: ids.map((id) => ({ id, rule: "r", claim: "c", time: null })),
  });

  test("keeps a run that found something else than the last", () => {
    const root = temporaryFolder();
    addToHistory(root, entry("2026-01-01T10:00:00.000Z", ["a"]));
    addToHistory(root, entry("2026-01-02T10:00:00.000Z", ["a"]));
    addToHistory(root, entry("2026-01-03T10:00:00.000Z", ["b"]));
    expect(readHistory(root).map(({ at }) => at.slice(0, 10))).toEqual(["2026-01-01", "2026-01-03"]);
  });

  test("has none where a file is broken", () => {
    const root = temporaryFolder({
      ".luthier/history/a.json": "{",
      ".luthier/history/b.json": '{"schema":"luthier-history/1"}',
      ".luthier/history/c.json": "[]",
    });
    expect(readHistory(root)).toEqual([]);
    addToHistory(root, entry("2026-01-01T10:00:00.000Z", ["a"]));
    expect(readHistory(root)).toHaveLength(1);
  });
});
