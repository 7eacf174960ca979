/** The configuration that is written for HAProxy, in Debian's HAProxy, in front of a real primary and its standby. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { haproxyFiles, type ProxyFacts } from "../src/advisors/scaling/haproxy.ts";
import { execute, startDebian, withClient, type RunningServer } from "./support/servers.ts";

let primary: RunningServer;
let standby: RunningServer;
let program = "";
let folder = "";
let proxy: ChildProcess | null = null;
let facts: ProxyFacts;

beforeAll(async () => {
  program = ((await import(pathToFileURL(path.resolve(import.meta.dirname, "../scripts/haproxy.mjs")).href)) as { installed: () => string }).installed();
  folder = mkdtempSync(path.join(tmpdir(), "luthier-haproxy-"));
  primary = await startDebian({ settings: { wal_level: "replica" } });
  facts = {
    servers: [server("db1", primary.cluster.port), server("db2", primary.cluster.port)],
    database: "postgres",
    primaryPort: await freePort(),
    replicaPort: await freePort(),
    connectSeconds: 3,
    idleSeconds: 660,
    idleSaid: "CONN_MAX_AGE = 600 keeps connections that idle so long.",
    mostLagBytes: 16 * 1024 ** 2,
  };
  await execute(
    primary.cluster.url,
    ...(haproxyFiles(facts).find(({ language }) => language === "sql")?.text ?? "")
      .split(/;\n/)
      .filter((one) => /^\s*(?:--.*\n\s*)*[A-Z]/.test(one) && !one.startsWith("-- Undo")),
  );
  standby = await startDebian({ standbyOf: primary.cluster, settings: { hot_standby: "on" } });
  facts = { ...facts, servers: [server("db1", primary.cluster.port), server("db2", standby.cluster.port)] };
}, 120_000);
afterAll(() => {
  proxy?.kill("SIGTERM");
  standby?.stop();
  primary?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const server = (name: string, port: number): ProxyFacts["servers"][number] => ({ name, host: "127.0.0.1", port: String(port), isPlaceholder: false, most: 40 });

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const one = createServer().listen(0, "127.0.0.1", () => {
      const address = one.address();
      one.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function check(given: ProxyFacts): { readonly status: number | null; readonly output: string } {
  const file = path.join(folder, "haproxy.cfg");
  writeFileSync(file, haproxyFiles(given)[0]?.text ?? "");
  const { status, stdout, stderr } = spawnSync(program, ["-c", "-f", file], { encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

const roleAt = (port: number): Promise<boolean> =>
  withClient(
    `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async (client) => (await client.query<{ standby: boolean }>("SELECT pg_is_in_recovery() AS standby")).rows[0]?.standby === true,
  );

/** Until a check has passed, HAProxy closes what comes. */
async function eventually(isSo: () => Promise<boolean>): Promise<boolean> {
  for (let left = 60; left > 0; left -= 1) {
    if (await isSo().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return false;
}

test("HAProxy takes the configuration without a warning, with hosts and with placeholders", () => {
  expect(check(facts)).toEqual({ status: 0, output: expect.not.stringMatching(/WARNING|ALERT/) });
  const unknown = { ...facts, servers: [...facts.servers.slice(0, 1), { name: "db2", host: "REPLICA_HOST", port: "5432", isPlaceholder: true, most: null }] };
  expect(check(unknown).output).not.toMatch(/ALERT/);
  expect(check(unknown).status).toBe(0);
});

test("each port leads to a server of its role, and follows when the primary changes", async () => {
  expect(check(facts).status).toBe(0);
  proxy = spawn(program, ["-db", "-f", path.join(folder, "haproxy.cfg")], { stdio: "ignore" });
  // Until its checks have failed twice, HAProxy takes every server for up.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  for (let round = 0; round < 4; round += 1) expect([await roleAt(facts.primaryPort), await roleAt(facts.replicaPort)]).toEqual([false, true]);
  // A connection that is in use goes through both ways.
  await withClient(`postgresql://postgres@127.0.0.1:${facts.primaryPort}/postgres`, async (client) => {
    await client.query("CREATE TABLE through_proxy (id int)");
    await client.query("INSERT INTO through_proxy SELECT generate_series(1, 500)");
    expect((await client.query("SELECT count(*)::int AS count FROM through_proxy")).rows).toEqual([{ count: 500 }]);
  });
  await withClient(`postgresql://postgres@127.0.0.1:${facts.replicaPort}/postgres`, async (client) => {
    await expect(client.query("CREATE TABLE refused (id int)")).rejects.toMatchObject({ code: "25006" });
  });
  primary.stop();
  await execute(standby.cluster.url, "SELECT pg_promote()");
  expect(await eventually(async () => !(await roleAt(facts.primaryPort)))).toBe(true);
  // Nobody is a standby any more: its port serves nobody, rather than the primary.
  expect(
    await eventually(
      async () =>
        await roleAt(facts.replicaPort).then(
          () => false,
          () => true,
        ),
    ),
  ).toBe(true);
}, 90_000);
