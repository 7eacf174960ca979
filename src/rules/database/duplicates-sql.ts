/** SQL that lists what stands in the way of a unique index. */
import { tableRef } from "../../fixes/migrations/sql-text.ts";
import type { Table } from "../../model/index.ts";

/** Groups of rows that are equal in all of these expressions, among those that meet the conditions. */
export function duplicatesSql(table: Table, expressions: readonly string[], conditions: readonly string[]): string {
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  return `SELECT ${expressions.join(", ")}, count(*) FROM ${tableRef(table)}${where} GROUP BY ${expressions.map((_, at) => at + 1).join(", ")} HAVING count(*) > 1`;
}
