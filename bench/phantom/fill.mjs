#!/usr/bin/env node
// Rows for a schema that nobody wrote for this, and questions that its tables invite: made from the catalog alone.
//
//   npm run build && node bench/phantom/fill.mjs --db URL [--rows N] --out statements.json     empties the database's tables and fills them, unless N is 0
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";

/** @typedef {import("../../src/model/index.ts").Catalog} Catalog */
/** @typedef {import("../../src/model/index.ts").Column} Column */
/** @typedef {import("../../src/model/index.ts").Table} Table */

/** @param {string} name */
const quoteName = (name) => `"${name.replaceAll('"', '""')}"`;
/** @param {Pick<Table, "schema" | "name">} table */
const quoteQualified = ({ schema, name }) => `${quoteName(schema)}.${quoteName(name)}`;

/** Statements that fill every table, parents first. Checks go, since values are made up; rows that are there twice are left out. @param {Catalog} catalog @param {number} rows of a largest table @returns {string[]} */
export function fillStatements(catalog, rows) {
  const checks = catalog.constraints
    .filter(({ kind, parent }) => kind === "check" && parent === null)
    .flatMap(({ name, table }) => {
      const of = catalog.tables.find(({ oid }) => oid === table);
      return of === undefined ? [] : [`ALTER TABLE ${quoteQualified(of)} DROP CONSTRAINT IF EXISTS ${quoteName(name)}`];
    });
  const inserts = parentsFirst(catalog).map((table) => {
    const columns = table.columns.filter(({ generated, identity }) => generated === null && identity !== "always");
    const values = columns.map((column) => valueOf(catalog, table, column, rows));
    return `INSERT INTO ${quoteQualified(table)} (${columns.map(({ name }) => quoteName(name)).join(", ")}) SELECT ${values.join(", ")} FROM generate_series(1, ${rowsOf(catalog, table, rows)}) n ON CONFLICT DO NOTHING`;
  });
  return [...checks, ...inserts];
}

/** @param {Catalog} catalog @param {Table} table @param {string} column @returns {number | null} */
function foreignKey({ constraints }, table, column) {
  return (
    constraints.find((one) => one.kind === "foreign" && one.table === table.oid && one.columns.length === 1 && one.columns[0] === column)?.references?.table ??
    null
  );
}

/** @param {Catalog} catalog @param {Table} table @returns {number[]} */
function parentsOf(catalog, table) {
  return table.columns.flatMap(({ name }) => foreignKey(catalog, table, name) ?? []).filter((oid) => oid !== table.oid);
}

/** @param {Catalog} catalog @returns {Table[]} */
function parentsFirst(catalog) {
  const left = catalog.tables.filter(({ kind, partitionOf }) => (kind === "table" || kind === "partitioned") && partitionOf === null);
  /** @type {Table[]} */
  const sorted = [];
  while (left.length > 0) {
    const at = left.findIndex((table) => parentsOf(catalog, table).every((oid) => sorted.some((one) => one.oid === oid)));
    sorted.push(...left.splice(Math.max(at, 0), 1));
  }
  return sorted;
}

/** Tables that others refer to are smaller, so that keys repeat. @param {Catalog} catalog @param {Table} table @param {number} rows @returns {number} */
function rowsOf(catalog, table, rows) {
  return parentsOf(catalog, table).length === 0 ? Math.ceil(rows / 40) : parentsOf(catalog, table).length === 1 ? Math.ceil(rows / 4) : rows;
}

/** @param {Catalog} catalog @param {Table} table @param {Column} column @param {number} rows @returns {string} */
function valueOf(catalog, table, column, rows) {
  const parent = foreignKey(catalog, table, column.name);
  const target = catalog.tables.find(({ oid }) => oid === parent);
  const value =
    target === undefined
      ? plainValue(catalog, table, column)
      : `(SELECT ceil(power(random(), 2) * ${Math.max(1, rowsOf(catalog, target, rows))}) + n * 0)::${column.type}`;
  return column.notNull ? value : `CASE WHEN n % 7 > 0 THEN ${value} END`;
}

