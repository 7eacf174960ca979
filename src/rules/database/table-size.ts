/** How many rows stand behind a model: what the source alone cannot tell. */
import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, FindingDraft, Judgement, Severity, Statement, Table, Unjudged } from "../../model/index.ts";
import { catalogEvidence } from "./evidence.ts";
import { shortName, tableSpot } from "./names.ts";
import { statementEvidence, statementSpot } from "./statement-places.ts";

/** Rows by the statistics, or by the counters where they know of more; null where neither has counted. Partitions count for their parent. */
export function rowsOf(table: Table, database: Database): number | null {
  const parts = database.catalog.tables.filter(({ partitionOf }) => partitionOf?.parent === table.oid);
  if (parts.length > 0) return parts.reduce<number | null>((sum, one) => addKnown(sum, rowsOf(one, database)), 0);
  const live = database.tableCounters(table)?.liveRows ?? null;
  if (table.reltuples < 0) return live === 0 ? null : live;
  return Math.max(table.reltuples, live ?? 0);
}

const addKnown = (sum: number | null, more: number | null): number | null => (sum === null || more === null ? null : sum + more);

export function tableOfModel(label: string | undefined, { database, source }: DatabaseInput): Table | null {
  const model = label === undefined ? null : (source?.graph.byLabel(label) ?? null);
  return model === null ? null : database.tableOf(model);
}

/** Rows below which a table is read in a millisecond, whatever is done with it. Ours. */
export const TINY_ROWS = 1_000;
/** Rows from which on what is done with all of them is felt. Ours. */
export const LARGE_ROWS = 10_000;
/** No table of a database in use is smaller than this at its largest: one that is, is a developer's. Ours. */
export const LEAST_LARGEST = 10_000;

/** Of the largest table, as far as its rows are known. */
export function largestRows(database: Database): number {
  return Math.max(0, ...database.tables.map((table) => rowsOf(table, database) ?? 0));
}

export interface SizeReading {
  readonly rule: string;
  /** Of findings on large tables. */
  readonly severity: Severity;
  /** What the number of rows means for them: `All 412,000 rows of …` goes before it. */
  readonly meaning: string;
}

/**
 * What the source says, with the size of the tables behind it: silent where a table is tiny, sure where it is large. A database without a table
 * of any size is a developer's and tells nothing.
 */
export function judgeBySize(input: DatabaseInput, reading: SizeReading): Judgement {
  const { database, source, checked, thresholds } = input;
  if (source === null) return { drafts: [], unjudged: [{ object: "", why: "needs the source" }], examined: "" };
  const largest = largestRows(database);
  const isReal = largest >= (thresholds[`${reading.rule}.largest`] ?? LEAST_LARGEST);
  const sized = checked.map((draft) => ({ draft, table: tableOfModel(draft.model, input) }));
  const isTiny = (table: Table | null): boolean =>
    isReal && table !== null && (rowsOf(table, database) ?? Infinity) < (thresholds[`${reading.rule}.tiny`] ?? TINY_ROWS);
  const tiny = sized.filter(({ table }) => isTiny(table)).length;
  return {
    drafts: sized.filter(({ table }) => !isTiny(table)).map(({ draft, table }) => withSize(draft, isReal ? table : null, reading, input)),
    unjudged: isReal || checked.length === 0 ? [] : [smallDatabase(largest)],
    examined:
      tiny === 0
        ? ""
        : `${tiny} ${tiny === 1 ? "place" : "places"} of ${reading.rule} left out, on tables of fewer than ${formatNumber(thresholds[`${reading.rule}.tiny`] ?? TINY_ROWS)} rows`,
  };
}

const smallDatabase = (largest: number): Unjudged => ({
  object: "",
  why: `needs a database with production's rows: the largest table here has ${formatNumber(largest)}`,
});

function withSize(draft: FindingDraft, table: Table | null, { rule, severity, meaning }: SizeReading, { database, thresholds }: DatabaseInput): DatabaseDraft {
  const rows = table === null ? null : rowsOf(table, database);
  if (table === null || rows === null) return { ...draft, evidence: [{ kind: "inferred", note: "source only: how many rows there are is not known" }] };
  const isLarge = rows >= (thresholds[`${rule}.large`] ?? LARGE_ROWS);
  const statement = sentFromHere(draft, table, database);
  return {
    ...draft,
    ...(isLarge ? { severity: draft.severity ?? severity, confidence: draft.confidence === "certain" ? "certain" : "likely" } : {}),
    reason: `${draft.reason} \`${shortName(table)}\` has ${formatNumber(rows)} rows${meaning === "" ? "" : `: ${meaning}`}.`,
    places: [tableSpot(table, `${formatNumber(rows)} rows`), ...(statement === null ? [] : [statementSpot(statement)]), ...draft.places],
    evidence: [catalogEvidence(database, { rows }), ...(statement === null ? [] : [statementEvidence(database, statement)])],
  };
}

/** The statement that one of the draft's lines sends, and no other line does. */
function sentFromHere({ places }: FindingDraft, table: Table, database: Database): Statement | null {
  const isHere = ({ written }: Statement): boolean =>
    written.certainty === "unique" &&
    written.sites.some(({ span }) => places.some((place) => place.span.file === span.file && place.span.start <= span.end && span.start <= place.span.end));
  return database.statementsOn(table).find((one) => isHere(one)) ?? null;
}
