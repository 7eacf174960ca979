import type { Database, Index } from "../../model/index.ts";
import { judgedTables, ownIndexes } from "../../rules/database/index-figures.ts";
import { isDroppable } from "../../rules/database/index-structure.ts";

/** Indexes that only queries need, on tables of the project. */
export function removableIndexes(database: Database): Index[] {
  return judgedTables(database).flatMap((table) => ownIndexes(table, database).filter((index) => index.valid && isDroppable(index)));
}
