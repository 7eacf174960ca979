import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { columnSpots, emptyShare, modelOfTable } from "../database/column-facts.ts";
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
const LEAST_ROWS = 1000;

export const rule: Rule = {
  meta: {
    id: "sparse-columns",
    chapter: "1.1",
    summary: "Many columns of a table are almost always empty",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const tables = database.tables.filter((table) => table.partitionOf === null);
    return {
      drafts: tables.flatMap((table) => toDrafts(table, thresholds["sparse-columns"] ?? LEAST_SHARE, database)),
      unjudged: unjudged(database),
      examined: `${tables.length} tables`,
    };
  },
};

function unjudged(database: Database): Unjudged[] {
  const gap = gapIn(database, "statistics");
  return gap === null ? [] : [gap];
}

function toDrafts(table: Table, least: number, database: Database): DatabaseDraft[] {
  const rows = rowsOf(table, database);
  const sparse = table.columns.filter(isSparse);
  if (rows === null || rows < LEAST_ROWS || sparse.length < LEAST_COLUMNS || sparse.length < table.columns.length * least) return [];
  return [toDraft(table, sparse, rows, database)];
}

/** An empty text counts as empty: it is what Django stores for `blank=True`. */
function isSparse({ statistics, notNull, generated }: Column): boolean {
  if (statistics === null || generated !== null) return false;
  return notNull ? emptyShare(statistics) - statistics.nullFraction > LEAST_EMPTY : emptyShare(statistics) > LEAST_EMPTY;
}

function toDraft(table: Table, sparse: readonly Column[], rows: number, database: Database): DatabaseDraft {
  const names = sparse.map(({ name }) => name);
  const least = Math.min(...sparse.map(({ statistics }) => (statistics === null ? 0 : emptyShare(statistics))));
  return {
    key: [shortName(table), ...names],
    claim: `${sparse.length} of ${table.columns.length} columns of \`${shortName(table)}\` are empty in over ${formatNumber(Math.floor(least * 100))}% of ${formatNumber(Math.round(rows))} rows: ${listed(names)}.`,
    reason: "They belong to a kind of row that is rare. Nothing says which of them go together, and every `SELECT` of the model lists them.",
    remedy: "Move them to a model with a one-to-one key, with a row where there is something to say.",
    doubt: "NULL takes a bit and no more, so that this saves no space to speak of; columns that are new will fill",
    ...modelOfTable(database, table),
    places: columnSpots(database, table, names),
    evidence: [catalogEvidence(database, { rows: Math.round(rows), columns: table.columns.length, sparse: sparse.length })],
    fixes: [],
  };
}
