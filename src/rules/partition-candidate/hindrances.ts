/** What has to be given up or changed before a table can be partitioned by a column. */
import type { Column, Database, Table } from "../../model/index.ts";

export function hindrances(database: Database, table: Table, column: Column): string {
  const without = database.constraintsOf(table).filter(({ kind, columns }) => (kind === "primary" || kind === "unique") && !columns.includes(column.name));
  const primary = without.find(({ kind }) => kind === "primary");
  const uniques = without.filter(({ kind }) => kind === "unique");
  const incoming = database.referencesTo(table).filter((one) => one.references?.table === table.oid && one.table !== table.oid);
  const said = [
    primary === undefined
      ? ""
      : `The primary key becomes (${[...primary.columns, column.name].join(", ")}); Django keeps its own, and a look-up by it alone then asks every partition.`,
    uniques.length === 0 ? "" : `${uniques.length} unique ${uniques.length === 1 ? "constraint" : "constraints"} would have to contain ${column.name}.`,
    incoming.length === 0
      ? ""
      : `${incoming.length} foreign ${incoming.length === 1 ? "key refers" : "keys refer"} to it and would have to name ${column.name} too.`,
  ];
  return said.filter((one) => one !== "").join(" ");
}
