/** Snapshots of real servers: of each major version, as each kind of role, and without anything but reading. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Snapshot } from "../src/model/index.ts";
import { dropLiterals } from "../src/postgres/drop-literals.ts";
import { execute, look, MAJORS, startMajor, urlOf, withClient, type RunningServer } from "./support/servers.ts";
import { buildShop } from "./support/shop-database.ts";

const table = ({ catalog }: Snapshot, name: string) => catalog.tables.find((one) => one.name === name);
const parts = ({ gaps }: Snapshot): string[] => [...new Set(gaps.map(({ part }) => part))].toSorted();

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  let running: RunningServer;
  let url = "";
  let whole: Snapshot;

  beforeAll(async () => {
    running = await startMajor(major, { settings: { log_statement: "all", log_line_prefix: "%a|" } });
    await execute(running.cluster.url, "CREATE DATABASE shop");
    url = urlOf(running.cluster, { database: "shop" });
    await withClient(url, buildShop);
    await execute(
      url,
      "CREATE ROLE monitor LOGIN",
      "GRANT pg_monitor TO monitor",
      "CREATE ROLE reader LOGIN",
      "GRANT pg_monitor TO reader",
      "CREATE ROLE guest LOGIN",
      "GRANT SELECT ON customer TO guest",
      "CREATE ROLE nobody LOGIN",
    );
    await execute(url, major >= 14 ? "GRANT pg_read_all_data TO reader" : 'GRANT SELECT ON customer, "order", customer_id_seq, order_id_seq TO reader');
    await look(url);
    whole = await look(url);
  });
  afterAll(() => running.stop());

  test("a superuser sees everything", () => {
    expect(whole.gaps).toEqual([]);
    const [server] = whole.servers;
    expect(server?.version).toMatch(new RegExp(`^${major}\\.`));
    expect(server?.systemIdentifier).toMatch(/^\d+$/);
    expect(server?.settings.length).toBeGreaterThan(300);
    expect(server?.user).toMatchObject({ superuser: true, readableTables: 2, tables: 2 });
    expect(whole.catalog.indexes.every(({ metapage }) => metapage !== null)).toBe(true);
    expect(whole.catalog.sequences.map(({ name, lastValue }) => [name, lastValue])).toEqual([
      ["customer_id_seq", "1000"],
      ["order_id_seq", "20000"],
    ]);
    expect(whole.catalog.extendedStatistics[0]?.dependencies).toMatch(/=>/);
  });

  test("statistics are those of the planner", () => {
    const status = table(whole, "order")?.columns.find(({ name }) => name === "status")?.statistics;
    expect(status).toMatchObject({ nullFraction: 0, distinct: 2, commonValues: ["planted-common-value", "open"] });
    expect(status?.commonFrequencies?.[0]).toBeCloseTo(0.95, 1);
    expect(table(whole, "customer")?.columns.find(({ name }) => name === "email")?.statistics?.histogramBounds).toBe(101);
    expect(whole.catalog.indexes.find(({ name }) => name === "order_note")?.expressionStatistics[0]?.commonValues).toContain("PLANTED-EXPRESSION");
  });

  test("counters are the server's, and null where this version has none", () => {
    const [server] = whole.servers;
    const counters = server?.counters;
    const order = counters?.tables[table(whole, "order")?.oid ?? 0];
    expect(order).toMatchObject({ inserted: 20_000, updated: 99 });
    expect(order?.lastSeqScan === null).toBe(major < 16);
    expect(order?.newPageUpdated === null).toBe(major < 16);
    expect(order?.autovacuumMs === null).toBe(major < 18);
    const key = counters?.indexes[whole.catalog.indexes.find(({ name }) => name === "customer_pkey")?.oid ?? 0];
    expect(key?.scans).toBeGreaterThanOrEqual(20);
    expect(key?.lastScan === null).toBe(major < 16);
    expect(counters?.io === null).toBe(major < 16);
    expect(counters?.wal === null).toBe(major < 14);
    expect(counters?.database?.sessions === null).toBe(major < 14);
    expect(counters?.statementsEvicted).toBe(major < 14 ? null : 0);
    expect(counters?.checkpoints).toMatchObject({ timed: expect.any(Number), requested: expect.any(Number), buffersWritten: expect.any(Number) });
    expect(counters?.checkpoints?.backendBuffers === null).toBe(major >= 17);
    expect(counters?.since).toMatch(/Z$/);
  });

  test("statements are counted, in the server's words", () => {
    const statement = whole.servers[0]?.statements.find(({ sql }) => sql === "SELECT * FROM customer WHERE id = $1");
    expect(statement).toMatchObject({ calls: 20, rows: 20, topLevel: true, walBytes: expect.any(Number) });
    expect(statement?.totalMs).toBeGreaterThan(0);
    expect(statement?.since === null).toBe(major < 17);
    expect(statement?.jitMs === null).toBe(major < 15);
    expect(statement?.workersPlanned === null).toBe(major < 18);
    expect(whole.servers[0]?.statements.filter(({ sql }) => /luthier|pg_class|lock_timeout/.test(sql))).toEqual([]);
  });

  /** What the right to read all data does not bring; before 14 there is no such right, and tables' alone does not open the statistics as they are stored. */
  const withReadAllData = (part: string): boolean => part === "metapages" || part === "extended statistics" || (major < 14 && part === "planner statistics");

  test("with pg_monitor and the right to read, files of the server are all that is missing", async () => {
    const seen = await look(urlOf({ url }, { user: "reader" }));
    expect(parts(seen)).toEqual(major >= 17 ? ["extended statistics", "metapages"] : expect.arrayContaining(["metapages"]));
    expect(seen.gaps.filter(({ part }) => !withReadAllData(part))).toEqual([]);
    expect(seen.servers[0]?.statements.map(({ sql }) => sql)).toEqual(expect.arrayContaining(whole.servers[0]?.statements.map(({ sql }) => sql) ?? []));
    expect(seen.servers[0]?.user).toMatchObject({ superuser: false, readableTables: 2 });
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
  });

  test("with pg_monitor alone, no value of a row is seen", async () => {
    const seen = await look(urlOf({ url }, { user: "monitor" }));
    const gap = seen.gaps.find(({ part }) => part === "statistics");
    expect(gap?.why).toBe("the role may not read 2 of 2 tables: public.customer, public.order");
    expect(gap?.remedy).toContain(major >= 14 ? 'GRANT pg_read_all_data TO "monitor"' : "GRANT SELECT ON ALL TABLES IN SCHEMA public");
    expect(parts(seen)).toEqual(expect.arrayContaining(["metapages", "sequences", "statistics"]));
    expect(table(seen, "customer")?.columns.every(({ statistics }) => statistics === null)).toBe(true);
    expect(seen.servers[0]?.counters.tables).toEqual(
      expect.objectContaining({ [String(table(seen, "order")?.oid)]: expect.objectContaining({ inserted: 20_000 }) }),
    );
  });

  test("with SELECT on one table, the rest is said to be missing", async () => {
    const seen = await look(urlOf({ url }, { user: "guest" }));
    expect(seen.gaps.find(({ part }) => part === "some statistics")?.why).toBe("the role may not read 1 of 2 tables: public.order");
    expect(seen.gaps.find(({ part }) => /statements/.test(part))?.why).toMatch(/^the text of \d+ of \d+ statements is hidden/);
    expect(parts(seen)).toEqual(expect.arrayContaining(["activity", "metapages", "sequences", "some settings", "some statistics"]));
    expect(table(seen, "customer")?.columns.some(({ statistics }) => statistics !== null)).toBe(true);
    expect(table(seen, "order")?.columns.every(({ statistics }) => statistics === null)).toBe(true);
    expect(seen.gaps.every(({ cost }) => cost !== "")).toBe(true);
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
  });

  test("what a GRANT of a gap brings is there after it", async () => {
    const role = urlOf({ url }, { user: "nobody" });
    const before = await look(role);
    const grants = before.gaps.flatMap(
      ({ remedy }) => /^GRANT (?:pg_\w+|SELECT ON ALL (?:TABLES|SEQUENCES) IN SCHEMA public) TO "nobody"/.exec(remedy)?.[0] ?? [],
    );
    expect(grants.length).toBeGreaterThan(0);
    await execute(url, ...new Set(grants));
    const after = await look(role);
    expect(parts(after).filter((part) => !withReadAllData(part))).toEqual([]);
  });

  test("nothing stronger than ACCESS SHARE is asked for, and what keeps that out is gone round", async () => {
    await withClient(url, async (holder) => {
      // EXCLUSIVE lets ACCESS SHARE pass and nothing else; sequences are held as an ALTER SEQUENCE holds them.
      await holder.query('BEGIN; LOCK TABLE customer, "order" IN EXCLUSIVE MODE; ALTER SEQUENCE customer_id_seq CACHE 2; ALTER SEQUENCE order_id_seq CACHE 2');
      const shared = await look(url);
      expect(shared.gaps).toEqual([]);
      expect(shared.catalog.tables.every(({ bytes }) => bytes !== null)).toBe(true);
      expect(shared.catalog.sequences.map(({ lastValue }) => lastValue)).toEqual(["1000", "20000"]);
      await holder.query('LOCK TABLE "order" IN ACCESS EXCLUSIVE MODE');
      const around = await look(url);
      expect(parts(around)).toEqual(["locked relations"]);
      expect(around.catalog.tables.map(({ name, bytes }) => [name, bytes !== null])).toEqual([
        ["customer", true],
        ["order", false],
      ]);
      await holder.query("ROLLBACK");
    });
  });

  test("the server's log shows nothing but reading and settings of the session", () => {
    const statements = loggedStatements(readFileSync(running.cluster.log, "utf8"));
    expect(statements.length).toBeGreaterThan(200);
    const begin =
      /^BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = \d+; SET LOCAL lock_timeout = 100; SET LOCAL search_path = pg_catalog; SET LOCAL jit = off$/;
    const others = statements.filter((one) => !begin.test(one) && one !== "ROLLBACK");
    for (const one of others) {
      const words = dropLiterals(one);
      expect(words).toMatch(/^(SELECT|WITH)\b/);
      expect(words).not.toMatch(
        /\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|GRANT|VACUUM|ANALYZE|COPY|LOCK|CALL|DO|FOR (NO KEY )?(UPDATE|SHARE)|nextval|setval|set_config|pg_sequence_last_value|pg_(terminate|cancel|reload|stat_reset|advisory)\w*)\b/,
      );
    }
  });
});

/** Statements of our own, with their further lines, from a log whose lines begin with the application's name. */
function loggedStatements(log: string): string[] {
  const entries = log.split(/\n(?!\t)/);
  return entries.flatMap((entry) => /^luthier\|LOG: {2}(?:statement|execute <unnamed>): ([\s\S]*)$/.exec(entry)?.[1]?.trim() ?? []);
}
