/** No output holds the connection's password or, once the snapshot is redacted, a value of a row: not from the server's counters, and not from its logs. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readStatementFiles } from "../src/sources/statement-files.ts";
import { useBuiltCli, type Ended } from "./support/built-cli.ts";
import { execute, startDebian, urlOf, withClient, type RunningServer } from "./support/servers.ts";
import { buildShop, PLANTED } from "./support/shop-database.ts";
import { SHOP_FILES } from "./support/shop-project.ts";
import { writeFiles } from "./support/temporary-folder.ts";

const PASSWORD = "pa55-w0rd:of/me";
/** Values that statements of the log hold: of a wait for a lock, of a slow statement, of a plan, of a parameter, of a number that is a key. */
const LOGGED = {
  waited: "planted-waited",
  slow: "planted-slow",
  planned: "planted-planned",
  parameter: "planted-parameter",
  advisory: "815004711",
  unread: "planted-unread",
};
const VALUES = [...Object.values(PLANTED), ...Object.values(LOGGED)];
const LOGS = ["pg.log", "pg.csv", "pg.json"];
/** As small as the shop is, everything of it is worth a word. */
const THRESHOLDS = {
  "top-statements.ms": 0,
  "top-statements": 0,
  "plan.ms": 0,
  "plan-rows-removed": 10,
  "plan-rows-removed.share": 0,
  "low-cardinality-text": 100,
  "constant-column-index.bytes": 0,
  "partial-index.rows": 10,
  "partial-index.share": 0,
};

const cli = useBuiltCli();
let running: RunningServer;
let folder = "";
const outputs = new Map<string, string>();

beforeAll(async () => {
  const collected = {
    logging_collector: "on",
    log_directory: "collected",
    log_filename: "pg.log",
    log_destination: "stderr,csvlog,jsonlog",
    log_line_prefix: "%m [%p] %q%u@%d ",
  };
  running = await startDebian({
    settings: { ...collected, password_encryption: "scram-sha-256", log_lock_waits: "on", deadlock_timeout: "50ms" },
    prepare: allowSecret,
  });
  await execute(running.cluster.url, "CREATE DATABASE shop");
  const url = urlOf(running.cluster, { database: "shop" });
  await withClient(url, buildShop);
  await execute(url, `CREATE ROLE secret LOGIN PASSWORD '${PASSWORD}'`, "GRANT pg_monitor, pg_read_all_data TO secret");
  await beLogged(url);
  folder = mkdtempSync(path.join(tmpdir(), "luthier-secrets-"));
  writeFiles(folder, {
    ...SHOP_FILES,
    "luthier.toml": `[thresholds]\n${Object.entries(THRESHOLDS)
      .map(([name, value]) => `"${name}" = ${value}`)
      .join("\n")}\n`,
  });
  mkdirSync(path.join(folder, "logs"));
  for (const name of LOGS) cpSync(path.join(running.cluster.directory, "collected", name), path.join(folder, "logs", name));
  await collectOutputs(urlOf({ url }, { user: "secret", password: PASSWORD }));
}, 240_000);
afterAll(() => {
  running.stop();
  rmSync(folder, { recursive: true, force: true });
});

function allowSecret(directory: string): void {
  const file = path.join(directory, "pg_hba.conf");
  writeFileSync(file, `host all secret all scram-sha-256\n${readFileSync(file, "utf8")}`);
}

/** Waits, slow statements and plans, each with a value in its text. */
async function beLogged(url: string): Promise<void> {
  await withClient(url, (holder) =>
    withClient(url, async (waiter) => {
      await waiter.query("LOAD 'auto_explain'; SET auto_explain.log_format = 'json'; SET auto_explain.log_analyze = on; SET auto_explain.log_min_duration = 0");
      await waiter.query(`SELECT count(*) FROM "order" WHERE note LIKE '%${LOGGED.planned}%'`);
      await waiter.query("SET auto_explain.log_min_duration = -1; SET log_min_duration_statement = 0");
      await waiter.query(`SELECT count(*) FROM "order" WHERE note = '${LOGGED.slow}'`);
      await waiter.query('SELECT count(*) FROM "order" WHERE note = $1', [LOGGED.parameter]);
      await waiter.query("SET log_min_duration_statement = -1");
      for (let turn = 0; turn < 3; turn += 1) {
        await waitBehind(holder, waiter, `UPDATE "order" SET note = 'held' WHERE id = 1`, `UPDATE "order" SET note = '${LOGGED.waited}' WHERE id = 1`);
        await waitBehind(holder, waiter, `SELECT pg_advisory_lock(${LOGGED.advisory})`, `SELECT pg_advisory_lock(${LOGGED.advisory})`);
        await waitBehind(holder, waiter, 'LOCK TABLE "order"', `COPY "order" (customer_id, status, note) FROM PROGRAM 'echo 1,open,${LOGGED.unread}' CSV`);
      }
    }),
  );
}

