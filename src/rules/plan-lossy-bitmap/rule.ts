import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { overLoops, type PlanStep } from "../database/plan-steps.ts";
import { settingText } from "../scaling/machine.ts";

export const rule: Rule = {
  meta: {
    id: "plan-lossy-bitmap",
    chapter: "2.1",
    summary: "A bitmap did not fit into work_mem and forgot which rows it meant",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Of the pages that the bitmap led to; this project's notes on plans. */
const LEAST_PART = 0.1;
/** Pages. Ours: fewer are read again in no time. */
const LEAST_BLOCKS = 100;

function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  const lossy = node.lossyBlocks ?? 0;
  const part = lossy / Math.max(1, lossy + (node.exactBlocks ?? 0));
  if (lossy < (thresholds["plan-lossy-bitmap"] ?? LEAST_BLOCKS) || part < (thresholds["plan-lossy-bitmap.part"] ?? LEAST_PART)) return [];
  const rechecked = overLoops(node.removedByRecheck, step);
  const workMem = database.setting("work_mem");
  return [
    {
      step,
      claim: `A bitmap over \`${node.relation ?? ""}\` keeps whole pages instead of rows for ${formatNumber(lossy)} pages, ${formatPercent(part)} of them.`,
      reason: `It did not fit into \`work_mem\`, so every row of those pages is tested again: ${formatNumber(rechecked)} were thrown away.`,
      remedy: `Raise \`work_mem\` for this statement${workMem === null ? "" : ` (the server's is ${settingText(Number(workMem) * 1024)})`}, or narrow it with an index that leads to fewer rows.`,
      doubt: "a session that sets `work_mem` for itself has another limit than the server's",
      weight: lossy,
      figures: { lossyBlocks: lossy, exactBlocks: node.exactBlocks ?? 0, rowsRemoved: rechecked },
      mostMs: step.selfMs,
    },
  ];
}
