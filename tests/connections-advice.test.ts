/** How connections are to be kept, for the processes that a project runs. */
import { describe, expect, test } from "vitest";
import { choose } from "../src/advisors/connections/choose.ts";
import { connectionFacts } from "../src/advisors/connections/facts.ts";
import { advisor } from "../src/advisors/connections/advisor.ts";
import { erlangC, poolSizeFor } from "../src/advisors/connections/pool-size.ts";
import { secondsOf } from "../src/advisors/connections/timeouts.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import type { Advice, AdvisorInput, Deployment, Service } from "../src/model/index.ts";
import type { DatabaseSettings, SettingsFacts } from "../src/model/deployment.ts";
import { countWords } from "./support/count-words.ts";

const span = { file: "config/settings.py", start: 0, end: 0 };
const spot = { role: "setting" as const, span };
const said = <Value>(value: Value) => ({ value, spot });

function service(over: Partial<Service>): Service {
  const none = {
    workerClass: null,
    processes: null,
    threads: null,
    connections: null,
    replicas: null,
    surge: null,
    timeout: null,
    preloads: null,
    hooks: [],
    settings: null,
  };
  return { name: "web", kind: "wsgi", server: "gunicorn", ...none, spot: { role: "definition", span: { file: "Procfile", start: 0, end: 0 } }, ...over };
}

function settings(over: Partial<DatabaseSettings> = {}): SettingsFacts {
  const database: DatabaseSettings = {
    alias: "default",
    engine: said("django.db.backends.postgresql"),
    host: said("db"),
    port: said("5432"),
    name: said("shop"),
    user: said("shop"),
    connMaxAge: null,
    healthChecks: null,
    atomicRequests: null,
    disableServerSideCursors: null,
    options: new Map(),
    serverSettings: new Map(),
    mirrorOf: null,
    spot,
    optionsSpot: null,
    unread: [],
    ...over,
  };
  return { module: "config.settings", databases: [database], caches: [], values: new Map(), by: "source" };
}

const versions = (django: string, psycopg: string): Deployment["packages"] =>
  new Map([
    ["django", { version: django, spot: null }],
    [psycopg, { version: "3.2.1", spot: null }],
  ]);

function input(over: Partial<Deployment>): AdvisorInput {
  return {
    source: null,
    database: null,
    recording: null,
    thresholds: {},
    findings: [],
    deployment: { ...NO_DEPLOYMENT, settings: [settings()], packages: versions("5.2", "psycopg"), ...over },
  };
}

const sync = service({ workerClass: said("sync"), processes: said(9), replicas: said(2) });
const asgi = service({ kind: "asgi", workerClass: said("uvicorn"), processes: said(8), replicas: said(2) });
const choiceOf = (over: Partial<Deployment>) => choose(connectionFacts(input(over)));

test("Erlang's formula, by vectors that were computed elsewhere", () => {
  expect(erlangC(10, 8)).toBeCloseTo(0.40918, 5);
  expect(erlangC(5, 4)).toBeCloseTo(0.554113, 5);
  expect(erlangC(20, 16)).toBeCloseTo(0.256078, 5);
  expect(erlangC(5, 5)).toBe(1);
  for (const load of [0.1, 2, 8, 40]) {
    const size = poolSizeFor(load);
    expect(erlangC(size, load)).toBeLessThanOrEqual(0.01);
    if (size > 5) expect(erlangC(size - 1, load)).toBeGreaterThan(0.01);
  }
});

