import { formatCount, formatMilliseconds, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, FixDraft, Plan, Rule, Statement } from "../../model/index.ts";
import { quoteName } from "../../postgres/quote.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-jit",
    chapter: "2.1",
    summary: "Compiling a statement takes longer than it saves",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (_steps, plan) => flawsOf(plan, input) }),
      judgeStatements(input, { leastShare: WORTH_SHARE, flaws: (statement) => counted(statement, input) }),
    ),
};

/** Of the statement's time; this project's notes on plans. */
const LEAST_SHARE = 0.25;
/** Of the time of all calls; this project's notes on pg_stat_statements. */
const LEAST_COUNTED_SHARE = 0.1;
/** Milliseconds: a statement that takes longer than this can gain by it. */
const LONGEST = 1_000;
/** Milliseconds of compiling. Ours. */
const LEAST_MS = 5;

function flawsOf(plan: Plan, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { jitMs, executionMs } = plan;
  if (jitMs === null || executionMs === null || jitMs < LEAST_MS || executionMs >= LONGEST) return [];
  if (jitMs / executionMs < (thresholds["plan-jit"] ?? LEAST_SHARE)) return [];
  return [
    {
      step: null,
      claim: `Of ${formatMilliseconds(executionMs)} ms, compiling the statement (JIT) takes ${formatMilliseconds(jitMs)} ms, ${formatPercent(Math.min(1, jitMs / executionMs))}.`,
      ...words(database),
      weight: jitMs,
      figures: { jitMs, executionMs },
      mostMs: jitMs,
      tables: relationsBelow(plan.root),
    },
  ];
}

function counted(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  const { jitMs, totalMs, calls, meanMs } = statement;
  if (jitMs === null || calls < LEAST_CALLS || totalMs === 0 || jitMs / calls < LEAST_MS || meanMs >= LONGEST) return [];
  if (jitMs / totalMs < (thresholds["plan-jit.counted"] ?? LEAST_COUNTED_SHARE)) return [];
  return [
    {
      claim: `${statementName(statement)} spends ${formatPercent(Math.min(1, jitMs / totalMs))} of its time on being compiled (JIT), ${formatMilliseconds(jitMs / calls)} ms in each of ${formatCount(calls, "call")}.`,
      ...words(database),
      figures: { jitMs: Math.round(jitMs) },
    },
  ];
}

function words(database: DatabaseInput["database"]): Pick<PlanFlaw, "reason" | "remedy" | "doubt" | "fixes"> {
  return {
    reason: `What is planned to cost more than \`jit_above_cost\` (${database.setting("jit_above_cost") ?? "unknown"}) is compiled before it runs, each time anew, however few rows it then has.`,
    remedy:
      "Turn `jit` off for the database, or raise `jit_above_cost`, `jit_inline_above_cost` and `jit_optimize_above_cost`; statements that run for many seconds can keep it by SET.",
    doubt: "long reports in the same database may be faster with it",
    fixes: [jitOff(database.catalog.database.name)],
  };
}

function jitOff(name: string): FixDraft {
  const database = `ALTER DATABASE ${quoteName(name)}`;
  return {
    title: "Turn JIT off for the database",
    kind: "sql",
    safety: "review",
    edits: [],
    sql: { forward: [`${database} SET jit = off`], reverse: [`${database} RESET jit`], isTransactional: true },
  };
}
