import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { columnSpots, modelOfTable } from "../database/column-facts.ts";
import { catalogEvidence, gapIn } from "../database/evidence.ts";
import { rowsOf } from "../database/index-figures.ts";
import { shortName } from "../database/names.ts";
import { listed } from "../names.ts";

/** Share of a table's columns, and of NULL in each; this project's notes (2.a.9). */
const LEAST_SHARE = 0.3;
const LEAST_EMPTY = 0.9;
/** One or two optional columns are no kind of their own; ours. */
const LEAST_COLUMNS = 3;
/** Of a young table nothing is filled yet; ours. */
const LEAST_ROWS = 10_000;

export const rule: Rule = {
  meta: {
    id: "sparse-columns",
    chapter: "1.1",
    summary: "Many columns of a table are almost always NULL",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const tables = database.tables.filter((table) => table.partitionOf === null);
    return {
      drafts: tables.flatMap((table) => toDrafts(table, thresholds, database)),
      unjudged: unjudged(database),
      examined: `${tables.length} tables`,
    };
  },
};

function unjudged(database: Database): Unjudged[] {
  const gap = gapIn(database, "statistics");
  return gap === null ? [] : [gap];
}

function toDrafts(table: Table, thresholds: Readonly<Record<string, number>>, database: Database): DatabaseDraft[] {
  const rows = rowsOf(table, database);
  const sparse = table.columns.filter(isSparse);
  if (rows === null || rows < (thresholds["sparse-columns.rows"] ?? LEAST_ROWS) || sparse.length < LEAST_COLUMNS) return [];
  if (sparse.length < table.columns.length * (thresholds["sparse-columns"] ?? LEAST_SHARE)) return [];
  return [toDraft(table, sparse, rows, database)];
}

/** An empty text or false is a value: only NULL says that there is nothing to say. */
function isSparse({ statistics, notNull, generated }: Column): boolean {
  return statistics !== null && generated === null && !notNull && statistics.nullFraction > LEAST_EMPTY;
}

function toDraft(table: Table, sparse: readonly Column[], rows: number, database: Database): DatabaseDraft {
  const names = sparse.map(({ name }) => name);
  const least = Math.min(...sparse.map(({ statistics }) => (statistics === null ? 0 : statistics.nullFraction)));
  return {
    key: [shortName(table), ...names],
    claim: `${sparse.length} of ${table.columns.length} columns of \`${shortName(table)}\` are NULL in ${least === 1 ? "all" : `at least ${Math.floor(least * 100)} % of`} ${formatNumber(Math.round(rows))} rows: ${listed(names)}.`,
    reason: "They belong to a kind of row that is rare. Nothing says which of them go together, and every `SELECT` of the model lists them.",
    remedy: "Move them to a model with a one-to-one key, with a row where there is something to say.",
    doubt: "NULL takes a bit and no more, so that this saves no space to speak of; columns that are new will fill; the shares are ANALYZE's, from a sample",
    ...modelOfTable(database, table),
    places: columnSpots(database, table, names),
    evidence: [catalogEvidence(database, { rows: Math.round(rows), columns: table.columns.length, sparse: sparse.length })],
    fixes: [],
  };
}
