/** NOT NULL without a long lock: a CHECK is validated beside writes, and SET NOT NULL believes it (12 and later). */
import type { FixDraft } from "../../model/index.ts";
import { columnName, type ColumnOf } from "./columns.ts";
import { quote } from "./drop-index.ts";
import { tableName } from "./retype-fix.ts";

export function notNullFix({ table, column }: ColumnOf): FixDraft[] {
  if (table.kind !== "table") return [];
  const check = quote(`${column.name}_not_null`);
  const name = quote(column.name);
  const alter = (what: string): string => `ALTER TABLE ${tableName(table)} ${what}`;
  return [
    {
      title: `Make \`${columnName({ table, column })}\` NOT NULL`,
      kind: "sql",
      safety: "review",
      edits: [],
      migration: { lock: "ACCESS EXCLUSIVE", duration: "an instant each; validation scans the table under SHARE UPDATE EXCLUSIVE", rollback: "the reverse statement" },
      sql: {
        forward: [alter(`ADD CONSTRAINT ${check} CHECK (${name} IS NOT NULL) NOT VALID`), alter(`VALIDATE CONSTRAINT ${check}`), alter(`ALTER COLUMN ${name} SET NOT NULL`), alter(`DROP CONSTRAINT ${check}`)],
        reverse: [alter(`ALTER COLUMN ${name} DROP NOT NULL`)],
        isTransactional: false,
      },
    },
  ];
}
