import { formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Plan, PlanNode, Rule, Statement } from "../../model/index.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-planning-time",
    chapter: "2.1",
    summary: "Planning a statement takes longer than running it",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (_steps, plan) => flawsOf(plan, input) }),
      judgeStatements(input, { leastShare: input.thresholds["plan-planning-time.share"] ?? WORTH_SHARE, flaws: (statement) => counted(statement, input) }),
    ),
};

/** Milliseconds; this project's notes on plans. */
const LEAST_MS = 5;
/** Tables from which on the number of join orders is what takes the time; this project's notes on plans. */
const MANY_TABLES = 8;

function flawsOf(plan: Plan, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { planningMs, executionMs } = plan;
  if (planningMs === null || executionMs === null || planningMs < (thresholds["plan-planning-time"] ?? LEAST_MS) || planningMs <= executionMs) return [];
  const scans = countScans(plan.root);
  return [
    {
      step: null,
      claim: `Planning takes ${formatMilliseconds(planningMs)} ms, running ${formatMilliseconds(executionMs)} ms.`,
      reason:
        scans >= MANY_TABLES
          ? `The planner weighs the orders in which ${scans} tables or partitions can be joined and read.`
          : "The planner reads statistics and weighs paths for longer than the statement has rows to read.",
      remedy: scans >= MANY_TABLES ? REMEDY : `Look for many partitions, many indexes or a high statistics target of its tables. ${REMEDY}`,
      doubt: "the first statement of a connection also fills the catalog's caches, once",
      weight: planningMs,
      figures: { planningMs, executionMs },
      tables: relationsBelow(plan.root).slice(0, 3),
    },
  ];
}

const REMEDY =
  "Join fewer tables (`select_related` without arguments follows every foreign key), filter by the partitioning key, or let psycopg prepare the statement (`prepare_threshold`) so that it is planned once.";

function counted(statement: Statement, { thresholds }: DatabaseInput): StatementFlaw[] {
  const { plans, planMs, totalMs } = statement;
  if (plans === null || planMs === null || plans < LEAST_CALLS || planMs <= totalMs || planMs / plans < (thresholds["plan-planning-time"] ?? LEAST_MS))
    return [];
  return [
    {
      claim: `${statementName(statement)} was planned ${formatNumber(plans)} times in ${formatMilliseconds(planMs / plans)} ms each, longer than it ran.`,
      reason: "Every execution without a prepared plan pays for it again.",
      remedy: REMEDY,
      doubt: "with caches that were cold the first plans take longer than all others",
      figures: { plans, planMs: Math.round(planMs) },
    },
  ];
}

function countScans({ relation, children }: PlanNode): number {
  return (relation === null ? 0 : 1) + children.reduce((sum, one) => sum + countScans(one), 0);
}
