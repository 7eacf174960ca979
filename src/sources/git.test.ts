import path from "node:path";
import { describe, expect, test } from "vitest";
import { commitAll, git, temporaryFolder, writeFiles } from "../../tests/support/temporary-folder.ts";
import { changedSince, parseChangedLines, treeState } from "./git.ts";

const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("");

describe("what changed since a commit", () => {
  test("committed, unstaged and untracked, in any name", async () => {
    const folder = temporaryFolder({
      "a.py": lines("1", "2", "3", "4"),
      "with space é.py": lines("1"),
      "same.py": "x",
    });
    commitAll(folder);
    git(folder, "checkout", "--quiet", "-b", "topic");
    writeFiles(folder, { "a.py": lines("1", "two", "3", "4") });
    git(folder, "commit", "--quiet", "--all", "--message", "second");
    writeFiles(folder, { "a.py": lines("1", "two", "3", "4", "5"), "with space é.py": lines("1", "2"), "new.py": "" });
    expect(await changedSince(folder, "main")).toEqual(
      new Map<string, unknown>([
        [
          "a.py",
          [
            { first: 2, last: 2 },
            { first: 5, last: 5 },
          ],
        ],
        ["with space é.py", [{ first: 2, last: 2 }]],
        ["new.py", "all"],
      ]),
    );
  });

  test("since the branch left, not since what main has now", async () => {
    const folder = temporaryFolder({ "a.py": lines("1"), "b.py": lines("1") });
    commitAll(folder);
    git(folder, "checkout", "--quiet", "-b", "topic");
    writeFiles(folder, { "a.py": lines("one") });
    git(folder, "commit", "--quiet", "--all", "--message", "topic");
    git(folder, "checkout", "--quiet", "main");
    writeFiles(folder, { "b.py": lines("one") });
    git(folder, "commit", "--quiet", "--all", "--message", "main");
    git(folder, "checkout", "--quiet", "topic");
    expect([...(await changedSince(folder, "main")).keys()]).toEqual(["a.py"]);
  });

  test("paths are relative to the folder asked for", async () => {
    const folder = temporaryFolder({ "backend/a.py": lines("1"), "other/b.py": lines("1") });
    commitAll(folder);
    writeFiles(folder, { "backend/a.py": lines("one"), "other/b.py": lines("one"), "backend/new.py": "" });
    expect([...(await changedSince(path.join(folder, "backend"), "HEAD")).keys()]).toEqual(["a.py", "new.py"]);
  });

  test("no repository, and no such commit, are usage errors", async () => {
    const folder = temporaryFolder({ "a.py": "" });
    await expect(changedSince(folder, "main")).rejects.toMatchObject({ code: "not-a-repository" });
    commitAll(folder);
    await expect(changedSince(folder, "nowhere")).rejects.toMatchObject({ code: "unknown-ref" });
    await expect(changedSince(folder, "--output=/tmp/x")).rejects.toMatchObject({ code: "unknown-ref" });
  });
});

test("a removal touches the lines round it, and a changed line is not taken for a header", () => {
  const diff = lines("--- a/x.py", "+++ b/x.py", "@@ -4,2 +3,0 @@", "-++ b/y.py", "--", "@@ -9 +8,2 @@", "-a", "+++ b/z.py", "+b");
  expect(parseChangedLines(diff)).toEqual(
    new Map([
      [
        "x.py",
        [
          { first: 3, last: 4 },
          { first: 8, last: 9 },
        ],
      ],
    ]),
  );
});

describe("whether git could restore the files", () => {
  test("clean, dirty, untracked, no repository", async () => {
    const folder = temporaryFolder({ "a.py": "1" });
    expect(await treeState(folder, ["a.py"])).toEqual({ kind: "not-a-repository" });
    commitAll(folder);
    writeFiles(folder, { "notes.txt": "untracked and none of ours" });
    expect(await treeState(folder, ["a.py"])).toEqual({ kind: "clean" });
    expect(await treeState(folder, ["a.py", "notes.txt"])).toEqual({ kind: "dirty", files: ["notes.txt"] });
    writeFiles(folder, { "a.py": "2" });
    expect(await treeState(folder, [])).toEqual({ kind: "dirty", files: ["a.py"] });
    git(folder, "add", "a.py");
    expect(await treeState(folder, [])).toEqual({ kind: "dirty", files: ["a.py"] });
  });
});
