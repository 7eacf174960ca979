/** The door to PostgreSQL's own parser, compiled to WebAssembly. */
import type { QueryShape } from "../model/shape.ts";
import { numberPlaceholders } from "./placeholders.ts";
import { readStatement } from "./statements.ts";

export interface SqlParser {
  /**
   * What the statement asks: of text with `$1`, with `%s` and `%(name)s`, or with literals. Null where it is no query, more than one, cut off, or
   * nothing that PostgreSQL reads. It never throws.
   */
  shapeOf(sql: string): QueryShape | null;
}

/** Longer statements are loads of rows, and their tree would take a hundred times their size. Ours. */
const LONGEST_STATEMENT = 4_000_000;

/** Loads the parser, once a process. */
export async function openSqlParser(): Promise<SqlParser> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  const parse = (sql: string): QueryShape | null => {
    try {
      const [first, ...others] = parseSync(sql).stmts ?? [];
      return first?.stmt === undefined || others.length > 0 ? null : readStatement(first.stmt);
    } catch {
      return null;
    }
  };
  return { shapeOf: (sql) => readText(sql, parse) };
}

function readText(sql: string, parse: (sql: string) => QueryShape | null): QueryShape | null {
  if (sql.length > LONGEST_STATEMENT || sql.includes("\0")) return null;
  const numbered = numberPlaceholders(sql);
  return (numbered === null ? null : parse(numbered)) ?? parse(sql);
}
