/** Snapshots of real servers with the example shop on them: of each major version, as each kind of role, and without anything but reading. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ColumnStatistics, Snapshot } from "../src/model/index.ts";
import { dropLiterals } from "../src/postgres/drop-literals.ts";
import { catalogByName } from "./support/catalog-by-name.ts";
import { fillBookshop, hearTraffic, loggedStatements, sendTraffic } from "./support/played-bookshop.ts";
import { execute, look, MAJORS, startMajor, urlOf, withClient, type RunningServer } from "./support/servers.ts";

const table = ({ catalog }: Snapshot, name: string) => catalog.tables.find((one) => one.name === name);
const parts = ({ gaps }: Snapshot): string[] => [...new Set(gaps.map(({ part }) => part))].toSorted();
const ask = (url: string, sql: string): Promise<unknown[][]> =>
  withClient(url, async (client) => (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows);

/** Two tables of the shop, one of them large. */
const LARGE = "orders_order";
const SMALL = "catalog_genre";

let traffic: readonly string[];
beforeAll(async () => {
  traffic = await hearTraffic();
});

test("the traffic is a shop's", () => {
  expect(traffic.length).toBeGreaterThan(5000);
  for (const word of ["SELECT", "INSERT", "UPDATE", "DELETE", "DECLARE"]) expect(traffic.some((sql) => sql.startsWith(word))).toBe(true);
});

