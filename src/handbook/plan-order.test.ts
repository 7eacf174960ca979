import { expect, test } from "vitest";
import type { Change } from "../model/handbook.ts";
import { planGroups } from "./plan-order.ts";

const change = (finding: string, more: Partial<Change> = {}): Change => ({
  finding,
  rule: "n-plus-one",
  action: "`drafts`: load track with the queryset",
  relation: "track",
  place: "cfp/views.py:220",
  severity: "warning",
  confidence: "likely",
  rung: "inferred",
  gain: null,
  isRisk: false,
  safety: "safe",
  size: "1 line in 1 file",
  after: [],
  patch: `${finding}.patch`,
  ...more,
});

const drawn = (changes: readonly Change[]): readonly (readonly [string, readonly string[]])[] =>
  planGroups(changes).flatMap(({ jobs }) => jobs.map((job) => [job.action, job.changes.map(({ finding }) => finding)] as const));

test("relations of one queryset are one job, where the first of them stands", () => {
  const cfp = change("c", { action: "`drafts`: load event.cfp with the queryset", relation: "event__cfp" });
  const other = change("b", { place: "cfp/views.py:300" });
  expect(drawn([change("a"), other, cfp])).toEqual([
    ["`drafts`: load track and event.cfp with the queryset", ["a", "c"]],
    ["`drafts`: load track with the queryset", ["b"]],
  ]);
  expect(planGroups([change("a"), other, cfp]).flatMap(({ changes }) => changes.map(({ finding }) => finding))).toEqual(["a", "c", "b"]);
});

test("another rule, another fix or other words are a job of their own", () => {
  const all = [
    change("a"),
    change("b", { rule: "aggregate-in-loop" }),
    change("c", { size: "3 lines in 1 file" }),
    change("d", { action: "`drafts`: count track with the queryset" }),
    change("e", { action: "Annotate a `Subquery` of one row" }),
  ];
  expect(drawn(all).map(([, findings]) => findings)).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
});

test("what is only possible comes last, unless it was seen to take time", () => {
  const gain = { today: 2, removed: 1, low: 0, high: 2, marginal: 1, basis: "" };
  const groups = planGroups([
    change("a", { confidence: "possible" }),
    change("b", { confidence: "possible", gain, place: "b" }),
    change("c", { safety: null }),
  ]);
  expect(groups.map(({ name, changes }) => [name.split(":")[0], changes.map(({ finding }) => finding)])).toEqual([
    ["Safe", ["b"]],
    ["To review", []],
    ["By hand", ["c"]],
    ["Possible", ["a"]],
  ]);
});

test("an index goes after the one that takes its place, however the two rank", () => {
  const later = change("drop", { after: [{ finding: "add", why: "" }], place: "a" });
  const gain = { today: 2, removed: 1, low: 1, high: 1, marginal: 1, basis: "" };
  const all = [later, change("other", { place: "b" }), change("add", { place: "c" }), change("first", { gain, place: "d" })];
  expect(drawn(all).flatMap(([, findings]) => findings)).toEqual(["first", "other", "add", "drop"]);
});
