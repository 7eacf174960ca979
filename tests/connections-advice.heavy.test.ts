/** What the advice on connections writes, in the real programs: PgBouncer, Django, gunicorn, PostgreSQL. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Choice } from "../src/advisors/connections/choose.ts";
import { databasesBlock, gunicornHooks, type BlockFacts } from "../src/advisors/connections/databases-block.ts";
import { pgbouncerFiles, OLDEST_POOLER, type PoolerFacts } from "../src/advisors/connections/pgbouncer-ini.ts";
import { roleTimeoutFiles } from "../src/advisors/connections/role-timeouts.ts";
import { isPgbouncerKey } from "../src/deployment/pgbouncer-keys.ts";
import { startPooler, type RunningPooler } from "./support/pgbouncer.ts";
import { ensurePythonEnv } from "./support/services.ts";
import { execute, startDebian, urlOf, withClient, type RunningServer } from "./support/servers.ts";

let running: RunningServer;
let pooler: RunningPooler;
let python = "";
const folder = mkdtempSync(path.join(tmpdir(), "luthier-connections-"));
const PASSWORD = "planted password";

const facts = (): PoolerFacts => ({
  database: "shop",
  host: "127.0.0.1",
  port: String(running.cluster.port),
  user: "shop",
  version: OLDEST_POOLER,
  isSeen: false,
  poolSize: 7,
  reserve: 2,
  maxClients: 240,
  queryWait: 5,
  notes: ["seven, as measured."],
});

beforeAll(async () => {
  ({ python } = await ensurePythonEnv({ requirements: "tests/connections/requirements.txt", directory: ".cache/venv-connections" }));
  running = await startDebian();
  const { url } = running.cluster;
  await execute(url, "CREATE DATABASE shop");
  await withClient(url, async (client) => {
    await client.query("SET password_encryption = 'scram-sha-256'");
    await client.query(`CREATE ROLE shop LOGIN PASSWORD '${PASSWORD}'`);
  });
  const [ini, users] = pgbouncerFiles(facts());
  const list = spawnSync("psql", ["-X", "-At", "-d", urlOf(running.cluster, { database: "shop" }), "-f", "-"], { input: users?.text ?? "", encoding: "utf8" });
  expect(list.stdout).toMatch(/^"shop" "SCRAM-SHA-256\$/);
  // A test has a port, a folder and a look at the console of its own; the rest is as written.
  pooler = await startPooler(
    (home, port) =>
      `${(ini?.text ?? "").replace(/^listen_port = .*$/m, `listen_port = ${port}`).replace(/^auth_file = .*$/m, `auth_file = ${home}/userlist.txt`)}unix_socket_dir =\nadmin_users = shop\n`,
    { "userlist.txt": list.stdout },
  );
}, 600_000);
afterAll(async () => {
  await pooler.stop();
  running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pooled = (database: string): string => {
  const url = new URL(pooler.url(database, "shop"));
  url.password = PASSWORD;
  return url.href;
};

test("PgBouncer starts with the file, and its console has every value", async () => {
  const rows = await withClient(pooled("pgbouncer"), async (client) => (await client.query("SHOW CONFIG")).rows as { key: string; value: string }[]);
  const config = new Map(rows.map(({ key, value }) => [key, value]));
  expect(
    Object.fromEntries(
      [
        "pool_mode",
        "max_client_conn",
        "default_pool_size",
        "reserve_pool_size",
        "max_db_connections",
        "query_wait_timeout",
        "server_login_retry",
        "auth_type",
        "ignore_startup_parameters",
      ].map((key) => [key, config.get(key)]),
    ),
  ).toEqual({
    pool_mode: "transaction",
    max_client_conn: "240",
    default_pool_size: "7",
    reserve_pool_size: "2",
    max_db_connections: "12",
    query_wait_timeout: "5",
    server_login_retry: "2",
    auth_type: "scram-sha-256",
    ignore_startup_parameters: "extra_float_digits",
  });
  expect(config.size).toBeGreaterThan(60);
  if (config.size < 80) expect([...config.keys()].filter((key) => !isPgbouncerKey(key, OLDEST_POOLER))).toEqual([]);
});

test("by transaction for the services, by session for migrations, with the role's own password", async () => {
  expect(await withClient(pooled("shop"), async (client) => (await client.query("SELECT current_user AS user")).rows)).toEqual([{ user: "shop" }]);
  const [one, two] = await withClient(pooled("shop_direct"), async (client) => {
    const pid = async (): Promise<number> => ((await client.query("SELECT pg_backend_pid() AS pid")).rows as { pid: number }[])[0]?.pid ?? 0;
    return [await pid(), await pid()];
  });
  expect(one).toBe(two);
  const wrong = new URL(pooler.url("shop", "shop"));
  wrong.password = "another";
  await expect(withClient(wrong.href, async () => true)).rejects.toThrow(/SASL authentication failed|password/);
});

test("keys that came later are written for versions that know them alone", () => {
  const keys = (version: number): string[] =>
    [...(pgbouncerFiles({ ...facts(), version })[0]?.text ?? "").matchAll(/^(\w+) = /gm)]
      .map(([, key = ""]) => key)
      .filter((key) => key !== "shop" && key !== "shop_direct");
  expect(keys(OLDEST_POOLER)).not.toContain("query_wait_notify");
  expect(keys(12_500)).toContain("query_wait_notify");
  for (const version of [11_800, 12_100, 12_500]) expect(keys(version).filter((key) => !isPgbouncerKey(key, version))).toEqual([]);
});

const CHOICES: readonly Choice[] = [
  { kind: "persistent", why: "" },
  { kind: "native", size: 3, why: "" },
  { kind: "pgbouncer", why: "" },
];

function settingsWith(choice: Choice, name: string, worker: string | null = null): string {
  const block: BlockFacts = {
    alias: "default",
    module: `settings_${name}`,
    file: `settings_${name}.py`,
    choice,
    isAsync: false,
    service: "web",
    worker,
    hasServerSettings: true,
    poolTimeout: 3,
    versions: "Django 5.2 with psycopg 3",
    mayBeOther: choice.kind !== "native",
    hasHealthChecks: true,
  };
  const port = choice.kind === "pgbouncer" ? pooler.port : running.cluster.port;
  const options = choice.kind === "pgbouncer" ? ', "OPTIONS": {"options": "-c statement_timeout=5s"}' : "";
  const base = `SECRET_KEY = "x"\nINSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]\nUSE_TZ = True\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "shop", "PASSWORD": ${JSON.stringify(PASSWORD)}, "HOST": "127.0.0.1", "PORT": "${port}"${options}}}\n`;
  const text = databasesBlock(block).text.replace(/^""".*"""$/m, "");
  writeFileSync(path.join(folder, `settings_${name}.py`), `${base}${text}`);
  return `settings_${name}`;
}

function runPython(settings: string, ...args: readonly string[]) {
  return spawnSync(python, [...args], { cwd: folder, encoding: "utf8", env: { ...process.env, DJANGO_SETTINGS_MODULE: settings, PYTHONPATH: folder } });
}

describe.each(CHOICES.map((choice) => [choice.kind, choice] as const))("the block for %s", (kind, choice) => {
  test("passes Django's own check, and connects", () => {
    const settings = settingsWith(choice, kind);
    const check = runPython(settings, "-m", "django", "check", "--database", "default");
    expect({ status: check.status, said: check.stderr }).toMatchObject({ status: 0 });
    const code = `
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT 1")
pool = getattr(connection, "pool", None)
print(connection.settings_dict["CONN_MAX_AGE"], connection.settings_dict["CONN_HEALTH_CHECKS"], None if pool is None else (pool.min_size, pool.max_size, pool.timeout))
from django.contrib.contenttypes.models import ContentType
`;
    const run = runPython(settings, "-c", code);
    expect(run.stderr).toBe("");
    expect(run.stdout.trim()).toBe({ persistent: "60 True None", native: "0 True (1, 3, 3)", pgbouncer: "60 True None" }[kind]);
  }, 60_000);
});

test("a worker of Celery by the same settings has no pool, and a name of its own", () => {
  const settings = settingsWith({ kind: "native", size: 3, why: "" }, "celery", "worker");
  const code =
    'import sys; sys.argv[0] = "/usr/bin/celery" if sys.argv[1] == "w" else "/usr/bin/gunicorn"\nimport django; django.setup()\nfrom django.db import connection\nprint(connection.pool is None, connection.settings_dict["OPTIONS"]["application_name"])';
  expect(runPython(settings, "-c", code, "w").stdout.trim()).toBe("True worker");
  expect(runPython(settings, "-c", code, "s").stdout.trim()).toBe("False web");
});

test("sessions have the service's name", () => {
  const settings = settingsWith({ kind: "persistent", why: "" }, "named");
  const run = runPython(
    settings,
    "-c",
    'import django; django.setup()\nfrom django.db import connection\nwith connection.cursor() as cursor:\n    cursor.execute("SHOW application_name")\n    print(cursor.fetchone()[0])',
  );
  expect(run.stdout.trim()).toBe("web");
});

test("workers of a gunicorn that loads the application first have pools of their own", async () => {
  const settings = settingsWith({ kind: "native", size: 2, why: "" }, "hooks");
  writeFileSync(
    path.join(folder, "app.py"),
    'import django; django.setup()\nfrom django.db import connection\nwith connection.cursor() as cursor:\n    cursor.execute("SELECT 1")\n\n\ndef application(environ, start):\n    with connection.cursor() as cursor:\n        cursor.execute("SELECT pg_sleep(0.01), pg_backend_pid()")\n        pid = cursor.fetchone()[1]\n    connection.close()\n    start("200 OK", [("Content-Type", "text/plain")])\n    return [str(pid).encode()]\n',
  );
  writeFileSync(path.join(folder, "gunicorn.conf.py"), `preload_app = True\nworkers = 3\n${gunicornHooks("web").text}`);
  const port = await freePort();
  const child = spawn(python, ["-m", "gunicorn", "-b", `127.0.0.1:${port}`, "-c", "gunicorn.conf.py", "app:application"], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, DJANGO_SETTINGS_MODULE: settings, PYTHONPATH: folder },
  });
  try {
    for (let round = 0; round < 200 && !(await answered(port)); round += 1) await wait(50);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const response = await fetch(`http://127.0.0.1:${port}/`);
        return { status: response.status, pid: await response.text() };
      }),
    );
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.every(({ pid }) => /^\d+$/.test(pid))).toBe(true);
  } finally {
    child.kill("SIGTERM");
    await new Promise((resolve) => child.once("close", resolve));
  }
}, 60_000);

const answered = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    ({ ok }) => ok,
    () => false,
  );

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const one = createServer().listen(0, "127.0.0.1", () => {
      const address = one.address();
      one.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

test("each limit of the role ends what it is for, also through the pooler, and the undo brings back what was", async () => {
  const { url } = running.cluster;
  await execute(url, "ALTER ROLE shop SET lock_timeout = '77s'");
  const [forward, undo] = roleTimeoutFiles({ role: "shop", request: 3, version: 150_000, present: new Map([["lock_timeout", "77s"]]) });
  const run = (text = ""): void => {
    expect(spawnSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], { input: text, encoding: "utf8" }).stderr).toBe("");
  };
  run(forward?.text);
  const shop = urlOf(running.cluster, { database: "shop", user: "shop" });
  await withClient(urlOf(running.cluster, { database: "shop" }), async (owner) => {
    await owner.query("CREATE TABLE held (id int)");
    await owner.query("GRANT ALL ON held TO shop");
    await owner.query("BEGIN; LOCK TABLE held");
    expect(await codeOf(shop, "SELECT * FROM held")).toBe("55P03");
    await owner.query("COMMIT");
  });
  expect(await codeOf(shop, "SELECT pg_sleep(5)")).toBe("57014");
  // Through the pooler as well; pooled connections from before have the old limits.
  await withClient(pooled("pgbouncer"), (client) => client.query("RECONNECT"));
  expect(await codeOf(pooled("shop"), "SELECT pg_sleep(5)")).toBe("57014");
  expect(await idleCode(shop)).toBe("25P03");
  run(undo?.text);
  const left = await withClient(
    url,
    async (client) => (await client.query("SELECT unnest(setconfig) AS word FROM pg_db_role_setting WHERE setrole = 'shop'::regrole")).rows,
  );
  expect(left).toEqual([{ word: "lock_timeout=77s" }]);
}, 60_000);

const codeIn = (error: unknown): string => (typeof error === "object" && error !== null && "code" in error ? String(error.code) : String(error));

const codeOf = (url: string, sql: string): Promise<string> => withClient(url, (client) => client.query(sql).then(() => "no error", codeIn));

/** The server ends the session while the client says nothing. */
async function idleCode(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  // It says twice that it is gone.
  client.on("error", () => {});
  await client.connect();
  const ended = new Promise<string>((resolve) => client.once("error", (error) => resolve(codeIn(error))));
  await client.query("BEGIN");
  return Promise.race([ended, wait(8000).then(() => "still there")]);
}
