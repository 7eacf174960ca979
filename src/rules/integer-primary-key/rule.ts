import { formatNumber } from "../../model/numbers.ts";
import type { Database, DatabaseDraft, Rule, Unjudged } from "../../model/index.ts";
import type { ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, rowsOf, storesOf } from "../database/columns.ts";
import { counterEvidence } from "../database/evidence.ts";
import { rateOf } from "../database/rates.ts";
import { fedColumns, type FedColumn } from "../database/sequences.ts";
import { widenFixes } from "../database/widen-fix.ts";

export const rule: Rule = {
  meta: {
    id: "integer-primary-key",
    chapter: "1.3",
    summary: "A growing table has a primary key of four bytes or less",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const keys = fedColumns(database).filter((of) => of.column.typeName !== "int8" && isPrimary(database, of) && !isRunningOut(of));
    const verdicts = keys.map((of) => judgeKey(input, of, thresholds));
    return {
      drafts: verdicts.flatMap(({ draft }) => draft ?? []),
      unjudged: verdicts.flatMap(({ unknown }) => unknown ?? []),
      examined: `${keys.length} integer keys`,
    };
  },
};

/** Rows, and rows a day, from which a key of four bytes is worth a thought: this project's notes. */
const LEAST_ROWS = 1_000_000;
const LEAST_PER_DAY = 10_000;

function isPrimary(database: Database, { table, column }: FedColumn): boolean {
  return database.constraintsOf(table).some(({ kind, columns }) => kind === "primary" && columns.length === 1 && columns[0] === column.name);
}

/** From half on, integer-exhaustion tells the same with a date. */
const isRunningOut = ({ sequence, greatest }: FedColumn): boolean => Number(sequence.lastValue ?? 0) >= greatest / 2;

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeKey(input: ChangeInput, of: FedColumn, thresholds: Readonly<Record<string, number>>): Verdict {
  const { database } = input;
  const rows = rowsOf(database, of.table);
  const inserted = insertedInto(database, of);
  if (rows === null || inserted === null)
    return { unknown: { object: `table ${of.table.schema}.${of.table.name}`, why: "needs the number of its rows and its counters" } };
  const perDay = rateOf(database, of.table, ({ inserted }) => inserted)?.perDay ?? 0;
  const grows = growth({ rows, perDay }, thresholds);
  return grows === null ? {} : { draft: toDraft(input, of, grows, { rows, perDay, inserted }) };
}

function insertedInto(database: Database, { table }: FedColumn): number | null {
  const all = storesOf(database, table).flatMap((one) => database.tableCounters(one) ?? []);
  return all.length === 0 ? null : all.reduce((sum, one) => sum + one.inserted, 0);
}

interface Growth {
  readonly rows: number;
  readonly perDay: number;
}

/** In words for the claim; null for a table that stays as it is. */
function growth({ rows, perDay }: Growth, thresholds: Readonly<Record<string, number>>): string | null {
  if (perDay >= (thresholds["integer-primary-key.per-day"] ?? LEAST_PER_DAY)) return `${formatNumber(Math.round(perDay))} rows come a day`;
  if (rows >= (thresholds["integer-primary-key"] ?? LEAST_ROWS)) return `the table has ${formatNumber(Math.round(rows))} rows`;
  return null;
}

function toDraft(
  input: ChangeInput,
  of: FedColumn,
  grows: string,
  figures: { readonly rows: number; readonly perDay: number; readonly inserted: number },
): DatabaseDraft {
  const { database } = input;
  const bytes = of.column.typeName === "int2" ? 2 : 4;
  const draft = columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is a key of ${bytes} bytes, ${formatNumber(of.greatest)} numbers, and ${grows}.`,
    reason: "Widening it later rewrites this table and every table that refers to it under ACCESS EXCLUSIVE; while it is small that takes seconds.",
    remedy: "Use BigAutoField (`DEFAULT_AUTO_FIELD`), with the columns that refer to it.",
    doubt: "a table that is emptied regularly, or whose growth ends, never needs the fifth byte",
    label: of.column.type,
    figures: { rows: Math.round(figures.rows) },
    fixes: widenFixes(input, of),
  });
  return {
    ...draft,
    evidence: [
      ...draft.evidence,
      counterEvidence(database, { inserted: figures.inserted, ...(figures.perDay > 0 ? { rowsPerDay: Math.round(figures.perDay) } : {}) }),
    ],
  };
}
