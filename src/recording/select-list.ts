/** Tables with the columns that a `SELECT` as Django writes it returns: `SELECT "shop_order"."id", … FROM "shop_order"`. */
export function selectedColumns(sql: string): readonly { readonly table: string; readonly columns: readonly string[] }[] {
  const tables = new Map<string, string[]>();
  if (!sql.startsWith("SELECT ")) return [];
  const column = /(?:SELECT |SELECT DISTINCT |, )"((?:[^"]|"")+)"\."((?:[^"]|"")+)"(?: AS "(?:[^"]|"")+")?(?=, | FROM )/y;
  // The first comma or `FROM` that does not follow a plain column ends the list: what comes then is an annotation.
  for (let match = column.exec(sql); match !== null; match = column.exec(sql)) {
    const [, table = "", name = ""] = match;
    const columns = tables.get(table);
    if (columns) columns.push(name);
    else tables.set(table, [name]);
  }
  return [...tables].map(([table, columns]) => ({ table, columns }));
}
