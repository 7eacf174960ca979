/** Fire drills: a real PostgreSQL with Debian's exporter, Prometheus and Alertmanager on the generated files, an incident, and what arrives. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { alertGroups } from "../src/advisors/monitoring/alerts/all-alerts.ts";
import { artefacts } from "../src/advisors/monitoring/artefacts.ts";
import { dashboard, expressionsOf } from "../src/advisors/monitoring/dashboard.ts";
import { exporterQueries } from "../src/advisors/monitoring/exporter-queries.ts";
import { metricOf } from "../src/advisors/monitoring/inventory/inventory.ts";
import { POSTGRES_EXPORTER_0_11 } from "../src/advisors/monitoring/inventory/postgres-exporter-0.11.ts";
import { inventoryOf } from "../src/advisors/monitoring/lint.ts";
import { namesIn } from "../src/advisors/monitoring/promql.ts";
import { ruleFile } from "../src/advisors/monitoring/rule-files.ts";
import { watch, type Watched } from "../src/advisors/monitoring/watched.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import { databaseOf, freePort, monitoringTools, run, start, until, type MonitoringTools } from "./support/monitoring.ts";
import { execute, look, startDebian, withClient, type RunningServer } from "./support/servers.ts";

/** A minute of the rules is a second here. */
const HASTE = 60;

const folder = mkdtempSync(path.join(tmpdir(), "luthier-drill-"));
const stops: (() => void | Promise<void>)[] = [];
let tools: MonitoringTools;
let server: RunningServer;
let watched: Watched;
let prometheus = "";
let exporter = "";
let catcher: Catcher;
let words = (): string => "";

interface Arrived {
  readonly receiver: string;
  readonly name: string;
  readonly status: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Catcher {
  readonly port: number;
  readonly arrived: Arrived[];
  readonly server: Server;
}

beforeAll(async () => {
  tools = await monitoringTools();
  server = await startDebian({ settings: { max_connections: "20", track_io_timing: "on" } });
  stops.push(server.stop);
  await execute(
    server.cluster.url,
    "CREATE EXTENSION pg_stat_statements",
    "CREATE ROLE app LOGIN",
    "CREATE TABLE orders (id bigint PRIMARY KEY, state text NOT NULL)",
    "GRANT ALL ON orders TO app",
    "INSERT INTO orders SELECT n, 'open' FROM generate_series(1, 5000) n",
    "ANALYZE",
  );
  for (let n = 0; n < 5; n += 1)
    await execute(server.cluster.url, "SELECT count(*) FROM orders WHERE state = 'open'", "UPDATE orders SET state = 'sent' WHERE id = 7");
  const database = await databaseOf({ snapshot: await look(server.cluster.url) });
  watched = watch({ database, deployment: NO_DEPLOYMENT, thresholds: { "monitoring.idle-in-transaction": 3 }, placeOf: ({ span }) => span.file });
  await execute(server.cluster.url, ...roleStatements());
  exporter = `127.0.0.1:${await freePort()}`;
  catcher = await startCatcher();
  await startExporter();
  await startServers();
});

afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
  catcher.server.close();
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (name: string): string =>
  artefacts({ watched, groups: alertGroups(watched), board: dashboard(watched), queries: exporterQueries(watched), gaps: [] }).find(
    ({ path: own }) => own === name,
  )?.text ?? expect.fail(name);

/** The generated role, as a person would make it. */
function roleStatements(): string[] {
  return fileOf("exporter/role.sql")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("--"));
}

async function startExporter(): Promise<void> {
  const queries = path.join(folder, "queries.yaml");
  writeFileSync(queries, fileOf("exporter/queries.yaml"));
  const url = new URL(server.cluster.url);
  url.username = "postgres_exporter";
  const env = { ...process.env, DATA_SOURCE_NAME: `${url.href}?sslmode=disable&application_name=postgres_exporter` };
  const running = start(tools.exporter, [`--extend.query-path=${queries}`, `--web.listen-address=${exporter}`], { cwd: folder, env });
  stops.push(running.stop);
  await until(`the exporter: ${running.said()}`, async () =>
    (await textAt(`http://${exporter}/metrics`)).includes("luthier_session_connections") ? true : null,
  );
}

