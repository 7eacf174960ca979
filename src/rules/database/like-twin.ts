/** The second index that Django gives a text column, for LIKE. */
import type { Database, Index, Table } from "../../model/index.ts";
import { ownIndexes } from "./index-figures.ts";

const PATTERN_CLASS = /^(?:text|varchar|bpchar)_pattern_ops$/;

export function isPatternIndex({ method, keys: [first] }: Index): boolean {
  return method === "btree" && first !== undefined && PATTERN_CLASS.test(first.operatorClass);
}

/** The index beside which it stands: the same single column in the type's own order. Null for what is no such twin. */
export function likeTwinOf(index: Index, table: Table, database: Database): Index | null {
  const [key] = index.keys;
  if (key === undefined || key.column === null || index.keys.length !== 1 || index.predicate !== null || !isPatternIndex(index)) return null;
  return (
    ownIndexes(table, database).find(
      (other) => other.valid && other.method === "btree" && other.predicate === null && other.keys[0]?.column === key.column && other.keys[0].isDefaultClass,
    ) ?? null
  );
}

/** Text of this collation is ordered byte by byte, so that a plain index finds beginnings: C, POSIX, and the builtin provider (17 and later). */
export function isByteOrder(collation: string | null, { catalog: { database } }: Database): boolean {
  if (collation === null || collation === "C" || collation === "POSIX" || collation === "ucs_basic" || collation === "pg_c_utf8") return true;
  if (collation !== "default") return false;
  return database.localeProvider === "builtin" || (database.localeProvider === "libc" && (database.collate === "C" || database.collate === "POSIX"));
}
