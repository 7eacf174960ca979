import { addIndex } from "../../fixes/migrations/index.ts";
import { formatBytes, formatCount, formatNumber, formatPercent, formatPlannerCost } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, Evidence, Judgement, Rule, Statement, StudiedIndex, StudiedStatement, Table } from "../../model/index.ts";
import { catalogEvidence, workloadEvidence } from "../database/evidence.ts";
import { isUniqueColumn } from "../database/column-facts.ts";
import { rowsOf } from "../database/index-figures.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { tradesTextIndex } from "../database/text-matches.ts";
import { plannedCost, sentFrom, statementSpot } from "../database/statement-places.ts";

/** Ours: an index that saves less of the workload's estimated cost pays no migration back. */
const LEAST_SAVED = 0.001;
/** Ours: from a hundredth on it is a warning. */
const WARN_SAVED = 0.01;
const MOST_STATEMENTS = 5;

export const rule: Rule = {
  meta: {
    id: "missing-index",
    chapter: "1.2",
    summary: "Statements would be planned at far less cost with an index that is not there",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const { study, studyMissing } = database;
    if (study === undefined)
      return {
        drafts: [],
        unjudged: [{ object: "", why: `needs plans of the workload: ${studyMissing ?? "take them with luthier check --phantom, or luthier advise indexes"}` }],
        examined: "",
      };
    const least = thresholds["missing-index"] ?? LEAST_SAVED;
    const found = study.added.map((one) => ({ one, served: servedBy(one, database) })).filter(({ served }) => savedShare(served, database) >= least);
    return {
      drafts: found.map(({ one, served }) => toDraft(one, served, input)),
      unjudged: notPlanned(database),
      examined: `${formatNumber(study.statements.length)} statements`,
    };
  },
};

interface Served {
  readonly studied: StudiedStatement;
  readonly statement: Statement;
}

/** Those that become cheaper, the most saved first. */
function servedBy({ serves }: StudiedIndex, { study, workload }: Database): readonly Served[] {
  const cheaper = (study?.statements ?? []).filter(({ statement, verdict }) => serves.includes(statement) && (verdict === "gain" || verdict === "verify"));
  const found = cheaper.filter(({ plans }) => plans === null || !tradesTextIndex(plans));
  const known = found.flatMap((studied) => {
    const statement = workload.statements.find(({ id }) => id === studied.statement);
    return statement === undefined ? [] : [{ studied, statement }];
  });
  return known.toSorted((a, b) => saving(b.studied) - saving(a.studied));
}

const saving = ({ server, calls }: StudiedStatement): number => (server.before - server.after) * calls;

function savedShare(served: readonly Served[], { study }: Database): number {
  const whole = (study?.statements ?? []).reduce((sum, { server, calls }) => sum + server.before * calls, 0);
  return whole === 0 ? 0 : served.reduce((sum, { studied }) => sum + saving(studied), 0) / whole;
}

/** What was not planned could want an index of its own. */
function notPlanned({ study }: Database): Judgement["unjudged"] {
  const { unplanned = [] } = study ?? {};
  const [first] = unplanned;
  return first === undefined
    ? []
    : [
        {
          object: "",
          why: `needs plans of ${formatCount(unplanned.length, "statement")}, ${unplanned.length === 1 ? "which" : "the first of which"} PostgreSQL refuses: ${first.why}`,
        },
      ];
}

function toDraft(index: StudiedIndex, served: readonly Served[], input: DatabaseInput): DatabaseDraft {
  const { database } = input;
  const { table, label, name, bytes, isGuess } = index;
  const calls = served.reduce((sum, { statement }) => sum + statement.calls, 0);
  const [before, after] = costs(served);
  const share = savedShare(served, database);
  const isSure = served.some(({ studied }) => studied.verdict === "gain");
  const model = modelLabel(database, table);
  const rows = rowsOf(table, database);
  return {
    key: [shortName(table), label],
    severity: share >= (input.thresholds["missing-index.warn"] ?? WARN_SAVED) ? "warning" : "info",
    confidence: isSure ? "likely" : "possible",
    claim: `An index on \`${label}\` takes the estimated cost of ${formatCount(served.length, "statement")} from ${formatPlannerCost(before)} to ${formatPlannerCost(after)}.`,
    reason: reasonOf(index, served, calls, share),
    remedy: `Add \`${name}\`${isGuess ? "" : ` (${formatBytes(bytes)})`}.`,
    doubt: doubtOf(index, served, database),
    ...(model === undefined ? {} : { model }),
    places: [
      tableSpot(table, rows === null ? undefined : `${formatNumber(Math.round(rows))} rows`),
      ...served.slice(0, MOST_STATEMENTS).map(({ studied, statement }) => ({
        ...statementSpot(
          statement,
          `${formatCount(statement.calls, "call")}, cost ${formatPlannerCost(studied.server.before)} to ${formatPlannerCost(studied.server.after)}`,
        ),
        cost: plannedCost(studied),
      })),
      ...served.slice(0, MOST_STATEMENTS).flatMap(({ statement }) => sentFrom(statement)),
    ],
    evidence: [
      planEvidence(database, before, after, served),
      workloadEvidence(database, { statements: served.length, calls }),
      catalogEvidence(database, isGuess ? {} : { bytes }),
    ],
    impact: {},
    fixes: [addIndex(input, table, { ...index.spec, name })],
  };
}

