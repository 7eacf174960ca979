import { formatCount, formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Rule, Statement } from "../../model/index.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-workers-not-launched",
    chapter: "2.1",
    summary: "A statement was planned for parallel workers that were not there",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
      judgeStatements(input, { leastShare: WORTH_SHARE, flaws: (statement) => counted(statement, input) }),
    ),
};

/** Of the planned workers, those that may be missing. Ours: a plan for two that gets one is no plan for one. */
const MOST_MISSING = 0.25;

function flawOf(step: PlanStep, input: DatabaseInput): PlanFlaw[] {
  const { workersPlanned, workersLaunched } = step.node;
  if (workersPlanned === null || workersLaunched === null || !isShort(workersPlanned, workersLaunched, input)) return [];
  return [
    {
      step,
      claim: `The plan counts on ${formatNumber(workersPlanned)} parallel workers and got ${formatNumber(workersLaunched)}.`,
      reason: "The planner took the slower plan because several processes would share it; with fewer the statement takes longer than it would alone.",
      remedy: remedyFor(input),
      doubt: "workers are few when several large statements run at once; another run may get them all",
      weight: workersPlanned - workersLaunched,
      figures: { workersPlanned, workersLaunched },
      tables: relationsBelow(step.node),
    },
  ];
}

/** PostgreSQL 18 counts workers by statement. */
function counted(statement: Statement, input: DatabaseInput): StatementFlaw[] {
  const { workersPlanned, workersLaunched, calls } = statement;
  if (workersPlanned === null || workersLaunched === null || workersPlanned < LEAST_CALLS || !isShort(workersPlanned, workersLaunched, input)) return [];
  return [
    {
      claim: `${statementName(statement)} counted on ${formatNumber(workersPlanned)} parallel workers in ${formatCount(calls, "call")} and got ${formatPercent(workersLaunched / workersPlanned)} of them.`,
      reason: "The planner took the slower plan because several processes would share it; with fewer the statement takes longer than it would alone.",
      remedy: remedyFor(input),
      doubt: "a short time of many large statements can make most of the shortage",
      figures: { workersPlanned, workersLaunched },
    },
  ];
}

const isShort = (planned: number, launched: number, { thresholds }: DatabaseInput): boolean =>
  planned > 0 && (planned - launched) / planned > (thresholds["plan-workers-not-launched"] ?? MOST_MISSING);

function remedyFor({ database }: DatabaseInput): string {
  const [workers, processes, gather] = ["max_parallel_workers", "max_worker_processes", "max_parallel_workers_per_gather"].map(
    (name) => database.setting(name) ?? "unknown",
  );
  return `Raise \`max_parallel_workers\` (${workers}) within \`max_worker_processes\` (${processes}) where processors are idle, or lower \`max_parallel_workers_per_gather\` (${gather}).`;
}
