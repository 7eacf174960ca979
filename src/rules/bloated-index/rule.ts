import { tableRef } from "../../fixes/migrations/sql-text.ts";
import { formatBytes } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, DatabaseInput, FixDraft, Index, Judgement, Rule, Table } from "../../model/index.ts";
import { estimateBtree, type BtreeEstimate } from "../../postgres/btree-size.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { keyColumn, keyStatistics } from "../database/index-figures.ts";
import { declarationSpots, indexSpot, modelLabel, shortName, tableSpot } from "../database/names.ts";

/** pghero, postgres-mcp: 100 MB, with half of it empty (this project's notes on PostgreSQL). */
const LEAST_BYTES = 104_857_600;
const EMPTY_SHARE = 0.5;
/** Ours: a smaller index is named when it is four times what it would be built anew, which random inserts alone never do. */
const SMALL_EMPTY_SHARE = 0.75;
/** Ours: below 32 pages the formula's rounding is a good part of its result. */
const SMALL_BYTES = 262_144;

export const rule: Rule = {
  meta: {
    id: "bloated-index",
    chapter: "1.2",
    summary: "Most of an index is empty space",
    severity: "warning",
    confidence: "likely",
    fix: "always",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database } = input;
    const indexes = database.tables.flatMap((table) => database.indexesOf(table).map((index) => ({ table, index })));
    const verdicts = indexes.map(({ table, index }) => judgeIndex(table, index, input));
    return { drafts: verdicts.flatMap((one) => one.drafts), unjudged: verdicts.flatMap((one) => one.unjudged), examined: `${indexes.length} indexes` };
  },
};

const SILENT = { drafts: [], unjudged: [] } as const;

function judgeIndex(table: Table, index: Index, input: DatabaseInput): Pick<Judgement, "drafts" | "unjudged"> {
  const { database, thresholds } = input;
  const { bytes } = index;
  if (!index.valid || bytes === null || bytes < (thresholds["bloated-index.small"] ?? SMALL_BYTES) || table.persistence === "temporary") return SILENT;
  const object = `index ${index.schema}.${index.name}`;
  if (index.method !== "btree")
    return bytes < LEAST_BYTES ? SILENT : { drafts: [], unjudged: [{ object, why: `needs \`pgstattuple\`: there is no estimate for ${index.method}` }] };
  const estimate = estimateOf(table, index, database);
  if (typeof estimate === "string") return { drafts: [], unjudged: [{ object, why: estimate }] };
  const empty = 1 - estimate.bytes / bytes;
  const isBig = bytes >= (thresholds["bloated-index.bytes"] ?? LEAST_BYTES);
  const least = isBig ? (thresholds["bloated-index"] ?? EMPTY_SHARE) : (thresholds["bloated-index.share"] ?? SMALL_EMPTY_SHARE);
  return empty < least ? SILENT : { drafts: [toDraft(table, index, { ...estimate, now: bytes, isBig }, database)], unjudged: [] };
}

/** What it would take built anew, or which figure is missing. */
function estimateOf(table: Table, index: Index, database: Database): BtreeEstimate | string {
  const counted = index.reltuples;
  if (counted < 0 || (counted === 0 && table.reltuples < 0)) return "needs the number of its entries: neither VACUUM nor ANALYZE has counted them";
  const statistics = index.keys.map((_, position) => keyStatistics(index, position, table, database));
  if (statistics.includes(null)) return "needs the statistics of its columns: ANALYZE has not run, or the role may not read them";
  return estimateBtree({
    entries: counted + deadEntries(table, database),
    keys: statistics.flatMap((one, position) => {
      const column = keyColumn(index, position, table, database);
      return one === null
        ? []
        : [
            {
              width: one.averageWidth,
              nullFraction: one.nullFraction,
              distinct: one.distinct,
              alignment: column?.alignment ?? 4,
              type: column?.typeName ?? null,
            },
          ];
    }),
    includedWidth: index.include.reduce((sum, name) => sum + (database.column(table, name)?.statistics?.averageWidth ?? 0), 0),
    hasIncluded: index.include.length > 0,
    isUnique: index.unique,
    fillfactor: Number(index.options["fillfactor"] ?? 90),
    deduplicates: database.server.versionNumber >= 130_000 && index.options["deduplicate_items"] !== "off",
    blockSize: database.server.blockSize,
  });
}

/** Rows that VACUUM has not taken away are in the index still; they lie on pages that are not all visible. */
function deadEntries(table: Table, database: Database): number {
  const { relpages, relallvisible } = table;
  const open = relpages <= 0 ? 1 : 1 - Math.min(1, relallvisible / relpages);
  return (database.tableCounters(table)?.deadRows ?? 0) * open;
}

interface Figures extends BtreeEstimate {
  readonly now: number;
  readonly isBig: boolean;
}

function toDraft(table: Table, index: Index, { bytes, entries, now, isBig }: Figures, database: Database): DatabaseDraft {
  const model = modelLabel(database, table);
  return {
    key: [shortName(table), index.name],
    severity: isBig ? "warning" : "info",
    claim: `Index \`${shortName(index)}\` takes ${formatBytes(now)}; built anew it would take an estimated ${formatBytes(bytes)}.`,
    reason: "Its entries lie on many pages that are nearly empty, each of which is read, cached and vacuumed like a full one.",
    remedy: "Build it again with REINDEX INDEX CONCURRENTLY.",
    doubt:
      "an estimate from the planner's statistics: `pgstatindex()` of the extension pgstattuple measures it; where rows come back soon, the space is used again",
    ...(model === undefined ? {} : { model }),
    places: [
      indexSpot(index, `${formatBytes(now)}, estimated ${formatBytes(bytes)}`),
      tableSpot(table),
      ...declarationSpots(database.declarationOf(index), "declared here"),
    ],
    evidence: [catalogEvidence(database, { bytes: now, estimatedBytes: bytes, entries })],
    impact: { bytes: { before: now, after: bytes } },
    fixes: [rebuild(index)],
  };
}

function rebuild(index: Index): FixDraft {
  const sql = { forward: [`REINDEX INDEX CONCURRENTLY ${tableRef(index)}`], reverse: [], isTransactional: false };
  return { title: `Build the index ${index.name} again`, kind: "sql", safety: "review", edits: [], sql };
}
