/** Plans of a statement as it is asked today and as it would be asked after a finding's change, beside that finding. */
import type { ChangedStatement } from "../model/index-study.ts";
import type { Finding } from "../model/finding.ts";
import type { Plot } from "../model/plot.ts";
import { formatPlannerCost } from "../model/numbers.ts";
import { gistOf } from "../sql/describe-shape.ts";
import type { Work } from "./input.ts";

/** More would make the page heavy. Ours. */
const MOST_PLANS = 8;

export function restatedPlots(section: string, { report, evidence: { database } }: Work): readonly Plot[] {
  const findings = report.findings.filter(({ chapter }) => chapter === section);
  const study = database?.study;
  if (database === null || study == null) return [];
  return findings
    .flatMap((finding): Plot[] => {
      const found = restatedOf(finding, study.changes ?? []);
      if (found === null) return [];
      const { sql, changed, plans } = found;
      const statement = database.workload.statements.find(({ id }) => id === changed.statement);
      if (statement === undefined) return [];
      return [
        {
          kind: "plans",
          finding: finding.id,
          question: `How is \`${gistOf(statement)}\` planned when it is asked otherwise?`,
          answer: `Cost ${formatPlannerCost(changed.cost.before)} becomes ${formatPlannerCost(changed.cost.after)}.`,
          source: `EXPLAIN of PostgreSQL ${study.version}, on a copy without rows`,
          statement: statement.sql,
          before: { title: "as it is asked", root: plans.before.root, json: null, basis: "cost" },
          after: { title: "asked otherwise", root: plans.after.root, json: null, basis: "cost" },
          change: sql,
        },
      ];
    })
    .slice(0, MOST_PLANS);
}

type Changes = NonNullable<NonNullable<NonNullable<Work["evidence"]["database"]>["study"]>["changes"]>;

interface Restated {
  readonly sql: string;
  readonly changed: ChangedStatement;
  readonly plans: NonNullable<ChangedStatement["plans"]>;
}

/** By the statement and the figures that the finding has at it. */
function restatedOf({ places }: Finding, changes: Changes): Restated | null {
  for (const { object, cost: planned } of places) {
    if (object === undefined || planned === undefined) continue;
    for (const { proposal, statements } of changes) {
      if (proposal.kind !== "restated") continue;
      const sql = proposal.rewrites.find(({ statement }) => statement === object)?.sql;
      const changed = statements.find((one) => one.statement === object && Math.abs(one.cost.after - planned.after) <= planned.after * ROUNDED);
      if (sql !== undefined && changed?.plans != null) return { sql, changed, plans: changed.plans };
    }
  }
  return null;
}

/** Figures of findings have six digits. */
const ROUNDED = 1e-5;
