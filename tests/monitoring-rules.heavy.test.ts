/** The generated files of monitoring, read by the programs that they are for, on servers that differ in everything. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertGroups } from "../src/advisors/monitoring/alerts/all-alerts.ts";
import { dashboard, expressionsOf } from "../src/advisors/monitoring/dashboard.ts";
import { deadExpressions } from "../src/advisors/monitoring/advisor.ts";
import { anchorOf, ruleFile, ruleTests, singleGroup } from "../src/advisors/monitoring/rule-files.ts";
import type { Advice, Deployment, Snapshot } from "../src/model/index.ts";
import { NO_DEPLOYMENT } from "../src/deployment/no-deployment.ts";
import { withGiven } from "./support/given.ts";
import { livedInBookshop } from "./support/bookshop-database.ts";
import { monitoringAdvice, monitoringTools, run, watchedOf, writeArtefacts, type MonitoringCase, type MonitoringTools } from "./support/monitoring.ts";
import { mutantsOf } from "./support/mutants.ts";
import { execute, look, startDebian, type RunningServer } from "./support/servers.ts";

const NAMES = ["the bookshop", "a primary with a standby", "an odd one"] as const;
type Name = (typeof NAMES)[number];

const worlds = new Map<Name, MonitoringCase>();
const advice = new Map<Name, Advice>();
const folders = new Map<Name, string>();
const stops: (() => void)[] = [];
let tools: MonitoringTools;

beforeAll(async () => {
  tools = await monitoringTools();
  worlds.set("the bookshop", await bookshopCase());
  worlds.set("a primary with a standby", await clusterCase());
  worlds.set("an odd one", await oddCase());
  for (const [name, one] of worlds) {
    const folder = mkdtempSync(path.join(tmpdir(), "luthier-monitoring-"));
    advice.set(name, await monitoringAdvice(one));
    writeArtefacts(adviceOf(name), folder);
    folders.set(name, folder);
  }
});

afterAll(() => {
  for (const stop of stops) stop();
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
});

const adviceOf = (name: Name): Advice => advice.get(name) ?? expect.fail(name);
const folderOf = (name: Name): string => folders.get(name) ?? expect.fail(name);
const caseOf = (name: Name): MonitoringCase => worlds.get(name) ?? expect.fail(name);
const textOf = (name: Name, file: string): string => readFileSync(path.join(folderOf(name), file), "utf8");

/** Forty days of counters, so that what is usual is known, and a look of ten days before. */
async function bookshopCase(): Promise<MonitoringCase> {
  const { snapshot, stop } = await livedInBookshop(2000);
  stops.push(stop);
  const aged = withGiven(
    snapshot,
    [
      "-- given: server counters.database.blocksHit = 90000000",
      "-- given: server counters.database.blocksRead = 400000",
      "-- given: server counters.database.commits = 900000",
    ].join("\n"),
  );
  // The traffic of a minute was the traffic of an hour: statements are sent often enough to be compared.
  const since = new Date(Date.parse(aged.takenAt) - 3_600_000).toISOString();
  const busy = { ...aged, servers: aged.servers.map((one) => ({ ...one, counters: { ...one.counters, at: aged.takenAt, statementsSince: since } })) };
  const earlier: Snapshot = {
    ...busy,
    takenAt: new Date(Date.parse(busy.takenAt) - 10 * 86_400_000).toISOString(),
    catalog: { ...busy.catalog, database: { ...busy.catalog.database, bytes: 1_000_000 } },
  };
  return { snapshot: busy, earlier, deployment: withPooler() };
}

function withPooler(): Deployment {
  return {
    ...NO_DEPLOYMENT,
    poolers: [{ file: "pgbouncer.ini", kind: "pgbouncer", values: new Map([["query_wait_timeout", { value: "5", spot: null }]]), databases: [] }],
  };
}

async function clusterCase(): Promise<MonitoringCase> {
  const primary = await keep(
    await startDebian({
      settings: {
        max_connections: "40",
        idle_in_transaction_session_timeout: "20s",
        lock_timeout: "2s",
        max_slot_wal_keep_size: "1GB",
        archive_mode: "on",
        archive_command: "true",
      },
    }),
  );
  await execute(
    primary.cluster.url,
    "CREATE TABLE orders (id bigint PRIMARY KEY) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500)",
    "INSERT INTO orders SELECT generate_series(1, 5000)",
    "CREATE TABLE items (id int PRIMARY KEY)",
    "ANALYZE",
    "SELECT pg_create_physical_replication_slot('spare', true)",
  );
  const standby = await keep(await startDebian({ settings: { max_connections: "40" }, standbyOf: primary.cluster }));
  return { snapshot: await look([primary.cluster.url, standby.cluster.url]) };
}

