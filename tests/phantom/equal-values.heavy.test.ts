/** A build keeps one of equal values where the server takes them for alike: by type, and by its release. Whatever was tried before, an index that is not there has the size that it gets. */
import { expect, onTestFinished, test } from "vitest";
import { openPhantom } from "../../src/sources/phantom/open-phantom.ts";
import { execute, look, startDebian, withClient } from "../support/servers.ts";

const COLUMNS = ["padded", "short", "long", "whole", "exact", "day", "folded", "token"];

test("an index on values that repeat is as large as the one that the server builds", async () => {
  const server = await startDebian({ settings: { autovacuum: "off" } });
  onTestFinished(() => server.stop());
  await execute(
    server.cluster.url,
    "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    "CREATE TABLE item (padded char(10), short varchar(10), long text, whole int, exact numeric(8, 2), day date, folded text COLLATE folding, token uuid)",
    "INSERT INTO item SELECT 'Brand ' || n % 25, 'v' || n % 25, 'a longer text ' || n % 25, n % 25, n % 25, date '2026-01-01' + n % 25, 'f' || n % 25, md5((n % 25)::text)::uuid FROM generate_series(1, 25000) n",
  );
  await execute(server.cluster.url, "VACUUM ANALYZE");
  const phantom = await openPhantom(await look(server.cluster.url), { folders: [server.cluster.binaries] });
  onTestFinished(() => phantom.close());
  // The classes of hash indexes have the names of B-trees', and values that are equal are not alike to them.
  await phantom.sizeOf("CREATE INDEX ON item USING hash (whole)");
  const sizes = await withClient(server.cluster.url, async (client) => {
    const all: { readonly column: string; readonly built: number; readonly foretold: number }[] = [];
    for (const column of COLUMNS) {
      await client.query(`CREATE INDEX probe ON item (${column})`);
      const { rows } = await client.query<{ pages: number }>("SELECT pg_relation_size('probe')::float8 / 8192 AS pages");
      await client.query("DROP INDEX probe");
      all.push({ column, built: rows[0]?.pages ?? 0, foretold: (await phantom.sizeOf(`CREATE INDEX ON item (${column})`)).size.pages });
    }
    return all;
  });
  expect(sizes.filter(({ built, foretold }) => Math.abs(foretold / built - 1) > 0.05)).toEqual([]);
});
