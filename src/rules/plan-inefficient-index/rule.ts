import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { overLoops, withoutValues, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-inefficient-index",
    chapter: "2.1",
    summary: "An index leads to many rows of which few are wanted",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Rows thrown away for each that is kept; pganalyze's "inefficient index". */
const LEAST_RATIO = 10;
/** Rows altogether. Ours. */
const LEAST_REMOVED = 1_000;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, rows } = step;
  if (!isByIndex(node) || rows === null || asksSubquery(node)) return [];
  const removed = overLoops(node.removedByFilter, step) + overLoops(node.removedByRecheck, step);
  if (removed < (thresholds["plan-inefficient-index"] ?? LEAST_REMOVED) || removed < rows * (thresholds["plan-inefficient-index.ratio"] ?? LEAST_RATIO))
    return [];
  const index = indexOf(node);
  return [
    {
      step,
      claim: `${index === null ? "An index" : `Index \`${index}\``} leads to ${formatNumber(removed + rows)} rows of \`${node.relation ?? ""}\`, of which ${formatNumber(rows)} pass the filter.`,
      reason: `The rows are fetched from the table before \`${withoutValues(node.conditions.filter ?? node.conditions.recheck ?? "")}\` can throw them away.`,
      remedy: "Put the filter's columns into the index too, those compared with `=` first, or make it partial.",
      doubt: "with other values the filter may let more pass",
      weight: removed,
      figures: { rowsRead: removed + rows, rowsKept: rows },
      mostMs: step.selfMs,
    },
  ];
}

/** Without a condition on the index it is read for its order alone: another rule's. */
function isByIndex({ type, conditions }: PlanNode): boolean {
  if (type === "Bitmap Heap Scan") return true;
  return (type === "Index Scan" || type === "Index Only Scan") && conditions.index !== null;
}

/** A subquery is asked for each row: no index holds its answer. */
const asksSubquery = ({ conditions: { filter } }: PlanNode): boolean => /\bSubPlan\b/.test(filter ?? "");

function indexOf({ index, children: [below] }: PlanNode): string | null {
  return index ?? below?.index ?? null;
}
