import { expect, test } from "vitest";
import { unfoundBars, type Unfound } from "./unfound.ts";

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
