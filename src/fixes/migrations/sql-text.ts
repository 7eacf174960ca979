/** Statements as they are put into migrations and into SQL plans. */
import type { Index, Table } from "../../model/index.ts";

/** Always in quotes: what is a keyword differs by version. */
export function quoteName(name: string): string {
  return visibleName(`"${name.replaceAll('"', '""')}"`);
}

/** Characters that move a cursor, colour a screen or turn text round; line ends among them. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** `U&"a\000Ab"`: the same name in characters that every terminal and page shows. */
function visibleName(quoted: string): string {
  const escape = (text: string): string => `\\${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return quoted.search(UNSEEN) < 0 ? quoted : `U&${quoted.replaceAll("\\", "\\\\").replaceAll(UNSEEN, escape)}`;
}

/** A definition that the server wrote, with all names fit to be shown; what stands in apostrophes is left. */
function visibleNames(sql: string): string {
  return sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, (text) => (text.startsWith('"') ? visibleName(text) : text));
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
  return `${start}${concurrently} IF NOT EXISTS ${visibleNames(rest)}`;
}

export function dropIndex(index: Pick<Index, "schema" | "name">, isConcurrent: boolean): string {
  return `DROP INDEX ${isConcurrent ? "CONCURRENTLY " : ""}IF EXISTS ${indexRef(index)}`;
}
