import { formatBytes, formatCount, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, QueryShape, Rule, ShapeExpression, Statement } from "../../model/index.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-blocks-per-row",
    chapter: "2.1",
    summary: "A statement touches thousands of pages for each row that it returns",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    judgeStatements(input, { leastShare: input.thresholds["plan-blocks-per-row.share"] ?? WORTH_SHARE, flaws: (statement) => flawsOf(statement, input) }),
};

/** Pages for a row; this project's notes on pg_stat_statements. */
const LEAST_BLOCKS = 1_000;

/** A statement with a plan is judged by that. */
function flawsOf(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  const { sharedHit, sharedRead, rows, calls, shape, id } = statement;
  if (sharedHit === null || sharedRead === null || rows === null || calls < LEAST_CALLS || shape?.kind !== "select" || isSummary(shape)) return [];
  if (database.workload.plans.some((plan) => plan.statement === id && plan.isAnalyzed)) return [];
  const pages = sharedHit + sharedRead;
  const aRow = pages / Math.max(rows, calls);
  if (aRow < (thresholds["plan-blocks-per-row"] ?? LEAST_BLOCKS)) return [];
  return [
    {
      claim: `${statementName(statement)} touches ${formatBytes((pages / calls) * database.server.blockSize)} a call to return ${formatNumber(rows / calls)} rows, in ${formatCount(calls, "call")}.`,
      reason: "It goes through a table or a wide stretch of an index to find what it returns, as a missing or unfitting index makes it.",
      remedy: "Run it under EXPLAIN (ANALYZE, BUFFERS), and look for rows removed by a filter.",
      doubt: "pages are counted as often as they are touched: a nested loop touches the same ones again",
      figures: { pages, pagesPerRow: Math.round(aRow) },
    },
  ];
}

/** Sums and counts read many rows for one by their nature. */
function isSummary({ groupBy, projection, distinct, subqueries }: QueryShape): boolean {
  return (
    groupBy.length > 0 ||
    distinct !== "no" ||
    projection.some((one) => isAggregate(one)) ||
    subqueries.some(({ role, shape }) => (role === "from" || role === "cte") && isSummary(shape))
  );
}

const AGGREGATES: ReadonlySet<string> = new Set([
  "count",
  "sum",
  "avg",
  "min",
  "max",
  "array_agg",
  "string_agg",
  "jsonb_agg",
  "json_agg",
  "bool_and",
  "bool_or",
  "stddev",
  "stddev_pop",
  "stddev_samp",
  "variance",
  "var_pop",
  "var_samp",
]);

function isAggregate(expression: ShapeExpression): boolean {
  return expression.kind === "call" && (AGGREGATES.has(expression.name) || expression.arguments.some((one) => isAggregate(one)));
}
