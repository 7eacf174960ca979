/** The code that the cache advisor writes, in a copy of the bookshop, on a real Redis and PostgreSQL. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { advisor } from "../../src/advisors/cache/advisor.ts";
import { readSource } from "../../src/analyse.ts";
import { NO_DEPLOYMENT } from "../../src/deployment/no-deployment.ts";
import type { Advice, RuleInput } from "../../src/model/index.ts";
import { bookshop } from "../support/bookshop.ts";
import { emptyRecording } from "../support/empty-recording.ts";
import { withTraffic } from "../support/replay-of.ts";
import { ensurePythonEnv, startPostgres, startRedis } from "../support/services.ts";

const GENRES =
  'SELECT "catalog_genre"."id", "catalog_genre"."name", "catalog_genre"."slug", "catalog_genre"."parent_id", T2."id", T2."name", T2."slug", T2."parent_id" FROM "catalog_genre" LEFT OUTER JOIN "catalog_genre" T2 ON ("catalog_genre"."parent_id" = T2."id") ORDER BY "catalog_genre"."name" ASC';
const ORDERS = 200;
/** Enough to catch code that is wrong. */
const FEW = 80;
const MOST_SECONDS = 45;

/** cachalot names the backends that it works with; the stepping one is Django's own Redis. */
const CACHALOT = `from cachalot import settings as cachalot_settings

from .race import *

INSTALLED_APPS = [*INSTALLED_APPS, "cachalot"]
cachalot_settings.SUPPORTED_CACHE_BACKENDS.add("stepping.SteppingRedisCache")
`;

interface Race {
  readonly schedules: number;
  readonly steps: number;
  readonly wrong: number;
  readonly seconds: number;
}

let advice: readonly Advice[] = [];
let root = "";
let python = "";
let env: NodeJS.ProcessEnv = {};
const stops: (() => void)[] = [];

beforeAll(async () => {
  const source = await readSource({ root: bookshop, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions: [], thresholds: {} });
  advice = await adviceFor(source);
  const [redis, { cluster, stop }, made] = await Promise.all([
    startRedis(),
    startPostgres(),
    ensurePythonEnv({ requirements: "tests/caching/requirements.txt", directory: ".cache/venv-caching" }),
  ]);
  stops.push(redis.stop, stop);
  python = made.python;
  root = mkdtempSync(path.join(tmpdir(), "luthier-caching-"));
  stops.push(() => rmSync(root, { recursive: true, force: true }));
  cpSync(bookshop, root, { recursive: true });
  apply(advice);
  writeFileSync(
    path.join(root, "bookshop/settings/race.py"),
    `from .test import *\n\nCACHES = {"default": {"BACKEND": "stepping.SteppingRedisCache", "LOCATION": "${redis.url}"}}\n`,
  );
  writeFileSync(path.join(root, "bookshop/settings/race_cachalot.py"), CACHALOT);
  env = {
    ...process.env,
    ...cluster.env,
    DJANGO_SETTINGS_MODULE: "bookshop.settings.race",
    PYTHONPATH: [root, import.meta.dirname].join(path.delimiter),
    PYTHONWARNINGS: "ignore",
  };
  run("manage.py", "migrate", "-v0");
});

afterAll(() => {
  for (const stop of stops) stop();
});

async function adviceFor(source: RuleInput): Promise<readonly Advice[]> {
  const line =
    source
      .text("marketing/caching.py")
      .split("\n")
      .findIndex((text) => text.includes("planted: cache-candidate-genres")) + 1;
  const recording = await withTraffic(emptyRecording(), {
    seconds: 600,
    statements: [
      { sql: GENRES, stack: [`marketing/caching.py:${line} genre_tree`], count: 1200, every: 0.5, ms: 4, rows: 40, scope: "GET /genres/" },
      { sql: 'UPDATE "catalog_genre" SET "name" = %s WHERE "catalog_genre"."id" = %s', count: 2, every: 200, after: 100, kind: "write" },
    ],
  });
  return advisor.advise({ source, deployment: NO_DEPLOYMENT, database: null, recording, thresholds: {}, findings: [] });
}

