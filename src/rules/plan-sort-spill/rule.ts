import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { settingText } from "../scaling/machine.ts";

export const rule: Rule = {
  meta: {
    id: "plan-sort-spill",
    chapter: "2.1",
    summary: "A sort does not fit into memory and goes to disk",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Kilobytes on disk. Ours: any spill of a megabyte. */
const LEAST_DISK = 1024;
/** Rows take more room in memory than in the file; this project's notes on plans say 2 to 3 times. */
const IN_MEMORY = 3;

function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { sort } = step.node;
  const disk = sort?.spaceKb ?? 0;
  if (sort?.space !== "Disk" || disk < (thresholds["plan-sort-spill"] ?? LEAST_DISK)) return [];
  const workMem = database.settingNumber("work_mem");
  const needed = disk * 1024 * IN_MEMORY;
  return [
    {
      step,
      claim: `A sort of ${formatNumber(step.rows ?? step.node.planRows)} rows writes ${formatBytes(disk * 1024)} to disk${workMem === null ? "" : `; the server's \`work_mem\` is ${settingText(workMem)}`}.`,
      reason: `Sorting by \`${sort.keys.join(", ")}\` outgrows the memory of one operation, so its parts are written to files and merged from them.`,
      remedy: `Let an index give the order, or limit the rows before they are sorted; else set \`work_mem\` for this statement to some ${settingText(needed)} (estimated: ${IN_MEMORY} times the file).`,
      doubt: "a session that sets `work_mem` for itself has another limit than the server's",
      weight: disk,
      figures: { diskBytes: disk * 1024, rows: step.rows ?? step.node.planRows },
      mostMs: step.selfMs,
      tables: relationsBelow(step.node),
    },
  ];
}
