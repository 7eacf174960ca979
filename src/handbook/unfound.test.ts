import { expect, test } from "vitest";
import type { Finding, Place } from "../model/finding.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { Work } from "./input.ts";
import { unfoundBars, unfoundOf, type Unfound } from "./unfound.ts";

const one = (kind: string, time: number): Unfound => ({
  kind,
  time,
  why: "",
  statement: { id: `${kind}${time}`, key: "", sql: "", calls: 1, meanMs: 1, time, share: 0, statement: null },
});

test("kinds with much of the time stand by themselves, the others together, and no second is lost", () => {
  const bars = unfoundBars(
    [one("No remedy: long lists", 4), one("No remedy: commands", 2), one("No remedy: key checks", 0.01), one("No remedy: the rest", 1)],
    10,
  );
  expect(bars).toEqual([
    { label: "No remedy: long lists", value: 4 },
    { label: "No remedy: commands", value: 2 },
    { label: "No remedy: the rest", value: expect.closeTo(1.01) as number },
  ]);
});

test("where no kind stands out there is one bar", () => {
  expect(unfoundBars([one("No remedy: look-ups", 0.05), one("No remedy: the rest", 1)], 10)).toEqual([{ label: "No remedy", value: 1.05 }]);
});

test("what several lines send, some of them with findings, is not said to be without remedy", () => {
  const statement = (id: string): TimedStatement => ({ ...one("", 1).statement, id, meanMs: 5 });
  const at = (line: number): Place => ({ role: "queryset", file: "shop/views.py", line, column: 1, endLine: line, endColumn: 2 });
  const finding = (id: string, rule: string, line: number): Finding => ({ id, rule, places: [at(line)] }) as unknown as Finding;
  const lines: Record<string, readonly number[]> = { shared: [3, 9], alone: [3], clean: [5, 6], told: [7, 8] };
  const work = {
    timed: Object.keys(lines).map(statement),
    gains: { ranked: [], touched: new Map() },
    report: { findings: [finding("abcdef", "only-columns", 3), finding("123456", "top-statements", 7)] },
    shortIds: new Map([["abcdef", "abcd"]]),
    evidence: { database: null },
    sentFrom: ({ id }: TimedStatement) => (lines[id] ?? []).map(at),
  } as unknown as Work;
  const kinds = Object.fromEntries(unfoundOf(work).map(({ statement: { id }, kind, why }) => [id, `${kind}: ${why}`]));
  expect(kinds["shared"]).toBe("Lines not told apart: 1 of its 2 lines has findings (abcd); how much each line sends is not counted");
  expect([kinds["alone"], kinds["clean"], kinds["told"]].map((text) => text?.startsWith("No remedy"))).toEqual([true, true, true]);
});
