import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, FixDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { rowsOf } from "../database/columns.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { rewritePlan, tableName } from "../database/retype-fix.ts";
import { commandFix } from "../database/table-options.ts";
import { laidOut, rowSize } from "../database/tuple-layout.ts";

export const rule: Rule = {
  meta: {
    id: "table-bloat",
    chapter: "5.1",
    summary: "A table's file is far larger than its rows",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const tables = database.tables.filter(({ kind, accessMethod }) => kind === "table" && accessMethod === "heap");
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds["table-bloat"] ?? LEAST_BYTES));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Empty bytes and their share, from which it is told, and from which it is a warning: ours; a table that is written to always has some. */
const LEAST_BYTES = 10_000_000;
const LEAST_SHARE = 0.5;
const WARNING_BYTES = 1_000_000_000;
const WARNING_SHARE = 0.3;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeTable(database: Database, table: Table, least: number): Verdict {
  const object = `table ${table.schema}.${table.name}`;
  if (table.bytes === null) return { unknown: { object, why: "needs its size, which the role may not read" } };
  if (table.bytes < least) return {};
  const rows = rowsOf(database, table);
  const expected = rows === null ? null : expectedBytes(database, table, rows);
  if (rows === null || expected === null)
    return { unknown: { object, why: "needs statistics of all its columns: it was never analysed, or the role may not read them" } };
  if (isOutdated(database, table, rows)) return { unknown: { object, why: "needs fresh statistics: a fifth of its rows changed since they were taken" } };
  const empty = table.bytes - expected;
  const share = empty / table.bytes;
  const isWarning = empty >= WARNING_BYTES && share >= WARNING_SHARE;
  return isWarning || (empty >= least && share >= LEAST_SHARE) ? { draft: toDraft(database, table, { bytes: table.bytes, expected, rows, isWarning }) } : {};
}

const PAGE_HEADER = 24;
const LINE_POINTER = 4;

/** Rows by their layout, each with a line pointer of 4 bytes, on pages less a header of 24 and what fillfactor leaves free. */
function expectedBytes(database: Database, table: Table, rows: number): number | null {
  const columns = table.columns.map(laidOut);
  if (columns.includes(null)) return null;
  const { blockSize } = database.server;
  const row = rowSize(columns.flatMap((one) => one ?? [])).bytes + LINE_POINTER;
  const usable = (blockSize - PAGE_HEADER) * (Number(table.options["fillfactor"] ?? 100) / 100);
  return Math.ceil(rows / Math.max(1, Math.floor(usable / row))) * blockSize;
}

const OUTDATED = 0.2;

function isOutdated(database: Database, table: Table, rows: number): boolean {
  return (database.tableCounters(table)?.modifiedSinceAnalyze ?? 0) > OUTDATED * Math.max(rows, 1);
}

interface Bloat {
  readonly bytes: number;
  readonly expected: number;
  readonly rows: number;
  readonly isWarning: boolean;
}

function toDraft(database: Database, table: Table, { bytes, expected, rows, isWarning }: Bloat): DatabaseDraft {
  const model = modelLabel(database, table);
  const dead = database.tableCounters(table)?.deadRows ?? 0;
  const empty = bytes - expected;
  return {
    key: [shortName(table)],
    severity: isWarning ? "warning" : "info",
    claim: `\`${shortName(table)}\` takes ${formatBytes(bytes)}; its ${formatNumber(Math.round(rows))} rows fill about ${formatBytes(expected)}, ${Math.round((100 * empty) / bytes)} % are empty (estimated).`,
    reason: `Each sequential scan and each backup reads the empty pages.${dead > 0 ? ` ${formatNumber(dead)} dead rows are part of it.` : ""}`,
    remedy: "Confirm with pgstattuple_approx; then rewrite: REPACK from PostgreSQL 19 on, pg_repack before, VACUUM FULL where the table can be locked.",
    doubt: "estimated from mean widths, without what stands in TOAST; space that the table's own growth will use again is no loss",
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `about ${formatBytes(empty)} empty`)],
    evidence: [catalogEvidence(database, { bytes, expectedBytes: expected, rows: Math.round(rows), deadRows: dead })],
    impact: { bytes: { before: bytes, after: expected } },
    fixes: [rewriteFix(database, table)],
  };
}

function rewriteFix(database: Database, table: Table): FixDraft {
  return {
    ...commandFix(`Rewrite \`${shortName(table)}\` while it is locked`, `VACUUM (FULL, ANALYZE) ${tableName(table)}`),
    migration: { ...rewritePlan(database, table), rollback: "nothing: the rows are as they were" },
  };
}
