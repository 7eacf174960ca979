import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-subplan-loops",
    chapter: "2.1",
    summary: "A subquery runs again for every row",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Runs of the subquery; this project's notes on plans. */
const LEAST_LOOPS = 1_000;
/** Of the statement's time that the subquery takes altogether. Ours. */
const LEAST_SHARE = 0.1;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, loops, above, plan, totalMs } = step;
  const [around] = above;
  if (!isRepeated(node) || around === undefined || loops < (thresholds["plan-subplan-loops"] ?? LEAST_LOOPS)) return [];
  const share = totalMs === null || plan.executionMs === null ? null : Math.min(1, totalMs / plan.executionMs);
  if (share !== null && share < (thresholds["plan-subplan-loops.share"] ?? LEAST_SHARE)) return [];
  const tables = relationsBelow(node);
  return [
    {
      step,
      claim: `${node.type === "CTE Scan" ? "The rows of a CTE are gone through" : `A subquery${tables[0] === undefined ? "" : ` of \`${tables[0]}\``} runs`} ${formatNumber(loops)} times${share === null ? "" : `, ${formatPercent(share)} of the statement's time`}.`,
      reason: "It refers to the row around it, so that its result for one row says nothing of the next.",
      remedy:
        "Join the tables and aggregate once: `annotate()` over the relation in place of `Subquery`, `Exists` for a test, `FilteredRelation` or a window for the latest row.",
      doubt: "where each run is one look-up in an index and few rows are shown, it is as good as a join",
      weight: loops,
      figures: { loops },
      mostMs: totalMs,
      tables,
    },
  ];
}

function isRepeated({ parent, type }: PlanNode): boolean {
  return parent === "SubPlan" || type === "CTE Scan";
}
