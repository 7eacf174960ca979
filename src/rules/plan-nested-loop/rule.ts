import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { isHot, nodeName, relationsBelow, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-nested-loop",
    chapter: "2.1",
    summary: "A nested loop was planned for a few rows and ran for many",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, steps, input)) }),
};

/** Rounds of the inner side; this project's notes on plans. */
const LEAST_LOOPS = 1_000;
/** Rows of the outer side for each that was expected; this project's notes on plans. */
const LEAST_RATIO = 10;
/** Of the statement's time or pages that the inner side takes. Ours. */
const LEAST_SHARE = 0.1;

function flawOf(step: PlanStep, steps: readonly PlanStep[], { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  const [outer, inner] = node.children;
  if (node.type !== "Nested Loop" || outer === undefined || inner === undefined || outer.actualRows === null) return [];
  const loops = inner.loops ?? 0;
  const expected = Math.max(1, outer.planRows);
  const isExploded =
    loops >= (thresholds["plan-nested-loop"] ?? LEAST_LOOPS) && outer.actualRows >= expected * (thresholds["plan-nested-loop.ratio"] ?? LEAST_RATIO);
  const innerStep = steps.find((one) => one.node === inner);
  if (!isExploded || innerStep === undefined || !isHot(innerStep, LEAST_SHARE)) return [];
  return [
    {
      step,
      claim: `A nested loop runs its inner side ${formatNumber(loops)} times; the planner expected ${formatNumber(expected)} rows of the outer side and got ${formatNumber(outer.actualRows)}.`,
      reason: `For a few rows going to \`${nodeName(inner)}\` one by one is best; for so many a hash or merge join reads it once.`,
      remedy: "Correct the estimate of the outer side: fresh statistics, extended statistics for columns that go together, or a simpler condition.",
      doubt: "with other values the estimate may be right",
      weight: loops,
      figures: { loops, expectedRows: expected, rows: outer.actualRows },
      mostMs: innerStep.totalMs,
      tables: relationsBelow(node),
    },
  ];
}
