import type { FixDraft, Index, MigrationPlan, Table } from "../../model/index.ts";
import { dropConstraint, validate } from "./add-constraint.ts";
import { alterField, fieldPlaceOf, type FieldChange } from "./alter-field.ts";
import { durationOf, heapBytes, PASSES } from "./durations.ts";
import { runSql, separate } from "./operations.ts";
import { migrationFix, placeOf, sqlFix, type ChangeInput } from "./place.ts";
import { pythonString, type PythonCode } from "./python-code.ts";
import { clearedWords, clearWay } from "./rewrite.ts";
import { quoteName, quoteText, tableRef } from "./sql-text.ts";

/** `null=True` goes. A check that is validated beforehand saves the scan under ACCESS EXCLUSIVE (PostgreSQL 12 and later). */
export function setNotNull(input: ChangeInput, table: Table, column: string): FixDraft {
  const title = `Make ${table.name}.${column} NOT NULL`;
  const check = `${table.name}_${column}_not_null`.slice(0, 63);
  const add = `ALTER TABLE ${tableRef(table)} ADD CONSTRAINT ${quoteName(check)} CHECK (${quoteName(column)} IS NOT NULL) NOT VALID`;
  const alter = (what: string): string => `ALTER TABLE ${tableRef(table)} ALTER COLUMN ${quoteName(column)} ${what}`;
  const sql = {
    forward: [add, validate(table, check), alter("SET NOT NULL"), dropConstraint(table, check)],
    reverse: [alter("DROP NOT NULL")],
    isTransactional: false,
  };
  const place = fieldPlaceOf(input, table, column);
  if ("why" in place) return sqlFix(title, sql, place.why);
  const altered = alterField(place, { arguments: { null: null } });
  if (altered === null) return sqlFix(title, sql, `${place.field.name} is not written as a plain call`);
  const slug = `${table.name}_${column}`;
  return migrationFix({
    title,
    place: place.place,
    edits: altered.edits,
    steps: [
      { slug: `check_${slug}`, isAtomic: true, operations: [runSql([add], [dropConstraint(table, check)])] },
      { slug: `validate_${slug}`, isAtomic: true, operations: [runSql([validate(table, check)], "noop")] },
      {
        slug: `not_null_${slug}`,
        isAtomic: true,
        operations: [separate([runSql([alter("SET NOT NULL"), dropConstraint(table, check)], [alter("DROP NOT NULL")])], [altered.operation])],
        imports: altered.imports,
      },
    ],
    plan: {
      lock: "ACCESS EXCLUSIVE for a moment, twice; SHARE UPDATE EXCLUSIVE while the rows are checked",
      duration: durationOf(heapBytes(table), PASSES.scan, "read once"),
      rollback: "Migrate back: the column may be NULL again. A row that is NULL makes the second migration fail: fill it and migrate again.",
    },
  });
}

/** Types that a field of Django stands for. */
export type FieldType =
  | {
      readonly kind: "integer";
      readonly to:
        | "SmallIntegerField"
        | "IntegerField"
        | "BigIntegerField"
        | "PositiveSmallIntegerField"
        | "PositiveIntegerField"
        | "PositiveBigIntegerField"
        | "AutoField"
        | "BigAutoField";
    }
  | { readonly kind: "decimal"; readonly maxDigits: number; readonly decimalPlaces: number }
  | { readonly kind: "uuid" }
  | { readonly kind: "text"; readonly to: "TextField" }
  | { readonly kind: "char"; readonly maxLength: number }
  | { readonly kind: "date" }
  | { readonly kind: "datetime" }
  | { readonly kind: "boolean" };

