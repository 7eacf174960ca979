/** Databases that rules were not written for: each rule judges them, or says that it cannot, and none stops. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { runRules } from "../src/findings/run-rules.ts";
import type { Server, Snapshot, Table } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import { startDatabaseWorld, type DatabaseWorld } from "./support/database-world.ts";

const ODD = `
CREATE SCHEMA "Odd Schema";
CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0);
CREATE TYPE pair AS (a integer, b text);
CREATE TYPE mood AS ENUM ('fine', 'odd');
CREATE TABLE empty ();
CREATE TABLE "Odd Schema"."Table ""1""" ("select" integer PRIMARY KEY, "Größe" cents, p pair, m mood, r int4range, a integer[], x xml, h money, o oid, i inet, b bit(3), t timetz, c "char", n name);
INSERT INTO "Odd Schema"."Table ""1""" ("select") SELECT generate_series(1, 2000);
CREATE UNLOGGED TABLE fast (id serial, doc json, total float4 GENERATED ALWAYS AS (1.5) STORED);
CREATE TEMPORARY TABLE gone (id serial PRIMARY KEY);
CREATE TABLE parent (id serial PRIMARY KEY, name char(10));
CREATE TABLE child (extra timestamp) INHERITS (parent);
CREATE MATERIALIZED VIEW summary AS SELECT count(*) AS n FROM parent;
CREATE TABLE by_expression (id bigint, at timestamptz) PARTITION BY RANGE ((id % 10), id);
CREATE TABLE by_list (id uuid, region text, at date) PARTITION BY LIST (region);
CREATE TABLE by_list_at PARTITION OF by_list FOR VALUES IN ('AT', NULL) PARTITION BY RANGE (at);
CREATE TABLE by_list_at_1 PARTITION OF by_list_at FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE by_range (id smallserial, at timestamp) PARTITION BY RANGE (at);
CREATE TABLE by_range_1 PARTITION OF by_range FOR VALUES FROM ('-infinity') TO ('2024-01-01');
CREATE TABLE by_hash (id bigint PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE pairs (a integer, b integer, PRIMARY KEY (a, b), EXCLUDE USING btree (a WITH =));
CREATE TABLE of_pairs (a integer, b bigint, FOREIGN KEY (a, b) REFERENCES pairs);
CREATE INDEX ON pairs ((a + b), lower('x' || b)) WHERE a > 1;
CREATE SEQUENCE down INCREMENT -1 MINVALUE -100 MAXVALUE -1;
CREATE TABLE backwards (id integer PRIMARY KEY DEFAULT nextval('down'));
INSERT INTO backwards DEFAULT VALUES;
`;

let world: DatabaseWorld;
let odd: Snapshot;

beforeAll(async () => {
  world = await startDatabaseWorld();
  odd = (await world.build(ODD)).snapshot;
});
afterAll(() => world.stop());

async function judge(snapshot: Snapshot): Promise<ReturnType<typeof runRules>> {
  const rules = (await loadRules()).filter((rule) => rule.judge !== undefined || rule.audit !== undefined);
  const database = await openDatabase({ snapshot, file: "snapshot.json.gz", plans: [], logged: [], stamp: "odd" }, null);
  return runRules(rules, { source: null, database, thresholds: {} });
}

const withServer = (change: Partial<Server>): Snapshot => ({ ...odd, servers: odd.servers.map((one) => ({ ...one, ...change })) });
const withTables = (change: (table: Table) => Table): Snapshot => ({ ...odd, catalog: { ...odd.catalog, tables: odd.catalog.tables.map(change) } });

test("tables of every kind", async () => {
  expect((await judge(odd)).findings.length).toBeGreaterThan(0);
});

test("no counters at all", async () => {
  const counters = {
    at: odd.takenAt,
    since: null,
    statementsSince: null,
    statementsEvicted: null,
    database: null,
    tables: {},
    indexes: {},
    checkpoints: null,
    io: null,
    wal: null,
  };
  expect((await judge(withServer({ counters }))).unknown.length).toBeGreaterThan(0);
});

test("no sizes, ages or statistics", async () => {
  const bare = withTables((table) => ({
    ...table,
    bytes: null,
    tableBytes: null,
    indexBytes: null,
    xidAge: null,
    reltuples: -1,
    columns: table.columns.map((column) => ({ ...column, statistics: null })),
  }));
  expect((await judge(bare)).unknown.length).toBeGreaterThan(0);
});

test("no settings and no sessions", async () => {
  await judge(withServer({ settings: [], activity: [] }));
});

test("values dropped", async () => {
  const hidden = withTables((table) => ({
    ...table,
    columns: table.columns.map((column) => ({
      ...column,
      statistics: column.statistics === null ? null : { ...column.statistics, commonValues: [], histogram: null },
    })),
  }));
  await judge({ ...hidden, data: "redacted" });
});

test.each([130_000, 140_000, 160_000, 170_000, 180_000])("said by version %i", async (versionNumber) => {
  await judge(withServer({ versionNumber }));
});

test("an empty database", async () => {
  const { findings } = await judge((await world.build("SELECT 1")).snapshot);
  // What is said of the server's settings is as true without a table.
  expect(findings.filter(({ places }) => places.some(({ role }) => role !== "setting"))).toEqual([]);
});
