/** A key made bigint, with all columns that refer to it. */
import { changeType, type ChangeInput } from "../../fixes/migrations/index.ts";
import type { FixDraft } from "../../model/index.ts";
import { columnName, type ColumnOf } from "./columns.ts";
import { quoteName } from "../../postgres/quote.ts";
import { isReadByView, rewritePlan, tableName } from "./retype-fix.ts";
import { referringColumns, type FedColumn } from "./sequences.ts";

/** None where a view shows one of the columns: PostgreSQL refuses then. Each table is rewritten while it is locked. */
export function widenFixes(input: ChangeInput, of: FedColumn): FixDraft[] {
  const { database } = input;
  const narrow = [of, ...referringColumns(database, of)].filter(({ column }) => column.typeName !== "int8");
  if (narrow.some(({ table, column }) => table.kind !== "table" || column.generated !== null || isReadByView(database, table))) return [];
  const { sequence, column } = of;
  // Django widens what refers to it in the same migration.
  const declared =
    database.declarationOfColumn(of.table, column.name) === null || column.typeName === "int8"
      ? null
      : changeType(input, of.table, column.name, { kind: "integer", to: "BigAutoField" });
  if (declared?.kind === "migration") return [declared];
  const name = `${quoteName(sequence.schema)}.${quoteName(sequence.name)}`;
  // An identity's sequence follows its column by itself.
  const own =
    column.identity === null && sequence.type !== "bigint" ? [[`ALTER SEQUENCE ${name} AS bigint`], [`ALTER SEQUENCE ${name} AS ${sequence.type}`]] : [[], []];
  return [
    {
      title: `Widen \`${columnName(of)}\`${narrow.length > 1 ? ` and ${narrow.length - 1} columns that refer to it` : ""} to bigint`,
      kind: "sql",
      safety: "review",
      edits: [],
      migration: rewritePlan(database, of.table),
      sql: {
        forward: [...narrow.map((one) => alter(one, "bigint")), ...(own[0] ?? [])],
        reverse: [...(own[1] ?? []), ...narrow.map((one) => alter(one, one.column.type))],
        isTransactional: true,
      },
    },
  ];
}

function alter({ table, column }: ColumnOf, type: string): string {
  return `ALTER TABLE ${tableName(table)} ALTER COLUMN ${quoteName(column.name)} TYPE ${type}`;
}
