/** Foreign keys, and the indexes that a check or a cascade finds their rows by. */
import type { Constraint, Database, Index, Table } from "../../model/index.ts";

/** Those of the table itself; a partition's follow the parent's. */
export function foreignKeysOf(table: Table, database: Database): readonly Constraint[] {
  return database.constraintsOf(table).filter((one) => one.kind === "foreign" && one.parent === null);
}

/** The first keys of the index are the key's columns, in any order, and every row that has a key is in it. */
export function servesForeignKey(index: Index, { columns }: Constraint): boolean {
  if (!index.valid || (index.method !== "btree" && index.method !== "hash")) return false;
  const first = index.keys.slice(0, columns.length).map(({ column }) => column);
  return columns.every((column) => first.includes(column)) && holdsAllKeys(index, columns);
}

/** Without a condition, or with one that leaves out NULL alone. */
function holdsAllKeys({ predicate }: Index, columns: readonly string[]): boolean {
  if (predicate === null) return true;
  const [column] = columns;
  return columns.length === 1 && predicate.replaceAll(/[()"]/g, "").trim() === `${column} IS NOT NULL`;
}

/** Foreign keys that would be without an index if this one went. */
export function foreignKeysServedBy(index: Index, table: Table, database: Database): readonly Constraint[] {
  const others = database.indexesOf(table).filter((one) => one !== index);
  return foreignKeysOf(table, database).filter((key) => servesForeignKey(index, key) && !others.some((other) => servesForeignKey(other, key)));
}
