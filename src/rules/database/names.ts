/** Names of a database's objects as claims and places say them. */
import type { Database, Declaration, Index, ObjectSpot, Spot, Table } from "../../model/index.ts";

/** `orders_order`, with its schema where that is not public. */
export function shortName({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return schema === "public" ? name : `${schema}.${name}`;
}

export function tableSpot(table: Table, label?: string): ObjectSpot {
  return { role: "table", object: `${table.schema}.${table.name}`, ...(label === undefined ? {} : { label }) };
}

export function indexSpot(index: Index, label?: string): ObjectSpot {
  return { role: "index", object: `${index.schema}.${index.name}`, ...(label === undefined ? {} : { label }) };
}

/** Where the source declares it; nothing where it does not. */
export function declarationSpots(declaration: Declaration | null, label?: string): Spot[] {
  return declaration === null ? [] : [{ role: "definition", span: declaration.span, ...(label === undefined ? {} : { label }) }];
}

/** `(customer_id, placed_at DESC)`, as a person writes an index's keys. */
export function keysOf(index: Index): string {
  const keys = index.keys.map(({ column, expression, descending }) => `${column ?? expression ?? ""}${descending ? " DESC" : ""}`);
  const include = index.include.length === 0 ? "" : ` INCLUDE (${index.include.join(", ")})`;
  return `(${keys.join(", ")})${include}`;
}

/** Label of the model whose rows a table holds, or the table's own name. */
export function modelLabel(database: Database, table: Table): string | undefined {
  return database.modelOf(table)?.label;
}
