import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { DatabaseInput, PlanNode, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { settingText } from "../scaling/machine.ts";

export const rule: Rule = {
  meta: {
    id: "plan-hash-spill",
    chapter: "2.1",
    summary: "A hash table does not fit into memory and goes to disk in batches",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Blocks of 8 kB in files, or kilobytes on disk for an aggregate. Ours: any spill of a megabyte. */
const LEAST_DISK = 1_048_576;

function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  const { hash } = node;
  if (hash === null || hash.batches <= 1) return [];
  const bytes = spilledBytes(node, database.server.blockSize);
  if (bytes !== null && bytes < (thresholds["plan-hash-spill"] ?? LEAST_DISK)) return [];
  const isAggregate = node.type === "Aggregate";
  const grew = hash.batches > hash.originalBatches;
  return [
    {
      step,
      claim: `The hash table of ${isAggregate ? "an aggregate" : "a join"} over ${namesOf(node)} goes to disk in ${formatNumber(hash.batches)} batches${bytes === null ? "" : `, ${formatBytes(bytes)}`}.`,
      reason: `It outgrows \`work_mem\` times \`hash_mem_multiplier\`, so that rows are written to files and read again${grew ? `; the planner expected ${formatNumber(hash.originalBatches)}, since it expected fewer rows` : ""}.`,
      remedy: `Fetch fewer columns and filter before ${isAggregate ? "grouping" : "joining"}; else raise \`work_mem\` for this statement${memoryWords(database)}.`,
      doubt: "a session that sets `work_mem` for itself has another limit than the server's",
      weight: bytes ?? hash.batches,
      figures: { batches: hash.batches, ...(bytes === null ? {} : { diskBytes: bytes }) },
      mostMs: step.selfMs,
      tables: relationsBelow(node),
    },
  ];
}

function namesOf(node: PlanNode): string {
  const names = relationsBelow(node)
    .slice(0, 2)
    .map((one) => `\`${one}\``);
  return names.length === 0 ? "subqueries" : names.join(" and ");
}

/** An aggregate says it; of a join the blocks that it wrote do, where BUFFERS was on. */
function spilledBytes({ hash, blocks, children }: PlanNode, blockSize: number): number | null {
  if (hash !== null && hash.diskKb > 0) return hash.diskKb * 1024;
  if (blocks === null) return null;
  return Math.max(0, blocks.tempWritten - children.reduce((sum, one) => sum + (one.blocks?.tempWritten ?? 0), 0)) * blockSize;
}

function memoryWords(database: DatabaseInput["database"]): string {
  const workMem = database.settingNumber("work_mem");
  return workMem === null ? "" : ` (the server's is ${settingText(workMem)}, times ${database.setting("hash_mem_multiplier") ?? "1"})`;
}
