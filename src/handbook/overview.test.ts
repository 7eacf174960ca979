import { expect, test } from "vitest";
import type { LineTime } from "../model/recording.ts";
import type { TimedStatement } from "../workload/time-base.ts";
import type { Work } from "./input.ts";
import { sourceLinesPlot } from "./overview.ts";

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
  expect(plot.answer).toContain("50 % of the time belongs to a line that is known to send it");
  expect(plot.source).toBe("pg_stat_statements; 40 % of the time is of statements that several lines send, divided as the recording has it");
});
