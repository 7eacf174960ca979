import { describe, expect, it } from "vitest";
import { DEFAULT_EXCLUDES, without } from "./files.mjs";

describe("without", () => {
  it("leaves out tests and migrations at any depth, and nothing that only looks like them", () => {
    const kept = ["shop/models.py", "shop/contest.py", "tests_of_time/views.py", "shop/migrations.py"];
    const left = ["tests/a.py", "shop/tests/a.py", "shop/migrations/0001_initial.py", "shop/tests.py", "test_shop.py"];
    expect(without([...kept, ...left], DEFAULT_EXCLUDES)).toEqual(kept);
  });

  it.each([
    ["*.py", "a.py", true],
    ["*.py", "a/b.py", false],
    ["a/**", "a/b/c.py", true],
    ["a?.py", "ab.py", true],
    ["a.py", "aXpy", false],
  ])("%s against %s: %s", (glob, file, isLeftOut) => {
    expect(without([file], [glob])).toEqual(isLeftOut ? [] : [file]);
  });
});