describe.each(MAJORS)("PostgreSQL %i", (major) => {
  let running: RunningServer;
  let url = "";
  let whole: Snapshot;
  let tables = 0;

  beforeAll(async () => {
    running = await startMajor(major, { settings: { log_statement: "all", log_line_prefix: "%a|", autovacuum: "off" } });
    await fillBookshop(running.cluster, "bookshop");
    url = urlOf(running.cluster, { database: "bookshop" });
    await execute(
      url,
      `CREATE STATISTICS order_both (dependencies, ndistinct) ON status, customer_id FROM ${LARGE}`,
      `ANALYZE ${LARGE}`,
      "CREATE ROLE monitor LOGIN",
      "GRANT pg_monitor TO monitor",
      "CREATE ROLE reader LOGIN",
      "CREATE ROLE luthier LOGIN",
      "GRANT pg_monitor TO luthier",
      "CREATE ROLE guest LOGIN",
      `GRANT SELECT ON ${LARGE} TO guest`,
      "CREATE ROLE nobody LOGIN",
    );
    const readAll = (role: string): string =>
      major >= 14
        ? `GRANT pg_read_all_data TO ${role}`
        : `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`;
    await execute(url, readAll("reader"), readAll("luthier"), "SELECT pg_stat_statements_reset()");
    expect(await sendTraffic(url, traffic)).toEqual([]);
    await look(url);
    whole = await look(url);
    tables = whole.servers[0]?.user.tables ?? 0;
  });
  afterAll(() => running.stop());

  test("a superuser sees everything", async () => {
    expect(whole.gaps).toEqual([]);
    const [server] = whole.servers;
    expect(server?.version).toMatch(new RegExp(`^${major}\\.`));
    expect(server?.systemIdentifier).toMatch(/^\d+$/);
    expect(server?.settings.length).toBeGreaterThan(300);
    expect(tables).toBeGreaterThan(40);
    expect(server?.user).toMatchObject({ superuser: true, readableTables: tables });
    const partitioned = new Set(whole.catalog.tables.filter(({ kind }) => kind === "partitioned").map(({ oid }) => oid));
    expect(whole.catalog.indexes.filter((index) => index.metapage === null && !partitioned.has(index.table)).map(({ name }) => name)).toEqual([]);
    const sequences = await ask(url, "SELECT sequencename, last_value::text FROM pg_sequences WHERE schemaname = 'public'");
    expect(sequences.length).toBeGreaterThan(30);
    expect(Object.fromEntries(whole.catalog.sequences.map(({ name, lastValue }) => [name, lastValue]))).toEqual(Object.fromEntries(sequences));
    expect(whole.catalog.extendedStatistics[0]?.dependencies).toMatch(/=>/);
  });

  test("statistics are those of the planner", async () => {
    const rows = await ask(
      url,
      `SELECT tablename || '.' || attname, null_frac::float8, n_distinct::float8, most_common_vals::text::text[], most_common_freqs::float8[], array_length(histogram_bounds, 1), correlation::float8
         FROM pg_stats s JOIN pg_class c ON c.oid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass
        WHERE schemaname = 'public' AND c.relkind IN ('r', 'p') AND inherited = (c.relkind = 'p')`,
    );
    const seen = new Map<string, ColumnStatistics | null>(
      whole.catalog.tables.flatMap(({ name, columns }) => columns.map((column) => [`${name}.${column.name}`, column.statistics] as const)),
    );
    expect(rows.length).toBeGreaterThan(150);
    for (const [name, nullFraction, distinct, commonValues, commonFrequencies, bounds, correlation] of rows)
      expect([name, seen.get(String(name))]).toMatchObject([
        name,
        { nullFraction, distinct, commonValues, commonFrequencies, histogramBounds: bounds ?? 0, correlation },
      ]);
    const [most = 0] = seen.get(`${LARGE}.status`)?.commonFrequencies ?? [];
    expect(most).toBeGreaterThan(0.5);
    expect(whole.catalog.indexes.find(({ name }) => name === "stock_reason_lower_idx")?.expressionStatistics[0]?.distinct).not.toBe(undefined);
  });

  test("counters are the server's, and null where this version has none", async () => {
    const [server] = whole.servers;
    const counters = server?.counters;
    const rows = await ask(url, "SELECT relid::int, n_tup_ins::int, n_tup_upd::int, n_tup_del::int FROM pg_stat_user_tables WHERE schemaname = 'public'");
    for (const [oid, inserted, updated, deleted] of rows) expect(counters?.tables[Number(oid)]).toMatchObject({ inserted, updated, deleted });
    const stock = counters?.tables[table(whole, "inventory_stocklevel")?.oid ?? 0];
    expect(stock?.inserted).toBeGreaterThan(10);
    expect(stock?.updated).toBeGreaterThan(30);
    expect(stock?.lastSeqScan === null).toBe(major < 16);
    expect(stock?.newPageUpdated === null).toBe(major < 16);
    expect(stock?.autovacuumMs === null).toBe(major < 18);
    const key = counters?.indexes[whole.catalog.indexes.find(({ name }) => name === "catalog_book_pkey")?.oid ?? 0];
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

  test("statements are counted, in the server's words", async () => {
    const statements = whole.servers[0]?.statements ?? [];
    const rows = await ask(
      url,
      `SELECT query, sum(calls)::int, sum(rows)::int FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'bookshop') AND query ~ '^(SELECT|INSERT|UPDATE|DELETE) .*"[a-z]+_[a-z]+"' AND query !~ '/\\* luthier \\*/|password' GROUP BY 1`,
    );
    expect(rows.length).toBeGreaterThan(200);
    // But for those that name a password, from which comments are cut. A NULL in place of a value is another statement with the same text.
    const sum = (sql: unknown, of: "calls" | "rows"): number => statements.filter((one) => one.sql === sql).reduce((total, one) => total + one[of], 0);
    expect(rows.filter(([sql, calls, rowCount]) => calls !== sum(sql, "calls") || rowCount !== sum(sql, "rows"))).toEqual([]);
    expect(statements.every(({ walBytes }) => walBytes !== null)).toBe(true);
    const [statement] = statements;
    expect(statement?.totalMs).toBeGreaterThan(0);
    expect(statement?.since === null).toBe(major < 17);
    expect(statement?.jitMs === null).toBe(major < 15);
    expect(statement?.workersPlanned === null).toBe(major < 18);
    expect(statements.filter(({ sql }) => /luthier|pg_class|lock_timeout/.test(sql))).toEqual([]);
  });

  test("the schema, rebuilt and read back, is the same", async () => {
    await execute(running.cluster.url, "CREATE DATABASE again");
    await execute(urlOf({ url }, { database: "again" }), ...whole.catalog.ddl);
    const again = await look(urlOf({ url }, { database: "again" }));
    // An index that was left invalid is not built again: a comment stands for it.
    const ddl = whole.catalog.ddl.filter((one) => !one.startsWith("-- not valid: "));
    expect(ddl).toHaveLength(whole.catalog.ddl.length - 1);
    expect(catalogByName(again.catalog)).toEqual(catalogByName({ ...whole.catalog, ddl }));
  });

  /** What the right to read all data does not bring; before 14 there is no such right, and tables' alone does not open the statistics as they are stored. */
  const withReadAllData = (part: string): boolean => part === "metapages" || part === "extended statistics" || (major < 14 && part === "planner statistics");

  test("with pg_monitor and the right to read, files of the server are all that is missing", async () => {
    const seen = await look(urlOf({ url }, { user: "luthier" }));
    expect(parts(seen)).toEqual(major >= 17 ? ["extended statistics", "metapages"] : expect.arrayContaining(["metapages"]));
    expect(seen.gaps.filter(({ part }) => !withReadAllData(part))).toEqual([]);
    expect(seen.servers[0]?.statements.map(({ sql }) => sql)).toEqual(expect.arrayContaining(whole.servers[0]?.statements.map(({ sql }) => sql) ?? []));
    expect(seen.servers[0]?.user).toMatchObject({ superuser: false, readableTables: tables });
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
  });

  test("with pg_monitor alone, no value of a row is seen", async () => {
    const seen = await look(urlOf({ url }, { user: "monitor" }));
    const gap = seen.gaps.find(({ part }) => part === "statistics");
    expect(gap?.why).toContain(`the role may not read ${tables} of ${tables} tables: `);
    expect(gap?.remedy).toContain(major >= 14 ? 'GRANT pg_read_all_data TO "monitor"' : "GRANT SELECT ON ALL TABLES IN SCHEMA public");
    expect(parts(seen)).toEqual(expect.arrayContaining(["metapages", "sequences", "statistics"]));
    expect(seen.catalog.tables.flatMap(({ columns }) => columns).every(({ statistics }) => statistics === null)).toBe(true);
    expect(seen.servers[0]?.counters.tables[table(seen, LARGE)?.oid ?? 0]?.inserted).toBe(
      whole.servers[0]?.counters.tables[table(whole, LARGE)?.oid ?? 0]?.inserted,
    );
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
  });

  test("with the right to read alone, other users' statements are missing", async () => {
    const seen = await look(urlOf({ url }, { user: "reader" }));
    expect(seen.gaps.find(({ part }) => /statements/.test(part))?.why).toMatch(/^the text of \d+ of \d+ statements is hidden/);
    expect(parts(seen)).toEqual(expect.arrayContaining(["activity", "metapages", "some settings"]));
    expect(parts(seen).filter((part) => /^(?:some )?statistics$|^sequences$/.test(part))).toEqual([]);
    expect(table(seen, LARGE)?.columns.map(({ statistics }) => statistics)).toEqual(table(whole, LARGE)?.columns.map(({ statistics }) => statistics));
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
  });

  test("with SELECT on one table, the rest is said to be missing", async () => {
    const seen = await look(urlOf({ url }, { user: "guest" }));
    expect(seen.gaps.find(({ part }) => part === "some statistics")?.why).toContain(`the role may not read ${tables - 1} of ${tables} tables: `);
    expect(seen.gaps.find(({ part }) => /statements/.test(part))?.why).toMatch(/^the text of \d+ of \d+ statements is hidden/);
    expect(parts(seen)).toEqual(expect.arrayContaining(["activity", "metapages", "sequences", "some settings", "some statistics"]));
    expect(table(seen, LARGE)?.columns.some(({ statistics }) => statistics !== null)).toBe(true);
    expect(table(seen, SMALL)?.columns.every(({ statistics }) => statistics === null)).toBe(true);
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
    const names = whole.catalog.tables.filter(({ kind }) => kind !== "partitioned").map(({ name }) => `"${name}"`);
    await withClient(url, async (holder) => {
      // EXCLUSIVE lets ACCESS SHARE pass and nothing else; sequences are held as an ALTER SEQUENCE holds them.
      await holder.query(`BEGIN; LOCK TABLE ${names.join(", ")} IN EXCLUSIVE MODE; ALTER SEQUENCE ${LARGE}_id_seq CACHE 2`);
      const shared = await look(url);
      expect(shared.gaps).toEqual([]);
      expect(shared.catalog.tables.every(({ bytes }) => bytes !== null)).toBe(true);
      expect(shared.catalog.sequences).toEqual(whole.catalog.sequences);
      await holder.query(`LOCK TABLE ${LARGE} IN ACCESS EXCLUSIVE MODE`);
      const around = await look(url);
      expect(parts(around)).toEqual(["locked relations"]);
      expect(around.catalog.tables.filter(({ bytes }) => bytes === null).map(({ name }) => name)).toEqual([LARGE]);
      await holder.query("ROLLBACK");
    });
  });

  test("the server's log shows nothing but reading and settings of the session", () => {
    const statements = loggedStatements(readFileSync(running.cluster.log, "utf8"), "luthier");
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
