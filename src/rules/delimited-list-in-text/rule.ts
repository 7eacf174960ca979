import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { isList } from "../../postgres/text-patterns.ts";
import { columnName, columnSpots, isTextType, modelOfTable, sampleEvidence, samplesOf } from "../database/column-facts.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { shortName } from "../database/names.ts";

/** Share of the known values that are lists; this project's notes (2.a.4). */
const LEAST_SHARE = 0.5;
/** Fewer values or rows show no habit; ours. */
const LEAST_VALUES = 10;
const LEAST_ROWS = 100;

export const rule: Rule = {
  meta: {
    id: "delimited-list-in-text",
    chapter: "1.1",
    summary: "A text column holds lists",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const least = thresholds["delimited-list-in-text"] ?? LEAST_SHARE;
    const columns = database.tables.filter((table) => table.partitionOf === null).flatMap((table) => table.columns.filter(isTextType).map((column) => ({ table, column })));
    return {
      drafts: columns.flatMap(({ table, column }) => toDrafts(table, column, least, database)),
      unjudged: unjudged(database),
      examined: `${columns.length} text columns`,
    };
  },
};

/** Redaction leaves no values to look at, and without a sample nothing else tells. */
function unjudged({ snapshot }: Database): Unjudged[] {
  if (snapshot.data !== "redacted" || snapshot.samples.length > 0) return [];
  return [{ object: "", why: "needs values of the statistics, which redaction dropped, or a sample of rows: luthier snapshot --sample" }];
}

function toDrafts(table: Table, column: Column, least: number, database: Database): DatabaseDraft[] {
  const sample = samplesOf(database, "pattern").find((one) => one.pattern === "list" && one.table === table.oid && one.column === column.name);
  if (sample !== undefined) {
    if (sample.rows < LEAST_ROWS || sample.matching < sample.rows * least) return [];
    const base = `${formatNumber(sample.matching)} of ${formatNumber(sample.rows)} rows`;
    return [toDraft(table, column, base, database, [sampleEvidence(database, table, sample.rows, { lists: sample.matching })])];
  }
  const values = knownValues(column);
  const lists = values.filter(isList).length;
  if (values.length < LEAST_VALUES || lists < values.length * least) return [];
  const base = `${lists} of ${values.length} known values`;
  return [toDraft(table, column, base, database, [catalogEvidence(database, { values: values.length, lists })])];
}

function knownValues({ statistics }: Column): string[] {
  return [...(statistics?.commonValues ?? []), ...(statistics?.histogram ?? [])].filter((value) => value !== "");
}

function toDraft(table: Table, column: Column, base: string, database: Database, evidence: DatabaseDraft["evidence"]): DatabaseDraft {
  return {
    key: [shortName(table), column.name],
    claim: `\`${columnName(table, column.name)}\` holds lists in one text: ${base}.`,
    reason: "A search for one entry is LIKE '%entry%', which reads every row; entries have no foreign key, no count and no unique constraint.",
    remedy: "Use a many-to-many relation, or an `ArrayField` with a GIN index where entries are plain words.",
    doubt: "a list that is only stored and shown as a whole costs nothing",
    ...modelOfTable(database, table),
    places: columnSpots(database, table, [column.name]),
    evidence,
    fixes: [],
  };
}