describe("the choice", () => {
  test("workers of one thread keep a connection each, while all fit", () => {
    expect(choiceOf({ services: [sync] })).toMatchObject({ kind: "persistent", why: "one connection a process: 18 in all, within 62" });
  });
  test("more of them than the server has places share a pool in front of it", () => {
    expect(choiceOf({ services: [{ ...sync, processes: said(40) }] })).toMatchObject({
      kind: "pgbouncer",
      why: "80 processes want a connection each, and there are 62",
    });
  });
  test("under ASGI each process has a pool, as large as the server allows", () => {
    expect(choiceOf({ services: [asgi] })).toMatchObject({ kind: "native", size: 3, why: "16 processes of `web` × 3 + 0 of the others = 48, within 62" });
  });
  test("under ASGI without a pool of Django's, PgBouncer", () => {
    expect(choiceOf({ services: [asgi], packages: versions("4.2", "psycopg") })).toMatchObject({ kind: "pgbouncer" });
    expect(choiceOf({ services: [asgi], packages: versions("5.2", "psycopg2") })).toMatchObject({ kind: "pgbouncer" });
  });
  test("a pool of one in each of many processes is none", () => {
    expect(choiceOf({ services: [{ ...asgi, processes: said(40) }] })).toMatchObject({ kind: "pgbouncer" });
  });
  test("threads have as many as they are", () => {
    const threads = service({ workerClass: said("gthread"), processes: said(4), threads: said(4), replicas: said(1) });
    expect(choiceOf({ services: [threads] })).toMatchObject({ kind: "native", size: 4 });
    expect(choiceOf({ services: [threads], packages: versions("4.2", "psycopg2") })).toMatchObject({ kind: "persistent" });
  });
  test("the pooler that is there stays", () => {
    expect(choiceOf({ services: [sync], settings: [settings({ port: said("6432"), host: said("pgbouncer") })] })).toMatchObject({
      kind: "pgbouncer",
      why: "a pooler is there already: port 6432 of `default` (config.settings)",
    });
  });
});

test("where the environment decides the engine, options of libpq are for PostgreSQL alone", async () => {
  const textWith = async (engine: DatabaseSettings["engine"]): Promise<string> => {
    const [pooling] = await advisor.advise(input({ services: [sync], settings: [settings({ engine })] }));
    return pooling?.artefacts.find(({ path }) => path === "databases.py")?.text ?? "";
  };
  const guard = '\nif DATABASES["default"]["ENGINE"].endswith(("postgresql", "postgis")):\n    DATABASES["default"].update(\n';
  expect(await textWith({ ...said("django.db.backends.sqlite3"), dependsOn: 'os.getenv("DB_ENGINE")' })).toContain(guard);
  expect(await textWith(said("django.db.backends.postgresql"))).toContain('\nDATABASES["default"].update(\n');
});

test("limits of a rolling update and of max_connections are in the sum", async () => {
  const given = input({ services: [{ ...sync, surge: said(0.5) }], maxConnections: said(40) });
  const [pooling, , timeouts] = (await advisor.advise(given)) as readonly [Advice, Advice, Advice];
  expect(pooling.claim).toBe("The services open up to 27 connections; the server has 37. Proposed: PgBouncer in transaction mode, 16 for all.");
  expect(pooling.tables[0]?.rows[0]).toEqual(["web", "gunicorn", "3", "9", "1 (one at a time)", "27"]);
  expect(pooling.artefacts.map(({ path }) => path)).toEqual(["databases.py", "pgbouncer.ini", "userlist.sql"]);
  expect(timeouts.artefacts.map(({ path }) => path)).toEqual(["role-timeouts.sql", "role-timeouts.undo.sql"]);
});

test("nothing is made up where nothing is known", async () => {
  const all = await advisor.advise(input({ services: [], settings: [] }));
  expect(all.map(({ artefacts, tables }) => [artefacts.length, tables.length])).toEqual([
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  expect(all.every(({ missing }) => missing !== "")).toBe(true);
});

test("claims are short and of this project", async () => {
  for (const { claim } of await advisor.advise(input({ services: [sync, asgi] }))) expect(countWords(claim), claim).toBeLessThanOrEqual(30);
});

test("times as PostgreSQL writes them", () => {
  expect(["10s", "2min", "500", "0", "1.5h", "later"].map(secondsOf)).toEqual([10, 120, 0.5, null, 5400, null]);
});
