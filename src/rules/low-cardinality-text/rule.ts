import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import { columnName, columnSpots, isTextType, isUniqueColumn, keyColumns, modelOfTable } from "../database/column-facts.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { distinctValues, heapBytes, rowsOf } from "../database/index-figures.ts";
import { shortName } from "../database/names.ts";

/** Values, and bytes of one with its header; this project's notes (2.a.7). */
const MOST_VALUES = 50;
const LEAST_WIDTH = 12;
/** Rows for each of them, from which on they are repeated; ours. */
const LEAST_REPEATS = 10;
/** Fewer bytes are not worth a migration; ours. A million rows, from which on the notes look, save as much. */
const LEAST_SAVED = 10_000_000;
/** From here on it is a warning; ours. */
const MUCH_SAVED = 1_000_000_000;
/** A smallint that takes the text's place. */
const KEY_BYTES = 2;

export const rule: Rule = {
  meta: {
    id: "low-cardinality-text",
    chapter: "1.1",
    summary: "A column repeats a few long texts",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const columns = database.tables
      .filter((table) => table.partitionOf === null)
      .flatMap((table) => table.columns.filter(isTextType).map((column) => ({ table, column })));
    return {
      drafts: columns.flatMap(({ table, column }) => toDrafts(table, column, thresholds["low-cardinality-text"] ?? LEAST_SAVED, database)),
      unjudged: unjudged(database),
      examined: `${columns.length} text columns`,
    };
  },
};

function unjudged(database: Database): Unjudged[] {
  const gap = gapIn(database, "statistics");
  return gap === null ? [] : [gap];
}

function toDrafts(table: Table, column: Column, least: number, database: Database): DatabaseDraft[] {
  const { statistics } = column;
  const rows = rowsOf(table, database);
  if (statistics === null || rows === null || statistics.averageWidth <= LEAST_WIDTH) return [];
  const distinct = distinctValues(statistics, rows);
  if (distinct === null || distinct > MOST_VALUES || isUniqueColumn(database, table, column.name) || keyColumns(database, table).has(column.name)) return [];
  const filled = rows * (1 - statistics.nullFraction);
  const saved = Math.round(filled * (statistics.averageWidth - KEY_BYTES));
  return saved < least || filled < distinct * LEAST_REPEATS
    ? []
    : [toDraft({ table, column, rows, distinct, width: statistics.averageWidth, saved }, database)];
}

interface Repeated {
  readonly table: Table;
  readonly column: Column;
  readonly rows: number;
  readonly distinct: number;
  readonly width: number;
  readonly saved: number;
}

function toDraft({ table, column, rows, distinct, width, saved }: Repeated, database: Database): DatabaseDraft {
  const before = heapBytes(table, database);
  const values = distinct === 1 ? "one text" : `${formatNumber(distinct)} texts`;
  return {
    key: [shortName(table), column.name],
    severity: saved >= MUCH_SAVED ? "warning" : "info",
    claim: `\`${columnName(table, column.name)}\` repeats ${values} of ${width} bytes over ${formatNumber(Math.round(rows))} rows: ${formatBytes(saved)}, estimated.`,
    reason: "Each row, and each index with the column, carries the whole text.",
    remedy: "Store a short code with `choices`, or a foreign key with a small key to a table of these texts.",
    doubt: "the figures are the planner's estimates, alignment may give some of it back, and the file shrinks only when the table is rewritten",
    ...modelOfTable(database, table),
    places: columnSpots(database, table, [column.name]),
    evidence: [catalogEvidence(database, { rows: Math.round(rows), distinct, width })],
    impact: { bytes: before === null ? { low: 0, high: saved } : { before, after: Math.max(0, before - saved) } },
    fixes: [],
  };
}