/** Another class for the field, and AlterField, which casts the column. The table is rewritten meanwhile, and nobody reads it. */
export function changeType(input: ChangeInput, table: Table, column: string, type: FieldType): FixDraft {
  const change = fieldChange(type);
  const title = `Make ${table.name}.${column} ${/^[AI]/.test(change.type ?? "") ? "an" : "a"} ${change.type ?? ""}`;
  const before = input.database.column(table, column);
  const to = sqlType(type);
  const alter = (name: string): string => `ALTER TABLE ${tableRef(table)} ALTER COLUMN ${quoteName(column)} TYPE ${name} USING ${quoteName(column)}::${name}`;
  const references = input.database.referencesTo(table).filter((one) => one.references?.columns.includes(column) === true && one.table !== table.oid);
  const referring = references.flatMap((one) => input.database.table(one.table) ?? []);
  const way = clearWay(input, [table, ...new Set(referring)]);
  const first = "why" in way ? [] : way.forward;
  const sql = { forward: [...first, alter(to)], reverse: [alter(before?.type ?? to)], isTransactional: true };
  if ("why" in way) return sqlFix(title, sql, way.why);
  const place = fieldPlaceOf(input, table, column);
  if ("why" in place) return sqlFix(title, sql, place.why);
  if (place.place.model.table?.isManaged === false) return sqlFix(title, sql, `${place.place.model.label} is not managed by Django`);
  const altered = alterField(place, change);
  if (altered === null) return sqlFix(title, sql, `${place.field.name} is not written as a plain call`);
  return migrationFix({
    title,
    place: place.place,
    edits: altered.edits,
    steps: [{ slug: `retype_${table.name}_${column}`, isAtomic: true, operations: [...cleared(first), altered.operation], imports: altered.imports }],
    plan: rewritePlan(table, referring, way.indexes),
  });
}

/** An operation only where there is something to clear. */
const cleared = (forward: readonly string[]): readonly PythonCode[] => (forward.length === 0 ? [] : [runSql(forward, "noop")]);

/** Columns that refer to it change with it, and their tables are rewritten in the same transaction. */
function rewritePlan(table: Table, referring: readonly Table[], dropped: readonly Index[]): MigrationPlan {
  const all = [table, ...new Set(referring)];
  const sizes = all.map((one) => (heapBytes(one) === null ? null : (heapBytes(one) ?? 0) + (one.indexBytes ?? 0)));
  const bytes = sizes.some((one) => one === null) ? null : sizes.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const others =
    all.length === 1
      ? ""
      : ` and the ${all.length - 1} that refer to it (${all
          .slice(1, 4)
          .map((one) => one.name)
          .join(", ")}${all.length > 4 ? ", …" : ""})`;
  return {
    lock: "ACCESS EXCLUSIVE until it is done: the table is rewritten, and reads and writes wait",
    duration: durationOf(bytes, PASSES.rewrite, `of table and indexes${others} read and written`),
    rollback: `Migrate back: the column gets its old type, in as much time. Values that the old type cannot hold make that fail.${clearedWords(dropped)}`,
  };
}

const OF_NUMBERS = { max_digits: null, decimal_places: null } as const;
const OF_TEXT = { max_length: null, db_collation: null } as const;

function fieldChange(type: FieldType): FieldChange {
  switch (type.kind) {
    case "integer":
      return { type: type.to, arguments: { ...OF_NUMBERS, ...OF_TEXT } };
    case "decimal":
      return { type: "DecimalField", arguments: { ...OF_TEXT, max_digits: String(type.maxDigits), decimal_places: String(type.decimalPlaces) } };
    case "uuid":
      return { type: "UUIDField", arguments: { ...OF_TEXT } };
    case "text":
      return { type: "TextField", arguments: { max_length: null } };
    case "char":
      return { type: "CharField", arguments: { ...OF_NUMBERS, max_length: String(type.maxLength) } };
    case "date":
      return { type: "DateField", arguments: { ...OF_TEXT } };
    case "datetime":
      return { type: "DateTimeField", arguments: { ...OF_TEXT } };
    case "boolean":
      return { type: "BooleanField", arguments: { ...OF_TEXT, ...OF_NUMBERS } };
  }
}

