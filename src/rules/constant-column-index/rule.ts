import { addIndex, removeIndex } from "../../fixes/migrations/index.ts";
import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { ColumnStatistics, Database, DatabaseDraft, DatabaseInput, FixDraft, Index, Judgement, Rule, Table } from "../../model/index.ts";
import { catalogEvidence, counterEvidence } from "../database/evidence.ts";
import { foreignKeysServedBy } from "../database/foreign-keys.ts";
import { indexBytes, indexScans, judgedTables, keyStatistics, ownIndexes, rowsOf } from "../database/index-figures.ts";
import { isDroppable } from "../database/index-structure.ts";
import { isPatternIndex } from "../database/like-twin.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";

/** Ours: an index is worth reading for the one row in twenty that differs, and for no more. */
const LEAST_SHARE = 0.95;
/** rails-pg-extras: 1 MB. */
const LEAST_BYTES = 1_048_576;
/** pghero: 10 MB, as for an index that nobody uses. */
const WARN_BYTES = 10_485_760;
/** Longer values are not said in a sentence. Ours. */
const LONGEST_VALUE = 40;

export const rule: Rule = {
  meta: {
    id: "constant-column-index",
    chapter: "1.2",
    summary: "Nearly all rows of an index have the same value",
    severity: "warning",
    confidence: "certain",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const found = judgedTables(input.database).flatMap((table) =>
      ownIndexes(table, input.database).flatMap((index) => (isPlain(index, table, input.database) ? [{ table, index }] : [])),
    );
    const verdicts = found.map(({ table, index }) => judgeIndex(table, index, input));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined: `${found.length} indexes` };
  },
};

/** A single key, for all rows, that neither a constraint nor a foreign key needs. */
function isPlain(index: Index, table: Table, database: Database): boolean {
  if (!index.valid || index.method !== "btree" || index.predicate !== null || index.keys.length !== 1 || !isDroppable(index) || isPatternIndex(index))
    return false;
  return index.keys[0]?.column !== null && foreignKeysServedBy(index, table, database).length === 0;
}

const SILENT = { drafts: [], unjudged: [] } as const;

function judgeIndex(table: Table, index: Index, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const bytes = indexBytes(index, database);
  if (bytes === null || bytes < (thresholds["constant-column-index.bytes"] ?? LEAST_BYTES)) return SILENT;
  const statistics = keyStatistics(index, 0, table, database);
  if (statistics === null)
    return {
      drafts: [],
      unjudged: [
        { object: `index ${index.schema}.${index.name}`, why: "needs the statistics of its column: ANALYZE has not run, or the role may not read them" },
      ],
    };
  const share = commonestShare(statistics);
  return share < (thresholds["constant-column-index"] ?? LEAST_SHARE)
    ? SILENT
    : { drafts: [toDraft({ table, index, bytes, share, statistics }, input)], unjudged: [] };
}

/** Of rows that have a value; a column of a single value has no list of common ones when it is short. */
function commonestShare({ commonFrequencies, distinct, nullFraction }: ColumnStatistics): number {
  if (nullFraction >= 1) return 0;
  const [first = distinct === 1 ? 1 - nullFraction : 0] = commonFrequencies ?? [];
  return first;
}

interface Constant {
  readonly table: Table;
  readonly index: Index;
  readonly bytes: number;
  readonly share: number;
  readonly statistics: ColumnStatistics;
}

function toDraft(constant: Constant, input: DatabaseInput): DatabaseDraft {
  const { database, thresholds } = input;
  const { table, index, bytes, share, statistics } = constant;
  const column = index.keys[0]?.column ?? "";
  const [first = ""] = statistics.commonValues ?? [];
  const value = first === "" || first.length > LONGEST_VALUE ? undefined : first;
  const model = modelLabel(database, table);
  const scans = indexScans(index, database);
  const rows = rowsOf(table, database);
  const others = rows === null ? "" : ` ${formatNumber(Math.round(rows * (1 - share)))} of ${formatNumber(Math.round(rows))} rows differ.`;
  return {
    key: [shortName(table), index.name],
    severity: bytes >= (thresholds["constant-column-index.warn"] ?? WARN_BYTES) ? "warning" : "info",
    claim: `${inWords(share)} of the rows of \`${shortName(table)}.${column}\` have ${value === undefined ? "one value" : `the value \`${value}\``}, and index \`${shortName(index)}\` of ${formatBytes(bytes)} holds them all.`,
    reason: `For that value reading the table is cheaper than the index, so its entries serve nobody and are written with every row.${others}`,
    remedy:
      statistics.distinct === 1
        ? `Drop \`${shortName(index)}\`.`
        : `Drop \`${shortName(index)}\`, or leave the common value out by a condition, if the others are asked for.`,
    doubt: "an index-only count of the common value, and a sort by this column, do use these entries; the share is ANALYZE's, from a sample of rows",
    ...(model === undefined ? {} : { model }),
    places: [indexSpot(index, formatBytes(bytes)), tableSpot(table), ...declarationSpots(database.declarationOf(index), "declared here")],
    evidence: [catalogEvidence(database, { bytes, share }), ...(scans === null ? [] : [counterEvidence(database, { scans })])],
    impact: { bytes: { before: bytes, after: 0 } },
    fixes: fixesOf(constant, column, input),
  };
}

/** `99.9 %`: rounding up to all would be wrong. */
const inWords = (share: number): string => (share === 1 ? "All" : `${(Math.floor(share * 1000) / 10).toString()} %`);

/** What is asked for with another value than the common one goes on through a small index. */
function fixesOf({ table, index, statistics }: Constant, column: string, input: DatabaseInput): readonly FixDraft[] {
  const drop = removeIndex(input, index);
  const [value] = statistics.commonValues ?? [];
  const type = input.database.column(table, column)?.typeName ?? "";
  if (value === undefined || statistics.distinct === 1) return [drop];
  const scalar = type === "bool" ? value === "t" || value === "true" : value;
  return [drop, addIndex(input, table, { keys: [{ kind: "column", column }], condition: [{ column, operator: "<>", value: scalar }] })];
}
