/** Section 1.2: the set of indexes that the workload wants, as planned on a phantom, and those that no plan needs. */
import type { Advice, AdviceTable, Advisor, AdvisorInput, Artefact } from "../../model/advice.ts";
import type { Database, IndexStudy, RemovalProof, StudiedIndex, StudiedStatement } from "../../model/index.ts";
import type { Plot } from "../../model/plot.ts";
import { formatBytes, formatCount, formatNumber, formatPercentFinely, formatPlannerCost } from "../../model/numbers.ts";
import { gistOf } from "../../sql/describe-shape.ts";
import { NO_PARTS } from "../no-parts.ts";
import { indexMapsOf } from "./index-maps.ts";
import { costOfWorkload, verifiable, wholeCost } from "./summary.ts";
import { isDearerHeld, suffering } from "./verdict.ts";

const SECTION = "1.2";
const MOST_PLANS = 4;
const MOST_ROWS = 15;

export const advisor: Advisor = {
  id: "indexes",
  sections: [SECTION],
  advise: (input) => {
    const { database } = input;
    if (database === null) return [];
    return database.study === undefined ? [notPlanned(database)] : [adviceOf(database.study, database, input)];
  },
};

const EMPTY: Omit<Advice, "claim" | "missing"> = {
  advisor: "indexes",
  section: SECTION,
  ...NO_PARTS,
  rung: "inferred",
  examined: "",
  doubt: "",
};

function notPlanned({ catalog, studyMissing }: Database): Advice {
  const why = studyMissing ?? "nobody asked for it";
  return {
    ...EMPTY,
    claim: `The workload of \`${catalog.database.name}\` was not planned with and without indexes: ${why}.`,
    missing: "`luthier advise indexes` plans it on a throw-away server of the same major version, from a snapshot with its values.",
  };
}

function adviceOf(study: IndexStudy, database: Database, _input: AdvisorInput): Advice {
  const { added, notes, unplanned } = study;
  const [before, after] = Object.values(wholeCost(study, "server")) as [number, number];
  const planned = formatCount(study.statements.length, "statement");
  const free = study.removals.filter((one) => suffering(one).length === 0);
  return {
    ...EMPTY,
    claim:
      added.length === 0
        ? `No new index within ${formatBytes(study.budget)} makes ${planned} of \`${database.catalog.database.name}\` cheaper.`
        : `${formatCount(added.length, "index", "indexes")} (${formatBytes(sizeOf(added))}) take the estimated cost of ${planned} from ${formatPlannerCost(before)} to ${formatPlannerCost(after)}, ${formatPercentFinely(1 - after / before)} less.`,
    reasons: [choiceWords(study), ...verifyWords(study), ...(free.length === 0 ? [] : [freeWords(free, study)])],
    tables: [
      ...(added.length === 0 ? [] : [addedTable(study, database)]),
      ...(changed(study).length === 0 ? [] : [statementTable(study, database)]),
      ...(study.removals.length === 0 ? [] : [removalTable(study, database)]),
    ],
    plots: [...indexMapsOf(study, database), ...planPlots(study, database), ...proposalPlots(study, database)],
    artefacts: added.length === 0 ? [] : [artefactOf(study, database)],
    rung: "planned",
    examined: `${planned}, ${formatNumber(study.candidates)} candidates and ${formatCount(study.removals.length, "index", "indexes")} that only queries need, in ${formatNumber(study.plans)} plans of PostgreSQL ${study.version}`,
    missing:
      unplanned.length === 0
        ? ""
        : `${formatCount(unplanned.length, "statement")} has no plan here, the first: ${unplanned[0]?.why ?? ""}.`.replace("statements has", "statements have"),
    doubt: ["costs are the planner's, not time: nothing was timed on rows", ...notes].join("; "),
  };
}

const sizeOf = (added: readonly StudiedIndex[]): number => added.reduce((sum, { bytes }) => sum + bytes, 0);
const changed = ({ statements }: IndexStudy): readonly StudiedStatement[] =>
  statements.filter(({ verdict }) => verdict !== "same").toSorted((a, b) => costOfWorkload(b) - costOfWorkload(a));

