import { groupBy } from "../../model/group-by.ts";
import { shortName } from "../database/names.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, Rule, Table } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { blockShare, isHot, overLoops, withoutValues, type PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-rows-removed",
    chapter: "2.1",
    summary: "A whole table is read, and nearly all of it thrown away",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => scansOf(steps, input).flatMap((scan) => flawOf(scan, input)) }),
};

/** Rows; pganalyze warns of slow scans in this region. Overridable as `plan-rows-removed`. */
const LEAST_REMOVED = 10_000;
/** Of the rows read. Ours. */
const LEAST_PART = 0.9;
/** Of the statement's time or pages: less is not worth an index. Ours. */
const LEAST_SHARE = 0.1;

/** What one condition reads; the partitions of a table are one table. */
interface Scan {
  readonly table: Table | null;
  /** The one that throws most away first. */
  readonly steps: readonly [PlanStep, ...PlanStep[]];
}

function scansOf(steps: readonly PlanStep[], { database }: DatabaseInput): Scan[] {
  const filtered = steps.filter(({ node, rows }) => node.type.endsWith("Seq Scan") && rows !== null && node.conditions.filter !== null);
  const parentOf = ({ node }: PlanStep): Table | null => {
    const parent = database.tableNamed(node.relation ?? "")?.partitionOf?.parent;
    return parent === undefined ? null : database.table(parent);
  };
  const together = groupBy(filtered, (step) => {
    const parent = parentOf(step);
    return parent === null ? step : JSON.stringify([parent.oid, conditionOf(step)]);
  });
  return [...together.values()].flatMap((group) => {
    const [first, ...others] = group.toSorted((a, b) => removedBy(b) - removedBy(a));
    return first === undefined ? [] : [{ table: others.length === 0 ? null : parentOf(first), steps: [first, ...others] as const }];
  });
}

const removedBy = (step: PlanStep): number => overLoops(step.node.removedByFilter, step);
const conditionOf = ({ node }: PlanStep): string => withoutValues(node.conditions.filter ?? "");
const sumOf = (steps: readonly PlanStep[], figure: (step: PlanStep) => number | null): number => steps.reduce((sum, step) => sum + (figure(step) ?? 0), 0);

function flawOf({ table, steps }: Scan, { thresholds }: DatabaseInput): PlanFlaw[] {
  const [step] = steps;
  const rows = sumOf(steps, (one) => one.rows);
  const removed = sumOf(steps, removedBy);
  const read = removed + rows;
  const isEnough = removed >= (thresholds["plan-rows-removed"] ?? LEAST_REMOVED) && removed / read >= (thresholds["plan-rows-removed.part"] ?? LEAST_PART);
  if (!isEnough || !steps.some((one) => isHot(one, thresholds["plan-rows-removed.share"] ?? LEAST_SHARE))) return [];
  const what = table === null ? `A scan of \`${step.node.relation ?? ""}\` reads` : `Scans of ${steps.length} partitions of \`${shortName(table)}\` read`;
  return [
    {
      step,
      claim: `${what} ${formatNumber(read)} rows and ${table === null ? "keeps" : "keep"} ${formatNumber(rows)}${shareWords(steps)}.`,
      reason: `Every row is tested against \`${conditionOf(step)}\`, and no index leads to those that pass.`,
      remedy: "Index the columns of the condition, or let the query ask for what is indexed.",
      doubt: "with values that most rows pass, reading the whole table is the fastest way",
      weight: removed,
      figures: { rowsRead: read, rowsKept: rows },
      mostMs: steps.some(({ selfMs }) => selfMs === null) ? null : sumOf(steps, ({ selfMs }) => selfMs),
      ...(table === null ? {} : { tables: [table.name] }),
      cause: JSON.stringify([table?.name ?? step.node.relation, conditionOf(step)]),
    },
  ];
}

function shareWords(steps: readonly PlanStep[]): string {
  const [first] = steps;
  if (first?.share != null) return `, ${formatPercent(sumOf(steps, ({ share }) => share))} of the statement's time`;
  const blocks = first === undefined ? null : blockShare(first);
  return blocks === null ? "" : `, ${formatPercent(sumOf(steps, blockShare))} of its pages`;
}
