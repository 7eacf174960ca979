import { formatNumber, formatPercent } from "../../model/numbers.ts";
import type { DatabaseInput, FixDraft, Rule } from "../../model/index.ts";
import { quoteName } from "../../postgres/quote.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import type { PlanStep } from "../database/plan-steps.ts";

export const rule: Rule = {
  meta: {
    id: "plan-heap-fetches",
    chapter: "2.1",
    summary: "An index-only scan goes to the table after all",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (steps) => steps.flatMap((step) => flawOf(step, input)) }),
};

/** Of the rows; this project's notes on plans. */
const LEAST_PART = 0.1;
/** Rows: fewer visits take no time. Ours. */
const LEAST_FETCHES = 1_000;

/** `Heap Fetches` is of all loops, unlike other figures of EXPLAIN. */
function flawOf(step: PlanStep, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const { node, rows } = step;
  if (node.heapFetches === null || rows === null || node.heapFetches < (thresholds["plan-heap-fetches"] ?? LEAST_FETCHES)) return [];
  const part = node.heapFetches / Math.max(1, rows);
  if (part < (thresholds["plan-heap-fetches.part"] ?? LEAST_PART)) return [];
  const table = node.relation === null ? null : database.tableNamed(node.relation);
  return [
    {
      step,
      claim: `An index-only scan of \`${node.index ?? ""}\` still visits the table for ${formatNumber(node.heapFetches)} of ${formatNumber(rows)} rows.`,
      reason: "Pages that VACUUM has not marked as visible to all must be looked at in the table; the index alone does not tell which rows are there.",
      remedy: "Let autovacuum come more often for this table (`autovacuum_vacuum_insert_scale_factor`, `autovacuum_vacuum_scale_factor`); VACUUM it once now.",
      doubt:
        table === null
          ? "right after a bulk load this is so until the next VACUUM"
          : `${visibleWords(table.relallvisible, table.relpages)}; right after a bulk load it is so until the next VACUUM`,
      weight: node.heapFetches,
      figures: { heapFetches: node.heapFetches, rows },
      mostMs: step.selfMs,
      fixes: table === null ? [] : [vacuum(`${quoteName(table.schema)}.${quoteName(table.name)}`)],
    },
  ];
}

const visibleWords = (visible: number, pages: number): string =>
  `by the catalog ${formatPercent(pages === 0 ? 0 : visible / pages)} of its pages are marked as visible`;

function vacuum(table: string): FixDraft {
  return { title: `VACUUM \`${table}\``, kind: "sql", safety: "review", edits: [], sql: { forward: [`VACUUM ${table}`], reverse: [], isTransactional: false } };
}