function sqlType(type: FieldType): string {
  switch (type.kind) {
    case "integer":
      return /Small/.test(type.to) ? "smallint" : /Big/.test(type.to) ? "bigint" : "integer";
    case "decimal":
      return `numeric(${type.maxDigits}, ${type.decimalPlaces})`;
    case "char":
      return `varchar(${type.maxLength})`;
    case "datetime":
      return "timestamptz";
    default:
      return type.kind;
  }
}

/** What a column's type becomes without Django seeing another field: the expression may use the column's name in quotes. */
export interface ColumnCast {
  readonly to: string;
  readonly using: string;
  readonly back: string;
  readonly backUsing: string;
}

/** `json` to `jsonb`. */
export function jsonToJsonb(column: string): ColumnCast {
  const name = quoteName(column);
  return { to: "jsonb", using: `${name}::jsonb`, back: "json", backUsing: `${name}::json` };
}

/** `timestamp` to `timestamptz`: `zone` is the one that the stored times were meant in. */
export function timestampToTimestamptz(column: string, zone: string): ColumnCast {
  const using = `${quoteName(column)} AT TIME ZONE ${quoteText(zone)}`;
  return { to: "timestamp with time zone", using, back: "timestamp without time zone", backUsing: using };
}

/** `char(n)` to `varchar(n)`, without the blanks at the end. */
export function charToVarchar(column: string, length: number): ColumnCast {
  const name = quoteName(column);
  return { to: `varchar(${length})`, using: `rtrim(${name})`, back: `char(${length})`, backUsing: `${name}::char(${length})` };
}

/** The model says already what the column should be: only the database is changed. */
export function castColumn(input: ChangeInput, table: Table, column: string, { to, using, back, backUsing }: ColumnCast): FixDraft {
  const title = `Make ${table.name}.${column} ${to}`;
  const alter = (type: string, expression: string): string =>
    `ALTER TABLE ${tableRef(table)} ALTER COLUMN ${quoteName(column)} TYPE ${type} USING ${expression}`;
  const way = clearWay(input, [table]);
  const first = "why" in way ? [] : way.forward;
  const [forward, reverse] = [[...first, alter(to, using)], [alter(back, backUsing)]];
  const sql = { forward, reverse, isTransactional: true };
  if ("why" in way) return sqlFix(title, sql, way.why);
  const place = placeOf(input, table);
  if ("why" in place) return sqlFix(title, sql, place.why);
  return migrationFix({
    title,
    place,
    steps: [{ slug: `cast_${table.name}_${column}`, isAtomic: true, operations: [runSql(forward, reverse)] }],
    plan: rewritePlan(table, [], way.indexes),
  });
}

/** `db_collation` of a text field, `C` where its order is never shown to people. Its indexes are built again. */
export function setCollation(input: ChangeInput, table: Table, column: string, collation: string): FixDraft {
  const title = `Give ${table.name}.${column} the collation ${collation}`;
  const type = input.database.column(table, column)?.type ?? "text";
  const alter = (name: string): string => `ALTER TABLE ${tableRef(table)} ALTER COLUMN ${quoteName(column)} TYPE ${type} COLLATE ${quoteName(name)}`;
  const before = input.database.column(table, column)?.collation ?? "default";
  const sql = { forward: [alter(collation)], reverse: [alter(before)], isTransactional: true };
  const place = fieldPlaceOf(input, table, column);
  if ("why" in place) return sqlFix(title, sql, place.why);
  const altered = alterField(place, { arguments: { db_collation: pythonString(collation) } });
  if (altered === null) return sqlFix(title, sql, `${place.field.name} is not written as a plain call`);
  return migrationFix({
    title,
    place: place.place,
    edits: altered.edits,
    steps: [{ slug: `collate_${table.name}_${column}`, isAtomic: true, operations: [altered.operation], imports: altered.imports }],
    plan: {
      lock: "ACCESS EXCLUSIVE until the column's indexes are built again; the table itself is not rewritten",
      duration: durationOf(heapBytes(table), PASSES.build, "read once for each of the column's indexes"),
      rollback: "Migrate back: the column gets its old collation, and its indexes are built again.",
    },
  });
}
