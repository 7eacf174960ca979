import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { formatNumber, formatPercent } from "../../model/numbers.ts";
import { columnName, columnSpots, modelOfTable } from "../database/column-facts.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { writesOf } from "../database/index-figures.ts";
import { shortName } from "../database/names.ts";
import { sentFrom, statementEvidence, statementSpot } from "../database/statement-places.ts";
import { dearestFirst, fullName, noStatements, readsOf, sumOf, writesOn, type ShapedStatement } from "../database/statement-shapes.ts";
import { columnsOf } from "../../sql/compare-shapes.ts";
import { listed } from "../names.ts";

/** A wide row, in bytes or columns, of which statements use so little; this project's notes (2.a.8). */
const WIDE_BYTES = 2000;
const WIDE_COLUMNS = 50;
const MOST_USED = 0.2;
/** Share of the calls that use so little. Ours. */
const LEAST_NARROW_CALLS = 0.9;
/** One or two columns, and their share of the table's UPDATE calls; this project's notes (2.a.8). */
const MOST_HOT_COLUMNS = 2;
const LEAST_HOT_SHARE = 0.8;
/** What an update copies along is worth a second table from here on, in bytes. Ours. */
const LEAST_HOT_BYTES = 500;
/** Fewer calls show no habit. Ours. */
const LEAST_CALLS = 100;

