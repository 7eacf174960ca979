import { formatCount, formatMilliseconds, formatPercent } from "../../model/numbers.ts";
import type { Constraint, Database, DatabaseInput, Plan, Rule } from "../../model/index.ts";
import { judgePlans, type PlanFlaw } from "../database/plan-rule.ts";
import { shortName } from "../database/names.ts";

export const rule: Rule = {
  meta: {
    id: "plan-triggers",
    chapter: "2.1",
    summary: "A statement's time goes into triggers",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => judgePlans(input, { needsRun: true, flaws: (_steps, plan) => flawsOf(plan, input) }),
};

/** Of the statement's time; this project's notes on plans. */
const LEAST_SHARE = 0.2;
/** Milliseconds. Ours. */
const LEAST_MS = 50;

function flawsOf(plan: Plan, { database, thresholds }: DatabaseInput): PlanFlaw[] {
  const [slowest] = plan.triggers.toSorted((a, b) => b.ms - a.ms);
  const whole = plan.executionMs ?? 0;
  if (
    slowest === undefined ||
    whole === 0 ||
    slowest.ms < (thresholds["plan-triggers.ms"] ?? LEAST_MS) ||
    slowest.ms / whole < (thresholds["plan-triggers"] ?? LEAST_SHARE)
  )
    return [];
  const key = database.catalog.constraints.find(({ kind, name }) => kind === "foreign" && name === slowest.name);
  return [
    {
      step: null,
      claim: `${key === undefined ? "Trigger" : "The check of foreign key"} \`${slowest.name}\` takes ${formatMilliseconds(slowest.ms)} ms in ${formatCount(slowest.calls, "call")}, ${formatPercent(Math.min(1, slowest.ms / whole))} of the statement's time.`,
      ...(key === undefined ? OWN : ofKey(key, database)),
      weight: slowest.ms,
      figures: { triggerMs: slowest.ms, calls: slowest.calls },
      mostMs: slowest.ms,
      tables: [...(slowest.relation === null ? [] : [slowest.relation]), ...tablesOf(key, database)],
    },
  ];
}

type Words = Pick<PlanFlaw, "reason" | "remedy" | "doubt">;

const OWN: Words = {
  reason: "A row-level trigger runs for each row that the statement writes.",
  remedy: "Make it a statement-level trigger with transition tables, or do its work in one statement afterwards.",
  doubt: "what the trigger keeps true has to be kept true in another way",
};

/** Deleting a referenced row looks for rows that refer to it. */
function ofKey(key: Constraint, database: Database): Words {
  const table = database.table(key.table);
  const isIndexed =
    table !== null && database.indexesOf(table).some(({ valid, predicate, keys }) => valid && predicate === null && keys[0]?.column === key.columns[0]);
  const columns = key.columns.join(", ");
  if (table !== null && !isIndexed) {
    return {
      reason: `For each row PostgreSQL looks for rows of \`${shortName(table)}\` that refer to it, and reads the whole table, since no index begins with \`${columns}\`.`,
      remedy: `Index \`${columns}\` of \`${shortName(table)}\`.`,
      doubt: "an INSERT checks the other way round, for which this index does nothing",
    };
  }
  return {
    reason: "For each row PostgreSQL looks up the rows on the other side of the foreign key.",
    remedy: "Write fewer rows at once where others wait, and keep the index of the other side in memory.",
    doubt: "the key is worth its checks: without it rows can refer to nothing",
  };
}

function tablesOf(key: Constraint | undefined, database: Database): string[] {
  return key === undefined ? [] : [database.table(key.table)?.name ?? ""].filter((name) => name !== "");
}
