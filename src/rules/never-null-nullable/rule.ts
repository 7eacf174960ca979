import type { Database, DatabaseDraft, Expr, Rule, Unjudged } from "../../model/index.ts";
import { formatNumber } from "../../model/numbers.ts";
import { setNotNull, type ChangeInput } from "../../fixes/migrations/index.ts";
import { columnDraft } from "../database/column-draft.ts";
import { columnName, ownColumns, rowsOf, type ColumnOf } from "../database/columns.ts";
import { sampledRows } from "../database/values.ts";

export const rule: Rule = {
  meta: {
    id: "never-null-nullable",
    chapter: "1.3",
    summary: "A nullable column is never NULL",
    severity: "info",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
    needs: ["database"],
  },
  judge: (input) => {
    const { database, thresholds } = input;
    const least = thresholds["never-null-nullable"] ?? LEAST_ROWS;
    const nullable = ownColumns(database).filter((of) => !of.column.notNull && of.column.generated === null && !isOptional(database, of));
    const verdicts = nullable.map((of) => judgeColumn(input, of, least));
    return { drafts: verdicts.flatMap(({ draft }) => draft ?? []), unjudged: unjudgedOf(verdicts), examined: `${nullable.length} nullable columns` };
  },
};

/** Rows below which "never" says little: this project's notes (2.c). ANALYZE reads 30,000 rows by default, so that of larger tables a sample was seen. */
const LEAST_ROWS = 100_000;

/** Meant to be empty at times: `blank=True`, or a foreign key that a deletion sets to NULL. */
function isOptional(database: Database, { table, column }: ColumnOf): boolean {
  const setsNull = database
    .constraintsOf(table)
    .some(({ kind, columns, references }) => kind === "foreign" && columns.includes(column.name) && references?.onDelete === "set null");
  const declaration = database.fieldOf(table, column.name)?.declaration ?? null;
  return setsNull || (declaration !== null && declaration.kind === "call" && isOptionalCall(declaration));
}

function isOptionalCall({ args, keywords }: Extract<Expr, { readonly kind: "call" }>): boolean {
  const isBlank = keywords.some(({ name, value }) => name === "blank" && value.kind === "constant" && value.value === "true");
  return (
    isBlank || [...args, ...keywords.map(({ value }) => value)].some((one) => (one.kind === "attribute" || one.kind === "name") && one.name === "SET_NULL")
  );
}

interface Verdict {
  readonly draft?: DatabaseDraft;
  readonly unknown?: Unjudged;
}

function judgeColumn(input: ChangeInput, of: ColumnOf, least: number): Verdict {
  const { database } = input;
  const { table, column } = of;
  const rows = rowsOf(database, table);
  if (rows !== null && rows < least) return {};
  if (rows === null || column.statistics === null)
    return {
      unknown: { object: `table ${table.schema}.${table.name}`, why: "needs statistics of its columns: it was never analysed, or the role may not read them" },
    };
  return column.statistics.nullFraction === 0 ? { draft: toDraft(input, of, rows) } : {};
}

/** A table is named once, however many columns it has. */
function unjudgedOf(verdicts: readonly Verdict[]): Unjudged[] {
  return [...new Map(verdicts.flatMap(({ unknown }) => (unknown === undefined ? [] : [[unknown.object, unknown] as const]))).values()];
}

function toDraft(input: ChangeInput, of: ColumnOf, rows: number): DatabaseDraft {
  const { database } = input;
  const seen = sampledRows(database, of.column, rows);
  const isWhole = seen >= rows;
  return columnDraft(database, of, {
    claim: `\`${columnName(of)}\` is nullable and never NULL in ${isWhole ? "all" : "a sample of"} ${formatNumber(Math.round(seen))}${isWhole ? "" : ` of ${formatNumber(Math.round(rows))}`} rows.`,
    reason: "Each reader has to think of None, and NOT IN over the column cannot become an anti join.",
    remedy: "Drop `null=True`; in the database, a CHECK that is validated first spares the scan under the strong lock.",
    doubt: "code that is to write NULL one day, or did so in rows that the sample missed, would fail",
    label: "nullable",
    figures: { sampled: Math.round(seen), rows: Math.round(rows) },
    fixes: of.table.kind === "table" ? [setNotNull(input, of.table, of.column.name)] : [],
  });
}
