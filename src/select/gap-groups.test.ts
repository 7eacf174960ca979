import { expect, test } from "vitest";
import { gapGroups, gapSentence } from "./gap-groups.ts";

const young = "these are less than one day old";

test("rules that wait for older counters are told once, with the longest wait", () => {
  const groups = gapGroups([
    { rule: "over-indexed-table", chapter: "1.2", object: "table public.book", why: `needs counters of 7 days; ${young}` },
    { rule: "redundant-index", chapter: "1.2", object: "index public.b", why: `needs counters of 7 days; ${young}, since \`a\` is 3.6 times as big` },
    { rule: "unused-index", chapter: "1.2", why: `needs counters of 35 days; ${young}` },
    { rule: "useless-like-index", chapter: "1.2", why: `needs statements of 7 days; ${young}` },
  ]);
  expect(groups.map((one) => gapSentence(one))).toEqual([`4 rules did not judge: they need counters and statements of 7 to 35 days; ${young}`]);
});

test("what a rule keeps is no lack, and four of a kind are one line", () => {
  const kept = [1, 2, 3, 4].map((at) => ({
    rule: "redundant-index",
    chapter: "1.2",
    object: `index public.i${at}`,
    why: `is kept: without it statement ${at} (16 calls) would cost 41.1 in place of 37.3, as planned`,
  }));
  expect(gapGroups(kept).map((one) => gapSentence(one, (text) => `\`${text}\``))).toEqual([
    "`redundant-index` leaves 4 objects, the first `index public.i1`, as they are: without it statement 1 (16 calls) would cost 41.1 in place of 37.3, as planned",
  ]);
});

test("a lack of whole rules is not put together with one about objects", () => {
  const why = "needs a database";
  expect(
    gapGroups([
      { rule: "a", chapter: "1.1", why },
      { rule: "b", chapter: "1.1", why },
      { rule: "c", chapter: "1.1", object: "table t", why },
    ]).map((one) => gapSentence(one)),
  ).toEqual(["a, b did not judge: they need a database", "c did not judge table t: it needs a database"]);
});