/** @param {Catalog} catalog @param {Table} table @param {Column} column @returns {string} */
function plainValue({ indexes }, table, { name, type, typeName }) {
  const isUnique = indexes.some((one) => one.table === table.oid && one.unique && one.keys.length === 1 && one.keys[0]?.column === name);
  const number = isUnique ? "n" : "floor(power(random(), 3) * 1000)";
  if (/^(int|float|numeric)/.test(typeName))
    return `(${number})::${typeName === "int2" && isUnique ? "int2" : typeName.startsWith("numeric") ? type : typeName}`;
  if (typeName === "bool") return "random() < 0.8";
  if (typeName.startsWith("timestamp")) return `(timestamp '2023-01-01' + n * interval '11 minutes' + random() * interval '9 days')::${typeName}`;
  if (typeName === "date") return "date '2023-01-01' + (power(random(), 2) * 900)::int";
  if (typeName === "uuid") return "md5(n::text || 'u')::uuid";
  if (typeName === "jsonb" || typeName === "json") return `json_build_object('kind', (random() * 4)::int, 'n', n)::${typeName}`;
  if (typeName === "inet") return "('10.0.' || n % 200 || '.1')::inet";
  if (typeName === "interval") return "(n % 90) * interval '1 day'";
  if (typeName.startsWith("_")) return `ARRAY[(random() * 9)::int]::${type}`;
  if (typeName === "bytea") return "decode(md5(n::text), 'hex')";
  // What is too long is cut off by the cast.
  return isUnique ? `md5(n::text)::${type}` : `('word ' || floor(power(random(), 3) * 500))::${type}`;
}

/** By key, by parent, by range, in order, joined with a parent, grouped by it. @param {Catalog} catalog @returns {string[]} */
export function questionsOf(catalog) {
  return parentsFirst(catalog).flatMap((table) => {
    const name = quoteQualified(table);
    const questions = [`SELECT count(*) FROM ${name}`];
    for (const column of table.columns) {
      const [each, parent] = [quoteName(column.name), foreignKey(catalog, table, column.name)];
      const target = catalog.tables.find(({ oid }) => oid === parent);
      if (target !== undefined) {
        const key = quoteName(target.columns[0]?.name ?? "id");
        questions.push(
          `SELECT * FROM ${name} WHERE ${each} = 3 ORDER BY 1 DESC LIMIT 10`,
          `SELECT p.${key}, count(*) FROM ${name} c JOIN ${quoteQualified(target)} p ON p.${key} = c.${each} GROUP BY 1 ORDER BY 2 DESC LIMIT 5`,
        );
      } else if (/^(int|numeric|float)/.test(column.typeName)) questions.push(`SELECT * FROM ${name} WHERE ${each} BETWEEN 100 AND 130`);
      else if (/^(timestamp|date)/.test(column.typeName)) questions.push(`SELECT * FROM ${name} WHERE ${each} > '2024-02-01' ORDER BY ${each} LIMIT 20`);
      else if (/^(varchar|text)/.test(column.typeName))
        questions.push(`SELECT * FROM ${name} WHERE ${each} LIKE 'word 4%'`, `SELECT ${each}, count(*) FROM ${name} GROUP BY 1`);
    }
    return questions;
  });
}

/** @param {string} url @param {number} rows @param {string} out */
async function main(url, rows, out) {
  const { snapshotOf } = await import("./target.mjs");
  const { catalog } = await snapshotOf(url);
  writeFileSync(out, JSON.stringify(questionsOf(catalog), null, 1));
  if (rows === 0) return;
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query("SET session_replication_role = replica");
    await client.query(
      `TRUNCATE ${catalog.tables
        .filter(({ kind }) => kind === "table")
        .map((table) => quoteQualified(table))
        .join(", ")}`,
    );
    for (const statement of fillStatements(catalog, rows))
      await client.query(statement).catch((/** @type {Error} */ error) => process.stderr.write(`${error.message}: ${statement.slice(0, 100)}\n`));
  } finally {
    await client.end();
  }
  // Of another session: one's own rows are counted after its ANALYZE otherwise, as if they had come later.
  const later = new pg.Client(url);
  await later.connect();
  try {
    await later.query("VACUUM ANALYZE");
    await later.query("CHECKPOINT");
  } finally {
    await later.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { db: { type: "string" }, rows: { type: "string", default: "60000" }, out: { type: "string" } } });
  if (values.db === undefined || values.out === undefined) throw new Error("which database, and where to write the statements? --db URL --out FILE");
  await main(values.db, Number(values.rows), values.out);
}
