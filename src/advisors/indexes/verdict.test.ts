import { expect, test } from "vitest";
import type { Plan } from "../../model/index.ts";
import { readPlan } from "../../postgres/plans/read-plan.ts";
import type { Asked } from "./questions.ts";
import { statementVerdict, type QuestionPlans } from "./verdict.ts";

const asked: Asked = { statement: 0, weight: 1, sql: "SELECT 1", parameters: { literals: [] } };
const planOf = (cost: number, index: string | null): Plan =>
  readPlan(
    {
      Plan: {
        "Node Type": index === null ? "Seq Scan" : "Index Scan",
        "Relation Name": "orders",
        ...(index === null ? {} : { "Index Name": index }),
        "Startup Cost": 0,
        "Total Cost": cost,
      },
    },
    { file: "", line: 0 },
  ) as Plan;
const scan = planOf(100, null);
const plans = (after: Plan, careful: Plan, held?: QuestionPlans["held"]): QuestionPlans => ({
  asked,
  server: { before: scan, after },
  careful: { before: scan, after: careful },
  ...(held === undefined ? {} : { held }),
});
const verdict = (one: QuestionPlans): string => statementVerdict("s", 1, [one], new Set(["fresh"])).verdict;

test("a gain by the same plan under both constants is one, by another plan it is to verify", () => {
  expect(verdict(plans(planOf(20, "fresh"), planOf(15, "fresh")))).toBe("gain");
  expect(verdict(plans(planOf(20, "fresh"), planOf(90, null)))).toBe("verify");
});

test("a plan that costs as much as before, and several times as much with little memory, is to verify", () => {
  const held = { before: 100, after: 480 };
  expect(verdict(plans(planOf(99.5, "fresh"), planOf(100, null)))).toBe("same");
  expect(verdict(plans(planOf(99.5, "fresh"), planOf(100, null), held))).toBe("verify");
  // Where the planner takes the plan with little memory too, its own price counts; and what uses nothing new is as before.
  expect(verdict(plans(planOf(99.5, "fresh"), planOf(99.5, "fresh"), held))).toBe("same");
  expect(verdict(plans(planOf(99.5, null), planOf(100, "other"), held))).toBe("same");
});

test("of several values, the mean is what the plans would cost with little memory", () => {
  const one = plans(planOf(20, "fresh"), planOf(90, null), { before: 100, after: 300 });
  expect(statementVerdict("s", 2, [one, { ...one, held: { before: 100, after: 100 } }], new Set(["fresh"])).held).toEqual({ before: 100, after: 200 });
  const { held, ...unknown } = one;
  expect(held).toBeDefined();
  expect(statementVerdict("s", 2, [one, unknown], new Set(["fresh"])).held).toBeUndefined();
});