function choiceWords(study: IndexStudy): string {
  const { gap, candidates, plans, rejected } = study;
  const proven =
    gap === null
      ? "The search was ended before the choice was proven"
      : gap < 1e-6
        ? "No other choice costs less"
        : `No other choice costs over ${formatPercentFinely(gap)} less`;
  const [first] = rejected;
  const other = first === undefined ? "" : ` Of those not taken, \`${first.label}\`: ${first.why}.`;
  return `${proven} among ${formatNumber(candidates)} candidates and ${formatNumber(plans)} plans, within ${formatBytes(study.budget)}.${other}`;
}

function verifyWords(study: IndexStudy): readonly string[] {
  const { length } = verifiable(study);
  return length === 0
    ? []
    : [
        `${formatCount(length, "statement")} ${length === 1 ? "is" : "are"} to verify by running: with random_page_cost 1.1 and effective_cache_size at shared_buffers, the planner takes another plan. \`luthier advise indexes --measure --db COPY\` runs them on a copy, with and without.`,
      ];
}

function freeWords(free: readonly RemovalProof[], { statements }: IndexStudy): string {
  const names = free
    .slice(0, 3)
    .map(({ index }) => `\`${index.name}\``)
    .join(", ");
  return `Without ${names}${free.length > 3 ? ` or one of ${formatNumber(free.length - 3)} others` : ""}, each by itself, none of ${formatCount(statements.length, "planned statement")} costs 5 % more; whether it may go depends on its counters too.`;
}

// ------------------------------------------------------------------------------------------------------------ tables

function addedTable({ added, version }: IndexStudy, { server }: Database): AdviceTable {
  return {
    title: "Indexes to add",
    head: ["Index", "Size", "Statements", "Upkeep"],
    rows: added.map(({ label, bytes, isGuess, serves, upkeep }) => [
      label,
      isGuess ? "not known" : formatBytes(bytes),
      formatNumber(serves.length),
      upkeep > 0 ? formatPlannerCost(upkeep) : "0",
    ]),
    numeric: [1, 2, 3],
    source: `planned by PostgreSQL ${version} from the statistics of ${server.takenAt.slice(0, 10)}; upkeep in the planner's units, by the tables' counters`,
  };
}

function statementTable(study: IndexStudy, database: Database): AdviceTable {
  return {
    title: "What they change",
    head: ["Statement", "Calls", "Cost before", "after", "Careful before", "after", "Verdict"],
    rows: changed(study)
      .slice(0, MOST_ROWS)
      .map(({ statement, calls, server, careful, held, verdict }) => [
        textOf(statement, database),
        formatNumber(calls),
        formatPlannerCost(server.before),
        formatPlannerCost(server.after),
        formatPlannerCost(careful.before),
        formatPlannerCost(careful.after),
        `${VERDICTS[verdict]}${heldWords(verdict, held)}`,
      ]),
    numeric: [1, 2, 3, 4, 5],
    source: `costs of one call, by PostgreSQL ${study.version}'s planner under the server's constants, and under careful ones: random_page_cost 1.1, effective_cache_size at shared_buffers`,
  };
}

const VERDICTS: Readonly<Record<StudiedStatement["verdict"], string>> = {
  gain: "same plan under both",
  verify: "verify by running",
  same: "as before",
  dearer: "dearer",
};

/** The plan that the server takes, where memory does not hold what it reads again. */
function heldWords(verdict: StudiedStatement["verdict"], held: StudiedStatement["held"]): string {
  return verdict !== "verify" || held === undefined || !isDearerHeld(held) ? "" : `: ${(held.after / held.before).toFixed(1)}x with little memory`;
}

function removalTable(study: IndexStudy, database: Database): AdviceTable {
  const rows = study.removals.toSorted((a, b) => suffering(a).length - suffering(b).length).slice(0, MOST_ROWS * 2);
  return {
    title: "What happens without each index",
    head: ["Index", "Used by", "Dearer without", "The worst"],
    rows: rows.map((one) => [one.index.name, formatNumber(one.users.length), formatNumber(suffering(one).length), worstOf(one, database)]),
    numeric: [1, 2],
    source: `${formatCount(study.removals[0]?.planned ?? 0, "statement")} planned without each of them by PostgreSQL ${study.version}`,
  };
}

