import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-offset",
    chapter: "2.1",
    summary: "OFFSET reads rows only to skip them",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Rows; this project's notes on plans. */
const LEAST_SKIPPED = 1_000;
/** Rows skipped for each that is returned. Ours. */
const LEAST_RATIO = 10;

/** The node below is asked for rows until the page is full: what it gave more is the offset. */
function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, rows } = step;
  const [below] = node.children;
  if (node.type !== "Limit" || rows === null || below?.actualRows == null) return [];
  const skipped = below.actualRows * (below.loops ?? 1) - rows;
  if (skipped < (thresholds["plan-offset"] ?? LEAST_SKIPPED) || skipped < rows * LEAST_RATIO) return [];
  return [
    {
      step,
      claim: `The statement skips ${formatNumber(skipped)} rows to return ${formatNumber(rows)}.`,
      reason: "Skipped rows are read, and sorted, like the others: each further page takes longer than the one before.",
      remedy: 'Go on from the last key of the page before (`filter(pk__gt=last).order_by("pk")[:n]`), or let nobody ask for such pages.',
      doubt: "people seldom turn that many pages; crawlers and exports do",
      weight: skipped,
      figures: { rowsSkipped: skipped, rowsReturned: rows },
      mostMs: step.totalMs === null ? null : (step.totalMs * skipped) / (skipped + rows),
      tables: relationsBelow(node),
    },
  ];
}
