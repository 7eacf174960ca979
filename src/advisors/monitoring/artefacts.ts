/** The files of monitoring, each with the program that checks it. */
import type { Artefact } from "../../model/index.ts";
import { isQuiet, type MonitoringGap } from "../../rules/monitoring-blind/gaps.ts";
import type { AlertGroup } from "./alerts/all-alerts.ts";
import { alertmanagerFile, EXPORTER_ROLE, flagsFile, queriesFile, roleFile, scrapeFile } from "./exporter-files.ts";
import type { ExporterQuery } from "./exporter-queries.ts";
import { ruleFile, RUNBOOK, ruleTests } from "./rule-files.ts";
import { runbook } from "./runbook.ts";
import type { Watched } from "./watched.ts";
import { formatCount } from "../../model/numbers.ts";

export interface ArtefactInput {
  readonly watched: Watched;
  readonly groups: readonly AlertGroup[];
  readonly board: object;
  readonly queries: readonly ExporterQuery[];
  readonly gaps: readonly MonitoringGap[];
}

const PROMETHEUS = "Prometheus 2.42 and later";
const EXPORTER = "postgres_exporter 0.11.1 to 0.20.1";

export function artefacts({ watched, groups, board, queries, gaps }: ArtefactInput): Artefact[] {
  const { database, slug, target } = watched;
  const name = oneLine(database.catalog.database.name);
  const head = `${name}, PostgreSQL ${database.server.version}, by the snapshot of ${database.snapshot.takenAt.slice(0, 10)}. Written by luthier tune: change thresholds in its configuration.`;
  const rules = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
  const names = new Set(groups.flatMap(({ alerts }) => alerts.map((one) => one.name))).size;
  return [
    {
      path: "prometheus/rules.yml",
      language: "yaml",
      text: ruleFile(slug, groups, head),
      purpose: `${formatCount(names, "alert")} of ${name} in ${formatCount(rules, "rule")}; it goes where rule_files of prometheus.yml says.`,
      check: "promtool check rules rules.yml",
      version: PROMETHEUS,
    },
    {
      path: "prometheus/rules_test.yml",
      language: "yaml",
      text: ruleTests("rules.yml", groups, head),
      purpose: `Shows on which series each alert of ${name} comes and on which it does not; it stays beside the rules.`,
      check: "promtool test rules rules_test.yml",
      version: PROMETHEUS,
    },
    {
      path: "prometheus/scrape.yml",
      language: "yaml",
      text: scrapeFile(watched, head),
      purpose: `A whole prometheus.yml with the job ${target.job}; where there is one already, take scrape_configs.`,
      check: "promtool check config scrape.yml",
      version: PROMETHEUS,
    },
    {
      path: "alertmanager.yml",
      language: "yaml",
      text: alertmanagerFile(watched, head),
      purpose: `Sends pages of ${name} to whoever is on duty, tickets to #${slug}, the Watchdog to a dead man's switch; secrets are files.`,
      check: "amtool check-config alertmanager.yml",
      version: "Alertmanager 0.25 and later",
    },
    {
      path: "grafana/dashboard.json",
      language: "json",
      text: `${JSON.stringify(board, null, 2)}\n`,
      purpose: `Plots ${watched.tables.length} tables and ${watched.statements.length} statements of ${name}; Dashboards, New, Import.`,
      check: "every expression of it was asked of a Prometheus 2.42",
      version: "Grafana 10 and later",
    },
    {
      path: "exporter/queries.yaml",
      language: "yaml",
      text: queriesFile(queries, head),
      purpose: `What the exporter asks ${name} beside its own metrics: all alerts and panels rest on it.`,
      check: "postgres_exporter --extend.query-path queries.yaml, and pg_exporter_last_scrape_error stays 0",
      version: EXPORTER,
    },
    {
      path: "exporter/role.sql",
      language: "sql",
      text: roleFile(watched),
      purpose: `Makes ${EXPORTER_ROLE}, which reads statistics of ${name} and no row of a table.`,
      check: "psql -f role.sql",
      version: `PostgreSQL ${database.server.version}`,
    },
    {
      path: "exporter/environment",
      language: "sh",
      text: flagsFile(watched),
      purpose: `The exporter's flags for ${name}, as Debian's unit reads them.`,
      check: "systemctl restart prometheus-postgres-exporter",
      version: EXPORTER,
    },
    ...(gaps.length === 0
      ? []
      : [
          {
            path: "postgresql/monitoring.sql",
            language: "sql" as const,
            text: prerequisites(gaps, head),
            purpose: `What ${name}'s server does not measure or log yet: ${gaps.map(({ setting }) => setting).join(", ")}.`,
            check: "psql -f monitoring.sql",
            version: `PostgreSQL ${database.server.version}`,
          },
        ]),
    {
      path: RUNBOOK,
      language: "text",
      text: runbook(watched, groups),
      purpose: `What to do when an alert of ${name} comes; its headings are what the alerts point to.`,
      check: "each alert has its heading",
      version: PROMETHEUS,
    },
  ];
}

const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, " ");

function prerequisites(gaps: readonly MonitoringGap[], head: string): string {
  return [
    `-- ${head}`,
    ...gaps.flatMap((gap) => [
      "",
      `-- ${gap.state}: ${gap.cost}${isQuiet(gap) ? " is not known" : ""}.${gap.needsRestart ? " It takes a restart." : ""}`,
      ...gap.forward.map((one) => `${one};`),
      ...gap.reverse.map((one) => `-- undo: ${one};`),
    ]),
    "",
  ].join("\n");
}
