import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Column, Database, DatabaseDraft, Rule, Table, Unjudged } from "../../model/index.ts";
import { heapBytes, ownTables, rowsOf } from "../database/columns.ts";
import { catalogEvidence } from "../database/evidence.ts";
import { modelLabel, shortName, tableSpot } from "../database/names.ts";
import { bestOrder, laidOut, rowSize, type LaidOut } from "../database/tuple-layout.ts";

export const rule: Rule = {
  meta: {
    id: "column-padding",
    chapter: "1.3",
    summary: "The order of a table's columns leaves gaps in each row",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
    needs: ["database"],
  },
  judge: ({ database, thresholds }) => {
    const tables = ownTables(database);
    const verdicts = tables.map((table) => judgeTable(database, table, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${tables.length} tables`,
    };
  },
};

/** Of a row, below which nobody rewrites a table: ours. */
const LEAST_SHARE = 0.05;
/** Fewer are not worth rewriting a table: ours. */
const LEAST_SAVED = 10_000_000;
/** Worth a rewrite by itself: ours. */
const WARNING_BYTES = 1_000_000_000;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

type Placed = LaidOut & { readonly column: Column };

function judgeTable(database: Database, table: Table, thresholds: Readonly<Record<string, number>>): Verdict {
  const rows = rowsOf(database, table);
  const least = thresholds["column-padding.bytes"] ?? LEAST_SAVED;
  const heap = heapBytes(database, table);
  if (heap !== null && heap < least) return {};
  // A gap needs two alignments.
  if (new Set(table.columns.map(({ length, alignment }) => (length > 0 ? alignment : 0))).size < 2) return {};
  const placed = table.columns.map((column) => ({ column, layout: laidOut(column) }));
  if (rows === null || placed.some(({ layout }) => layout === null))
    return {
      unknown: {
        object: `table ${table.schema}.${table.name}`,
        why: "needs statistics of all its columns: it was never analysed, or the role may not read them",
      },
    };
  const columns = placed.flatMap(({ column, layout }) => (layout === null ? [] : [{ column, ...layout }]));
  const saved = rowSize(columns).bytes - rowSize(bestOrder(columns)).bytes;
  const share = saved / rowSize(columns).bytes;
  return share < (thresholds["column-padding"] ?? LEAST_SHARE) || saved * rows < least ? {} : { draft: toDraft(database, table, columns, rows) };
}

function toDraft(database: Database, table: Table, columns: readonly Placed[], rows: number): DatabaseDraft {
  const best = bestOrder(columns);
  const [before, after] = [rowSize(columns), rowSize(best)];
  const [perRow, total] = [before.bytes - after.bytes, Math.round((before.bytes - after.bytes) * rows)];
  const model = modelLabel(database, table);
  const declared = database.declarationOfTable(table);
  return {
    key: [shortName(table)],
    severity: total >= WARNING_BYTES ? "warning" : "info",
    confidence: before.isExact ? "certain" : "likely",
    claim: `Gaps between \`${shortName(table)}\`'s columns take ${bytes(perRow)} of ${bytes(before.bytes)} a row: ${formatBytes(total)} in ${formatNumber(Math.round(rows))} rows.`,
    reason: `A value starts at a multiple of its type's alignment, and what lies between is written, cached and logged. ${lost(columns)}`.trimEnd(),
    remedy: `In a new table, or when this one is rewritten anyway, order the columns: ${best.map(({ column }) => column.name).join(", ")}. Django makes them in the order of the fields.`,
    doubt: before.isExact
      ? "the gain needs a rewrite of the table; an index-only scan gains nothing"
      : "texts are of varying length, so gaps behind them are expectations; the fixed part is exact",
    ...(model === undefined ? {} : { model }),
    places: [tableSpot(table, `${bytes(before.bytes)} a row`), ...(declared === null ? [] : [{ role: "definition" as const, span: declared }])],
    evidence: [catalogEvidence(database, { bytesPerRow: round(before.bytes), bytesPerRowOrdered: round(after.bytes), rows: Math.round(rows) })],
    impact: { bytes: bytesImpact(database, table, total) },
    fixes: [],
  };
}

function bytesImpact(database: Database, table: Table, saved: number): { readonly before: number; readonly after: number } {
  const heap = heapBytes(database, table) ?? saved;
  return { before: heap, after: Math.max(0, heap - saved) };
}

const round = (value: number): number => Number(value.toFixed(1));
const bytes = (value: number): string => `${formatNumber(round(value))} bytes`;

/** The first gap, by name: what a reader can check against the model. */
function lost(columns: readonly Placed[]): string {
  let at = 0;
  for (const [index, one] of columns.entries()) {
    if (one.length < 0 || one.nullFraction > 0) return "";
    const gap = (one.alignment - (at % one.alignment)) % one.alignment;
    if (gap > 0) return `Before \`${one.column.name}\`, \`${columns[index - 1]?.column.name}\` leaves ${gap} empty bytes.`;
    at += one.length;
  }
  return "";
}
