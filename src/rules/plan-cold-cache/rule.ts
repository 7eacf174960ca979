import { formatBytes, formatCount, formatMilliseconds, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Plan, Rule, Statement } from "../../model/index.ts";
import { judgePlans, together, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow } from "../database/plan-steps.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, LEAST_CALLS, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";

export const rule: Rule = {
  meta: {
    id: "plan-cold-cache",
    chapter: "2.1",
    summary: "Most pages of a statement come from outside the shared buffers",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) =>
    together(
      judgePlans(input, { needsRun: true, flaws: (_steps, plan) => flawsOf(plan, input) }),
      judgeStatements(input, { leastShare: input.thresholds["plan-cold-cache.share"] ?? WORTH_SHARE, flaws: (statement) => counted(statement, input) }),
    ),
};

/** Pages read, of one run or of a call on average. Ours: 8 MB. */
const LEAST_READ = 1_000;
/** Of all pages. Ours. */
const LEAST_PART = 0.5;
/** Of the statement's time, where `track_io_timing` tells. Ours. */
const LEAST_TIME = 0.3;

function flawsOf(plan: Plan, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { root, executionMs } = plan;
  if (root.blocks === null) return [];
  const { read, hit } = root.blocks;
  const part = read / Math.max(1, read + hit);
  const time = root.readMs === null || root.readMs === 0 || executionMs === null ? null : root.readMs / executionMs;
  if (read < (thresholds["plan-cold-cache"] ?? LEAST_READ) || part < LEAST_PART || (time !== null && time < LEAST_TIME)) return [];
  return [
    {
      step: null,
      claim: `The statement reads ${formatBytes(read * database.server.blockSize)} from outside the shared buffers, ${formatPercent(part)} of its pages${time === null ? "" : `, in ${formatMilliseconds(root.readMs ?? 0)} ms`}.`,
      ...WORDS,
      weight: read,
      figures: { pagesRead: read, pagesHit: hit },
      tables: relationsBelow(root).slice(0, 3),
    },
  ];
}

function counted(statement: Statement, { database, thresholds }: DatabaseInput): StatementFlaw[] {
  const { sharedRead, sharedHit, calls } = statement;
  if (sharedRead === null || sharedHit === null || calls < LEAST_CALLS) return [];
  const part = sharedRead / Math.max(1, sharedRead + sharedHit);
  if (sharedRead / calls < (thresholds["plan-cold-cache"] ?? LEAST_READ) || part < LEAST_PART) return [];
  return [
    {
      claim: `${statementName(statement)} reads ${formatBytes((sharedRead / calls) * database.server.blockSize)} from outside the shared buffers a call, ${formatPercent(part)} of its pages, in ${formatCount(calls, "call")}.`,
      ...WORDS,
      figures: { pagesRead: sharedRead, pagesHit: sharedHit },
    },
  ];
}

const WORDS: Pick<PlanFlaw, "reason" | "remedy" | "doubt"> = {
  reason: "What it needs is not kept in memory from one call to the next, so that its time is that of the disk or of the system's cache.",
  remedy:
    "Let it read less first: an index, fewer columns, smaller partitions. Then give the server the memory that the hot tables and indexes need (`shared_buffers`).",
  doubt: "pages read may come from the operating system's cache; the first run after a restart is always cold",
};