/** Names that break out of quotes of YAML, PromQL, SQL, templates and Markdown; settings at their ends; nothing known of statements. */
async function oddCase(): Promise<MonitoringCase> {
  const server = await keep(
    await startDebian({
      settings: {
        max_connections: "20",
        superuser_reserved_connections: "10",
        shared_preload_libraries: "",
        autovacuum: "off",
        deadlock_timeout: "10ms",
        checkpoint_timeout: "1d",
      },
    }),
  );
  const database = `odd "{{ .Labels }}" \`x\` <b>'`;
  await execute(server.cluster.url, `CREATE DATABASE ${quoted(database)}`);
  const url = new URL(server.cluster.url);
  url.pathname = `/${encodeURIComponent(database)}`;
  await execute(
    url.href,
    ...['a"b\\c', "{{ $value }}", "back`tick|pipe", "line\nbreak", "plain"].map((name) => `CREATE TABLE ${quoted(name)} (id int PRIMARY KEY)`),
    `CREATE TABLE "${"x".repeat(63)}" (id int)`,
    "ANALYZE",
  );
  return { snapshot: await look(url.href) };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function keep(server: RunningServer): Promise<RunningServer> {
  stops.push(server.stop);
  return server;
}

describe.each(NAMES)("%s", (name) => {
  test("promtool finds nothing wrong with the rules and the scrape file", () => {
    const rules = run(tools.promtool, ["check", "rules", "--lint=all", "--lint-fatal", "prometheus/rules.yml"], folderOf(name));
    expect(rules.output).toContain("SUCCESS");
    expect(rules.status).toBe(0);
    expect(run(tools.promtool, ["check", "config", "prometheus/scrape.yml"], folderOf(name))).toMatchObject({ status: 0 });
  });

  test("every alert comes when it should and only then", () => {
    const { status, output } = run(tools.promtool, ["test", "rules", "rules_test.yml"], path.join(folderOf(name), "prometheus"));
    expect(output).toContain("SUCCESS");
    expect(status).toBe(0);
  });

  test("every rule has a trial that fires and one that does not", () => {
    const tests = (
      parse(textOf(name, "prometheus/rules_test.yml")) as { tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[] }
    ).tests.flatMap((one) => one.alert_rule_test);
    const rules = (parse(textOf(name, "prometheus/rules.yml")) as { groups: { rules: { alert: string }[] }[] }).groups.flatMap((one) =>
      one.rules.map(({ alert }) => alert),
    );
    for (const alert of new Set(rules)) {
      const own = tests.filter(({ alertname }) => alertname === alert);
      expect(
        own.some(({ exp_alerts }) => exp_alerts.length > 0),
        `${alert} fires`,
      ).toBe(true);
      if (alert !== "Watchdog")
        expect(
          own.some(({ exp_alerts }) => exp_alerts.length === 0),
          `${alert} keeps silent`,
        ).toBe(true);
    }
  });

  test("amtool reads the routing, and each severity goes where it should", () => {
    const file = path.join(folderOf(name), "alertmanager.yml");
    expect(run(tools.amtool, ["check-config", file], folderOf(name))).toMatchObject({ status: 0 });
    const routed = (receiver: string, ...labels: readonly string[]): number | null =>
      run(tools.amtool, ["config", "routes", "test", `--config.file=${file}`, `--verify.receivers=${receiver}`, ...labels], folderOf(name)).status;
    expect(routed("on-duty", "severity=page", "alertname=PostgresDown")).toBe(0);
    expect(routed("tickets", "severity=ticket", "alertname=DeadRows")).toBe(0);
    expect(routed("dead-mans-switch", "severity=none", "alertname=Watchdog")).toBe(0);
    expect(routed("on-duty", "severity=ticket", "alertname=DeadRows")).not.toBe(0);
    expect(textOf(name, "alertmanager.yml")).not.toMatch(/(?:api_url|routing_key|credentials|password): /);
  });

  test("rules and panels name what both exporters emit", async () => {
    const watched = await watchedOf(caseOf(name));
    const expressions = [...alertGroups(watched).flatMap(({ alerts }) => alerts.map(({ expr }) => expr)), ...expressionsOf(dashboard(watched))];
    expect(expressions.length).toBeGreaterThan(30);
    expect(deadExpressions(watched, expressions)).toEqual([]);
  });

  test("each panel has a number and a place of its own", () => {
    const { panels } = JSON.parse(textOf(name, "grafana/dashboard.json")) as {
      panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test("every alert points to a heading of the runbook", () => {
    const headings = [...textOf(name, "monitoring.md").matchAll(/^## (\w+)$/gm)].map(([, heading = ""]) => anchorOf(heading));
    const rules = (parse(textOf(name, "prometheus/rules.yml")) as { groups: { rules: { annotations: { runbook: string } }[] }[] }).groups.flatMap(
      (one) => one.rules,
    );
    expect(new Set(rules.map(({ annotations }) => annotations.runbook))).toEqual(new Set(headings.map((one) => `monitoring.md#${one}`)));
  });
});

describe("what there is no alert for", () => {
  const alertsOf = (name: Name): string[] => [...textOf(name, "monitoring.md").matchAll(/^## (\w+)$/gm)].map(([, heading = ""]) => heading);

  test("no standby, no alert on replication, and it says so", () => {
    expect(alertsOf("the bookshop")).not.toContain("StandbyMissing");
    expect(adviceOf("the bookshop").missing).toContain("has no standby");
    expect(alertsOf("a primary with a standby")).toEqual(
      expect.arrayContaining(["StandbyMissing", "StandbyCutOff", "StandbyBehind", "SlotHoldsWal", "ArchivingFails"]),
    );
    expect(adviceOf("a primary with a standby").missing).not.toContain("standby");
  });

  test("growth, cache and rollbacks need figures of some days", () => {
    expect(alertsOf("the bookshop")).toEqual(expect.arrayContaining(["DatabaseGrowth", "CacheMisses", "Rollbacks", "StatementSlower", "PoolQueue"]));
    for (const absent of ["DatabaseGrowth", "CacheMisses", "Rollbacks", "StatementSlower", "PoolQueue"]) expect(alertsOf("an odd one")).not.toContain(absent);
    expect(adviceOf("an odd one").missing).toContain("second snapshot");
  });

  test("a table with settings of its own has a limit of its own", () => {
    expect(textOf("a primary with a standby", "prometheus/rules.yml")).toContain("2 * (500 + 0.01 * ");
    expect(textOf("an odd one", "prometheus/rules.yml")).toContain("Autovacuum is off on this server.");
  });

  test("what the server lacks is set with its undo", () => {
    expect(textOf("an odd one", "postgresql/monitoring.sql")).toMatch(
      /ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements';[\s\S]*-- undo: ALTER SYSTEM RESET|-- undo: ALTER SYSTEM SET shared_preload_libraries/,
    );
    expect(textOf("the bookshop", "postgresql/monitoring.sql")).not.toContain("CREATE EXTENSION");
  });
});

/** Of what is wrong in so many places, one in three is tried: which ones does not change. */
const EVERY = 3;
const LEAST_SCORE = 0.9;

test("trials see what is wrong with a rule", async () => {
  const alerts = (await Promise.all(NAMES.map((name) => watchedOf(caseOf(name))))).flatMap((watched) => alertGroups(watched).flatMap((group) => group.alerts));
  const distinct = alerts.filter((one, index) => alerts.findIndex(({ name }) => name === one.name) === index);
  const mutants = distinct.flatMap((alert) => mutantsOf(alert)).filter((_, index) => index % EVERY === 0);
  const folder = path.join(folderOf("the bookshop"), "mutants");
  mkdirSync(folder);
  const files = mutants.map(({ alert }, index) => {
    const trials = distinct.find(({ name }) => name === alert.name) ?? alert;
    writeFileSync(path.join(folder, `${index}.yml`), ruleFile("mutant", singleGroup(alert), "a mutant"));
    writeFileSync(path.join(folder, `${index}_test.yml`), ruleTests(`${index}.yml`, singleGroup(trials), "its trials"));
    return `${index}_test.yml`;
  });
  const { output } = run(tools.promtool, ["test", "rules", ...files], folder);
  const results = output.split(/^Unit Testing: {2}/m).slice(1);
  expect(results.length).toBe(mutants.length);
  const survivors = mutants.filter((_, index) => results[index]?.includes("SUCCESS"));
  const score = 1 - survivors.length / mutants.length;
  process.stdout.write(
    `${mutants.length} mutants of ${distinct.length} alerts, ${Math.round(score * 100)} % seen; not seen: ${survivors.map(({ what }) => what).join("; ")}\n`,
  );
  expect(mutants.length).toBeGreaterThan(100);
  expect(score).toBeGreaterThanOrEqual(LEAST_SCORE);
});
