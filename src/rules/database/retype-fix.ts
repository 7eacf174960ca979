/** Changing a column's type, and back. */
import { formatBytes } from "../../model/numbers.ts";
import { castColumn, changeType, type ChangeInput, type FieldType } from "../../fixes/migrations/index.ts";
import type { Database, FixDraft, Index, MigrationPlan, Table } from "../../model/index.ts";
import { columnName, heapBytes, indexesWith, isKeyColumn, type ColumnOf } from "./columns.ts";
import { quoteName } from "../../postgres/quote.ts";

export interface Retype extends ColumnOf {
  /** As SQL writes the new type. */
  readonly type: string;
  /** Of the value, where the cast is not implicit; `%` stands for the column. */
  readonly using?: string;
  readonly usingBack?: string;
  /** The field that stands for the new type; without it the model says already what the column should be. */
  readonly field?: FieldType;
  /** A foreign key's own column may change: the constraint is checked again. */
  readonly isForeignKey?: boolean;
}

/** None where something stands in the way that only a person can sort out: a view, a key, a default of the old type, a generated column. */
export function retypeFixes(input: ChangeInput, retype: Retype): FixDraft[] {
  const { database } = input;
  if (isInTheWay(database, retype)) return [];
  const left = leftIndexes(database, retype);
  const declared = retype.field === undefined && left.length > 0 ? null : asMigration(input, retype);
  if (declared?.kind === "migration") return [declared];
  const why = declared === null ? "" : (/, by SQL alone: .+$/.exec(declared.title)?.[0] ?? "");
  return [
    {
      title: `Change \`${columnName(retype)}\` to ${retype.type}${why}`,
      kind: "sql",
      safety: "review",
      edits: [],
      migration: rewritePlan(database, retype.table),
      sql: retypeSql(retype, left),
    },
  ];
}

function isInTheWay(database: Database, { table, column, isForeignKey = false }: Retype): boolean {
  if (table.kind !== "table" || table.inherits.length > 0 || column.generated !== null || column.default !== null) return true;
  if (isForeignKey ? isReferredTo(database, { table, column }) : isKeyColumn(database, { table, column })) return true;
  if (isReadByView(database, table)) return true;
  const constraints = database.constraintsOf(table).some(({ kind, columns }) => (kind === "check" || kind === "exclusion") && columns.includes(column.name));
  return (
    constraints ||
    indexesWith(database, { table, column }).some(
      (index) => index.keys.some((key) => key.column !== column.name && key.expression !== null) || index.predicate !== null,
    )
  );
}

function isReferredTo(database: Database, { table, column }: ColumnOf): boolean {
  return database.referencesTo(table).some(({ references }) => references?.table === table.oid && references.columns.includes(column.name));
}

/** PostgreSQL does not change a type that a view shows. */
export function isReadByView(database: Database, table: Table): boolean {
  return database.catalog.views.some(({ reads }) => reads.includes(table.oid));
}

/** Where the project declares the table. Django drops and makes `_like` twins itself when a field changes. */
function asMigration(input: ChangeInput, { table, column, type, field, using, usingBack }: Retype): FixDraft | null {
  if (input.database.modelOf(table) === null) return null;
  if (field !== undefined) return changeType(input, table, column.name, field);
  const name = quoteName(column.name);
  const cast = (text: string | undefined, to: string): string => text?.replaceAll("%", name) ?? `${name}::${to}`;
  return castColumn(input, table, column.name, { to: type, using: cast(using, type), back: column.type, backUsing: cast(usingBack, column.type) });
}

/** Those with a class of the old type (Django's `_like` twins) cannot follow. */
function leftIndexes(database: Database, { table, column }: ColumnOf): readonly Index[] {
  return indexesWith(database, { table, column }).filter((index) => index.keys.some((key) => key.column === column.name && !key.isDefaultClass));
}

function retypeSql({ table, column, type, using, usingBack }: Retype, left: readonly Index[]): NonNullable<FixDraft["sql"]> {
  const name = quoteName(column.name);
  const alter = (to: string, cast: string | undefined): string =>
    `ALTER TABLE ${tableName(table)} ALTER COLUMN ${name} TYPE ${to}${cast === undefined ? "" : ` USING ${cast.replaceAll("%", name)}`}`;
  return {
    forward: [...left.map((index) => `DROP INDEX ${quoteName(index.schema)}.${quoteName(index.name)}`), alter(type, using)],
    reverse: [alter(column.type, usingBack), ...left.map((index) => index.definition)],
    isTransactional: true,
  };
}

export function tableName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

/** What a disk of today rewrites in a second, a lower bound: ours. */
const REWRITE_PER_SECOND = 50_000_000;

/** A rewrite reads and writes the heap and builds every index again. */
export function rewritePlan(database: Database, table: Table): MigrationPlan {
  const heap = heapBytes(database, table);
  const bytes = heap === null ? null : heap + (table.indexBytes ?? 0);
  const duration =
    bytes === null
      ? "not known: the table's size could not be read"
      : `at most ${Math.max(1, Math.ceil(bytes / REWRITE_PER_SECOND))} s for ${formatBytes(bytes)} at 50 MB a second`;
  return { lock: "ACCESS EXCLUSIVE", duration, rollback: "the reverse statements, which rewrite the table again" };
}
