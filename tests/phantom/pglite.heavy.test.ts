/** Where no server can be had, PGlite plans: as a server of its version does, and with a word of it where production is of another. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Snapshot } from "../../src/model/index.ts";
import { openPhantom, type Phantom, type PhantomOptions } from "../../src/sources/phantom/open-phantom.ts";
import { PGLITE_VERSION } from "../../src/sources/phantom/pglite.ts";
import packageFile from "../../package.json" with { type: "json" };
import { execute, look, startMajor, withClient, type RunningServer } from "../support/servers.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { ask, marketStatements, quantile, tryIndex } from "./compare.ts";
import { CANDIDATES, QUESTIONS } from "./questions.ts";

let server: RunningServer;
let snapshot: Snapshot;
const cache = mkdtempSync(path.join(tmpdir(), "luthier-images-"));

beforeAll(async () => {
  server = await startMajor(18, {
    settings: {
      random_page_cost: "2.5",
      work_mem: "6MB",
      effective_cache_size: "1GB",
      max_parallel_workers_per_gather: "3",
      min_parallel_table_scan_size: "2MB",
      autovacuum: "off",
    },
  });
  await execute(server.cluster.url, ...marketStatements());
  snapshot = await look(server.cluster.url);
});
afterAll(() => {
  server.stop();
  rmSync(cache, { recursive: true, force: true });
});

async function open(of: Snapshot = snapshot, options: PhantomOptions = {}): Promise<Phantom> {
  const phantom = await openPhantom(of, { planner: "pglite", cache, folder: temporaryFolder(), ...options });
  onTestFinished(() => phantom.close());
  return phantom;
}

test("the version whose image is kept is the one that is installed", () => {
  expect(packageFile.dependencies["@electric-sql/pglite"]).toBe(PGLITE_VERSION);
});

test("plans as a server of its version does, and decides about indexes as it does", async () => {
  const first = performance.now();
  const phantom = await open();
  const made = performance.now();
  const answers = await withClient(server.cluster.url, (client) => ask(client, phantom, QUESTIONS));
  process.stdout.write(
    `PGlite ${phantom.version}: first opened in ${Math.round(made - first)} ms, ${answers.length} questions, same plan ${answers.filter(({ isSamePlan }) => isSamePlan).length}, same cost ${answers.filter(({ error }) => error === 0).length}\n`,
  );
  expect(phantom.notes).toEqual(["plans are those of PGlite, PostgreSQL 18 within this process (asked for)"]);
  expect(answers.filter(({ isSamePlan, error }) => !isSamePlan || error > 0)).toEqual([]);
  const trials = (
    await withClient(server.cluster.url, async (client) => {
      const all = [];
      for (const one of CANDIDATES) all.push(await tryIndex(client, phantom, one));
      return all;
    })
  ).flat();
  process.stdout.write(
    `PGlite: ${trials.length} pairs, same plan ${trials.filter(({ isSamePlan }) => isSamePlan).length}, cost p90 ${quantile(
      trials.map(({ error }) => error),
      0.9,
    )}\n`,
  );
  expect(trials.filter(({ uses: [one, other] }) => one !== other)).toEqual([]);
  expect(
    quantile(
      trials.map(({ error }) => error),
      0.9,
    ),
  ).toBeLessThanOrEqual(0.05);
});

test("stands in where there is no server and none can be fetched, and says what that costs", async () => {
  const older: Snapshot = { ...snapshot, servers: snapshot.servers.map((one) => ({ ...one, versionNumber: 120_004 })) };
  const phantom = await open(older, { planner: "any", mayFetch: false });
  expect(phantom.notes).toEqual([
    expect.stringMatching(
      /^plans are those of PGlite, PostgreSQL 18 within this process \(there is no PostgreSQL 12 on this machine, and no package of it for linux on x64 is known\), and production is PostgreSQL 12: some plans and many costs differ there, so that what rests on them is to be verified by running$/,
    ),
  ]);
  expect((await phantom.plan("SELECT * FROM purchase WHERE coupon = 'C77'")).root.cost.total).toBeGreaterThan(0);
});

test("stands in where npm does not answer, and says so", async () => {
  const other: Snapshot = { ...snapshot, servers: snapshot.servers.map((one) => ({ ...one, versionNumber: 160_004 })) };
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9/");
  onTestFinished(() => void vi.unstubAllEnvs());
  const phantom = await open(other, { planner: "any" });
  expect(phantom.notes).toEqual([
    expect.stringMatching(
      /^plans are those of PGlite, PostgreSQL 18 within this process \(there is no PostgreSQL 16 on this machine, and its package could not be fetched \(.*ECONNREFUSED.*\)\), and production is PostgreSQL 16: /,
    ),
  ]);
  expect((await phantom.plan("SELECT * FROM purchase WHERE coupon = 'C77'")).root.cost.total).toBeGreaterThan(0);
});

test("leaves nothing behind but the image, from which the next one is opened in a moment", async () => {
  const folder = temporaryFolder();
  const started = performance.now();
  const phantom = await openPhantom(snapshot, { planner: "pglite", cache, folder });
  process.stdout.write(`PGlite from its image: opened in ${Math.round(performance.now() - started)} ms\n`);
  expect(readdirSync(folder)).toHaveLength(1);
  await phantom.close();
  expect(readdirSync(folder)).toEqual([]);
  expect(readdirSync(cache).filter((name) => !name.startsWith("pglite-"))).toEqual([]);
});

test("a broken image is made anew, and a cache that cannot be written is none", async () => {
  const [image] = readdirSync(cache);
  const odd = path.join(temporaryFolder(), "cache");
  mkdirSync(path.join(odd, image ?? ""), { recursive: true });
  const phantom = await open(snapshot, { cache: odd });
  expect((await phantom.plan("SELECT 1")).root.type).toBe("Result");
  expect(existsSync(path.join(odd, image ?? "", "PG_VERSION"))).toBe(true);
  await expect(open(snapshot, { cache: "/dev/null/cache" })).resolves.toMatchObject({ version: phantom.version });
});

test("no index that production would not use for it serves LIKE, whatever the locale", async () => {
  const sql = "SELECT * FROM listing WHERE title LIKE 'Ab%'";
  const like = async (phantom: Phantom): Promise<boolean> =>
    await phantom.whatIf({ add: ["CREATE INDEX ON listing (title)"], settings: { enable_seqscan: "off" } }, async ({ plan }) =>
      JSON.stringify(await plan(sql)).includes(">= 'Ab'::text"),
    );
  expect(await like(await open())).toBe(false);
  const of = (collate: string): Snapshot => ({
    ...snapshot,
    catalog: { ...snapshot.catalog, database: { ...snapshot.catalog.database, collate, ctype: collate } },
  });
  const american = await open(of("en_US.UTF-8"));
  expect(american.notes).toContain("PGlite has no locale en_US.UTF-8: texts are ordered as ICU orders them");
  expect(await like(american)).toBe(false);
  const plain = await open(of("C"));
  expect(plain.notes).toEqual(["plans are those of PGlite, PostgreSQL 18 within this process (asked for)"]);
  expect(await like(plain)).toBe(true);
});