/** As a person would: the files where they say, the function as the example has it, its import at the top. */
function apply(all: readonly Advice[]): void {
  for (const { path: file, text } of all.flatMap(({ artefacts }) => artefacts)) writeFileSync(path.join(root, path.basename(file)), text);
  const [example] = all.flatMap(({ examples }) => examples).filter(({ file }) => file === "marketing/caching.py");
  if (example === undefined) throw new Error("no example");
  const [head = "", ...body] = example.after.split("\n\n\n");
  const file = path.join(root, example.file);
  const before = readFileSync(file, "utf8");
  expect(before).toContain(example.before);
  writeFileSync(file, before.replace(example.before, body.join("\n\n\n")).replace("from .models", `${head}\n\nfrom .models`));
}

function run(...args: readonly string[]): string {
  return runWith("bookshop.settings.race", ...args);
}

function runWith(settings: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(python, args, {
    cwd: root,
    env: { ...env, DJANGO_SETTINGS_MODULE: settings },
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}\n${stderr}`);
  return stdout;
}

function race(variant: string, seed = 1, orders = ORDERS): Race {
  return JSON.parse(run(path.join(import.meta.dirname, "race.py"), variant, String(orders), String(seed))) as Race;
}

describe("a few hundred orders of readers and writers", () => {
  test("leave no stale answer with the generated code", () => {
    const outcome = race("generated");
    expect(outcome).toMatchObject({ schedules: ORDERS, wrong: 0 });
    expect(outcome.steps).toBeGreaterThan(ORDERS * 10);
    expect(outcome.seconds).toBeLessThan(MOST_SECONDS);
  });

  test("nor when the generated receivers notice the writes", () => {
    expect(race("generated-signals", 1000)).toMatchObject({ wrong: 0 });
  });

  test.each(["removed-in-transaction", "removed-after-commit", "generated-without-guard"])("find one with %s, so that they can", (variant) => {
    expect(race(variant, 1, FEW).wrong).toBeGreaterThan(0);
  });
});

test("cachalot 2.8.0 keeps old rows when a reader comes between its removal and the write", () => {
  const outcome = JSON.parse(runWith("bookshop.settings.race_cachalot", path.join(import.meta.dirname, "race.py"), "cachalot", String(FEW), "1")) as Race;
  expect(outcome.wrong).toBeGreaterThan(0);
});

describe("at the moment that an answer ends", () => {
  test("one of fifty readers asks the database", () => {
    expect(JSON.parse(run(path.join(import.meta.dirname, "stampede.py"), "50"))).toMatchObject({ readers: 50, asked: 1 });
  });

  test("without Redis the site works", () => {
    expect(JSON.parse(run(path.join(import.meta.dirname, "stampede.py"), "3", "unix:///nowhere/redis.sock"))).toMatchObject({
      readers: 3,
      asked: 3,
      failed: 0,
    });
  });
});

describe("the advice", () => {
  test("has figures and names of the shop in every sentence", () => {
    const sentences = advice
      .flatMap((one) => [
        one.claim,
        ...one.reasons,
        one.examined,
        one.doubt,
        ...one.examples.map(({ note }) => note),
        ...one.artefacts.map(({ purpose }) => purpose),
      ])
      .filter((one) => one !== "");
    expect(sentences.length).toBeGreaterThan(10);
    expect(sentences.filter((one) => !/\d|genre|catalog_/.test(one))).toEqual([]);
  });

  test("is one for each section, with a curve and its write sites", () => {
    expect(advice.map(({ section }) => section)).toEqual(["6.1", "6.2", "6.3"]);
    const [code, writes, ways] = advice;
    expect(code?.plots).toMatchObject([{ kind: "ttl", label: "genre_tree()" }]);
    expect(writes?.tables[0]?.rows.map(([place = "", , how]) => `${place.split(":")[0]} ${how}`)).toContain("catalog/queries.py get_or_create()");
    expect(ways?.tables[0]?.rows.map(([, , , stale]) => stale)[0]).toBe("0");
  });
});
