/** Taking an index away, and how to bring it back. */
import type { Database, FixDraft, Index } from "../../model/index.ts";
import { shortName } from "./names.ts";

export function dropIndexFix(index: Index, _database: Database): FixDraft {
  const name = `${quote(index.schema)}.${quote(index.name)}`;
  return {
    title: `Drop the index \`${shortName(index)}\``,
    kind: "sql",
    safety: "review",
    edits: [],
    sql: { forward: [`DROP INDEX CONCURRENTLY ${name}`], reverse: [concurrently(index.definition)], isTransactional: false },
  };
}

function concurrently(definition: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX /, (words) => `${words}CONCURRENTLY `);
}

/** As SQL writes a name that may be a keyword or hold capitals. */
export function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
