/** What goes wrong between Luthier and a server ends in a snapshot that says what is missing, or in one clear sentence. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Snapshot } from "../src/model/index.ts";
import { readSnapshot } from "../src/sources/snapshot-file.ts";
import { runCli, type CliResult } from "./support/run-cli.ts";
import { execute, look, startDebian, urlOf, withClient, type RunningServer } from "./support/servers.ts";
import { buildShop, PLANTED, play } from "./support/shop-database.ts";
import { startProxy, type Proxy } from "./support/tcp-proxy.ts";

const PASSWORD = "pa55-w0rd:of/me";
let running: RunningServer;
let url = "";
let folder = "";
const proxies: Proxy[] = [];

beforeAll(async () => {
  running = await startDebian({
    settings: { ssl: "on", ssl_cert_file: "server.crt", ssl_key_file: "server.key", password_encryption: "scram-sha-256" },
    prepare: certificate,
  });
  await execute(running.cluster.url, "CREATE DATABASE shop", "CREATE DATABASE plain");
  url = urlOf(running.cluster, { database: "shop" });
  await withClient(url, buildShop);
  const inside = PASSWORD.replaceAll("'", "''");
  await execute(
    url,
    `CREATE ROLE secret LOGIN PASSWORD '${inside}'`,
    "GRANT pg_monitor, pg_read_all_data TO secret",
    "CREATE ROLE needs_tls LOGIN",
    "CREATE ROLE no_tls LOGIN",
    "CREATE ROLE kept_out LOGIN",
  );
  await execute(
    url,
    "CREATE EXTENSION postgres_fdw",
    "CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'hidden-host')",
    "CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (password 'hidden-mapping')",
  );
  const file = path.join(running.cluster.directory, "pg_hba.conf");
  writeFileSync(
    file,
    `hostssl all needs_tls 127.0.0.1/32 trust\nhost all needs_tls all reject\nhostnossl all no_tls 127.0.0.1/32 trust\nhost all no_tls all reject\nhost all kept_out all reject\nhost all secret all scram-sha-256\n${readFileSync(file, "utf8")}`,
  );
  await execute(url, "SELECT pg_reload_conf()");
});
afterAll(() => running.stop());
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), "luthier-snapshot-"))));
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

/** A certificate of nobody's. */
function certificate(data: string): void {
  execFileSync(
    "openssl",
    ["req", "-new", "-x509", "-days", "2", "-nodes", "-subj", "/CN=localhost", "-out", path.join(data, "server.crt"), "-keyout", path.join(data, "server.key")],
    { stdio: "pipe" },
  );
  const { uid, gid } = statSync(data);
  for (const name of ["server.crt", "server.key"]) chownSync(path.join(data, name), uid, gid);
  chmodSync(path.join(data, "server.key"), 0o600);
}

const snapshot = (...args: readonly string[]): Promise<CliResult> => runCli(["snapshot", ...args], { cwd: folder });
const stored = (): Snapshot => readSnapshot(path.join(folder, ".luthier/snapshot.json.gz")).snapshot;

async function proxied(...given: Parameters<typeof startProxy>): Promise<string> {
  const proxy = await startProxy(...given);
  proxies.push(proxy);
  return urlOf({ url }, { port: proxy.port });
}