/** Of a mean call of the statements together. */
function costs(served: readonly Served[]): readonly [before: number, after: number] {
  const calls = served.reduce((sum, { studied }) => sum + studied.calls, 0) || 1;
  const mean = (of: (one: StudiedStatement) => number): number => served.reduce((sum, { studied }) => sum + of(studied) * studied.calls, 0) / calls;
  return [mean(({ server }) => server.before), mean(({ server }) => server.after)];
}

function reasonOf({ upkeep, table }: StudiedIndex, served: readonly Served[], calls: number, share: number): string {
  const saved = `Over ${formatCount(calls, "call")} that is ${formatPercent(share)} of the workload's estimated cost.`;
  const whole = served.reduce((sum, { studied }) => sum + saving(studied), 0);
  return upkeep <= 0 ? saved : `${saved} Writes of \`${shortName(table)}\` pay ${formatPercent(upkeep / Math.max(1e-9, whole))} of that to keep it up to date.`;
}

function doubtOf({ doubts, table }: StudiedIndex, served: readonly Served[], database: Database): string {
  const verify = served.filter(({ studied }) => studied.verdict === "verify").length;
  const any = served.filter(({ studied }) => studied.basis === "any").length;
  return [
    ...(verify === 0
      ? []
      : [
          `${verify === served.length ? "verify by running" : `verify ${verify} of the statements by running`}: with pages at random nearly as cheap as in order, the plan is another one`,
        ]),
    ...(any === 0 ? [] : [`${formatCount(any, "statement")} planned for any values; rare and frequent ones differ`]),
    ...(served.some(({ studied }) => studied.uses.length > 1) ? ["a part of it is saved with other new indexes only"] : []),
    ...(served.some(({ statement }) => hasTies(statement, table, database))
      ? ["rows that are equal in what a list is sorted by can come in another order: add the key to the sort where that matters"]
      : []),
    ...doubts,
    "costs are the planner's, not time",
  ].join("; ");
}

/** A page of rows whose order nothing unique decides: which of equal ones come first hangs on the plan. */
function hasTies({ shape }: Statement, table: Table, database: Database): boolean {
  if (shape === null || shape.limit === null || shape.orderBy.length === 0 || shape.base?.name !== table.name) return false;
  return !shape.orderBy.some(({ what }) => what.kind === "column" && what.table === shape.base?.position && isUniqueColumn(database, table, what.name));
}

/** What a plan saves by several new indexes at once, none of them saves alone: it is shared out between them. */
function ownSaving(served: readonly Served[]): { readonly costSaved?: number } {
  if (served.every(({ studied }) => studied.uses.length < 2)) return {};
  const calls = served.reduce((sum, { studied }) => sum + studied.calls, 0) || 1;
  const saved = served.reduce((sum, { studied }) => sum + saving(studied) / Math.max(1, studied.uses.length), 0) / calls;
  return { costSaved: Number(saved.toPrecision(6)) };
}

function planEvidence({ study }: Database, before: number, after: number, served: readonly Served[]): Evidence {
  const agreed = served.filter(({ studied }) => studied.verdict === "gain").length;
  return {
    kind: "planned",
    note: `planned by PostgreSQL ${study?.version ?? ""} on a copy without rows, with and without: ${formatNumber(agreed)} of ${formatCount(served.length, "statement")} by the same plan with the server's constants and with careful ones`,
    costBefore: Number(before.toPrecision(6)),
    costAfter: Number(after.toPrecision(6)),
    ...ownSaving(served),
  };
}
