import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { settingText } from "../scaling/machine.ts";

export const rule: Rule = {
  meta: {
    id: "plan-memoize-thrash",
    chapter: "2.1",
    summary: "A join remembers look-ups that it has to forget before they are asked for again",
    severity: "info",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Look-ups. Ours. */
const LEAST_MISSES = 1_000;
/** Entries thrown out for each look-up that was not remembered. Ours. */
const LEAST_EVICTED = 0.5;
/** Look-ups that are answered from memory, below which remembering does not pay. Ours. */
const LEAST_HITS = 0.5;

function flawOf({ ...step }: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { cache } = step.node;
  if (cache === null || cache.misses < (thresholds["plan-memoize-thrash"] ?? LEAST_MISSES)) return [];
  const hits = cache.hits / (cache.hits + cache.misses);
  if (cache.evictions < cache.misses * LEAST_EVICTED || hits >= (thresholds["plan-memoize-thrash.hits"] ?? LEAST_HITS)) return [];
  const workMem = database.setting("work_mem");
  return [
    {
      step,
      claim: `Memoize throws out ${formatNumber(cache.evictions)} of ${formatNumber(cache.misses)} remembered look-ups and answers ${formatPercent(hits)} from memory.`,
      reason: `What it remembers does not fit into \`work_mem\`${workMem === null ? "" : ` (the server's is ${settingText(Number(workMem) * 1024)})`}, so that the plan pays for remembering and for looking up.`,
      remedy: "Raise `work_mem` for this statement, or let the outer side come in the order of the key.",
      doubt: "a session that sets `work_mem` for itself has another limit than the server's",
      weight: cache.evictions,
      figures: { hits: cache.hits, misses: cache.misses, evictions: cache.evictions },
      tables: relationsBelow(step.node),
    },
  ];
}
