import { formatBytes, formatMilliseconds, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Plan, Rule } from "../../model/index.ts";
import { statementName } from "../database/statement-places.ts";
import { judgePlans, statementOf, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-wide-rows",
    chapter: "2.1",
    summary: "A statement sends megabytes to the application",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (_steps, plan) => flawsOf(plan, input) }),
};

/** Bytes of one run; this project's notes on plans. */
const LEAST_BYTES = 1_000_000;

function flawsOf(plan: Plan, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { type, planWidth, actualRows, loops } = plan.root;
  const rows = (actualRows ?? 0) * (loops ?? 1);
  const bytes = rows * planWidth;
  if (type === "ModifyTable" || bytes < (thresholds["plan-wide-rows"] ?? LEAST_BYTES)) return [];
  const statement = statementOf(plan, database);
  return [
    {
      step: null,
      claim: `${statement === null ? "The statement" : statementName(statement)} returns ${formatNumber(rows)} rows of some ${formatBytes(planWidth)} each, ${formatBytes(bytes)} in all (width estimated).`,
      reason: `${sendingWords(plan)}All of it is read, sent and made into Python objects, which take several times as much.`,
      remedy: "Take fewer rows (a slice, pages, `iterator()`), or fewer columns (`only()`, `defer()`, `values()`).",
      doubt: "an export that needs every row and column is right to fetch them; large values may be wider than the planner thinks",
      weight: bytes,
      figures: { rows, bytes },
      mostMs: plan.sendingMs,
      tables: relationsBelow(plan.root).slice(0, 3),
    },
  ];
}

function sendingWords({ sendingMs, executionMs }: Plan): string {
  return sendingMs === null || executionMs === null
    ? ""
    : `Of ${formatMilliseconds(executionMs)} ms the server takes ${formatMilliseconds(sendingMs)} to put the rows together and send them. `;
}
