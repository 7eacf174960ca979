import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { overLoops, withoutValues, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-wrong-index-for-limit",
    chapter: "2.1",
    summary: "An index is walked in the order of the LIMIT until enough rows match",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Rows; pganalyze's check of ORDER BY with LIMIT. */
const LEAST_REMOVED = 1_000;
/** Rows passed over for each that is kept. Ours: as for an inefficient index. */
const LEAST_RATIO = 10;

function flawOf(step: PlanStep, { thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, above, rows } = step;
  if ((node.type !== "Index Scan" && node.type !== "Index Only Scan") || node.conditions.index !== null || node.conditions.filter === null) return [];
  if (rows === null || !isBelowLimit(above)) return [];
  const removed = overLoops(node.removedByFilter, step);
  if (removed < (thresholds["plan-wrong-index-for-limit"] ?? LEAST_REMOVED) || removed < rows * LEAST_RATIO) return [];
  return [
    {
      step,
      claim: `To keep ${formatNumber(rows)} rows in order, the statement walks \`${node.index ?? ""}\` past ${formatNumber(removed)} rows that do not match.`,
      reason: `The planner trusts that rows which pass \`${withoutValues(node.conditions.filter)}\` lie everywhere in the index; when they do not, most of it is read.`,
      remedy: "Add an index with the columns of the filter that are compared with `=` first, and those of the order after them.",
      doubt: "values that many rows have are found after a few steps, and then this index is the best",
      weight: removed,
      figures: { rowsPassed: removed, rowsKept: rows },
      mostMs: step.selfMs,
    },
  ];
}

/** Nothing between that has to read all of its input first. */
function isBelowLimit(above: readonly PlanNode[]): boolean {
  const other = above.find(({ type }) => !PASSING.has(type));
  return other?.type === "Limit";
}

const PASSING: ReadonlySet<string> = new Set([
  "Result",
  "Subquery Scan",
  "LockRows",
  "Nested Loop",
  "Memoize",
  "Gather Merge",
  "ProjectSet",
  "Unique",
  "Incremental Sort",
]);
