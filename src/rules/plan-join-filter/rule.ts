import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { isHot, overLoops, relationsBelow, withoutValues, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-join-filter",
    chapter: "2.1",
    summary: "A join makes pairs of rows only to throw them away",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Pairs of rows; this project's notes on plans. */
const LEAST_REMOVED = 10_000;
/** Pairs thrown away for each that is kept. Ours. */
const LEAST_RATIO = 10;
/** Of the statement's time or pages, the join's own. Ours. */
const LEAST_SHARE = 0.1;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, rows } = step;
  const { join } = node.conditions;
  const removed = overLoops(node.removedByJoinFilter, step);
  if (
    join === null ||
    rows === null ||
    removed < (thresholds["plan-join-filter"] ?? LEAST_REMOVED) ||
    removed < rows * LEAST_RATIO ||
    !isHot(step, LEAST_SHARE)
  )
    return [];
  const isEither = / OR /.test(join);
  return [
    {
      step,
      claim: `A join makes ${formatNumber(removed + rows)} pairs of rows and keeps ${formatNumber(rows)}.`,
      reason: `\`${withoutValues(join)}\` is tested on every pair: ${isEither ? "with OR it can be no key of a hash or merge join" : "no index and no hash leads from one side to the other"}.`,
      remedy: isEither
        ? "Split it into one query for each alternative and put them together with `union()`, or filter with `Exists(…)` for each."
        : "Join by equal columns, and index the one that is looked up.",
      doubt: "for small tables all pairs are soon made",
      weight: removed,
      figures: { pairs: removed + rows, rowsKept: rows },
      mostMs: step.selfMs,
      tables: relationsBelow(node),
    },
  ];
}
