import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseInput, Rule, Table } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { relationsBelow, type PlanStep } from "../database/plan-steps.ts";
import { shortName } from "../database/names.ts";

export const rule: Rule = {
  meta: {
    id: "plan-too-many-partitions",
    chapter: "2.1",
    summary: "A statement goes through all partitions of a table",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: false, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Partitions that one node goes through; this project's notes on plans. */
const LEAST_PARTITIONS = 50;

/** Those that EXPLAIN marks as never executed were left out while it ran. */
function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node } = step;
  if (node.type !== "Append" && node.type !== "Merge Append") return [];
  const scanned = node.children.filter(({ loops }) => loops !== 0).length;
  if (scanned < (thresholds["plan-too-many-partitions"] ?? LEAST_PARTITIONS)) return [];
  const parent = parentOf(relationsBelow(node), database);
  if (parent === null) return [];
  const key = parent.partitioning?.definition ?? "its key";
  return [
    {
      step,
      claim: `The statement goes through ${formatNumber(scanned)} partitions of \`${shortName(parent)}\`.`,
      reason: "None of its conditions tells which of them can have a row, so each is locked, planned and looked into.",
      remedy: `Filter by the partitioning key (${key}) too, or make fewer and larger partitions.`,
      doubt: "a report on everything has to read everything",
      weight: scanned,
      figures: { partitions: scanned },
      tables: [parent.name],
    },
  ];
}

function parentOf(names: readonly string[], database: Database): Table | null {
  const parents = names.flatMap((name) => database.tableNamed(name)?.partitionOf?.parent ?? []);
  const [first] = parents;
  return first === undefined ? null : database.table(first);
}