async function startServers(): Promise<void> {
  const [port, alerting] = [await freePort(), await freePort()];
  prometheus = `http://127.0.0.1:${port}`;
  const groups = alertGroups(watched).map((group) => ({ ...group, alerts: group.alerts.map((alert) => ({ ...alert, hold: alert.hold / HASTE })) }));
  writeFileSync(path.join(folder, "rules.yml"), ruleFile("drill", groups, "a minute is a second"));
  writeFileSync(path.join(folder, "prometheus.yml"), hastened(fileOf("prometheus/scrape.yml"), `127.0.0.1:${alerting}`));
  writeFileSync(path.join(folder, "alertmanager.yml"), caught(fileOf("alertmanager.yml"), catcher.port));
  const manager = start(
    movedAlertmanager(),
    ["--config.file=alertmanager.yml", `--web.listen-address=127.0.0.1:${alerting}`, "--cluster.listen-address=", "--storage.path=am"],
    { cwd: folder },
  );
  const prom = start(
    tools.prometheus,
    ["--config.file=prometheus.yml", `--web.listen-address=127.0.0.1:${port}`, "--storage.tsdb.path=data", "--rules.alert.resend-delay=1s"],
    { cwd: folder },
  );
  stops.push(manager.stop, prom.stop);
  words = () => manager.said().slice(-1500);
  await until(`Prometheus with targets: ${prom.said()} ${manager.said()}`, async () => ((await query("up == 1")).length > 0 ? true : null));
}

const TEMPLATES = "/usr/share/prometheus/alertmanager";

/** Debian's program reads its templates from where the package would be installed; unpacked elsewhere, a copy of it reads them from the folder that it runs in. */
function movedAlertmanager(): string {
  const root = path.resolve(tools.alertmanager, "../../..");
  if (root === "/") return tools.alertmanager;
  const here = "./".repeat(TEMPLATES.length / 2);
  const moved = path.join(folder, "alertmanager");
  const program = readFileSync(tools.alertmanager, "latin1");
  if (!program.includes(TEMPLATES)) throw new Error("Alertmanager names no folder of templates");
  writeFileSync(moved, program.replaceAll(TEMPLATES, here), { encoding: "latin1", mode: 0o755 });
  for (const name of ["default.tmpl", "email.tmpl"]) copyFileSync(path.join(root, TEMPLATES, name), path.join(folder, name));
  return moved;
}

interface ScrapeFile {
  global: object;
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: { static_configs: { targets: string[] }[] }[];
}

/** Debian's exporter tries for two seconds to connect before it says that PostgreSQL is down. */
const SCRAPES = "3s";

/** The generated file with this machine's addresses, and every few seconds. */
function hastened(text: string, alertmanager: string): string {
  const file = parse(text) as ScrapeFile;
  const jobs = file.scrape_configs.map((one) => ({
    ...one,
    scrape_interval: SCRAPES,
    scrape_timeout: SCRAPES,
    static_configs: one.static_configs.map((group) => ({ ...group, targets: [exporter] })),
  }));
  return stringify({
    ...file,
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: jobs,
  });
}

/** The generated routes and inhibitions, with a catcher behind every receiver. */
function caught(text: string, port: number): string {
  const file = parse(text) as { route: { routes: object[] }; receivers: { name: string }[] };
  const waits = { group_wait: "1s", group_interval: "1s", repeat_interval: "1m" };
  const route = { ...file.route, ...waits, routes: file.route.routes.map((one) => ({ ...one, ...waits })) };
  return stringify({ ...file, route, receivers: file.receivers.map(({ name }) => ({ name, webhook_configs: [{ url: `http://127.0.0.1:${port}/${name}` }] })) });
}

async function startCatcher(): Promise<Catcher> {
  const arrived: Arrived[] = [];
  const port = await freePort();
  const listening = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const { alerts } = JSON.parse(body) as { alerts: { status: string; labels: { alertname: string }; annotations: Record<string, string> }[] };
      for (const { status, labels, annotations } of alerts)
        arrived.push({ receiver: (request.url ?? "").slice(1), name: labels.alertname, status, annotations });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listening.listen(port, "127.0.0.1", resolve));
  return { port, arrived, server: listening };
}

const textAt = async (url: string): Promise<string> => (await fetch(url)).text();

