/** The exporter's queries on every version of PostgreSQL that is supported, as a role with no more rights than the generated one. */
import { describe, expect, test } from "vitest";
import { exporterQueries } from "../src/advisors/monitoring/exporter-queries.ts";
import { watchedOf } from "./support/monitoring.ts";
import { execute, look, MAJORS, startMajor, urlOf, withClient } from "./support/servers.ts";

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  test("answers every query with the columns that it says", async () => {
    const { cluster, stop } = await startMajor(major);
    try {
      await execute(
        cluster.url,
        "CREATE EXTENSION pg_stat_statements",
        "CREATE TABLE orders (id bigint PRIMARY KEY)",
        "INSERT INTO orders SELECT generate_series(1, 2000)",
        "ANALYZE",
        "CREATE ROLE watcher LOGIN",
        "GRANT pg_monitor TO watcher",
        "SELECT pg_create_physical_replication_slot('spare', true)",
      );
      for (let n = 0; n < 20; n += 1) await execute(cluster.url, "SELECT count(*) FROM orders WHERE id > 3");
      const watched = { ...(await watchedOf({ snapshot: await look(cluster.url) })), standbys: 1, isArchiving: true };
      const queries = exporterQueries(watched);
      expect(queries.map(({ name }) => name)).toEqual(expect.arrayContaining(["luthier_statement", "luthier_table", "luthier_slot", "luthier_standby"]));
      await withClient(urlOf(cluster, { user: "watcher" }), async (client) => {
        for (const { name, sql, columns } of queries) {
          const { fields, rows } = await client.query<Record<string, unknown>>(sql);
          expect(
            fields.map((one) => one.name),
            name,
          ).toEqual(columns.map((one) => one.name));
          if (!["luthier_statements"].includes(name)) expect(rows.length, name).toBeGreaterThan(0);
          const values = rows.flatMap((row) => columns.filter(({ usage }) => usage !== "LABEL").map((one) => Number(row[one.name])));
          expect(
            values.filter((one) => Number.isNaN(one)),
            name,
          ).toEqual([]);
        }
      });
    } finally {
      stop();
    }
  });
});
