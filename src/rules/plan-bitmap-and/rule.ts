import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { stepsOf, type PlanStep } from "../database/plan-steps.ts";
import { listed } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "plan-bitmap-and",
    chapter: "2.1",
    summary: "Two indexes are read whole where one of both columns would do",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Of the statement's time, the indexes' bitmaps included. Ours: as for a slow scan. */
const LEAST_SHARE = 0.1;
/** Entries that the bitmaps note for each row in both. Ours. */
const LEAST_RATIO = 10;
const LEAST_ENTRIES = 1_000;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, plan, above } = step;
  if (node.type !== "BitmapAnd") return [];
  const scans = node.children.filter(({ type }) => type === "Bitmap Index Scan");
  const [heap] = above;
  const entries = scans.reduce((sum, one) => sum + (one.actualRows ?? 0) * (one.loops ?? 1), 0);
  const kept = (heap?.actualRows ?? 0) * (heap?.loops ?? 1);
  const share = shareOf(node, plan.executionMs);
  if (heap === undefined || scans.length < 2 || entries < (thresholds["plan-bitmap-and.entries"] ?? LEAST_ENTRIES) || entries < kept * LEAST_RATIO) return [];
  if (share !== null && share < (thresholds["plan-bitmap-and"] ?? LEAST_SHARE)) return [];
  const names = scans.flatMap(({ index }) => index ?? []);
  return [
    {
      step: stepsOf(plan).find((one) => one.node === heap) ?? step,
      claim: `${listed(names)} give ${formatNumber(entries)} entries to find ${formatNumber(kept)} rows of \`${heap.relation ?? ""}\` in both${share === null ? "" : `, ${formatPercent(share)} of the time`}.`,
      reason: "Each index is read for its own condition and a bitmap is made of it, only to throw away what the other one does not have.",
      remedy: "An index of both columns leads straight to the rows; where no other query needs the single ones, it can take their place.",
      doubt: "with other values one index alone may lead to few rows",
      weight: entries,
      figures: { entries, rows: kept },
    },
  ];
}

function shareOf({ actualMs, loops }: PlanNode, whole: number | null): number | null {
  return actualMs === null || whole === null || whole === 0 ? null : Math.min(1, (actualMs * (loops ?? 1)) / whole);
}
