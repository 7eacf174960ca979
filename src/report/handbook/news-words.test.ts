import { expect, test } from "vitest";
import { newsWords } from "./news-words.ts";

const since = { at: "2026-01-01", commit: null, fixed: [{ id: "a", rule: "n-plus-one", claim: "a" }], added: ["b"], worse: [], better: [] };

test("costs are news only where there is a time, and what was not compared and another version of luthier are said", () => {
  expect(newsWords(since, false)).toBe("1 fixed, 1 new");
  expect(newsWords(since, true)).toBe("1 fixed, 1 new, 0 worse");
  expect(newsWords({ ...since, otherTool: "0.1.0" }, false)).toBe("1 fixed, 1 new; luthier 0.1.0 made that run, and finds other things in the same project");
  expect(newsWords({ ...since, chosenOtherwise: 2 }, false)).toBe(
    "1 fixed, 1 new; 2 indexes not compared: the search chose otherwise, and nobody made what it chose before",
  );
});
