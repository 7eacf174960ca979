/** Statements as they are put into migrations and into SQL plans. */
import type { Index, Table } from "../../model/index.ts";

/** Always in quotes: what is a keyword differs by version. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The schema is left out where Django leaves it out, so that the migration runs wherever the project's tables are. */
export function tableRef({ schema, name }: Pick<Table, "schema" | "name">): string {
  return schema === "public" ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}

export function indexRef({ schema, name }: Pick<Index, "schema" | "name">): string {
  return tableRef({ schema, name });
}

/** The index's own definition, so that it can be made again without holding up writes. */
export function createAgain(index: Index, isConcurrent: boolean): string {
  const concurrently = isConcurrent ? " CONCURRENTLY" : "";
  const start = index.unique ? "CREATE UNIQUE INDEX" : "CREATE INDEX";
  const rest = index.definition.replace(/^CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?/, "").replace(/ ON (?:ONLY )?public\./, " ON ");
  return `${start}${concurrently} IF NOT EXISTS ${rest}`;
}

export function dropIndex(index: Pick<Index, "schema" | "name">, isConcurrent: boolean): string {
  return `DROP INDEX ${isConcurrent ? "CONCURRENTLY " : ""}IF EXISTS ${indexRef(index)}`;
}
