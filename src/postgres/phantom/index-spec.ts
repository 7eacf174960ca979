import { quoteName, quoteQualified } from "../quote.ts";

/** An index that is not there: a CREATE INDEX statement, or its parts. */
export type IndexSpec = string | IndexParts;

export interface IndexParts {
  readonly table: { readonly schema: string; readonly name: string };
  /** As in SQL: `"status"`, `lower("name") text_pattern_ops`, `"created" DESC`; an expression that is no call in parentheses. */
  readonly keys: readonly string[];
  /** `btree` unless said otherwise. */
  readonly method?: string;
  /** Columns of INCLUDE, as they are called. */
  readonly include?: readonly string[];
  /** SQL of the WHERE clause. */
  readonly where?: string;
  readonly unique?: boolean;
  readonly options?: Readonly<Record<string, string | number>>;
  readonly name?: string;
}

export function createIndexSql(spec: IndexSpec): string {
  // What is rolled back is in a transaction, and CONCURRENTLY is not.
  if (typeof spec === "string") return spec.replace(/^(\s*CREATE\s+(?:UNIQUE\s+)?INDEX\s+)CONCURRENTLY\s+/i, "$1");
  const include = spec.include === undefined || spec.include.length === 0 ? "" : ` INCLUDE (${spec.include.map(quoteName).join(", ")})`;
  const options = Object.entries(spec.options ?? {}).map(([name, value]) => `${name} = ${value}`);
  const name = spec.name === undefined ? "" : `${quoteName(spec.name)} `;
  return `CREATE ${spec.unique === true ? "UNIQUE " : ""}INDEX ${name}ON ${quoteQualified(spec.table)} USING ${spec.method ?? "btree"} (${spec.keys.join(", ")})${include}${options.length > 0 ? ` WITH (${options.join(", ")})` : ""}${spec.where === undefined ? "" : ` WHERE ${spec.where}`}`;
}
