/** Whose statement it is: the application's, or one that PostgreSQL, a person or a tool sends for the database's own sake. */
import type { QueryShape, Statement } from "../../model/index.ts";
import { tablesOf } from "../../sql/compare-shapes.ts";
import { isForeignKeyCheck } from "../../sql/shape-facts.ts";

export type StatementKind = "application" | "foreign-key-check" | "catalog" | "command";

export function statementKind({ shape, sql }: Pick<Statement, "shape" | "sql">): StatementKind {
  if (shape === null) return commandOf(sql) === null ? "application" : "command";
  if (isForeignKeyCheck(shape)) return "foreign-key-check";
  return readsCatalogAlone(shape) ? "catalog" : "application";
}

export const isApplication = (statement: Pick<Statement, "shape" | "sql">): boolean => statementKind(statement) === "application";

const SYSTEM: ReadonlySet<string> = new Set(["pg_catalog", "information_schema"]);

/** As snapshots, migrations and monitoring do. */
function readsCatalogAlone(shape: QueryShape): boolean {
  const tables = tablesOf(shape).map(({ table }) => table);
  return tables.length > 0 && tables.every(({ schema, name }) => (schema === null ? name.startsWith("pg_") : SYSTEM.has(schema)));
}

/** With the kind of object that it is about. */
const OF_OBJECTS = /^\s*(CREATE|ALTER|DROP|REFRESH)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+|UNLOGGED\s+|TEMP(?:ORARY)?\s+)*(MATERIALIZED\s+VIEW|[A-Z]+)/i;
const COMMANDS =
  /^\s*(VACUUM|ANALYZE|REINDEX|CLUSTER|TRUNCATE|COPY|CHECKPOINT|COMMENT|GRANT|REVOKE|SET|RESET|SHOW|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|LISTEN|NOTIFY|LOCK|DISCARD|EXPLAIN)\b/i;

/** `VACUUM`, `CREATE INDEX`: the words that say what it does, and nothing of what it holds, a password for one. Null for a query. */
export function commandOf(sql: string): string | null {
  const object = OF_OBJECTS.exec(sql);
  if (object !== null) return `${object[1]} ${object[2]}`.replaceAll(/\s+/g, " ").toUpperCase();
  return COMMANDS.exec(sql)?.[1]?.toUpperCase() ?? null;
}
