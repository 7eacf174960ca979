import type { Plan } from "../model/index.ts";
import type { QuestionPlans } from "../advisors/indexes/verdict.ts";
import { readPlan } from "../postgres/plans/read-plan.ts";
import type { PreparedStatement, Sight, Trial } from "./phantom/trial.ts";

export interface Measured extends QuestionPlans {
  /** Number of the statement in the workload. */
  readonly statement: number;
}

export async function plansIn(trial: Trial, prepared: readonly PreparedStatement[], sight: Sight): Promise<Plan[]> {
  const explained = await trial.explain(prepared, sight);
  return explained.map((one) => readPlan(one, { file: "", line: 0 }) ?? NO_PLAN);
}

/** Of a statement that the server could not plan this time. */
export const NO_PLAN = readPlan({ Plan: { "Node Type": "Result", "Total Cost": 0 } }, { file: "", line: 0 }) as Plan;
