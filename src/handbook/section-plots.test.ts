import { expect, test } from "vitest";
import { emptyRecording } from "../../tests/support/empty-recording.ts";
import type { SampleStatement, ScopeSample, ScopeTotals, Spread } from "../model/recording.ts";
import { waterfallPlot } from "./section-plots.ts";

const spread = (value: number): Spread => ({ count: 1, sum: value, median: value, max: value });
const route = (label: string, databaseTime: number): ScopeTotals => ({
  kind: "request",
  label,
  view: null,
  scopes: 1,
  inTests: 0,
  statements: spread(3),
  databaseTime: spread(databaseTime),
  duration: spread(databaseTime),
  places: [],
  errors: 0,
});
const sent = (duration: number, group: string | null): SampleStatement => ({ at: 0, duration, sql: "SELECT 1", stack: [], rows: 1, group });
const sample = (label: string, statements: readonly SampleStatement[]): ScopeSample => ({ kind: "request", label, duration: 9000, statements, more: 0 });

const plotOf = (samples: readonly ScopeSample[]): string | undefined => {
  const scopes = samples.map(({ label, statements }) =>
    route(
      label,
      statements.reduce((sum, { duration }) => sum + duration, 0),
    ),
  );
  return waterfallPlot({ recordings: [{ ...emptyRecording(), scopes, samples }], read: () => undefined })?.question;
};

test("the request that is drawn is one with a loop, though others take longer", () => {
  const slow = sample("GET /slow/", [sent(9000, null), sent(1, null), sent(1, null)]);
  const looping = sample("GET /looping/", [sent(5, null), sent(5, "a"), sent(5, "a"), sent(5, "a")]);
  expect(plotOf([slow, looping])).toBe("What does one request to GET /looping/ do?");
});

test("without any loop it is the one that takes longest", () => {
  const quick = sample("GET /quick/", [sent(1, null), sent(1, "a"), sent(1, "b")]);
  const slow = sample("GET /slow/", [sent(9000, null), sent(1, null), sent(1, null)]);
  expect(plotOf([quick, slow])).toBe("What does one request to GET /slow/ do?");
});