async function query(expr: string): Promise<unknown[]> {
  const answer = (await (await fetch(`${prometheus}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expr }) })).json()) as {
    status: string;
    error?: string;
    data: { result: unknown };
  };
  if (answer.status !== "success") throw new Error(`${expr}: ${answer.error ?? ""}`);
  return Array.isArray(answer.data.result) ? answer.data.result : [];
}

describe("the exporter of Debian", () => {
  test("emits what its inventory says, and nothing else", async () => {
    const names = (await textAt(`http://${exporter}/metrics`)).split("\n").flatMap((line) => /^([a-z_]+[a-z0-9_]*)(?:\{(.*)\})? /.exec(line) ?? []).length;
    expect(names).toBeGreaterThan(100);
    const scraped = scrapedMetrics(await textAt(`http://${exporter}/metrics`)).filter(({ name }) => /^(?:pg|postgres_exporter)_/.test(name));
    expect(scraped.filter(({ name }) => metricOf(POSTGRES_EXPORTER_0_11, name) === null).map(({ name }) => name)).toEqual(
      ["pg_exporter_user_queries_load_error"].filter(() => metricOf(POSTGRES_EXPORTER_0_11, "pg_exporter_user_queries_load_error") === null),
    );
    const seen = new Set(scraped.map(({ name }) => name));
    expect([...POSTGRES_EXPORTER_0_11.metrics.keys()].filter((name) => !seen.has(name))).toEqual([]);
    for (const { name, labels } of scraped.filter((one) => !one.name.startsWith("pg_settings_")))
      expect(metricOf(POSTGRES_EXPORTER_0_11, name)?.labels ?? [], name).toEqual(expect.arrayContaining([...labels]));
  });

  test("runs every query of ours without an error", async () => {
    const text = await textAt(`http://${exporter}/metrics`);
    expect(text).toContain("pg_exporter_last_scrape_error 0");
    const expected = [...inventoryOf({ version: "ours", metrics: new Map(), families: [] }, exporterQueries(watched)).metrics.keys()].filter((name) =>
      name.startsWith("luthier_"),
    );
    const seen = new Set(scrapedMetrics(text).map(({ name }) => name));
    expect(expected.filter((name) => !seen.has(name))).toEqual([]);
  });
});

function scrapedMetrics(text: string): { readonly name: string; readonly labels: readonly string[] }[] {
  return text.split("\n").flatMap((line) => {
    const [, name, labels = ""] = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? /.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels: [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label) }];
  });
}

test("every expression of the dashboard and of the rules is answered", async () => {
  await until("two scrapes", async () => ((await query("count_over_time(up[30s]) > 2")).length > 0 ? true : null));
  for (const expr of alertGroups(watched).flatMap(({ alerts }) => alerts.map((alert) => alert.expr))) await query(expr);
  const empty: string[] = [];
  for (const expr of expressionsOf(dashboard(watched))) if ((await query(expr)).length === 0) empty.push(expr);
  expect(empty).toEqual([]);
});

/** Names of all that came since, resolved or not. */
const since = (count: number): Set<string> => new Set(catcher.arrived.slice(count).map(({ name }) => name));

/** Eight minutes of the rules. */
const QUIET_MS = 8000;

describe("drills", () => {
  test("nothing is wrong: the heartbeat arrives, and nothing else", async () => {
    await until(
      `the Watchdog; ${words()}`,
      async () => (catcher.arrived.some(({ name, receiver }) => name === "Watchdog" && receiver === "dead-mans-switch") ? true : null),
      60,
    );
    // At sixty times the speed, the first scrape comes later than ScrapeMissing waits for.
    await until("quiet", async () => ((await query('ALERTS{alertstate="firing", alertname!="Watchdog"}')).length === 0 ? true : null), 60);
    const before = catcher.arrived.length;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    expect(catcher.arrived.slice(before).filter(({ name, status }) => status === "firing" && name !== "Watchdog")).toEqual([]);
  });

  test("an idle transaction makes a ticket that says what to do, and is over when it ends", async () => {
    const before = catcher.arrived.length;
    await withClient(appUrl(), async (client) => {
      await client.query("BEGIN");
      await client.query("SELECT count(*) FROM orders");
      const alert = await until("IdleInTransaction", async () => catcher.arrived.slice(before).find(({ name }) => name === "IdleInTransaction") ?? null, 60);
      expect(alert).toMatchObject({ receiver: "tickets", status: "firing" });
      expect(alert.annotations["summary"]).toMatch(/^A transaction has been idle for \d+ s$/);
      expect(alert.annotations["runbook"]).toBe("monitoring.md#idleintransaction");
      await client.query("COMMIT");
    });
    await until(
      "its end",
      async () => (catcher.arrived.slice(before).some(({ name, status }) => name === "IdleInTransaction" && status === "resolved") ? true : null),
      60,
    );
    expect(since(before)).toEqual(new Set(["IdleInTransaction", ...(since(before).has("Watchdog") ? ["Watchdog"] : [])]));
  });

  test("used-up connections page, and the smaller alert is kept back", async () => {
    const before = catcher.arrived.length;
    const clients: pg.Client[] = [];
    try {
      await fillUp(clients);
      const alert = await until(
        "ConnectionsExhausted",
        async () => catcher.arrived.slice(before).find(({ name }) => name === "ConnectionsExhausted") ?? null,
        60,
      );
      expect(alert.receiver).toBe("on-duty");
      expect(alert.annotations["summary"]).toBe("17 of 17 connections are in use");
      await until(
        "the smaller one in Prometheus",
        async () => ((await query('ALERTS{alertname="ConnectionsHigh", alertstate="firing"}')).length > 0 ? true : null),
        60,
      );
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
    await until(
      "its end",
      async () => (catcher.arrived.slice(before).some(({ name, status }) => name === "ConnectionsExhausted" && status === "resolved") ? true : null),
      60,
    );
    expect([...since(before)].filter((name) => name !== "Watchdog")).toEqual(["ConnectionsExhausted"]);
  });

  test("a server that is gone pages once, and holds back all that follows from it", async () => {
    const before = catcher.arrived.length;
    server.stop();
    const alert = await until("PostgresDown", async () => catcher.arrived.slice(before).find(({ name }) => name === "PostgresDown") ?? null, 60);
    expect(alert.receiver).toBe("on-duty");
    await until(
      "ExporterErrors in Prometheus",
      async () => ((await query('ALERTS{alertname="ExporterErrors", alertstate="firing"}')).length > 0 ? true : null),
      60,
    );
    expect([...since(before)].filter((name) => name !== "Watchdog")).toEqual(["PostgresDown"]);
  });
});

function appUrl(): string {
  const url = new URL(server.cluster.url);
  url.username = "app";
  return url.href;
}

/** Until the server refuses one more. */
async function fillUp(clients: pg.Client[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: appUrl() });
    client.on("error", () => undefined);
    try {
      await client.connect();
    } catch (error) {
      expect(String(error)).toMatch(/remaining connection slots are reserved|too many clients/);
      return;
    }
    clients.push(client);
  }
}

