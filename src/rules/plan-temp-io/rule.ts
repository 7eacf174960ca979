import { formatBytes, formatCount, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Plan, Rule, Statement } from "../../model/index.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-temp-io",
    chapter: "2.1",
    summary: "A statement keeps rows in temporary files",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
      judgeStatements(input, { leastShare: input.thresholds["plan-temp-io.share"] ?? WORTH_SHARE, flaws: (statement) => counted(statement, input) }),
    ),
};

/** Bytes of one run, or of a call on average. Ours: any spill of a megabyte. */
const LEAST_BYTES = 1_048_576;

/** Sorts and hashes have rules of their own, which know what they need. */
const OTHERS: ReadonlySet<string> = new Set(["Sort", "Incremental Sort", "Hash", "Hash Join", "Aggregate"]);

const KEPT = {
  reason: "What an operation keeps for later use outgrows `work_mem` and is written to disk.",
  remedy: "Let the statement keep fewer rows or columns: filter first, and leave out wide columns; else raise `work_mem` for it.",
};
const NOT_IN = {
  reason: "The list outgrows `work_mem`: it is written to disk, and read again for each row that is compared with it.",
  remedy: "Write `~Exists(… OuterRef(…))` for `exclude(…__in=…)`: an anti join keeps no such list.",
};

/** What does not depend on the row, kept for a condition that asks `NOT (… = SubPlan)`. */
function isListOfNotIn({ node, above: [compared] }: PlanStep): boolean {
  return node.parent === "SubPlan" && node.type === "Materialize" && /NOT \((?:ANY \()?.*SubPlan/.test(compared?.conditions.filter ?? "");
}

function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  if (OTHERS.has(node.type) || node.blocks === null) return [];
  const written =
    Math.max(0, node.blocks.tempWritten - node.children.reduce((sum, one) => sum + (one.blocks?.tempWritten ?? 0), 0)) * database.server.blockSize;
  if (written < (thresholds["plan-temp-io"] ?? LEAST_BYTES)) return [];
  return [
    {
      step,
      claim: isListOfNotIn(step)
        ? `\`NOT IN\` keeps its list on disk: ${formatBytes(written)} of temporary files.`
        : `A ${node.type} of ${formatNumber(step.rows ?? node.planRows)} rows writes ${formatBytes(written)} to temporary files.`,
      ...(isListOfNotIn(step) ? NOT_IN : KEPT),
      doubt: "a session that sets `work_mem` for itself has another limit than the server's",
      weight: written,
      figures: { temporaryBytes: written },
      // What the list costs is the finding on NOT IN itself.
      ...(isListOfNotIn(step) ? {} : { mostMs: step.selfMs }),
      tables: relationsBelow(node),
    },
  ];
}

/** A statement with a plan is judged by that, unless the plan has no figures of blocks. */
function counted(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  const { tempWritten, calls, id } = statement;
  if (tempWritten === null || calls < LEAST_CALLS || database.workload.plans.some((plan) => plan.statement === id && knowsBlocks(plan))) return [];
  const bytes = (tempWritten / calls) * database.server.blockSize;
  if (bytes < (thresholds["plan-temp-io"] ?? LEAST_BYTES)) return [];
  return [
    {
      claim: `${statementName(statement)} writes ${formatBytes(bytes)} of temporary files a call, in ${formatCount(calls, "call")}.`,
      reason: "Its sorts, hashes or kept rows outgrow `work_mem`; which of them do is in its plan.",
      remedy:
        "Run it under EXPLAIN (ANALYZE, BUFFERS): an index that gives the order, a limit or fewer columns keep it in memory; else raise `work_mem` for it.",
      doubt: "the mean hides whether all calls do, or a few large ones",
      figures: { temporaryBytes: Math.round(bytes) },
    },
  ];
}

const knowsBlocks = ({ isAnalyzed, root }: Plan): boolean => isAnalyzed && root.blocks !== null;
