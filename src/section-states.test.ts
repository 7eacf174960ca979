import { expect, test } from "vitest";
import type { Finding, Rule } from "./model/index.ts";
import { sectionStates } from "./section-states.ts";

const meta = (id: string, chapter: string): Rule["meta"] => ({
  id,
  chapter,
  summary: "",
  severity: "info",
  confidence: "certain",
  fix: "never",
  stage: "stable",
});
const bySource: Rule = { meta: meta("by-source", "2.4"), check: () => [] };
const byDatabase: Rule = { meta: meta("by-database", "2.4"), judge: () => ({ drafts: [], unjudged: [], examined: "" }) };
const ofIndexes: Rule = { meta: meta("of-indexes", "1.2"), judge: () => ({ drafts: [], unjudged: [], examined: "" }) };
const rules = [bySource, byDatabase, ofIndexes];
const followed = { querysets: 40, lost: 0, files: 7 };
const none = { findings: [], unknown: [], examined: new Map<string, readonly string[]>() };
const silent = (rule: Rule, object?: string) => ({ rule: rule.meta.id, chapter: rule.meta.chapter, why: "needs a database", ...(object && { object }) });

const states = (verdicts: Parameters<typeof sectionStates>[1], source: Parameters<typeof sectionStates>[2] = followed) =>
  Object.fromEntries(sectionStates(rules, verdicts, source).map((one) => [one.section, one]));

test("a section whose rules all looked and found nothing is clean, with what was looked at", () => {
  const found = states({ ...none, examined: new Map([["1.2", ["41 indexes"]]]) });
  expect(found["1.2"]).toEqual({ section: "1.2", state: "clean", examined: "41 indexes", missing: "" });
  expect(found["2.4"]).toEqual({ section: "2.4", state: "clean", examined: "40 querysets in 7 files", missing: "" });
});

test("a section of which no rule could judge is unknown, one of which some could is partial", () => {
  const found = states({ ...none, unknown: [silent(ofIndexes), silent(byDatabase)] });
  expect(found["1.2"]).toMatchObject({ state: "unknown", examined: "", missing: "one rule needs a database" });
  expect(found["2.4"]).toMatchObject({ state: "partial", missing: "one rule needs a database" });
});

test("one object that could not be judged leaves the verdict on the others", () => {
  expect(states({ ...none, unknown: [silent(ofIndexes, "index public.a")] })["1.2"]?.state).toBe("clean");
});

test("what could not be followed keeps a section of the source from being clean", () => {
  expect(states(none, { ...followed, lost: 3 })["2.4"]).toMatchObject({ state: "partial", missing: "3 querysets or templates that could not be followed" });
  expect(states(none, { ...followed, lost: 3 })["1.2"]?.state).toBe("clean");
});

test("findings come before all else", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const finding = { chapter: "1.2" } as Finding;
  expect(states({ ...none, findings: [finding], unknown: [silent(ofIndexes)] })["1.2"]?.state).toBe("findings");
});