async function waitBehind(
  holder: { query(sql: string): Promise<unknown> },
  waiter: { query(sql: string): Promise<unknown> },
  first: string,
  second: string,
): Promise<void> {
  await holder.query(`BEGIN; ${first}`);
  const waiting = waiter.query(second);
  await new Promise((resolve) => setTimeout(resolve, 150));
  await holder.query("COMMIT; SELECT pg_advisory_unlock_all()");
  await waiting;
  await waiter.query("SELECT pg_advisory_unlock_all()");
}

async function collectOutputs(url: string): Promise<void> {
  const keep = async (name: string, args: readonly string[]): Promise<void> => {
    const { stdout, stderr, status }: Ended = await cli(args, folder);
    outputs.set(name, `${stdout}\n${stderr}`);
    if (status !== 0 && status !== 1 && !stderr.includes("this snapshot was redacted")) throw new Error(`${name} ended with ${status}\n${stderr}`);
  };
  const logs = LOGS.flatMap((name) => ["--log", path.join("logs", name)]);
  await keep("snapshot", ["snapshot", "--db", url, "--redact", "--sample", "--interval", "1"]);
  for (const format of FORMATS) await keep(`check ${format}`, ["check", "--format", format, "--verbose", "--no-cache", ...logs]);
  await keep("top-statements", ["top-statements", "--no-cache", ...logs]);
  await keep("top-statements json", ["top-statements", "--no-cache", "--format", "json", ...logs]);
  await keep("advise indexes", ["advise", "indexes", "--no-cache", "--seconds", "10", ...logs]);
  await keep("tune", ["tune", "--verbose", "--no-cache", ...logs]);
  for (const file of filesBelow(path.join(folder, ".luthier"))) outputs.set(path.relative(folder, file), textOf(file));
}

const FORMATS = ["text", "json", "sarif", "github", "markdown"];

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file).isFile());
}

function textOf(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

test("the logs hold every value that is looked for", () => {
  for (const name of LOGS) {
    const text = textOf(path.join(folder, "logs", name));
    for (const value of Object.values(LOGGED)) expect(text).toContain(value);
  }
});

describe.each(LOGS)("%s of a real server", (name) => {
  test("tells of waits, statements and plans", async () => {
    const { lockWaits = [], plans, logged } = await readStatementFiles([path.join(folder, "logs", name)]);
    expect(lockWaits.map(({ kind, waits }) => [kind, waits] as const).toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["other", 3],
      ["relation", 3],
      ["row", 3],
    ]);
    const row = lockWaits.find(({ kind }) => kind === "row");
    expect(row).toMatchObject({ mode: "ShareLock", relation: "order", open: 0 });
    expect(row?.sql).toMatch(/^UPDATE "order" SET note = /);
    expect(row?.longestMs).toBeGreaterThan(50);
    expect(plans.length).toBeGreaterThan(0);
    expect(logged.length).toBeGreaterThan(0);
  });
});

test("what is looked through has the findings in it", () => {
  for (const format of FORMATS) expect(outputs.get(`check ${format}`)).toContain("lock-waits");
  expect(outputs.get("check text")).toMatch(/waits up to/);
  expect([...outputs.keys()].filter((name) => name.startsWith(".luthier/handbook")).length).toBeGreaterThan(3);
  expect(outputs.get(".luthier/snapshot.json.gz")).toContain('"redacted"');
});

test.each(VALUES)("%s is in no output", (value) => {
  const found = [...outputs].flatMap(([name, text]) => {
    const at = text.toLowerCase().indexOf(value.toLowerCase());
    return at < 0 ? [] : [`${name}: …${text.slice(Math.max(0, at - 80), at + 60)}…`];
  });
  expect(found).toEqual([]);
});

test("nor is the password", () => {
  const found = [...outputs].filter(([, text]) => text.includes("pa55") || text.includes(encodeURIComponent(PASSWORD)));
  expect(found.map(([name]) => name)).toEqual([]);
});
