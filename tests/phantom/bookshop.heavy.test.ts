/** A Django project's own schema, as its migrations make it, filled and asked by a machine: nobody wrote these statements with the phantom in mind. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import type { Catalog } from "../../src/model/index.ts";
import { openPhantom } from "../../src/sources/phantom/open-phantom.ts";
import { bookshop } from "../support/bookshop.ts";
import { execute, look, startMajor, urlOf, withClient } from "../support/servers.ts";
import { ask } from "./compare.ts";

interface Filler {
  readonly fillStatements: (catalog: Catalog, rows: number) => string[];
  readonly questionsOf: (catalog: Catalog) => string[];
}

const filler = "../../bench/phantom/fill.mjs";
const { fillStatements, questionsOf } = (await import(filler)) as Filler;

/** Of a largest table. */
const ROWS = 60_000;

const python = path.resolve(import.meta.dirname, "../../.cache/venv/bin/python");

test("plans a migrated project's statements as the server does", async () => {
  const server = await startMajor(16, { settings: { autovacuum: "off" } });
  try {
    const { cluster } = server;
    await execute(cluster.url, "CREATE DATABASE bookshop");
    const url = urlOf(cluster, { database: "bookshop" });
    execFileSync(python, ["-m", "django", "migrate", "-v0"], {
      cwd: bookshop,
      env: { ...process.env, ...cluster.env, DATABASE_URL: url, DJANGO_SETTINGS_MODULE: "bookshop.settings.test", PYTHONPATH: bookshop },
      stdio: "pipe",
    });
    const { catalog } = await look(url);
    await withClient(url, async (client) => {
      await client.query("SET session_replication_role = replica");
      await client.query(
        "TRUNCATE " +
          catalog.tables
            .filter(({ kind }) => kind === "table")
            .map(({ schema, name }) => `"${schema}"."${name}"`)
            .join(", "),
      );
      for (const statement of fillStatements(catalog, ROWS)) await client.query(statement);
      await client.query("ANALYZE");
      await client.query("CHECKPOINT");
    });
    const snapshot = await look(url);
    const phantom = await openPhantom(snapshot, { folders: [cluster.binaries] });
    try {
      const answers = await withClient(url, (client) => ask(client, phantom, questionsOf(catalog)));
      const rows = snapshot.catalog.tables.reduce((sum, { reltuples }) => sum + Math.max(0, reltuples), 0);
      process.stdout.write(
        `bookshop: ${snapshot.catalog.tables.length} tables, ${rows} rows, ${answers.length} statements, same plan ${answers.filter(({ isSamePlan }) => isSamePlan).length}, same cost ${answers.filter(({ error }) => error === 0).length}\n`,
      );
      expect(phantom.notes).toEqual([]);
      expect(answers.length).toBeGreaterThan(100);
      expect(answers.filter(({ error }) => error > 0)).toEqual([]);
      // Of two indexes that serve a statement equally well, the one that was made later may be taken: here they are made in another order.
      expect(answers.filter(({ isSamePlan }) => !isSamePlan).length).toBeLessThanOrEqual(answers.length / 100);
    } finally {
      await phantom.close();
    }
  } finally {
    server.stop();
  }
});
