/** A schema with one of everything, rebuilt from what the catalogs say, is the same schema: on servers of every major version. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { catalogByName } from "./support/catalog-by-name.ts";
import { awkwardSchema, execute, look, MAJORS, startDebian, startMajor, urlOf, type Cluster, type RunningServer } from "./support/servers.ts";

async function rebuild(cluster: Cluster, from: string, to: string): Promise<void> {
  const { catalog, gaps } = await look(urlOf(cluster, { database: from }));
  expect(gaps.filter(({ part }) => part === "schema")).toEqual([]);
  await execute(cluster.url, `CREATE DATABASE ${to}`);
  await execute(urlOf(cluster, { database: to }), ...catalog.ddl);
}

async function sameCatalogs(cluster: Cluster, one: string, other: string): Promise<void> {
  const [first, second] = [await look(urlOf(cluster, { database: one })), await look(urlOf(cluster, { database: other }))];
  expect(first.catalog.tables.length).toBeGreaterThan(10);
  expect(second.catalog.ddl).toEqual(first.catalog.ddl);
  expect(catalogByName(second.catalog)).toEqual(catalogByName(first.catalog));
}

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  let server: RunningServer;
  beforeAll(async () => (server = await startMajor(major)));
  afterAll(() => server.stop());

  test("rebuilds a schema with one of everything", async () => {
    const { cluster } = server;
    await execute(cluster.url, "CREATE DATABASE awkward");
    await execute(urlOf(cluster, { database: "awkward" }), awkwardSchema(major));
    await rebuild(cluster, "awkward", "awkward_again");
    await sameCatalogs(cluster, "awkward", "awkward_again");
  });
});

test("pg_dump sees no difference between a schema and its rebuilt twin", async () => {
  const server = await startDebian();
  try {
    const { cluster } = server;
    await execute(cluster.url, "CREATE DATABASE original");
    await execute(urlOf(cluster, { database: "original" }), awkwardSchema(15));
    await rebuild(cluster, "original", "twin");
    const dump = (database: string): string[] => {
      const text = execFileSync(
        path.join(cluster.binaries, "pg_dump"),
        ["--schema-only", "--no-owner", "--no-privileges", "-d", urlOf(cluster, { database })],
        { encoding: "utf8" },
      );
      return text.split("\n").filter((line) => !/^(--|\\(un)?restrict |$)/.test(line));
    };
    expect(dump("twin")).toEqual(dump("original"));
  } finally {
    server.stop();
  }
});
