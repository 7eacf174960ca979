import { formatCount, formatMilliseconds } from "../../model/numbers.ts";
import type { DatabaseInput, Rule, Statement } from "../../model/index.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-unstable",
    chapter: "2.1",
    summary: "A statement is fast most times and very slow at others",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    judgeStatements(input, { leastShare: input.thresholds["plan-unstable.share"] ?? WORTH_SHARE, flaws: (statement) => flawsOf(statement, input) }),
};

/** Standard deviation by mean; this project's notes on pg_stat_statements. */
const LEAST_DEVIATION = 3;
/** Ours: of fewer calls one that waited makes the deviation. */
const LEAST_CALLS = 100;

function flawsOf({ ...statement }: Statement, { thresholds }: DatabaseInput): StatementFlaw[] {
  const { deviationMs, meanMs, calls } = statement;
  if (deviationMs === null || calls < LEAST_CALLS || meanMs === 0 || deviationMs / meanMs < (thresholds["plan-unstable"] ?? LEAST_DEVIATION)) return [];
  return [
    {
      claim: `${statementName(statement)} takes ${formatMilliseconds(meanMs)} ms on average in ${formatCount(calls, "call")}, with a standard deviation of ${formatMilliseconds(deviationMs)} ms.`,
      reason: "Some of its calls take many times as long as the others: other values lead to another plan or far more rows, or it waits for a lock.",
      remedy: "Log the slow ones with `auto_explain.log_min_duration` above the mean, and compare their plans with those of the fast ones.",
      doubt: "a single outage or lock of the past can have made all of the deviation",
      figures: { deviationMs: Number(deviationMs.toPrecision(4)) },
    },
  ];
}
