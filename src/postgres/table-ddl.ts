import { quoteName, quoteQualified } from "./quote.ts";
import type { ColumnPart, ConstraintPart, DefaultPart, TablePart } from "./schema-parts.ts";

export interface TableContext {
  readonly tables: ReadonlyMap<number, TablePart>;
  readonly lateDefaults: readonly DefaultPart[];
  readonly lateChecks: readonly ConstraintPart[];
  /** Columns whose NOT NULL follows later. */
  readonly lateNotNull: ReadonlySet<string>;
  /** By oid of the table and name of the column, with a space between. */
  readonly inlineDefaults: ReadonlyMap<string, DefaultPart>;
  readonly inlineChecks: ReadonlyMap<number, readonly ConstraintPart[]>;
}

/** CREATE TABLE, and what makes it the child of its parents. A partition is attached by a statement of its own. */
export function createTable(table: TablePart, context: TableContext): string[] {
  const parents = table.bounds === null ? table.parents.flatMap((oid) => context.tables.get(oid) ?? []) : [];
  const inherits = parents.length > 0 && hasOrderOfParents(table, parents);
  const name = quoteQualified(table);
  const items = [...columns(table, context, inherits), ...checks(table, context, inherits)];
  const create = `CREATE ${table.unlogged ? "UNLOGGED " : ""}${table.kind === "foreign" ? "FOREIGN " : ""}TABLE ${name} (${items.map((one) => `\n    ${one}`).join(",")}\n)${inherits ? ` INHERITS (${parents.map(quoteQualified).join(", ")})` : ""}${suffix(table)}`;
  return [
    create,
    ...(inherits ? inheritedColumns(table, context) : parents.map((one) => `ALTER TABLE ${name} INHERIT ${quoteQualified(one)}`)),
    ...(table.ofType === null ? [] : [`ALTER TABLE ${name} OF ${table.ofType}`]),
  ];
}

function suffix(table: TablePart): string {
  const parts = [
    table.partitionKey === null ? "" : ` PARTITION BY ${table.partitionKey}`,
    table.server === null ? "" : ` SERVER ${quoteName(table.server)}${table.serverOptions === null ? "" : ` OPTIONS (${table.serverOptions})`}`,
    table.accessMethod === null || table.accessMethod === "heap" ? "" : ` USING ${quoteName(table.accessMethod)}`,
    table.options.length === 0 ? "" : ` WITH (${table.options.join(", ")})`,
  ];
  return parts.join("");
}

/** INHERITS puts the parents' columns first, in their order. Where that is not so the table was made alone and joined them later. */
function hasOrderOfParents(table: TablePart, parents: readonly TablePart[]): boolean {
  const merged = [...new Set(parents.flatMap((one) => one.columns.map(({ name }) => name)))];
  const actual = table.columns.map(({ name }) => name);
  return merged.every((name, position) => actual[position] === name);
}

function columns(table: TablePart, context: TableContext, inherits: boolean): string[] {
  const own = inherits ? table.columns.filter(({ isLocal }) => isLocal) : table.columns;
  const named = notNullNames(table, context);
  return own.map((column) => columnText(table, column, context, named.get(column.name) ?? null, inherits));
}

/** 18 and later give NOT NULL a name. */
function notNullNames(table: TablePart, { inlineChecks }: TableContext): ReadonlyMap<string, ConstraintPart> {
  const all = inlineChecks.get(table.oid) ?? [];
  return new Map(all.flatMap((one) => (one.kind === "not-null" && one.column !== null ? [[one.column, one] as const] : [])));
}

function columnText(table: TablePart, column: ColumnPart, context: TableContext, named: ConstraintPart | null, inherits: boolean): string {
  const parts = [
    quoteName(column.name),
    column.text,
    valueText(table, column, context),
    notNullText(column, named, context.lateNotNull.has(`${table.oid} ${column.name}`), inherits),
  ];
  return parts.filter((one) => one !== "").join(" ");
}

function valueText(table: TablePart, column: ColumnPart, { inlineDefaults }: TableContext): string {
  if (column.identity !== null) return column.identity;
  const value = inlineDefaults.get(`${table.oid} ${column.name}`);
  if (value === undefined) return "";
  return value.generated === null ? `DEFAULT ${value.expression}` : `GENERATED ALWAYS AS (${value.expression}) ${value.generated.toUpperCase()}`;
}

function notNullText(column: ColumnPart, named: ConstraintPart | null, isLate: boolean, inherits: boolean): string {
  if (!column.notNull || isLate) return "";
  if (named === null) return "NOT NULL";
  if (inherits && !named.isLocal) return "";
  return `CONSTRAINT ${quoteName(named.name)} NOT NULL${named.definition.endsWith(" NO INHERIT") ? " NO INHERIT" : ""}`;
}

/** With INHERITS the parents' come by themselves; a table that is attached must have them before. */
function checks(table: TablePart, { inlineChecks }: TableContext, inherits: boolean): string[] {
  const all = (inlineChecks.get(table.oid) ?? []).filter(({ kind }) => kind === "check");
  const own = inherits ? all.filter(({ isLocal }) => isLocal) : all;
  return own.map((one) => `CONSTRAINT ${quoteName(one.name)} ${one.definition}`);
}

/** What the child says of columns that it has from its parents: its own NOT NULL, and no default where a parent has one. */
function inheritedColumns(table: TablePart, context: TableContext): string[] {
  const name = quoteQualified(table);
  const named = notNullNames(table, context);
  return table.columns
    .filter(({ isLocal }) => !isLocal)
    .flatMap((column) => {
      const alter = `ALTER TABLE ONLY ${name} ALTER COLUMN ${quoteName(column.name)}`;
      const constraint = named.get(column.name);
      const isParents = table.parents.some((oid) => context.inlineDefaults.get(`${oid} ${column.name}`)?.generated === null);
      const hasOwn = context.lateDefaults.some((one) => one.table === table.oid && one.column === column.name);
      return [
        ...(column.notNull && constraint === undefined && !context.lateNotNull.has(`${table.oid} ${column.name}`) ? [`${alter} SET NOT NULL`] : []),
        ...(constraint?.isLocal === true ? [`ALTER TABLE ${name} ADD CONSTRAINT ${quoteName(constraint.name)} ${constraint.definition}`] : []),
        ...(isParents && !hasOwn ? [`${alter} DROP DEFAULT`] : []),
      ];
    });
}