export const rule: Rule = {
  meta: {
    id: "wide-row-split",
    chapter: "1.1",
    summary: "A counter or a few columns are used of wide rows",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const missing = noStatements(database);
    const tables = missing === null ? database.tables.filter((table) => table.partitionOf === null) : [];
    return {
      drafts: tables.flatMap((table) => [
        ...hotDrafts(table, thresholds, database),
        ...wideDrafts(table, thresholds["wide-row-split"] ?? WIDE_BYTES, database),
      ]),
      unjudged: [missing, ...tables.map((table) => withoutStatistics(table, database))].flatMap((one) => one ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Bytes of a column in the row itself: what is stored out of line counts with its pointer alone. */
function widthOf({ statistics, length }: Column): number {
  return statistics === null ? Math.max(0, length) : statistics.averageWidth * (1 - statistics.nullFraction);
}

const rowWidth = ({ columns }: Table): number => columns.reduce((sum, column) => sum + widthOf(column), 0);

function withoutStatistics(table: Table, database: Database): Unjudged | null {
  const isUsed = sumOf([...readsOf(table, database), ...writesOn(table, database)], ({ calls }) => calls) >= LEAST_CALLS;
  return isUsed && table.columns.length > 0 && table.columns.every(({ statistics }) => statistics === null)
    ? { object: `table ${fullName(table)}`, why: "needs statistics of its columns: run ANALYZE" }
    : null;
}

// -------------------------------------------------------------------------------------------------------- hot columns

/** Django sets these beside whatever it saves. */
const STAMPS = /^(?:updated|modified|changed|last_modified|date_modified)(?:_at|_on)?$/;

function hotDrafts(table: Table, thresholds: Readonly<Record<string, number>>, database: Database): DatabaseDraft[] {
  const updates = writesOn(table, database).filter(({ shape }) => shape.kind === "update");
  const calls = sumOf(updates, (one) => one.calls);
  const width = rowWidth(table);
  if (calls < (thresholds["wide-row-split.calls"] ?? LEAST_CALLS) || width < (thresholds["wide-row-split.hot"] ?? LEAST_HOT_BYTES)) return [];
  const groups = new Map<string, ShapedStatement[]>();
  for (const one of updates) {
    const written = one.shape.written
      .filter((name) => !STAMPS.test(name))
      .toSorted()
      .join(" ");
    groups.set(written, [...(groups.get(written) ?? []), one]);
  }
  return [...groups].flatMap(([written, statements]) => {
    const columns = written.split(" ").filter((name) => name !== "");
    const own = sumOf(statements, (one) => one.calls);
    return columns.length === 0 || columns.length > MOST_HOT_COLUMNS || own < calls * LEAST_HOT_SHARE
      ? []
      : [hotDraft({ table, columns, own, calls, width, statements: dearestFirst(statements) }, database)];
  });
}

interface Hot {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly own: number;
  readonly calls: number;
  readonly width: number;
  readonly statements: readonly ShapedStatement[];
}

function hotDraft({ table, columns, own, calls, width, statements }: Hot, database: Database): DatabaseDraft {
  const writes = writesOf(table, database);
  const bytes = Math.round(width);
  const hot =
    writes === null || writes.updated === 0 ? "" : ` ${formatPercent(writes.hotUpdated / writes.updated)} of the table's updates spared its indexes (HOT).`;
  return {
    key: [shortName(table), "hot", ...columns],
    claim: `${formatNumber(own)} of ${formatNumber(calls)} UPDATE calls on \`${shortName(table)}\` change ${listed(columns)} alone, and copy a row of ${formatNumber(bytes)} bytes.`,
    reason: `PostgreSQL writes a whole new row for each update, and vacuum removes the old one.${hot}`,
    remedy: `Keep ${listed(columns)} in a model of its own with a one-to-one key, or collect the changes and write them now and then.`,
    doubt: "a page that shows both then pays a join; the width is the planner's estimate of what stands in the row itself",
    ...modelOfTable(database, table),
    places: [
      ...columnSpots(database, table, columns),
      ...statements.slice(0, 3).flatMap(({ statement }) => [statementSpot(statement), ...sentFrom(statement)]),
    ],
    evidence: [
      ...statements.slice(0, 1).map(({ statement }) => statementEvidence(database, statement, { width: bytes })),
      ...(writes === null ? [] : [counterEvidence(database, { updated: writes.updated, hotUpdated: writes.hotUpdated })]),
    ],
    fixes: [],
  };
}

// ------------------------------------------------------------------------------------------------------ unused columns

function wideDrafts(table: Table, least: number, database: Database): DatabaseDraft[] {
  const width = rowWidth(table);
  if (width < least && table.columns.length < WIDE_COLUMNS) return [];
  const reads = readsOf(table, database).map((one) => ({ ...one, used: usedWidth(one, table) }));
  const calls = sumOf(reads, (one) => one.calls);
  const narrow = reads.filter(({ used }) => used < width * MOST_USED);
  const own = sumOf(narrow, (one) => one.calls);
  return calls < LEAST_CALLS || own < calls * LEAST_NARROW_CALLS ? [] : [wideDraft({ table, width, own, calls, narrow: dearestFirst(narrow) }, database)];
}

function usedWidth({ shape }: ShapedStatement, table: Table): number {
  const names = new Set(columnsOf(shape, fullName(table)));
  return table.columns.reduce((sum, column) => sum + (names.has("*") || names.has(column.name) ? widthOf(column) : 0), 0);
}

interface Wide {
  readonly table: Table;
  readonly width: number;
  readonly own: number;
  readonly calls: number;
  readonly narrow: readonly ShapedStatement[];
}

function wideDraft({ table, width, own, calls, narrow }: Wide, database: Database): DatabaseDraft {
  const used = new Set(narrow.flatMap(({ shape }) => columnsOf(shape, fullName(table))));
  const unused = table.columns.filter(({ name }) => !used.has(name)).toSorted((a, b) => widthOf(b) - widthOf(a));
  const bytes = Math.round(width);
  return {
    key: [shortName(table), "wide"],
    claim: `${formatNumber(own)} of ${formatNumber(calls)} reads of \`${shortName(table)}\` use less than a fifth of its ${formatNumber(bytes)} bytes a row.`,
    reason: "The rest fills the pages that they read and the cache that keeps them.",
    remedy: `Move what they leave alone to a model of its own with a one-to-one key: ${listed(unused.map(({ name }) => columnName(table, name)))}.`,
    doubt: "the reads that do need them then pay a join; statements that were never seen may be among them",
    ...modelOfTable(database, table),
    places: [
      ...columnSpots(
        database,
        table,
        unused.slice(0, 3).map(({ name }) => name),
      ),
      ...narrow.slice(0, 3).map(({ statement }) => statementSpot(statement)),
    ],
    evidence: [
      catalogEvidence(database, { width: bytes, columns: table.columns.length }),
      ...narrow.slice(0, 1).map(({ statement }) => statementEvidence(database, statement)),
    ],
    fixes: [],
  };
}
