import { quoteName } from "../../postgres/quote.ts";

/** The table that a CREATE INDEX is about, as PostgreSQL reads the statement; null where it is none. */
export async function indexedTable(sql: string): Promise<string | null> {
  const { loadModule, parseSync } = await import("libpg-query");
  await loadModule();
  try {
    const [first] = parseSync(sql).stmts ?? [];
    const relation = first?.stmt !== undefined && "IndexStmt" in first.stmt ? first.stmt.IndexStmt.relation : undefined;
    if (relation?.relname === undefined) return null;
    return [relation.schemaname, relation.relname]
      .filter((one) => one !== undefined)
      .map((one) => quoteName(one))
      .join(".");
  } catch {
    return null;
  }
}
