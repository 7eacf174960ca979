import { replaceIndex } from "../../fixes/migrations/index.ts";
import { formatBytes, formatPercent } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, FixDraft, Index, Judgement, Rule, Table } from "../../model/index.ts";
import { catalogEvidence, workloadEvidence } from "../database/evidence.ts";
import { indexBytes, judgedTables, keyStatistics, ownIndexes } from "../database/index-figures.ts";
import { isDroppable } from "../database/index-structure.ts";
import { isPatternIndex } from "../database/like-twin.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";
import { allConditionsOf, orderOf, usesOf } from "../database/statement-use.ts";

/** rails-pg-extras and pg-index-health: from half on. */
const LEAST_NULLS = 0.5;
/** Ours: since PostgreSQL 13 the entries of NULL share their space, so that half NULLs are a fifth of the index. */
const LEAST_SAVED = 0.25;
/** rails-pg-extras: 1 MB. */
const LEAST_BYTES = 1_048_576;
/** pghero: 10 MB, as for an index that nobody uses. */
const WARN_BYTES = 10_485_760;
/** Bytes of an entry of NULL: an address in a list of rows, or an entry of its own with header, bitmap and line pointer (nbtree.h). */
const LISTED = 6;
const ALONE = 20;
/** Header and line pointer of an entry with a value. */
const TUPLE = 12;

export const rule: Rule = {
  meta: {
    id: "null-heavy-index",
    chapter: "1.2",
    summary: "Most entries of an index are NULL",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const found = judgedTables(input.database).flatMap((table) =>
      ownIndexes(table, input.database).flatMap((index) => (isPlain(index) ? [{ table, index }] : [])),
    );
    const verdicts = found.map(({ table, index }) => judgeIndex(table, index, input));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined: `${found.length} indexes` };
  },
};

/** A single key, for all rows; what a constraint needs stays as it is. */
function isPlain(index: Index): boolean {
  return index.valid && index.method === "btree" && index.predicate === null && index.keys.length === 1 && isDroppable(index) && !isPatternIndex(index);
}

const SILENT = { drafts: [], unjudged: [] } as const;

function judgeIndex(table: Table, index: Index, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const bytes = indexBytes(index, database);
  const column = index.keys[0]?.column ?? null;
  if (bytes === null || bytes < (thresholds["null-heavy-index.bytes"] ?? LEAST_BYTES) || column === null || database.column(table, column)?.notNull !== false)
    return SILENT;
  const statistics = keyStatistics(index, 0, table, database);
  if (statistics === null)
    return {
      drafts: [],
      unjudged: [
        { object: `index ${index.schema}.${index.name}`, why: "needs the statistics of its column: ANALYZE has not run, or the role may not read them" },
      ],
    };
  const { nullFraction } = statistics;
  if (nullFraction < (thresholds["null-heavy-index"] ?? LEAST_NULLS) || asksForNulls(table, column, database)) return SILENT;
  const lists = database.server.versionNumber >= 130_000 && index.options["deduplicate_items"] !== "off";
  const nulls = nullFraction * (lists ? LISTED : ALONE);
  const values = (1 - nullFraction) * (TUPLE + Math.ceil(statistics.averageWidth / 8) * 8);
  const share = nulls / (nulls + values);
  return share < (thresholds["null-heavy-index.saved"] ?? LEAST_SAVED)
    ? SILENT
    : { drafts: [toDraft({ table, index, column, bytes, nullFraction, saved: bytes * share }, input)], unjudged: [] };
}

/** `IS NULL`, and an order by the column, are served by an index that holds every row. */
function asksForNulls(table: Table, column: string, database: Database): boolean {
  return usesOf(table, database).some(
    (use) => allConditionsOf(use).some((one) => one.column === column && one.predicate.operator === "is null") || orderOf(use)[0]?.column === column,
  );
}

interface Heavy {
  readonly table: Table;
  readonly index: Index;
  readonly column: string;
  readonly bytes: number;
  readonly nullFraction: number;
  readonly saved: number;
}

function toDraft({ table, index, column, bytes, nullFraction, saved }: Heavy, input: DatabaseInput): DatabaseDraft {
  const { database, thresholds } = input;
  const model = modelLabel(database, table);
  const hasStatements = database.workload.statements.length > 0;
  return {
    key: [shortName(table), index.name],
    severity: bytes >= (thresholds["null-heavy-index.warn"] ?? WARN_BYTES) ? "warning" : "info",
    claim: `${formatPercent(nullFraction)} of \`${shortName(table)}.${column}\` is NULL, and index \`${shortName(index)}\` of ${formatBytes(bytes)} has an entry for each.`,
    reason: `Without them it is an estimated ${formatBytes(bytes - saved)}, and a write of a row without a value leaves it alone. A comparison with a value never finds NULL.`,
    remedy: `Replace it by an index with the condition \`${column} IS NOT NULL\`.`,
    doubt: hasStatements
      ? `a statement that was not seen and asks for \`${column} IS NULL\`, or sorts by it, is served by the present index alone`
      : `statements were not seen: one that asks for \`${column} IS NULL\`, or sorts by it, is served by the present index alone`,
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, formatBytes(bytes)),
      tableSpot(table, `${formatPercent(nullFraction)} NULL`),
      ...declarationSpots(database.declarationOf(index), "declared here"),
    ],
    evidence: [catalogEvidence(database, { bytes, nullFraction }), ...(hasStatements ? [workloadEvidence(database)] : [])],
    impact: { bytes: { before: bytes, after: Math.round(bytes - saved) } },
    fixes: [replacement({ table, index, column }, input)],
  };
}

function replacement({ table, index, column }: Pick<Heavy, "table" | "index" | "column">, input: DatabaseInput): FixDraft {
  const [key] = index.keys;
  return replaceIndex(input, table, index, {
    keys: [{ kind: "column", column, ...(key?.descending === true ? { descending: true } : {}) }],
    condition: [{ column, operator: "is not null" }],
  });
}
