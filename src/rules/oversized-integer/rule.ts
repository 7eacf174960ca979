import { formatBytes, formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule, Unjudged } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, isKeyColumn, isNamedAsKey, ownColumns, rowsOf, type ColumnOf } from "../database/columns.ts";
import { retypeFixes } from "../database/retype-fix.ts";
import { laidOut, rowSize } from "../database/tuple-layout.ts";
import { numberRange, sampledRows, STATISTICS_SAMPLE, whyNoValues, type NumberRange } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "oversized-integer",
    chapter: "1.3",
    summary: "A bigint column holds small numbers, and its table would be smaller with integer",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const wide = ownColumns(database).filter(
      (of) => of.column.typeName === "int8" && !isKeyColumn(database, of) && !isNamedAsKey(of.column.name) && !isUnique(database, of),
    );
    const verdicts = wide.map((of) => judgeColumn(input, of, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${wide.length} bigint columns that are no keys`,
    };
  },
};

/** Numbers may grow a hundredfold and still fit: ours. */
const GREATEST = 2_147_483_647 / 100;
/** Smaller tables gain nothing to speak of: ours. */
const LEAST_ROWS = 5000;
/** Of a row: ours. */
const LEAST_SHARE = 0.05;

/** What is unique finds rows, as a key does. */
function isUnique(database: Database, { table, column }: ColumnOf): boolean {
  return database.indexesOf(table).some((index) => index.unique && index.keys.some((key) => key.column === column.name));
}

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeColumn(input: ChangeInput, of: ColumnOf, thresholds: Readonly<Record<string, number>>): Verdict {
  const { database } = input;
  const { table, column } = of;
  const rows = rowsOf(database, table);
  if (rows !== null && rows < (thresholds["oversized-integer.rows"] ?? LEAST_ROWS)) return {};
  const perRow = savedPerRow(of);
  if (perRow === 0) return {};
  const range = numberRange(database, table, column);
  if (rows === null || perRow === null || range === null)
    return { unknown: { object: `table ${table.schema}.${table.name}`, why: `${whyNoValues(database, column)} (${column.name})` } };
  if (Math.max(Math.abs(range.minimum), Math.abs(range.maximum)) > GREATEST) return {};
  return perRow < LEAST_SHARE * sizeOf(of) ? {} : { draft: toDraft(input, of, range, perRow, rows) };
}

/** Where the column stands, with all alignments: often the four bytes become a gap, and nothing is saved. Null without statistics of a text. */
function savedPerRow({ table, column }: ColumnOf): number | null {
  const before = table.columns.map(laidOut);
  const known = before.flatMap((one) => one ?? []);
  if (known.length < before.length) return null;
  const after = table.columns.flatMap((one) => laidOut(one === column ? { ...one, length: 4, alignment: 4 } : one) ?? []);
  const saved = rowSize(known).bytes - rowSize(after).bytes;
  return saved < 0.5 ? 0 : saved;
}

const sizeOf = ({ table }: ColumnOf): number => rowSize(table.columns.flatMap((one) => laidOut(one) ?? [])).bytes;

function toDraft(input: ChangeInput, of: ColumnOf, { minimum, maximum, base }: NumberRange, perRow: number, rows: number): DatabaseDraft {
  const { database } = input;
  const total = Math.round(perRow * rows);
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is bigint and holds ${formatNumber(minimum)} to ${formatNumber(maximum)}; integer makes each row ${formatNumber(Number(perRow.toFixed(1)))} bytes shorter, ${formatBytes(total)} in all.`,
    reason: "The saving is what is left after alignment: the columns behind it move up.",
    remedy: `Make it \`integer\` when the table is rewritten anyway.`,
    doubt: `seen in ${base}; a sum or a counter that grows a hundredfold would no longer fit`,
    // The bounds in the statistics are those of the rows that ANALYZE read: of all rows in a small table.
    confidence: base === STATISTICS_SAMPLE && sampledRows(database, of.column, rows) < rows ? "possible" : "likely",
    label: of.column.type,
    figures: { minimum, maximum, bytesPerRow: Number(perRow.toFixed(1)), rows: Math.round(rows) },
    impact: { bytes: { before: total, after: 0 } },
    fixes: retypeFixes(input, { ...of, type: "integer", field: { kind: "integer", to: "IntegerField" } }),
  });
}
