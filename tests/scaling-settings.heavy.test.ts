/** What the scaling advisor says of a real server under load, and its settings file run there and taken back. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { advisor } from "../src/advisors/scaling/advisor.ts";
import { settingsFiles } from "../src/advisors/scaling/settings-file.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import type { Advice, Database, Snapshot } from "../src/model/index.ts";
import { openDatabase } from "../src/open-database.ts";
import { proposeSettings } from "../src/rules/server-settings/proposals.ts";
import { execute, look, startDebian, withClient, type RunningServer } from "./support/servers.ts";
import { withGiven } from "./support/given.ts";

let running: RunningServer;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "luthier-settings-"));
  running = await startDebian({ settings: { track_io_timing: "on" } });
  await execute(
    running.cluster.url,
    "CREATE EXTENSION pg_stat_statements",
    "CREATE TABLE orders (id int PRIMARY KEY, note text)",
    "INSERT INTO orders SELECT n, md5(n::text) FROM generate_series(1, 20000) n",
    "ANALYZE",
  );
});
afterAll(() => {
  running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const open = (snapshot: Snapshot): Promise<Database> => openDatabase({ snapshot, file: ".luthier/snapshot.json.gz", plans: [], logged: [], stamp: "" }, null);

const advise = async (snapshot: Snapshot): Promise<readonly Advice[]> =>
  advisor.advise({ source: null, database: await open(snapshot), deployment: NO_DEPLOYMENT, recording: null, thresholds: {}, findings: [] });

const of = (advice: readonly Advice[], section: string): Advice => {
  const found = advice.find((one) => one.section === section);
  if (found === undefined) throw new Error(`no advice of ${section}`);
  return found;
};

/** Sessions of one kind while the snapshot is taken. */
async function during(sql: string, sessions: number, seconds: number): Promise<Snapshot> {
  const state = { done: false };
  const work = async (): Promise<void> =>
    withClient(running.cluster.url, async (client) => {
      while (!state.done) await client.query(sql);
    });
  const workers = Array.from({ length: sessions }, work);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const snapshot = await look(running.cluster.url, { interval: seconds * 1000, machine: { memoryBytes: 16 * 1024 ** 3, cores: 2 } });
  state.done = true;
  await Promise.all(workers);
  return snapshot;
}

test("a lock that everybody waits for bounds the server, and no hardware is proposed", async () => {
  const snapshot = await during("BEGIN; LOCK TABLE orders; SELECT pg_sleep(0.05); COMMIT", 4, 31);
  const advice = of(await advise(snapshot), "7.2");
  expect(advice.claim).toMatch(/^locks bounds 127\.0\.0\.1:\d+: .* sessions active on average on 2 cores/);
  expect(advice.rung).toBe("measured");
  expect(advice.reasons.join("\n")).toContain("neither cores nor replicas shorten a wait for a lock");
  expect(advice.plots[0]).toMatchObject({ kind: "bars", bars: [{ label: "locks", tone: "found" }, expect.anything()] });
}, 60_000);

test("one look is no verdict", async () => {
  const advice = of(await advise(await look(running.cluster.url)), "7.2");
  expect(advice.claim).toMatch(/^What bounds 127\.0\.0\.1:\d+ is not known from one look\b/);
  expect(advice.missing).toContain("luthier snapshot --db URL --interval 60");
});

const SIZED = `
-- given: database bytes = 60000000000
-- given: setting shared_buffers = "16384"
-- given: server machine = {"memoryBytes": 17179869184, "cores": 4, "by": "option"}
-- given: server counters.database.blocksRead = 200000000
-- given: server counters.database.blocksHit = 900000000
-- given: server counters.checkpoints = {"timed": 300, "requested": 2700, "buffersWritten": 1, "backendBuffers": 1, "since": null}
-- given: server counters.checkpoints.since = {"ago": 5}
-- given: statement {"sql": "SELECT orders.note FROM orders WHERE orders.id = $1", "calls": 10000, "totalMs": 80000000, "jitMs": 30000000}
`;

test("the settings file runs as it is, and the undo brings all of it back", async () => {
  const database = await open(withGiven(await look(running.cluster.url), SIZED));
  const proposals = proposeSettings({ database, thresholds: {} });
  expect(proposals.map(({ name, value }) => [name, value])).toEqual([
    ["shared_buffers", "4GB"],
    ["effective_cache_size", "12GB"],
    ["max_wal_size", "9GB"],
    ["jit", "off"],
  ]);
  const before = await settings(proposals.map(({ name }) => name));
  const [forward, undo] = settingsFiles(database, proposals);
  const done = psql(forward?.text ?? "");
  // The server of a test has its settings on the command line, which goes before files: that they were read without an error is what counts.
  expect(await errors()).toEqual([]);
  expect(await inFile()).toEqual(["effective_cache_size", "jit", "max_wal_size", "shared_buffers"]);
  expect(done).toMatch(/jit +\| off/);
  psql(undo?.text ?? "");
  expect(await errors()).toEqual([]);
  // What the snapshot took for a line of a file is set to what it was; a default is reset.
  expect(await settings(proposals.map(({ name }) => name))).toEqual(before);
});

test("what waits for a restart is said to wait, and can be taken back", async () => {
  const database = await open(await look(running.cluster.url));
  const proposal = (name: string, value: string, needsRestart: boolean) => ({
    name,
    current: "8",
    value,
    severity: "info" as const,
    claim: "c",
    counters: "",
    arithmetic: "",
    doubt: "",
    needsRestart,
    statements: [],
    figures: {},
  });
  const [forward, undo] = settingsFiles(database, [proposal("max_worker_processes", "12", true)]);
  expect(forward?.text).toContain("-- max_worker_processes: pending until the next restart");
  expect(psql(forward?.text ?? "")).toMatch(/max_worker_processes +\| 8 +\| t/);
  psql(undo?.text ?? "");
  expect(await inFile()).not.toContain("max_worker_processes");
});

function psql(text: string): string {
  const file = path.join(folder, "run.sql");
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync(path.join(running.cluster.binaries, "psql"), ["-X", "-v", "ON_ERROR_STOP=1", "-f", file, running.cluster.url], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

const column = (sql: string, values: readonly unknown[] = []): Promise<string[]> =>
  withClient(running.cluster.url, async (client) => (await client.query<{ name: string }>(sql, [...values])).rows.map(({ name }) => name));

/** What waits for a restart has an error of its own, `setting could not be applied`. */
const errors = (): Promise<string[]> =>
  column(
    "SELECT f.name || ': ' || f.error AS name FROM pg_file_settings f JOIN pg_settings s USING (name) WHERE f.error IS NOT NULL AND s.context <> 'postmaster'",
  );

const inFile = (): Promise<string[]> => column("SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf' ORDER BY name");

const settings = (names: readonly string[]): Promise<string[]> =>
  column("SELECT name || '=' || setting AS name FROM pg_settings WHERE name = ANY($1) ORDER BY 1", [names]);
