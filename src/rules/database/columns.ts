/** Columns as rules of types go through them, and how many rows stand behind them. */
import type { Column, Database, Index, ObjectSpot, Spot, Table } from "../../model/index.ts";
import { declarationSpots, shortName, tableSpot } from "./names.ts";

export interface ColumnOf {
  readonly table: Table;
  readonly column: Column;
}

/** Tables whose columns somebody can change: partitions follow their parents, foreign tables belong to another server. */
export function ownTables(database: Database): readonly Table[] {
  return database.tables.filter((table) => table.partitionOf === null && table.kind !== "foreign");
}

export function ownColumns(database: Database): readonly ColumnOf[] {
  return ownTables(database).flatMap((table) => table.columns.filter(({ name }) => !isInherited(database, table, name)).map((column) => ({ table, column })));
}

/** It can be changed at the table that it comes from alone. */
function isInherited(database: Database, { inherits }: Table, name: string): boolean {
  return inherits.some((oid) => database.table(oid)?.columns.some((column) => column.name === name) === true);
}

/** `orders_order.placed_at`. */
export function columnName({ table, column }: ColumnOf): string {
  return `${shortName(table)}.${column.name}`;
}

/** The table's place, and the line that declares the column. */
export function columnSpots(database: Database, { table, column }: ColumnOf, label: string): (Spot | ObjectSpot)[] {
  return [tableSpot(table, label), ...declarationSpots(database.declarationOfColumn(table, column.name), "declared here")];
}

/** Leaves of a partitioned table, or the table itself. */
export function storesOf(database: Database, table: Table): readonly Table[] {
  if (table.kind !== "partitioned") return [table];
  return database.catalog.tables.filter((one) => one.partitionOf?.parent === table.oid).flatMap((one) => storesOf(database, one));
}

/** Before PostgreSQL 14 a table that was never looked at says 0. */
const SAYS_MINUS_ONE = 140_000;

/** By the planner's estimate, else by the counters; null when neither knows. */
export function rowsOf(database: Database, table: Table): number | null {
  const all = storesOf(database, table).map((one) => rowsOfStore(database, one));
  return all.includes(null) ? null : all.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

function rowsOfStore(database: Database, table: Table): number | null {
  const isKnown = table.reltuples > 0 || (table.reltuples === 0 && (database.server.versionNumber >= SAYS_MINUS_ONE || table.bytes === 0));
  if (isKnown) return table.reltuples;
  const live = database.tableCounters(table)?.liveRows ?? 0;
  if (live > 0) return live;
  return table.bytes === 0 ? 0 : null;
}

/** Of the heap, with those of all partitions; null without permission. */
export function heapBytes(database: Database, table: Table): number | null {
  const all = storesOf(database, table).map(({ bytes }) => bytes);
  return all.includes(null) ? null : all.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

/** Columns that other rows are found by, whatever they hold: of a primary or foreign key, or referred to by one. */
export function isKeyColumn(database: Database, { table, column }: ColumnOf): boolean {
  const own = database.constraintsOf(table).some(({ kind, columns }) => (kind === "primary" || kind === "foreign") && columns.includes(column.name));
  const referred = database.referencesTo(table).some(({ references }) => references?.table === table.oid && references.columns.includes(column.name));
  return own || referred || isFedBySequence(database, { table, column }) || (database.fieldOf(table, column.name)?.relation ?? null) !== null;
}

export function isFedBySequence(database: Database, { table, column }: ColumnOf): boolean {
  if (column.identity !== null || (column.default ?? "").startsWith("nextval(")) return true;
  return database.catalog.sequences.some(({ ownedBy }) => ownedBy?.table === table.oid && ownedBy.column === column.name);
}

/** Generic foreign keys and copies of other systems' keys are keys without a constraint. */
export function isNamedAsKey(name: string): boolean {
  return /^(?:id|pk|oid|uid|key)$|_(?:id|pk|key|uid)$/.test(name);
}

/** Indexes that hold the column, as a key, carried along, in an expression or in a predicate. */
export function indexesWith(database: Database, { table, column }: ColumnOf): readonly Index[] {
  const word = new RegExp(`(?<![\\w])"?${column.name.replaceAll(/[^\w]/g, ".")}"?(?![\\w])`);
  return database.indexesOf(table).filter((index) => {
    const named = index.include.includes(column.name) || index.keys.some((key) => key.column === column.name);
    return named || index.keys.some((key) => key.expression !== null && word.test(key.expression)) || (index.predicate !== null && word.test(index.predicate));
  });
}

/** Words of a name: `unitPrice` and `unit_price` are both `unit`, `price`. */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
