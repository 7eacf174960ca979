import { formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { settingText } from "../scaling/machine.ts";

export const rule: Rule = {
  meta: {
    id: "plan-not-in",
    chapter: "2.1",
    summary: "NOT IN compares every row with every row of its subquery",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: false, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Comparisons, rows times rows of the subquery. Ours: some 50 ms. */
const LEAST_COMPARISONS = 1_000_000;

function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  const subquery = node.children.find((one) => isListedAgain(one));
  if (subquery === undefined || !/NOT \((?:ANY \()?.*SubPlan/.test(node.conditions.filter ?? "") || /hashed SubPlan/.test(node.conditions.filter ?? ""))
    return [];
  const rows = subquery.loops ?? node.planRows * 2;
  const listed = subquery.children[0]?.actualRows ?? subquery.planRows;
  if (rows * listed < (thresholds["plan-not-in"] ?? LEAST_COMPARISONS)) return [];
  const workMem = database.setting("work_mem");
  return [
    {
      step,
      claim: `\`NOT IN\` goes through the ${formatNumber(listed)} rows of its subquery for each of ${formatNumber(rows)} rows of \`${node.relation ?? "the query"}\`${subquery.loops === null ? " (estimated)" : ""}.`,
      reason: `The list does not fit into \`work_mem\`${workMem === null ? "" : ` (the server's is ${settingText(Number(workMem) * 1024)})`}, so it is kept as it is, and the time grows with the square of the tables.`,
      remedy:
        "Write `~Exists(… OuterRef(…))` for `exclude(…__in=…)`: it is planned as an anti join. It differs where the subquery has a NULL, for which NOT IN finds nothing.",
      doubt: "the time depends on how soon a row's value is found in the list",
      weight: rows * listed,
      figures: { rows, listed },
      mostMs: step.totalMs,
      tables: relationsBelow(subquery),
    },
  ];
}

/** What does not depend on the row is kept by Materialize; NOT EXISTS of one that does has none. */
function isListedAgain({ parent, type }: PlanNode): boolean {
  return parent === "SubPlan" && type === "Materialize";
}
