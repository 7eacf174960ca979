/** What stands in the way of a table that is written anew. */
import type { Index, Table } from "../../model/index.ts";
import type { ChangeInput } from "./place.ts";
import { dropIndex } from "./sql-text.ts";

/** Statements that run first, or why nothing can run. */
export type ClearedWay = { readonly forward: readonly string[]; readonly indexes: readonly Index[] } | { readonly why: string };

/**
 * ALTER TABLE builds every index anew, one that a failed build left behind too: where rows are equal, a unique one makes it fail (PostgreSQL 10
 * to 18). What nobody declares is dropped first; what the project wants is for a person to mend.
 */
export function clearWay({ database }: ChangeInput, tables: readonly Table[]): ClearedWay {
  const indexes = tables.flatMap((table) => database.indexesOf(table).filter(({ unique, valid, progress }) => unique && !valid && progress === null));
  const wanted = indexes.find((index) => index.constraint !== null || database.declarationOf(index) !== null);
  if (wanted !== undefined) return { why: `the table is written anew, and with it ${wanted.name}, which is invalid: mend that index first` };
  return { forward: indexes.map((index) => dropIndex(index, false)), indexes };
}

/** For the way back: what was dropped had served nobody. */
export function clearedWords(indexes: readonly Index[]): string {
  if (indexes.length === 0) return "";
  return ` ${indexes.map(({ name }) => name).join(", ")}, which a failed build left behind and which would fail again, is dropped first and does not come back.`;
}
