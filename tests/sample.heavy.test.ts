/** `luthier snapshot --sample` on a real PostgreSQL: what is measured, what is left alone, and what does not leave the server. */
import { spawnSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sample, Snapshot } from "../src/model/index.ts";
import { collectSnapshot } from "../src/sources/postgres/collect.ts";
import { SAMPLE_ROWS } from "../src/sources/postgres/sample-query.ts";
import { startPostgres } from "./support/services.ts";

let url = "";
let stop = (): void => undefined;
let taken: Snapshot;

function sql(text: string): void {
  const { status, stderr } = spawnSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], { input: text, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function take(target = url, sample = true): Promise<Snapshot> {
  return collectSnapshot({ targets: [target], statementTimeout: 30_000, connectTimeout: 10_000, version: "0.0.0", sample, progress: () => undefined });
}

const SCHEMA = `
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TYPE binding AS ENUM ('paperback', 'hardcover', 'digital', 'audio');
CREATE TABLE publisher (id bigint PRIMARY KEY, country_code varchar(2) NOT NULL, country_name varchar(60) NOT NULL, about text NOT NULL);
INSERT INTO publisher SELECT n, chr(65 + n % 10) || 'X', 'Country number ' || n % 10, repeat(md5(n::text), 8) FROM generate_series(1, 90) n;
CREATE TABLE book (id bigint PRIMARY KEY, publisher_id bigint NOT NULL REFERENCES publisher, title text NOT NULL, price numeric(8, 2) NOT NULL, keywords text NOT NULL, prose text NOT NULL, binding binding NOT NULL, units numeric(10, 0) NOT NULL);
INSERT INTO book SELECT n, 1 + n % 90, 'Title of ' || n, 5 + n % 900 * 0.5, ',word' || n % 50 || ',word' || n % 7 || ',', 'Once, ' || n || ' times, it was so', (enum_range(NULL::binding))[1 + n % 4], n % 12 FROM generate_series(1, 3000) n;
CREATE TABLE line (id bigint PRIMARY KEY, book_id bigint NOT NULL REFERENCES book, book_title text NOT NULL, unit_price numeric(8, 2) NOT NULL, quantity bigint NOT NULL, reference varchar(36) NOT NULL, "odd ""name" text, line_hash text GENERATED ALWAYS AS (md5(book_id::text)) STORED, digest text NOT NULL, payload jsonb, place point);
INSERT INTO line (id, book_id, book_title, unit_price, quantity, reference, "odd ""name", digest, payload) SELECT n, 1 + n % 3000, 'Title of ' || 1 + n % 3000 || CASE WHEN n % 50 = 0 THEN ' (old)' ELSE '' END, 3 + n % 700 * 0.25, 1 + n % 3, gen_random_uuid()::text, 'x' || n % 40, md5(n::text), '{}' FROM generate_series(1, 60000) n;
CREATE TABLE event (id bigint NOT NULL, at date NOT NULL, area text NOT NULL, city text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO event SELECT n, date '2025-06-01' + n % 400, 'area ' || n % 200, 'city of ' || n % 200 FROM generate_series(1, 40000) n;
CREATE TABLE untouched (id bigint PRIMARY KEY, area text, city text);
CREATE TABLE secret (id bigint PRIMARY KEY, area text NOT NULL, city text NOT NULL, number bigint NOT NULL);
INSERT INTO secret SELECT n, 'area ' || n % 20, 'hidden city ' || n % 20, 7000000 + n FROM generate_series(1, 500) n;
ANALYZE publisher, book, line, event, secret;
CREATE ROLE plain LOGIN;
GRANT SELECT ON publisher, book TO plain;
`;

beforeAll(async () => {
  const { cluster, stop: end } = await startPostgres();
  ({ url } = cluster);
  stop = end;
  sql(SCHEMA);
  taken = await take();
});
afterAll(() => stop());

const oidOf = (name: string): number => taken.catalog.tables.find((one) => one.name === name)?.oid ?? -1;
const of = <Kind extends Sample["kind"]>(kind: Kind, table: string): Extract<Sample, { kind: Kind }>[] =>
  taken.samples.filter((one): one is Extract<Sample, { kind: Kind }> => one.kind === kind && one.table === oidOf(table));

describe("what is measured", () => {
  test("a dependency in a small table, whole and without violations", () => {
    expect(of("dependency", "publisher").find(({ to }) => to === "country_name")).toMatchObject({
      from: ["country_code"],
      rows: 90,
      groups: 10,
      repeatedGroups: 10,
      violations: 0,
    });
  });

  test("a copy beside its parent, drifted by two in a hundred, and a price of its time", () => {
    const copies = of("copy", "line");
    const title = copies.find(({ column }) => column === "book_title");
    expect(title).toMatchObject({ through: "book_id", parent: oidOf("book"), parentColumn: "title" });
    expect(1 - (title?.equal ?? 0) / (title?.rows ?? 1)).toBeCloseTo(0.02, 2);
    const price = copies.find(({ column }) => column === "unit_price");
    expect((price?.equal ?? 1) / (price?.rows ?? 1)).toBeLessThan(0.1);
  });

  test("lists, but not prose with commas", () => {
    const lists = of("pattern", "book").filter(({ pattern }) => pattern === "list");
    expect(lists.map(({ column, rows, matching }) => ({ column, rows, matching }))).toEqual([{ column: "keywords", rows: 3000, matching: 3000 }]);
  });

  test("UUIDs in a text, numerics without fraction, bounds of integers that are no key", () => {
    const reference = of("pattern", "line").find(({ pattern }) => pattern === "uuid");
    expect(reference).toMatchObject({ column: "reference", matching: reference?.rows });
    expect(of("pattern", "book").find(({ column }) => column === "units")).toMatchObject({ pattern: "integer", rows: 3000, matching: 3000 });
    expect(of("pattern", "book").find(({ column }) => column === "price")?.matching).toBeLessThan(3000);
    expect(of("range", "line")).toMatchObject([{ column: "quantity", minimum: "1", maximum: "3" }]);
  });

  test("hashes are no UUIDs, and what is generated is not judged", () => {
    expect(
      of("pattern", "line")
        .filter(({ column }) => column === "line_hash" || column === "digest")
        .map(({ pattern, matching, rows }) => ({ pattern, few: matching < rows / 4 })),
    ).toEqual([{ pattern: "uuid", few: true }]);
  });

  test("a partitioned table as one, its partitions not again", () => {
    const found = of("dependency", "event").find(({ from, to }) => from[0] === "area" && to === "city");
    expect(found).toMatchObject({ groups: 200, violations: 0 });
    expect(found?.rows).toBeGreaterThan(10_000);
    expect([...of("dependency", "event_old"), ...of("dependency", "event_new")]).toEqual([]);
  });

  test("no more of a large table than the sample's bound", () => {
    const rows = [...of("copy", "line"), ...of("range", "line")].map((one) => one.rows);
    expect(Math.max(...rows)).toBeLessThanOrEqual(SAMPLE_ROWS * 2);
    expect(Math.min(...rows)).toBeGreaterThan(SAMPLE_ROWS / 2);
  });

  test("nothing of a table without statistics", () => {
    expect(taken.samples.filter(({ table }) => table === oidOf("untouched"))).toEqual([]);
  });
});

describe("what is left alone", () => {
  test("no text of a row is in the samples", () => {
    expect(JSON.stringify(taken.samples)).not.toMatch(/Title of|Country number|,word|area \d|city of/);
  });

  test("without the option no row is read", async () => {
    expect((await take(url, false)).samples).toEqual([]);
  });

  test("its own statements do not come back as the application's", async () => {
    const { servers } = await take();
    expect(servers[0]?.statements.length).toBeGreaterThan(0);
    expect(servers[0]?.statements.filter(({ sql: text }) => text.includes("sample AS MATERIALIZED"))).toEqual([]);
  });
});

describe("what cannot be measured is said", () => {
  test("a role without the right to read", async () => {
    const plain = new URL(url);
    plain.username = "plain";
    sql("GRANT pg_read_all_stats TO plain");
    const { samples, gaps } = await take(plain.href);
    expect(samples.some(({ table }) => table === oidOf("book"))).toBe(true);
    expect(samples.filter(({ table }) => table === oidOf("secret"))).toEqual([]);
    expect(gaps.find(({ part }) => part.startsWith("rows of ") && part.includes("public.secret"))).toMatchObject({
      why: "permission denied",
      remedy: "GRANT pg_read_all_data TO role",
    });
  });

  test("a table that another session has locked is not waited for", async () => {
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE publisher IN ACCESS EXCLUSIVE MODE");
    const started = performance.now();
    const { samples, gaps } = await take();
    await holder.query("ROLLBACK");
    await holder.end();
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(gaps.some(({ part, why }) => part === "rows of public.publisher" && /lock timeout/.test(why))).toBe(true);
    expect(samples.some(({ table }) => table === oidOf("book"))).toBe(true);
  });
});