describe("no snapshot, one sentence and status 2", () => {
  test.each([
    ["a wrong password", () => urlOf({ url }, { user: "secret", password: "wrong" }), /does not take the password of the user secret/],
    ["no password", () => urlOf({ url }, { user: "secret" }), /asks for a password, and none was given for the user secret/],
    [
      "a role that is kept out",
      () => `${urlOf({ url }, { user: "kept_out" })}?sslmode=disable`,
      /does not let the user kept_out in|takes no connection without TLS/,
    ],
    ["a wrong database", () => urlOf({ url }, { database: "shpo" }), /has no database called shpo/],
    ["an unknown host", () => "postgresql://reader@no-such-host.invalid/shop", /no host has the name in no-such-host\.invalid:5432/],
    ["nobody there", () => urlOf({ url }, { port: 1 }), /nothing listens at 127\.0\.0\.1:1/],
    ["TLS that is switched off but required", () => `${urlOf({ url }, { user: "needs_tls" })}?sslmode=disable`, /takes no connection without TLS/],
    ["a certificate that nobody vouches for", () => `${url}?sslmode=verify-full`, /the certificate of 127\.0\.0\.1:\d+ is not trusted/],
    ["no URL at all", () => "no-such-service", /no service called no-such-service/],
    ["a URL that is none", () => "postgresql://u:p@ss/w:x@h/db", /is not one that PostgreSQL reads/],
    ["a list of hosts", () => "postgresql://one:5432,two:5432/db", /names several hosts/],
    ["words that are none", () => "host=a dbname='b", /are not key=value pairs/],
  ])("%s", async (_name, target, sentence) => {
    const { status, stdout, stderr } = await snapshot("--db", target());
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split("\n")).toHaveLength(2);
    expect(stderr).not.toMatch(/\bat \S+ \(|bug of its own/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("a server that accepts and says nothing", async () => {
    const silent = await proxied(null);
    await expect(look(silent, { connectTimeout: 300 })).rejects.toMatchObject({
      code: "database-silent",
      message: expect.stringMatching(/did not answer in time/),
    });
  });

  test("something else than PostgreSQL", async () => {
    const { createServer } = await import("node:http");
    const web = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const address = web.address();
    const { status, stderr } = await snapshot("--db", urlOf({ url }, { port: typeof address === "object" && address !== null ? address.port : 0 }));
    web.close();
    expect(status).toBe(2);
    expect(stderr).not.toMatch(/bug of its own/);
  });

  test("a connection that breaks before anything was read", async () => {
    const target = await proxied(running.cluster.port, (passed) => (passed > 900 ? "drop" : "pass"));
    await expect(look(`${target}?sslmode=disable`)).rejects.toMatchObject({ message: expect.stringMatching(/closed the connection|nothing could be read/) });
  });

  test("a server of another cluster beside the first", async () => {
    const other = await startDebian();
    try {
      await execute(other.cluster.url, "CREATE DATABASE shop");
      await expect(look([url, urlOf(other.cluster, { database: "shop" })])).rejects.toMatchObject({ code: "other-cluster" });
    } finally {
      other.stop();
    }
  });
});

describe("a snapshot that says what is missing", () => {
  test("a connection that breaks on the way", async () => {
    const target = await proxied(running.cluster.port, (passed) => (passed > 40_000 ? "drop" : "pass"));
    const { status, stdout, stderr } = await snapshot("--db", `${target}?sslmode=disable`);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/Not seen: .*settings.*: the server closed the connection/);
    expect(stored().catalog.tables.map(({ name }) => name)).toEqual(["customer", "order"]);
    expect(stored().servers[0]?.settings).toEqual([]);
  });

  test("a server that falls silent on the way", async () => {
    const target = await proxied(running.cluster.port, (passed) => (passed > 40_000 ? "hang" : "pass"));
    const started = Date.now();
    const seen = await look(`${target}?sslmode=disable`, { statementTimeout: 500 });
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(seen.catalog.tables).toHaveLength(2);
    expect(new Set(seen.gaps.filter(({ why }) => /did not answer within 6 s/.test(why)).map(({ part }) => part)).size).toBeGreaterThan(3);
  });

  test("a database without pg_stat_statements", async () => {
    const seen = await look(urlOf({ url }, { database: "plain" }));
    expect(seen.gaps).toEqual([expect.objectContaining({ part: "statements", why: "pg_stat_statements is not installed in this database" })]);
  });

  test("a server that has pg_stat_statements and counts nothing", async () => {
    const idle = urlOf({ url }, { database: "idle" });
    await execute(url, "CREATE DATABASE idle", "ALTER DATABASE idle SET pg_stat_statements.track = none");
    await execute(idle, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE one (id int)");
    const seen = await look(idle);
    expect(seen.gaps.map(({ part, why }) => [part, why])).toEqual([["statements", "pg_stat_statements.track is none, so that no statement is counted"]]);
  });

  test("an administrator whom a provider keeps out of some catalogs", async () => {
    const managed = urlOf({ url }, { database: "managed" });
    await execute(url, "CREATE DATABASE managed", "CREATE ROLE provided_superuser CREATEDB CREATEROLE", "CREATE ROLE master LOGIN IN ROLE provided_superuser");
    await execute(url, "GRANT pg_monitor, pg_signal_backend TO provided_superuser WITH ADMIN OPTION");
    await withClient(managed, buildShop);
    const kept = ["pg_stat_replication", "pg_replication_slots", "pg_db_role_setting", "pg_stat_archiver", "pg_stat_bgwriter", "pg_stat_database_conflicts"];
    await execute(
      managed,
      ...kept.map((name) => `REVOKE ALL ON pg_catalog.${name} FROM PUBLIC, pg_monitor`),
      "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_control_system() FROM PUBLIC, pg_monitor",
      "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text), pg_catalog.pg_ls_dir(text) FROM PUBLIC",
    );
    const whole = await look(managed);
    const seen = await look(urlOf({ url: managed }, { user: "master" }));
    expect(seen.catalog.ddl).toEqual(whole.catalog.ddl);
    expect(seen.servers[0]?.statements.length).toBeGreaterThan(3);
    expect(seen.servers[0]?.settings.length).toBeGreaterThan(300);
    const denied = seen.gaps.filter(({ why }) => /^permission denied for (?:view|table|function)/.test(why));
    expect(denied.length).toBeGreaterThan(4);
    expect(seen.gaps.filter(({ why, cost }) => why === "" || cost === "").map(({ part, why }) => `${part}: ${why}`)).toEqual([]);
  });

  test("a table that another session has locked", async () => {
    await withClient(url, async (holder) => {
      await holder.query('BEGIN; LOCK TABLE "order" IN ACCESS EXCLUSIVE MODE');
      const started = Date.now();
      const seen = await look(url);
      await holder.query("ROLLBACK");
      expect(Date.now() - started).toBeLessThan(5_000);
      expect(seen.gaps.map(({ part, why }) => [part, why])).toEqual([
        ["locked relations", "another session holds, or waits for, an exclusive lock on public.order"],
      ]);
      expect(seen.catalog.tables.map(({ name, bytes }) => [name, bytes !== null])).toEqual([
        ["customer", true],
        ["order", false],
      ]);
      expect(seen.catalog.tables[1]?.columns.map(({ name }) => name)).toEqual(["id", "customer_id", "status", "total", "note"]);
      expect(seen.catalog.indexes.map(({ name }) => name)).toEqual(["customer_pkey"]);
      expect(seen.catalog.views).toEqual([]);
    });
  });

  test("a lock that comes in the middle", async () => {
    let holder: pg.Client | undefined;
    const seen = await look(url, {
      progress: async (_part, done) => {
        if (done !== 2) return;
        holder = new pg.Client({ connectionString: url });
        await holder.connect();
        await holder.query('BEGIN; LOCK TABLE "order" IN ACCESS EXCLUSIVE MODE');
      },
    });
    await holder?.end();
    expect(seen.gaps.every(({ part }) => part === "locked relations")).toBe(true);
    expect(seen.catalog.tables).toHaveLength(2);
  });

  test("a standby by itself, and the primary with it", async () => {
    const standby = await startDebian({ standbyOf: running.cluster });
    try {
      const replica = urlOf(standby.cluster, { database: "shop" });
      const alone = await look(replica);
      expect(alone.servers.map(({ role }) => role)).toEqual(["replica"]);
      expect(alone.gaps.map(({ part }) => part)).toEqual(["primary"]);
      expect(alone.catalog.ddl.length).toBeGreaterThan(5);
      const primary = await look(url);
      expect(primary.gaps).toEqual([expect.objectContaining({ part: "replicas", why: "1 of 1 standby was not looked at" })]);
      const both = await look([replica, url]);
      expect(both.servers.map(({ role }) => role)).toEqual(["primary", "replica"]);
      expect(both.gaps).toEqual([]);
      expect(both.servers[1]?.systemIdentifier).toBe(both.servers[0]?.systemIdentifier);
      expect(both.servers[0]?.replication.standbys).toHaveLength(1);
      expect(both.servers[1]?.replication.replayLagMs).toEqual(expect.any(Number));
    } finally {
      standby.stop();
    }
  });

  test("PgBouncer in transaction mode in front", async () => {
    const bouncer = await startBouncer(running.cluster.port, folder);
    try {
      const { status, stdout, stderr } = await snapshot("--db", `postgresql://postgres@127.0.0.1:${bouncer.port}/shop`);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^shop on PostgreSQL 15/);
      expect(stdout).not.toMatch(/Not seen/);
    } finally {
      bouncer.stop();
    }
  });
});

describe("a name that DBAs see", () => {
  test("the session calls itself luthier", async () => {
    const seen: unknown[] = [];
    await withClient(url, async (watcher) => {
      let last = Promise.resolve();
      const ask = async (): Promise<void> =>
        void seen.push(...(await watcher.query("SELECT application_name FROM pg_stat_activity WHERE application_name = 'luthier'")).rows);
      await look(url, { progress: () => void (last = last.then(ask)) });
      await last;
    });
    expect(seen).toContainEqual({ application_name: "luthier" });
  });
});

describe("the ways to name a server", () => {
  test("key=value words, a service, and TLS where the server has it and wants it", async () => {
    const { port } = running.cluster;
    const words = await look(`host=127.0.0.1 port=${port} user=needs_tls dbname=shop`);
    expect(words.servers[0]?.user.name).toBe("needs_tls");
    expect((await look(urlOf({ url }, { user: "no_tls" }))).servers[0]?.user.name).toBe("no_tls");
    const services = path.join(folder, "services.conf");
    writeFileSync(services, `# mine\n[other]\nhost=nowhere\n[the shop]\nhost=127.0.0.1\nport=${port}\nuser=postgres\ndbname=shop\n`);
    const before = process.env["PGSERVICEFILE"];
    process.env["PGSERVICEFILE"] = services;
    try {
      expect((await look("the shop")).catalog.database.name).toBe("shop");
    } finally {
      if (before === undefined) delete process.env["PGSERVICEFILE"];
      else process.env["PGSERVICEFILE"] = before;
    }
  });

  test("the socket's folder", async () => {
    const socket = path.dirname(running.cluster.directory);
    const seen = await look(`postgresql://postgres@/shop?host=${encodeURIComponent(socket)}&port=${running.cluster.port}`);
    expect(seen.servers[0]?.address).toBe(socket);
  });
});

describe("two looks", () => {
  test("the second is so many seconds later, and counts what went on between", async () => {
    const looking = look(url, { interval: 4_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await withClient(url, play);
    const {
      servers: [server],
      catalog,
    } = await looking;
    const key = catalog.indexes.find(({ name }) => name === "customer_pkey")?.oid ?? 0;
    expect(Date.parse(server?.later?.at ?? "") - Date.parse(server?.counters.at ?? "")).toBeGreaterThanOrEqual(4_000);
    expect((server?.later?.indexes[key]?.scans ?? 0) - (server?.counters.indexes[key]?.scans ?? 0)).toBeGreaterThanOrEqual(20);
  });
});

describe("secrets", () => {
  const unpacked = (): string => gunzipSync(readFileSync(path.join(folder, ".luthier/snapshot.json.gz"))).toString("utf8");

  test("the password of the connection is nowhere", async () => {
    const target = urlOf({ url }, { user: "secret", password: PASSWORD });
    const fine = await snapshot("--db", target);
    expect(fine.status).toBe(0);
    const failed = await Promise.all([
      snapshot("--db", target.replace(/\/shop$/, "/none")),
      snapshot("--db", urlOf({ url: target }, { port: 1 })),
      snapshot("--db", `${target}?sslmode=verify-full`),
      snapshot("--db", `${target}?sslmode=nonsense`),
      snapshot("--db", `user=secret password='${PASSWORD}' dbname='x`),
      snapshot("--db", `postgresql://secret:${PASSWORD}@127.0.0.1:1/shop`),
      snapshot("--db", `secret:${PASSWORD}@127.0.0.1/shop`),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(failed.map(() => 2));
    expect(unpacked()).toContain("CREATE SERVER");
    expect(unpacked()).not.toMatch(/hidden-(host|mapping)/);
    const outputs = [fine, ...failed].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    for (const output of [...outputs, unpacked()]) {
      expect(output).not.toContain(PASSWORD);
      expect(output).not.toContain(encodeURIComponent(PASSWORD));
      expect(output).not.toContain("pa55");
    }
  });

  test("--redact leaves no planted value, and keeps the frequencies", async () => {
    await withClient(url, async (other) => {
      void other.query(`SELECT pg_sleep(3), '${PLANTED.activity}'`).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      await snapshot("--db", url);
      const values = Object.values(PLANTED).filter((one) => unpacked().includes(one));
      // A literal of a SET may be a password, and is never kept.
      expect(values).toEqual(Object.values(PLANTED).filter((one) => one !== PLANTED.literal));
      await snapshot("--db", url, "--redact");
    });
    for (const value of Object.values(PLANTED)) expect(unpacked().toLowerCase()).not.toContain(value.toLowerCase());
    const seen = stored();
    expect(seen.data).toBe("redacted");
    const status = seen.catalog.tables.find(({ name }) => name === "order")?.columns.find(({ name }) => name === "status")?.statistics;
    expect(status).toMatchObject({ commonValues: [], distinct: 2 });
    expect(status?.commonFrequencies).toHaveLength(2);
    expect(seen.servers[0]?.statements.some(({ sql }) => sql.startsWith("SELECT * FROM customer"))).toBe(true);
  });

  test("the file is for its owner alone", async () => {
    await snapshot("--db", url);
    expect(statSync(path.join(folder, ".luthier/snapshot.json.gz")).mode & 0o077).toBe(0);
    expect(readFileSync(path.join(folder, ".luthier/.gitignore"), "utf8")).toBe("*\n");
  });
});

/** Debian's PgBouncer in front of the server, as the account nobody. */
async function startBouncer(serverPort: number, home: string): Promise<{ readonly port: number; readonly stop: () => void }> {
  const { installed } = (await import("../scripts/pgbouncer.mjs" as string)) as { installed: () => string };
  const free = await startProxy(null);
  const { port } = free;
  await free.close();
  chmodSync(home, 0o755);
  const file = path.join(home, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]\nshop = host=127.0.0.1 port=${serverPort} dbname=shop user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nauth_type = any\npool_mode = transaction\nunix_socket_dir =\n`,
  );
  const child = spawn(installed(), ["-q", ...(process.getuid?.() === 0 ? ["-u", "nobody"] : []), file], { stdio: "ignore", cwd: "/" });
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const isUp = await withClient(`postgresql://postgres@127.0.0.1:${port}/shop`, async () => true).catch(() => false);
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { port, stop: () => void child.kill("SIGKILL") };
}