function worstOf(proof: RemovalProof, database: Database): string {
  const [worst] = suffering(proof).toSorted((a, b) => b.cost.after / b.cost.before - a.cost.after / a.cost.before);
  return worst === undefined ? "" : `${formatPlannerCost(worst.cost.before)} to ${formatPlannerCost(worst.cost.after)}: ${textOf(worst.statement, database)}`;
}

function textOf(id: string, { workload }: Database): string {
  return gistOf(workload.statements.find((one) => one.id === id) ?? { sql: id, shape: null });
}

// ------------------------------------------------------------------------------------------------------------ plots and files

function planPlots(study: IndexStudy, database: Database): Plot[] {
  return changed(study)
    .slice(0, MOST_PLANS)
    .flatMap(({ statement, plans, server, uses }): Plot[] => {
      if (plans === null) return [];
      const names = study.added.filter(({ name }) => uses.includes(name));
      return [
        {
          kind: "plans",
          question: `How is \`${textOf(statement, database)}\` planned with ${names.map(({ name }) => name).join(", ")}?`,
          answer: `Cost ${formatPlannerCost(server.before)} becomes ${formatPlannerCost(server.after)}.`,
          source: `EXPLAIN of PostgreSQL ${study.version}, on a copy without rows`,
          statement: database.workload.statements.find(({ id }) => id === statement)?.sql ?? statement,
          before: { title: "without", root: plans.before.root, json: null, basis: "cost" },
          after: { title: "with", root: plans.after.root, json: null, basis: "cost" },
          change: names.map(({ sql }) => `${sql};`).join("\n"),
        },
      ];
    });
}

/** What rules propose, each by itself: the statement of each that saves most. What the choice above holds already is drawn there. */
function proposalPlots(study: IndexStudy, database: Database): Plot[] {
  const drawn = (study.proposals ?? []).flatMap(({ proposal, statements }) => {
    const best = statements
      .filter(({ plans, verdict }) => plans !== null && (verdict === "gain" || verdict === "verify"))
      .toSorted((a, b) => costOfWorkload(b) - costOfWorkload(a))[0];
    const isAdded = study.added.some(({ table, name }) => table.oid === proposal.table.oid && name === proposal.name);
    return best === undefined || isAdded ? [] : [{ proposal, best }];
  });
  return drawn
    .toSorted((a, b) => costOfWorkload(b.best) - costOfWorkload(a.best))
    .slice(0, MOST_PLANS)
    .flatMap(({ proposal, best: { statement, plans, server } }): Plot[] => {
      if (plans === null) return [];
      const { name, label, instead, sql, key } = proposal;
      return [
        {
          kind: "plans",
          question: `How is \`${textOf(statement, database)}\` planned with ${name} alone${instead === null ? "" : `, in place of ${instead.name}`}?`,
          answer: `Cost ${formatPlannerCost(server.before)} becomes ${formatPlannerCost(server.after)}, with \`${label}\`.`,
          source: `EXPLAIN of PostgreSQL ${study.version}, on a copy without rows`,
          statement: database.workload.statements.find(({ id }) => id === statement)?.sql ?? statement,
          before: { title: "without", root: plans.before.root, json: null, basis: "cost" },
          after: { title: "with", root: plans.after.root, json: null, basis: "cost" },
          change: `${sql.replace(key, name)};`,
        },
      ];
    });
}

function artefactOf({ added, version }: IndexStudy, { catalog, server }: Database): Artefact {
  const undo = added.map(({ table, name }) => `-- DROP INDEX CONCURRENTLY "${table.schema}"."${name}";`);
  return {
    path: "indexes.sql",
    language: "sql",
    text: [
      `-- ${catalog.database.name}: ${formatCount(added.length, "index", "indexes")}, ${formatBytes(sizeOf(added))} together. Each statement by itself, outside of a transaction.`,
      ...added.map(({ sql }) => `${sql};`),
      "",
      "-- Undo:",
      ...undo,
      "",
    ].join("\n"),
    purpose: `Builds the ${formatCount(added.length, "index", "indexes")} of section 1.2 while ${catalog.database.name} is in use; models declare them by the fixes of missing-index.`,
    check: `PostgreSQL ${version} made each of them`,
    version: `PostgreSQL ${server.version}`,
  };
}
