import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../support/services.ts";
import { answers, freePort, useRecorder, type Recorded, type RecordOptions } from "../support/recorder-world.ts";
import { readLines, type RecordedScope } from "../support/recording-lines.ts";

const world = useRecorder();
const database = { url: "", stop: () => {} };

beforeAll(async () => {
  const { cluster, stop } = await startPostgres();
  Object.assign(database, { url: cluster.url, stop });
  const filled = await world.record([world.python, "causes.py"], { env: { SHOP_DATABASE: database.url } });
  expect(filled.status, filled.stderr).toBe(0);
});
afterAll(() => database.stop());

const WSGI = "shop.wsgi:application";

/** What serves, and how often it is asked for a page with how many statements. Together they are 10 000 statements. */
const SERVERS: readonly {
  readonly name: string;
  readonly command: (port: number) => string[];
  readonly requests: number;
  readonly statements: number;
  readonly view?: string;
}[] = [
  { name: "runserver", command: (port) => [world.python, "manage.py", "runserver", `127.0.0.1:${port}`], requests: 20, statements: 50 },
  { name: "gunicorn, sync workers", command: (port) => gunicorn(port, "--workers", "2"), requests: 40, statements: 50 },
  { name: "gunicorn, preloaded", command: (port) => gunicorn(port, "--workers", "2", "--preload"), requests: 20, statements: 50 },
  { name: "gunicorn, threads", command: (port) => gunicorn(port, "--worker-class", "gthread", "--threads", "8"), requests: 40, statements: 50 },
  { name: "gunicorn, gevent", command: (port) => gunicorn(port, "--worker-class", "gevent", "--workers", "2"), requests: 40, statements: 50 },
  {
    name: "uvicorn",
    command: (port) => [world.bin("uvicorn"), "--port", String(port), "--log-level", "warning", "shop.asgi:application"],
    requests: 40,
    statements: 25,
    view: "amarked",
  },
];
const CELERY = [
  { name: "prefork", args: ["--pool", "prefork", "--concurrency", "2"], tasks: 10, statements: 50 },
  { name: "threads", args: ["--pool", "threads", "--concurrency", "4"], tasks: 10, statements: 50 },
];

function gunicorn(port: number, ...args: string[]): string[] {
  return [world.bin("gunicorn"), "--bind", `127.0.0.1:${port}`, "--log-level", "error", ...args, WSGI];
}

test("10 000 statements are counted below", () => {
  const served = SERVERS.map(({ requests, statements }) => requests * statements);
  const worked = CELERY.map(({ tasks, statements }) => tasks * statements);
  expect([...served, ...worked].reduce((sum, count) => sum + count)).toBe(10_000);
});

describe.each(SERVERS)("$name", ({ command, requests, statements, view = "marked" }) => {
  test("no statement is lost or in another request's scope", async () => {
    const port = await freePort();
    const recorded = await serve(command(port), port, async (base) => {
      const pages = Array.from({ length: requests }, (_, request) => fetch(`${base}/${view}/m${request}/${statements}/`));
      const statuses = (await Promise.all(pages)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([200]));
    });
    expectEachOnce(recorded, "request", requests, statements);
    const route = `${view}/<str:mark>/<int:count>/`;
    for (const scope of scopesOf(recorded, "request").filter(({ facts }) => facts["route"] !== undefined)) {
      expect(scope).toMatchObject({ name: "GET", facts: { route, status: 200 } });
    }
  });
});

test("a view that is a method is told by its object's class", async () => {
  const port = await freePort();
  const recorded = await serve(gunicorn(port), port, async (base) => {
    for (const page of ["desk", "orders"]) expect((await fetch(`${base}/${page}/`)).status).toBe(200);
  });
  const views = scopesOf(recorded, "request").flatMap(({ facts }) => facts["view"] ?? []);
  expect(views).toEqual(["store.views.Desk", "store.views.orders"]);
});

