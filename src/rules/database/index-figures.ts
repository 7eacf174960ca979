/** Figures of an index; of a partitioned one, the sum of its parts, since the parent has no storage of its own. */
import type { Column, ColumnStatistics, Database, Index, Table } from "../../model/index.ts";

/** Tables that verdicts are given for: partitions follow their parent, a temporary table ends with its session, and what a package declares is not the project's to change. */
export function judgedTables(database: Database): readonly Table[] {
  return database.tables.filter(
    (table) => table.partitionOf === null && table.persistence !== "temporary" && table.kind !== "foreign" && !isOfPackage(table, database),
  );
}

/** Tables of Django's own applications, whose source is not read; a custom user's is the project's. */
const DJANGO_TABLE =
  /^(?:django_(?:admin_log|content_type|flatpage|flatpage_sites|migrations|redirect|session|site)|auth_(?:group|group_permissions|permission|user|user_groups|user_user_permissions))$/;

function isOfPackage(table: Table, database: Database): boolean {
  const model = database.modelOf(table);
  return DJANGO_TABLE.test(table.name) || (model !== null && model.cls.module.origin !== "project");
}

/** Its indexes without those that follow a parent's. */
export function ownIndexes(table: Table, database: Database): readonly Index[] {
  return database.indexesOf(table).filter((index) => index.partitionOf === null);
}

/** The index itself, or the leaves below it. */
function leavesOf(index: Index, { catalog }: Database): readonly Index[] {
  const parts = (one: Index): Index[] => {
    const children = catalog.indexes.filter(({ partitionOf }) => partitionOf === one.oid);
    return children.length === 0 ? [one] : children.flatMap(parts);
  };
  return parts(index);
}

export function indexBytes(index: Index, database: Database): number | null {
  return sum(leavesOf(index, database).map(({ bytes }) => bytes));
}

/** Of all servers; null where one part's counter is missing. */
export function indexScans(index: Index, database: Database): number | null {
  return sum(leavesOf(index, database).map((leaf) => database.indexCounters(leaf)?.scans ?? null));
}

/** From PostgreSQL 16 on; null when it was never scanned, or no server says. */
export function lastScan(index: Index, database: Database): string | null {
  return (
    leavesOf(index, database)
      .flatMap((leaf) => database.indexCounters(leaf)?.lastScan ?? [])
      .toSorted()
      .at(-1) ?? null
  );
}

function sum(figures: readonly (number | null)[]): number | null {
  return figures.reduce((total, one) => (total === null || one === null ? null : total + one), 0);
}

/** The table itself, or the partitions below it. */
export function partsOf(table: Table, database: Database): readonly Table[] {
  const children = database.catalog.tables.filter(({ partitionOf }) => partitionOf?.parent === table.oid);
  return children.length === 0 ? [table] : children.flatMap((child) => partsOf(child, database));
}

/** As VACUUM or ANALYZE last counted them, else as the counters say; null when neither has looked. */
export function rowsOf(table: Table, database: Database): number | null {
  return sum(partsOf(table, database).map((part) => rowsOfPart(part, database)));
}

function rowsOfPart(table: Table, database: Database): number | null {
  if (table.reltuples > 0) return table.reltuples;
  const live = database.tableCounters(table)?.liveRows ?? 0;
  // From 14 on 0 is what was counted; before, it also stood for never.
  if (live > 0) return live;
  return table.reltuples === 0 && (table.bytes === 0 || database.server.versionNumber >= 140_000) ? 0 : null;
}

/** Of the main fork. */
export function heapBytes(table: Table, database: Database): number | null {
  return sum(partsOf(table, database).map(({ bytes }) => bytes));
}

export interface Writes {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly hotUpdated: number;
}

/** What the primary's counters say was written; null where they could not be read. */
export function writesOf(table: Table, database: Database): Writes | null {
  const parts = partsOf(table, database).map((part) => database.tableCounters(part));
  return parts.reduce<Writes | null>((total, one) => (total === null || one === null ? null : addWrites(total, one)), {
    inserted: 0,
    updated: 0,
    deleted: 0,
    hotUpdated: 0,
  });
}

function addWrites(one: Writes, other: Writes): Writes {
  return {
    inserted: one.inserted + other.inserted,
    updated: one.updated + other.updated,
    deleted: one.deleted + other.deleted,
    hotUpdated: one.hotUpdated + other.hotUpdated,
  };
}

/** Statistics of one key: the column's, or those that an expression has of its own. */
export function keyStatistics(index: Index, position: number, table: Table, database: Database): ColumnStatistics | null {
  const key = index.keys[position];
  if (key === undefined) return null;
  if (key.column === null) return index.expressionStatistics[position] ?? null;
  return keyColumn(index, position, table, database)?.statistics ?? null;
}

export function keyColumn(index: Index, position: number, table: Table, database: Database): Column | null {
  const name = index.keys[position]?.column ?? null;
  return name === null ? null : database.column(table, name);
}

/** How many values it has, of so many rows; null when ANALYZE does not know. */
export function distinctValues({ distinct }: ColumnStatistics, rows: number): number | null {
  if (distinct === 0) return null;
  return distinct > 0 ? distinct : Math.max(1, Math.round(-distinct * rows));
}
