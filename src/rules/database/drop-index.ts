/** Taking an index away, and how to bring it back. */
import { removeIndex } from "../../fixes/migrations/index.ts";
import type { Database, FixDraft, Index } from "../../model/index.ts";

/** As an edit of the model and a migration where the project is known, else as SQL. */
export function dropIndexFix(index: Index, database: Database): FixDraft {
  return removeIndex({ database, source: database.source ?? null }, index);
}

/** As SQL writes a name that may be a keyword or hold capitals. */
export function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
