// What the programs of this folder share: queries of files as a workload that nothing writes, and HypoPG's sizes.
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { snapshotOf, workloadOf } from "../phantom/target.mjs";

const modules = path.resolve(import.meta.dirname, "../../build");
const { openSqlParser } = await import(`${modules}/sql/open-parser.js`);
const { buildDatabase, NO_SOURCE } = await import(`${modules}/workload/database.js`);

export const MEGABYTE = 1_000_000;

/** @param {string} folder of files `N.sql` */
export function readQueries(folder) {
  return readdirSync(folder)
    .filter((name) => /^\d+\.sql$/.test(name))
    .toSorted((a, b) => Number.parseInt(a) - Number.parseInt(b))
    .map((name) => ({ name: name.replace(".sql", ""), sql: readFileSync(path.join(folder, name), "utf8").trim().replace(/;$/, "") }));
}

/** Each query once. @param {string} url @param {ReturnType<typeof readQueries>} queries */
export async function openWorkload(url, queries) {
  const snapshot = await snapshotOf(url);
  const workload = workloadOf(
    await openSqlParser(),
    queries.map(({ name, sql }) => ({ id: name, sql })),
  );
  return { snapshot, database: buildDatabase({ snapshot, file: "", source: null, workload }, NO_SOURCE) };
}

/** The planner, with the sizes that HypoPG thinks indexes have. @param {import("pg").Client} client */
export function withHypopgSizes(client) {
  return (planner) => ({
    ...planner,
    add: async (indexes) => {
      const known = await planner.add(indexes);
      const sized = [];
      for (const [index, one] of known.entries()) sized.push("refused" in one ? one : await hypopgSize(client, indexes[index], one));
      return sized;
    },
  });
}

async function hypopgSize(client, sql, known) {
  try {
    const { rows } = await client.query("SELECT hypopg_relation_size(indexrelid) AS bytes FROM hypopg_create_index($1)", [sql]);
    return { ...known, bytes: Number(rows[0].bytes) };
  } catch (error) {
    return { refused: `HypoPG: ${error.message}` };
  } finally {
    await client.query("SELECT hypopg_reset()");
  }
}
