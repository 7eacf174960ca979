import { expect, test } from "vitest";
import { ownThresholds } from "./findings.ts";

test("a finding says which thresholds of its rule the project has set", () => {
  const thresholds = { "plan.ms": 1, "plan-triggers.ms": 5, "unused-index": 10, "SCALE-D.lag": 3 };
  expect(ownThresholds("plan-triggers", thresholds)).toEqual(["this project sets the thresholds `plan.ms` to 1 and `plan-triggers.ms` to 5"]);
  expect(ownThresholds("SCALE-D03", thresholds)).toEqual(["this project sets the threshold `SCALE-D.lag` to 3"]);
  expect(ownThresholds("unused-index-part", thresholds)).toEqual([]);
});
