/** What a snapshot says of sessions, limits and settings of roles, and of a real PgBouncer in front. */
import { afterAll, beforeAll, expect, test } from "vitest";
import pg from "pg";
import { redact } from "../src/postgres/redact.ts";
import { collectSnapshot } from "../src/sources/postgres/collect.ts";
import { startPooler, type RunningPooler } from "./support/pgbouncer.ts";
import { execute, startDebian, urlOf, withClient, type RunningServer } from "./support/servers.ts";

let running: RunningServer;
let pooler: RunningPooler;
const open: pg.Client[] = [];

const options = (target: string) => ({ targets: [target], statementTimeout: 30_000, connectTimeout: 10_000, version: "0.0.0", progress: () => undefined });

beforeAll(async () => {
  running = await startDebian();
  const { url, port } = running.cluster;
  await execute(
    url,
    "CREATE DATABASE shop",
    "CREATE ROLE web LOGIN CONNECTION LIMIT 7",
    "CREATE ROLE guest LOGIN",
    "ALTER ROLE web SET statement_timeout = '10s'",
    "ALTER ROLE web SET app.secret = 'planted-secret'",
    "ALTER DATABASE shop SET lock_timeout = '2s'",
    "ALTER DATABASE postgres SET lock_timeout = '3s'",
  );
  pooler = await startPooler(
    (folder, own) => `[databases]
shop = host=127.0.0.1 port=${port} dbname=shop pool_size=2 reserve_pool=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${folder}/userlist.txt
admin_users = postgres
stats_users = stats
pool_mode = transaction
`,
    { "userlist.txt": '"postgres" ""\n"nobody" ""\n"stats" ""\n' },
  );
});
afterAll(async () => {
  await Promise.all(open.map((client) => client.end().catch(() => {})));
  await pooler.stop();
  running.stop();
});

async function session(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  client.on("error", () => {});
  await client.connect();
  open.push(client);
  return client;
}

test("sessions of all databases are counted by who has them, with limits and settings of roles", async () => {
  const web = urlOf(running.cluster, { database: "shop", user: "web" });
  for (let count = 0; count < 3; count += 1) await session(web, "gunicorn");
  await (await session(web, "celery")).query("BEGIN");
  await session(running.cluster.url, "psql");
  const [server] = (await collectSnapshot(options(urlOf(running.cluster, { database: "shop" })))).servers;
  const groups = server?.sessions?.map(({ database, user, application, state, count }) => [database, user, application, state, count]);
  expect(groups).toEqual(
    expect.arrayContaining([
      ["shop", "web", "gunicorn", "idle", 3],
      ["shop", "web", "celery", "idle in transaction", 1],
      ["postgres", "postgres", "psql", "idle", 1],
    ]),
  );
  expect(server?.sessions?.some(({ application }) => application === "luthier")).toBe(false);
  expect(server?.connectionLimits).toEqual([{ kind: "role", name: "web", connections: 7 }]);
  expect(server?.overrides).toEqual([
    { database: "shop", role: null, name: "lock_timeout", value: "2s" },
    { database: null, role: "web", name: "app.secret", value: "(not kept)" },
    { database: null, role: "web", name: "statement_timeout", value: "10s" },
  ]);
});

test("a role without rights sees how many there are", async () => {
  const [server] = (await collectSnapshot(options(urlOf(running.cluster, { database: "shop", user: "guest" })))).servers;
  expect(server?.sessions?.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(5);
});

test("the console is read twice, and nothing but SHOW is sent", async () => {
  const target = urlOf(running.cluster, { database: "shop" });
  const [one, two, three] = [await session(pooler.url("shop"), "a"), await session(pooler.url("shop"), "b"), await session(pooler.url("shop"), "c")];
  await one.query("BEGIN");
  await two.query("BEGIN");
  const waiting = withClient(pooler.url("shop"), (client) => client.query("SELECT 1"));
  await three.query("SELECT 1").catch(() => undefined);
  const taken = await collectSnapshot({ ...options(target), pooler: pooler.console, interval: 300 });
  await one.query("COMMIT");
  await two.query("COMMIT");
  await waiting;
  const { pooler: looks, gaps } = taken;
  expect(gaps.filter(({ part }) => part.startsWith("pgbouncer"))).toEqual([]);
  expect(looks).toMatchObject({
    kind: "pgbouncer",
    version: expect.stringMatching(/^1\.\d+\.\d+$/) as string,
    config: { pool_mode: "transaction", max_client_conn: "100" },
  });
  expect(looks?.versionNumber).toBeGreaterThanOrEqual(11_800);
  expect(looks?.databases).toMatchObject([{ name: "shop", database: "shop", poolSize: 2, reservePool: 1 }]);
  expect(looks?.first.pools).toMatchObject([{ database: "shop", user: "postgres", poolMode: "transaction" }]);
  expect(looks?.first.pools[0]?.serversActive).toBeGreaterThanOrEqual(2);
  expect(looks?.first.lists["databases"]).toBeGreaterThanOrEqual(1);
  expect(Date.parse(looks?.later?.at ?? "") - Date.parse(looks?.first.at ?? "")).toBeGreaterThanOrEqual(300);
  expect(redact(taken).pooler).toEqual(looks);
}, 30_000);

test("what is no console is said to be none, and a user of stats_users is enough", async () => {
  const target = urlOf(running.cluster, { database: "shop" });
  await expect(collectSnapshot({ ...options(target), pooler: running.cluster.url })).rejects.toMatchObject({ code: "no-pgbouncer" });
  await expect(collectSnapshot({ ...options(target), pooler: pooler.url("pgbouncer", "nobody") })).rejects.toMatchObject({
    message: expect.stringMatching(/not allowed|does not let/) as string,
  });
  const byStats = await collectSnapshot({ ...options(target), pooler: pooler.url("pgbouncer", "stats") });
  expect(byStats.gaps.filter(({ part }) => part.startsWith("pgbouncer"))).toEqual([]);
  expect(byStats.pooler?.config).toMatchObject({ pool_mode: "transaction" });
});
