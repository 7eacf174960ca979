import { describe, expect, test } from "vitest";
import { isList, isUuid } from "./text-patterns.ts";

describe("a list in a text", () => {
  test.each([
    "sea,ships,storms",
    "sea, ships, storms",
    ",sea,",
    ",sea,ships,",
    "a;b;c",
    "|red|blue|",
    "1,2,3",
    "a@x.org,b@x.org,c@x.org",
    "en-GB; pt-PT; es-ES;",
  ])("%s", (text) => {
    expect(isList(text)).toBe(true);
  });

  test.each([
    ["", "nothing"],
    ["sea", "one word"],
    ["Doe, John", "a name"],
    ["Lisbon, Portugal", "a place"],
    ["1,234,567", "one number"],
    ["Once, twice, and then no more", "prose"],
    ["12 Harbour Road, Lisbon, Portugal", "an address"],
    ['["a","b","c"]', "JSON"],
    ['{"a": 1, "b": 2, "c": 3}', "JSON"],
    ["text/html;q=0.8,en;q=0.5", "a header"],
    ["FREQ=WEEKLY;BYDAY=MO;COUNT=3", "a rule of recurrence"],
    ["a,b;c", "two kinds of separators"],
    [",,", "separators alone"],
  ])("%s is none: %s", (text) => {
    expect(isList(text)).toBe(false);
  });

  test("a long text takes no long time", () => {
    const started = performance.now();
    expect(isList(`${"word,".repeat(20_000)}not a word!, (`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("a UUID in a text", () => {
  test.each(["0b9c1f3e-7f0a-4d3c-9a51-4c1a5c0de111", "0B9C1F3E7F0A4D3C9A514C1A5C0DE111", "018f3a6e-9b1c-7000-8000-000000000000"])("%s", (text) => {
    expect(isUuid(text)).toBe(true);
  });

  test.each(["d41d8cd98f00b204e9800998ecf8427e", "0b9c1f3e-7f0a-4d3c-9a51-4c1a5c0de11", "TR0000000001", ""])("%s is none", (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