test("a streaming body belongs to its request", async () => {
  const port = await freePort();
  const recorded = await serve(gunicorn(port), port, async (base) => {
    expect(await (await fetch(`${base}/stream/body/`)).text()).toBe("bodybodybody");
  });
  const scopes = new Set(recorded.recording.statements.filter(({ sql }) => sql.includes("body_")).map(({ scope }) => scope));
  expect([...scopes]).toMatchObject([{ kind: "request", facts: { route: "stream/<str:mark>/", status: 200 } }]);
});

describe.each(CELERY)("Celery, $name", ({ args, tasks, statements }) => {
  test("no statement is lost or in another task's scope", async () => {
    const broker = path.join(world.temporary, `broker-${args[1]}`);
    const done = path.join(world.temporary, `done-${args[1]}`);
    for (const folder of [broker, done]) mkdirSync(folder);
    const env = { SHOP_DATABASE: database.url, SHOP_BROKER: broker };
    const send = `from shop.celery import mark\nfor n in range(${tasks}): mark.delay(f"m{n}", ${statements})`;
    const sent = await world.record([world.python, "-c", send], { env });
    expect(sent.status, sent.stderr).toBe(0);
    const recorded = await world.record(
      [world.bin("celery"), "--app", "shop", "worker", "--loglevel", "error", "--without-mingle", "--without-gossip", ...args],
      {
        env,
        folder: done,
        meanwhile: () => written(done, tasks * statements),
      },
    );
    expectEachOnce(recorded, "task", tasks, statements);
    for (const scope of scopesOf(recorded, "task")) expect(scope).toMatchObject({ name: "store.mark", facts: { outcome: "SUCCESS" } });
  });
});

async function serve(command: readonly string[], port: number, ask: (base: string) => Promise<void>, options: RecordOptions = {}): Promise<Recorded> {
  const base = `http://127.0.0.1:${port}`;
  return world.record(command, {
    ...options,
    env: { SHOP_DATABASE: database.url, SHOP_CONN_MAX_AGE: "0", ...options.env },
    meanwhile: async () => {
      await answers(`${base}/nowhere/`);
      await ask(base);
    },
  });
}

function scopesOf({ recording }: Recorded, kind: string): RecordedScope[] {
  return recording.scopes.filter((scope) => scope.kind === kind);
}

/** Every marked statement stands in the recording once, in a scope of its unit of work and of no other. */
function expectEachOnce({ recording }: Recorded, kind: string, units: number, statements: number): void {
  const units_ = new Map<string, Set<RecordedScope>>();
  const counts = new Map<string, number>();
  for (const { sql, scope } of recording.statements) {
    const [, mark, unit] = /^SELECT 1 AS ((m\d+)_\S+)$/.exec(sql) ?? [];
    if (mark === undefined || unit === undefined) continue;
    counts.set(mark, (counts.get(mark) ?? 0) + 1);
    units_.set(unit, (units_.get(unit) ?? new Set()).add(scope));
  }
  expect([...counts.values()].filter((count) => count !== 1)).toEqual([]);
  expect(counts.size).toBe(units * statements);
  expect([...units_.values()].map((scopes) => scopes.size)).toEqual(Array.from({ length: units }, () => 1));
  const scopes = [...units_.values()].flatMap((found) => [...found]);
  expect(new Set(scopes).size).toBe(units);
  expect(new Set(scopes.map((scope) => scope.kind))).toEqual(new Set([kind]));
  expect(recording.lines.filter(([line]) => line === "d")).toEqual([]);
}

/** Waits until that many marked statements are in the files of a folder. */
async function written(folder: string, count: number): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 200))) {
    if (!existsSync(folder)) continue;
    const { statements } = readLines(folder);
    if (statements.filter(({ sql }) => sql.startsWith("SELECT 1 AS m")).length >= count) return;
  }
  throw new Error("the tasks did not run");
}
