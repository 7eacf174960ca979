import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { blockShare, isHot, overLoops, withoutValues, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-rows-removed",
    chapter: "2.1",
    summary: "A whole table is read, and nearly all of it thrown away",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Rows; pganalyze warns of slow scans in this region. Overridable as `plan-rows-removed`. */
const LEAST_REMOVED = 10_000;
/** Of the rows read. Ours. */
const LEAST_PART = 0.9;
/** Of the statement's time or pages: less is not worth an index. Ours. */
const LEAST_SHARE = 0.1;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, rows } = step;
  if (!node.type.endsWith("Seq Scan") || rows === null || node.conditions.filter === null) return [];
  const removed = overLoops(node.removedByFilter, step);
  const read = removed + rows;
  const isEnough = removed >= (thresholds["plan-rows-removed"] ?? LEAST_REMOVED) && removed / read >= (thresholds["plan-rows-removed.part"] ?? LEAST_PART);
  if (!isEnough || !isHot(step, thresholds["plan-rows-removed.share"] ?? LEAST_SHARE)) return [];
  return [
    {
      step,
      claim: `A scan of \`${node.relation ?? ""}\` reads ${formatNumber(read)} rows and keeps ${formatNumber(rows)}${shareWords(step)}.`,
      reason: `Every row is tested against \`${withoutValues(node.conditions.filter)}\`, and no index leads to those that pass.`,
      remedy: "Index the columns of the condition, or let the query ask for what is indexed.",
      doubt: "with values that most rows pass, reading the whole table is the fastest way",
      weight: removed,
      figures: { rowsRead: read, rowsKept: rows },
      mostMs: step.selfMs,
      cause: JSON.stringify([node.relation, withoutValues(node.conditions.filter)]),
    },
  ];
}

function shareWords(step: PlanStep): string {
  if (step.share !== null) return `, ${formatPercent(step.share)} of the statement's time`;
  const blocks = blockShare(step);
  return blocks === null ? "" : `, ${formatPercent(blocks)} of its pages`;
}
