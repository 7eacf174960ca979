/** A new index that statements ask for: what every rule says of one alike. */
import { formatCount, formatNumber, formatPercent } from "../../model/numbers.ts";
import type {
  Database,
  DatabaseDraft,
  DatabaseInput,
  FixDraft,
  Index,
  IndexProposal,
  Judgement,
  Severity,
  Spot,
  Statement,
  Table,
  Unjudged,
} from "../../model/index.ts";
import { catalogEvidence, gapIn, NEEDS_STATEMENTS, workloadEvidence } from "./evidence.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "./names.ts";
import { sentFrom, statementSpot } from "./statement-places.ts";
import { callsOf, shareOf } from "./statement-use.ts";
import { withProposalProofs } from "./proposal.ts";
import { judgedTables, ownIndexes, rowsOf } from "./index-figures.ts";

/** Ours: fewer rows are read in about a millisecond. */
const LEAST_ROWS = 1000;
/** Ours: what takes less of the statements' time pays no index back. */
const LEAST_SHARE = 0.001;
/** Ours: from a hundredth of the statements' time on it is a warning. */
const WARN_SHARE = 0.01;
const MOST_STATEMENTS = 3;
const MOST_LINES = 5;

export interface IndexCandidate {
  readonly table: Table;
  /** What makes it itself, beside the table. */
  readonly key: readonly string[];
  readonly statements: readonly Statement[];
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  /** Indexes of the table that it has to do with. */
  readonly indexes?: readonly (readonly [index: Index, label: string])[];
  /** Of the table, that are asked for: where they are declared is shown. */
  readonly columns?: readonly string[];
  /** Lines of the source that ask. */
  readonly spots?: readonly Spot[];
  readonly figures?: Readonly<Record<string, number>>;
  readonly fixes: readonly FixDraft[];
  /** To be planned, where there is a phantom. */
  readonly proposes?: IndexProposal;
}

/** What statements ask of each table that has rows enough, each judged by `find`. Statements that nobody saw are said to be missing. */
export function judgeStatements(input: DatabaseInput, rule: string, find: (table: Table) => readonly IndexCandidate[]): Judgement {
  const { database, thresholds } = input;
  const { statements } = database.workload;
  if (statements.length === 0) return { drafts: [], unjudged: [noStatements(database)], examined: "" };
  const least = thresholds[`${rule}.rows`] ?? LEAST_ROWS;
  const tables = judgedTables(database).filter((table) => database.statementsOn(table).length > 0);
  const uncounted = tables.filter((table) => rowsOf(table, database) === null && find(table).length > 0);
  const big = tables.filter((table) => (rowsOf(table, database) ?? 0) >= least);
  const found = big.flatMap((table) => find(table)).filter((one) => shareOf(one.statements) >= (thresholds[`${rule}.share`] ?? LEAST_SHARE));
  const judgement = {
    drafts: found.map((one) => toDraft(one, database)),
    unjudged: uncounted.map(neverCounted),
    examined: `${formatNumber(statements.length)} statements`,
  };
  return withProposalProofs(judgement, database);
}

function noStatements(database: Database): Unjudged {
  return gapIn(database, "statements") ?? { object: "", why: NEEDS_STATEMENTS };
}

function neverCounted(table: Table): Unjudged {
  return { object: `table ${table.schema}.${table.name}`, why: "needs the number of rows: neither VACUUM nor ANALYZE has counted them" };
}

function toDraft(candidate: IndexCandidate, database: Database): DatabaseDraft {
  const { table, key, statements, claim, reason, remedy, doubt, indexes = [], columns = [], spots = [], figures = {}, fixes, proposes } = candidate;
  const share = shareOf(statements);
  const severity: Severity = share >= WARN_SHARE ? "warning" : "info";
  const rows = rowsOf(table, database);
  const model = modelLabel(database, table);
  const shown = statements.slice(0, MOST_STATEMENTS);
  return {
    key: [shortName(table), ...key],
    severity,
    confidence: "likely",
    claim,
    reason,
    remedy,
    doubt,
    ...(model === undefined ? {} : { model }),
    places: [
      tableSpot(table, rows === null ? undefined : `${formatNumber(Math.round(rows))} rows`),
      ...indexes.map(([index, label]) => indexSpot(index, label)),
      ...shown.map((one) => statementSpot(one, `${formatCount(one.calls, "call")}, ${formatPercent(one.share)} of all statements' time`)),
      ...columns.flatMap((column) => declarationSpots(database.declarationOfColumn(table, column), "declared here")),
      ...uniqueSpots([...spots, ...shown.flatMap(sentFrom)]),
    ],
    evidence: [
      workloadEvidence(database, { statements: statements.length, calls: callsOf(statements), share: Number(share.toPrecision(3)) }),
      catalogEvidence(database, { ...(rows === null ? {} : { rows }), ...figures }),
    ],
    impact: {},
    fixes,
    ...(proposes === undefined ? {} : { proposes }),
  };
}

/** A call within a chain that is shown already, or around it, is the same line to a reader. */
function uniqueSpots(spots: readonly Spot[]): readonly Spot[] {
  const isSame = (one: Spot, other: Spot): boolean => one.span.file === other.span.file && one.span.start < other.span.end && other.span.start < one.span.end;
  return spots.filter((spot, position) => !spots.slice(0, position).some((before) => isSame(before, spot))).slice(0, MOST_LINES);
}

/** `3 statements, 12 % of all statements' time, compare`, as a claim says it. */
export function statementsAsk(statements: readonly Statement[], one: string, many: string): string {
  const { length } = statements;
  return `${formatNumber(length)} ${length === 1 ? "statement" : "statements"} (${formatPercent(shareOf(statements))} of all time) ${length === 1 ? one : many}`;
}

/** Expressions are told apart by the function and the column that they hold, since PostgreSQL adds casts and brackets of its own. */
export function hasKey(
  table: Table,
  database: Database,
  wanted: { readonly column: string; readonly function: string | null; readonly operatorClass?: RegExp; readonly methods?: readonly string[] },
): boolean {
  return ownIndexes(table, database).some(
    ({ valid, method, keys }) =>
      valid &&
      (wanted.methods === undefined || wanted.methods.includes(method)) &&
      keys.some(
        (key, position) =>
          (method !== "btree" || position === 0) &&
          isKey(key.column, key.expression, wanted) &&
          (wanted.operatorClass === undefined || wanted.operatorClass.test(key.operatorClass)),
      ),
  );
}

function isKey(column: string | null, expression: string | null, wanted: { readonly column: string; readonly function: string | null }): boolean {
  if (wanted.function === null) return column === wanted.column;
  return expression !== null && expression.toLowerCase().startsWith(`${wanted.function}(`) && expression.replaceAll('"', "").includes(wanted.column);
}
