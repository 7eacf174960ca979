/** Rules that read the counters of statements: one finding for each statement that is worth a look. */
import type {
  Confidence,
  Database,
  DatabaseDraft,
  DatabaseInput,
  Evidence,
  FixDraft,
  Judgement,
  ObjectSpot,
  Severity,
  Spot,
  Statement,
  Table,
  Unjudged,
} from "../../model/index.ts";
import { tablesOf } from "../../sql/compare-shapes.ts";
import { gapIn, NEEDS_STATEMENTS } from "./evidence.ts";
import { modelLabel, tableSpot } from "./names.ts";
import { isApplication } from "./statement-kind.ts";
import { sentFrom, statementEvidence, statementSpot } from "./statement-places.ts";

export interface StatementFlaw {
  readonly claim: string;
  readonly reason: string;
  readonly remedy: string;
  readonly doubt: string;
  readonly severity?: Severity;
  readonly confidence?: Confidence;
  readonly figures: Readonly<Record<string, number>>;
  readonly fixes?: readonly FixDraft[];
  /** Tells several flaws of one statement apart. */
  readonly key?: string;
  /** The table that it is about; otherwise all that the statement reads. */
  readonly table?: Table;
  readonly evidence?: readonly Evidence[];
}

export interface StatementReading {
  /** Of all statements' time, below which a flaw is nobody's concern. */
  readonly leastShare: number;
  readonly flaws: (statement: Statement) => readonly StatementFlaw[];
}

/** Of all statements' time, 0 to 1: what takes less is not worth a change. Ours. */
export const WORTH_SHARE = 0.01;
/** Calls from which on a mean tells something. Ours. */
export const LEAST_CALLS = 20;

export function judgeStatements({ database }: DatabaseInput, { leastShare, flaws }: StatementReading): Judgement {
  const { statements } = database.workload;
  const missing = noStatements(database);
  if (missing !== null) return { drafts: [], unjudged: [missing], examined: "" };
  const worth = statements.filter((one) => one.share >= leastShare && isApplication(one));
  return {
    drafts: worth.flatMap((statement) => flaws(statement).map((flaw) => toDraft(statement, flaw, database))),
    unjudged: [],
    examined: `${statements.length} statements`,
  };
}

/** Why nothing can be said of statements; null when something can. */
export function noStatements(database: Database): Unjudged | null {
  if (database.workload.statements.length > 0) return null;
  return gapIn(database, "statements") ?? { object: "", why: NEEDS_STATEMENTS };
}

function toDraft(statement: Statement, flaw: StatementFlaw, database: Database): DatabaseDraft {
  const tables = flaw.table === undefined ? tablesRead(statement, database) : [flaw.table];
  const [first] = tables;
  const model = first === undefined ? undefined : modelLabel(database, first);
  const { claim, reason, remedy, doubt, severity, confidence, key } = flaw;
  return {
    key: [statement.id, ...(key === undefined ? [] : [key])],
    ...(severity === undefined ? {} : { severity }),
    ...(confidence === undefined ? {} : { confidence }),
    claim,
    reason,
    remedy,
    doubt,
    ...(model === undefined ? {} : { model }),
    places: statementPlaces(statement, tables),
    evidence: [statementEvidence(database, statement, flaw.figures), ...(flaw.evidence ?? [])],
    fixes: flaw.fixes ?? [],
  };
}

export function statementPlaces(statement: Statement, tables: readonly Table[]): (Spot | ObjectSpot)[] {
  return [statementSpot(statement), ...tables.map((one) => tableSpot(one)), ...sentFrom(statement)];
}

/** Tables that it reads or writes, subqueries included, each once. */
export function tablesRead({ shape }: Statement, database: Database): Table[] {
  if (shape === null) return [];
  const names = tablesOf(shape).map(({ table }) => (table.schema === null ? table.name : `${table.schema}.${table.name}`));
  return [...new Set(names)].flatMap((name) => database.tableNamed(name) ?? []);
}
