/** A statement as it would be with a lower bound of the partitions' key: what pruning would make of it. */
import type { Statement, Table } from "../../model/index.ts";
import { quoteLiteral, quoteName } from "../../postgres/quote.ts";

/** The lower bound of the newest partition, as the server writes it; null where the key is no range of one column. */
export function newestBound(parent: Table, parts: readonly Table[]): { readonly column: string; readonly value: string } | null {
  const [column, more] = parent.partitioning?.columns ?? [];
  if (parent.partitioning?.strategy !== "range" || column == null || more !== undefined) return null;
  const starts = parts.flatMap(({ partitionOf }) => /^FOR VALUES FROM \('?([^',)]+)'?\) TO \('?[^',)]+'?\)$/.exec(partitionOf?.bounds ?? "")?.[1] ?? []);
  const value = starts
    .filter((one) => one !== "MINVALUE")
    .toSorted((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    .at(-1);
  return value === undefined ? null : { column, value };
}

/** Words that follow a table's name where it has no other name. */
const KEYWORD = /^(?:WHERE|INNER|LEFT|RIGHT|FULL|CROSS|JOIN|ON|USING|GROUP|ORDER|HAVING|LIMIT|OFFSET|FETCH|FOR|UNION|EXCEPT|INTERSECT|WINDOW|NATURAL)$/i;

/** Null where the table is not read by a SELECT, in one place, under a name that can be kept. */
export function withBound(
  { sql }: Pick<Statement, "sql">,
  { schema, name }: Pick<Table, "schema" | "name">,
  { column, value }: { readonly column: string; readonly value: string },
): string | null {
  if (!/^\s*SELECT\b/i.test(sql)) return null;
  const table = String.raw`(?:"?${schema}"?\.)?(?:"${name}"|\b${name}\b)`;
  const found = [...sql.matchAll(new RegExp(String.raw`\b(?:FROM|JOIN)\s+(${table})(?![\w."])`, "gi"))];
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const end = only.index + only[0].length;
  const next = /^\s+(?:AS\s+)?("?\w+"?)/i.exec(sql.slice(end))?.[1];
  const alias = next !== undefined && !KEYWORD.test(next) ? "" : ` AS ${quoteName(name)}`;
  const bounded = `(SELECT * FROM ${quoteName(schema)}.${quoteName(name)} WHERE ${quoteName(column)} >= ${quoteLiteral(value)})`;
  return `${sql.slice(0, end - (only[1] ?? "").length)}${bounded}${alias}${sql.slice(end)}`;
}
