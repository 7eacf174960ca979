import { expect, test } from "vitest";
import type { Change } from "../model/handbook.ts";
import type { LineTime } from "../model/recording.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { Work } from "./input.ts";
import { causesPlot, sourceLinesPlot } from "./overview.ts";

const statement = (id: string, time: number, lines?: readonly LineTime[]): TimedStatement => ({
  id,
  key: id,
  sql: "",
  calls: 1,
  meanMs: 5,
  time,
  share: time / 10,
  statement: null,
  ...(lines === undefined ? {} : { lines }),
});

const at = (line: number): { file: string; line: number; how: string } => ({ file: "shop/views.py", line, how: "shape" });

test("a statement of several lines is divided among them as it was recorded, and without a recording belongs to none", () => {
  const recorded = [3, 9].map((line) => ({ file: "shop/views.py", line, microseconds: line * 100 }));
  const sites: Record<string, readonly number[]> = { divided: [3, 9], together: [3, 5], alone: [9] };
  const plot = sourceLinesPlot({
    base: { unit: "s/min", from: "database", total: 10, source: "pg_stat_statements" },
    timed: [statement("divided", 4, recorded), statement("together", 5), statement("alone", 1)],
    sentFrom: ({ id }: TimedStatement) => (sites[id] ?? []).map(at),
    recordings: [],
  } as unknown as Work);
  if (plot?.kind !== "bars") throw new Error("no bars");
  expect(plot.bars.map(({ label, value }) => [label, value])).toEqual([
    ["shop/views.py:9", 4],
    ["shop/views.py:3", 1],
  ]);
  expect(plot.answer).toContain("50 % of the time can be told line by line");
  expect(plot.source).toBe("pg_stat_statements; 40 % of the time is of statements that several lines send, divided as the recording has it");
});

test("beside the time of each cause stands what of it the changes remove", () => {
  const gain = (marginal: number): Change["gain"] => ({ today: marginal, marginal }) as Change["gain"];
  const changes = [
    { finding: "index", gain: gain(1.5) },
    { finding: "loop", gain: null },
  ] as unknown as readonly Change[];
  const plot = causesPlot(
    {
      base: { unit: "s/min", from: "database", total: 10, source: "pg_stat_statements" },
      report: {
        findings: [
          { id: "index", rule: "missing-index", chapter: "1.2", places: [] },
          { id: "loop", rule: "query-in-loop", chapter: "2.4", places: [] },
        ],
      },
      timed: [statement("a", 6), statement("b", 3)],
      gains: {
        ranked: [],
        touched: new Map([
          ["index", { link: "statement", pieces: [{ id: "a", statement: "a", time: 6 }] }],
          ["loop", { link: "line", pieces: [{ id: "b", statement: "b", time: 3 }] }],
        ]),
      },
      sentFrom: () => [],
      recordings: [],
      evidence: { database: null },
    } as unknown as Work,
    changes,
  );
  if (plot?.kind !== "bars") throw new Error("no bars");
  expect(plot.bars.map(({ label, value, removed, note }) => [label, value, removed, note]).slice(0, 2)).toEqual([
    ["missing or wrong index", 6, 1.5, "60 %; changes of this kind remove 1.5"],
    ["per-row queries", 3, undefined, "30 %"],
  ]);
  expect(plot.answer).toContain("1.5 s/min of it goes with the one change that a figure is known of; 1 change more carries none.");
});
