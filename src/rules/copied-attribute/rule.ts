import type { Database, DatabaseDraft, Rule, Table } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { columnName, columnSpots, modelOfTable, notSampled, sampleEvidence, samplesOf, type SampleOf } from "../database/column-facts.ts";
import { declarationSpots, shortName, tableSpot } from "../database/names.ts";

/**
 * Share of rows that equal their parent. This project's notes (2.a.2) say 0.99, where nothing has drifted; ours is lower, since drift is the harm.
 * What keeps a value as it was, such as a price at the time of a sale, differs far more often once the parent has changed.
 */
const LEAST_EQUAL = 0.95;
/** Rows that were compared; ours. */
const LEAST_ROWS = 200;

export const rule: Rule = {
  meta: {
    id: "copied-attribute",
    chapter: "1.1",
    summary: "A table repeats a column of its parent",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const samples = samplesOf(database, "copy");
    const least = thresholds["copied-attribute"] ?? LEAST_EQUAL;
    return {
      drafts: samples.flatMap((one) => toDrafts(one, least, database)),
      unjudged: notSampled(database),
      examined: `${samples.length} columns beside their parents' columns`,
    };
  },
};

type Copy = SampleOf<"copy">;

function toDrafts(sample: Copy, least: number, database: Database): DatabaseDraft[] {
  const [table, parent] = [database.table(sample.table), database.table(sample.parent)];
  if (table === null || parent === null || sample.rows < LEAST_ROWS || sample.equal < sample.rows * least) return [];
  return [toDraft(sample, table, parent, database)];
}

/** Amounts are copied to be kept; while none differs, nothing shows which of the two it is. */
const AMOUNTS: ReadonlySet<string> = new Set(["numeric", "float4", "float8", "money", "int4", "int8"]);

function toDraft(sample: Copy, table: Table, parent: Table, database: Database): DatabaseDraft {
  const { column, through, parentColumn, rows, equal } = sample;
  const drifted = rows - equal;
  const share = (drifted / rows) * 100;
  const isAmount = AMOUNTS.has(database.column(table, column)?.typeName ?? "");
  const drift = drifted === 0 ? "none has drifted" : `${formatNumber(drifted)} have drifted (${formatNumber(Number(share.toPrecision(2)))} %)`;
  return {
    key: [shortName(table), column, shortName(parent), parentColumn],
    confidence: isAmount ? "possible" : "likely",
    claim: `\`${columnName(table, column)}\` repeats \`${columnName(parent, parentColumn)}\`: of ${formatNumber(rows)} rows ${drift}.`,
    reason:
      drifted === 0
        ? "Each row stores again what its parent says, and an update of the parent must reach them all."
        : "The parent was changed and these rows were not, or the other way round: two answers to one question.",
    remedy: `Read it through \`${through}\` with \`select_related()\`, and drop the column.`,
    doubt: isAmount
      ? "a price or rate at the time of a sale is history and must stay; here the parent has not changed enough to tell the two apart"
      : "a text that must stay as it was at the time is history, and then the rows that differ are right; history differs wherever the parent changed since",
    ...modelOfTable(database, table),
    relation: database.fieldOf(table, through)?.name ?? through.replace(/_id$/, ""),
    places: [
      ...columnSpots(database, table, [column]),
      tableSpot(parent, "the parent"),
      ...declarationSpots(database.declarationOfColumn(parent, parentColumn), "the original"),
    ],
    evidence: [sampleEvidence(database, table, rows, { equal, drifted })],
    fixes: [],
  };
}