describe("what published rules rest on", () => {
  test("lag by LSN is 0 on a standby that is cut off; that it receives nothing is seen", async () => {
    const primary = await startDebian();
    const standby = await startDebian({ standbyOf: primary.cluster });
    stops.push(standby.stop);
    await execute(primary.cluster.url, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id");
    const lag = "SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE 1 END AS lag";
    const replica = exporterQueries({ ...watched, standbys: 1 }).find(({ name }) => name === "luthier_replica")?.sql ?? "";
    const seen = (sql: string): Promise<Record<string, unknown>> =>
      withClient(standby.cluster.url, async (client) => ((await client.query(sql)).rows as Record<string, unknown>[])[0] ?? {});
    await until("replay", async () => ((await seen(lag))["lag"] === 0 && (await seen(replica))["receiving"] === "1" ? true : null));
    primary.stop();
    await until("the receiver's end", async () => ((await seen(replica))["receiving"] === "0" ? true : null));
    // What came in last is replayed a moment later; nothing more does, and the lag stays at 0. Now and then the receiver tries again.
    await until("no lag", async () => ((await seen(lag))["lag"] === 0 ? true : null));
    await until("nothing received", async () => (JSON.stringify(await seen(replica)) === JSON.stringify({ in_recovery: 1, receiving: "0" }) ? true : null));
    expect(await seen(lag)).toEqual({ lag: 0 });
  });

  test("a rate of a transaction's age and a timestamp of a computed value never reach their limits", () => {
    const rules = [
      { alert: "Slow", expr: "rate(pg_stat_activity_max_tx_duration[2m]) > 2 * 60" },
      { alert: "NotVacuumed", expr: "timestamp(pg_stat_user_tables_n_dead_tup > 100) < time() - 36000" },
    ];
    const silent = (alertname: string): object => ({ eval_time: "11h", alertname, exp_alerts: [] });
    const tests = [
      {
        interval: "1m",
        input_series: [
          { series: "pg_stat_activity_max_tx_duration", values: "0+60x700" },
          { series: "pg_stat_user_tables_n_dead_tup", values: "1000000+0x700" },
        ],
        alert_rule_test: [silent("Slow"), silent("NotVacuumed")],
      },
    ];
    writeFileSync(path.join(folder, "published.yml"), stringify({ groups: [{ name: "published", rules }] }));
    writeFileSync(path.join(folder, "published_test.yml"), stringify({ rule_files: ["published.yml"], evaluation_interval: "1m", tests }));
    expect(run(tools.promtool, ["test", "rules", "published_test.yml"], folder)).toMatchObject({ status: 0 });
    expect(namesIn(readFileSync(path.join(folder, "published.yml"), "utf8")).references.length).toBeGreaterThan(0);
  });
});
