/** What the exporter needs: its queries, its role, its flags; and what Prometheus needs to find it. */
import { stringify } from "yaml";
import { quoteName } from "../../postgres/quote.ts";
import type { ExporterQuery } from "./exporter-queries.ts";
import { commented } from "./rule-files.ts";
import type { Watched } from "./watched.ts";

const YAML = { lineWidth: 0 } as const;

export const EXPORTER_ROLE = "postgres_exporter";

export function queriesFile(queries: readonly ExporterQuery[], head: string): string {
  const file = Object.fromEntries(
    queries.map(({ name, sql, columns }) => [
      name,
      { query: sql, metrics: columns.map((column) => ({ [column.name]: { usage: column.usage, description: column.help } })) },
    ]),
  );
  return `${commented(head)}${stringify(file, YAML)}`;
}

/** At most so many connections, however often it is scraped: its own and those of its collectors (0.20 opens one a scrape). Ours. */
const MOST_CONNECTIONS = 3;

export function roleFile({ database }: Watched): string {
  const name = database.catalog.database.name;
  return [
    `-- The role that the exporter reads ${name.replaceAll(/\s/g, " ")} as. It may read statistics and settings, and no row of any table.`,
    `CREATE ROLE ${EXPORTER_ROLE} LOGIN CONNECTION LIMIT ${MOST_CONNECTIONS};`,
    `GRANT pg_monitor TO ${EXPORTER_ROLE};`,
    `GRANT CONNECT ON DATABASE ${quoteName(name)} TO ${EXPORTER_ROLE};`,
    `ALTER ROLE ${EXPORTER_ROLE} SET statement_timeout = '5s';`,
    `ALTER ROLE ${EXPORTER_ROLE} SET lock_timeout = '1s';`,
    "-- Its password is set by a person: \\password postgres_exporter",
    "",
    `-- Undo: REVOKE CONNECT ON DATABASE ${quoteName(name)} FROM ${EXPORTER_ROLE}; DROP ROLE ${EXPORTER_ROLE};`,
    "",
  ].join("\n");
}

/** As Debian's unit reads it (/etc/default/prometheus-postgres-exporter). */
export function flagsFile({ database }: Watched): string {
  const { name } = database.catalog.database;
  const [, host = "localhost", port = "5432"] = /^(.*?)(?::(\d+))?$/.exec(database.server.address) ?? [];
  const dsn = `host=${host === "" || host.startsWith("/") ? "localhost" : host} port=${port} user=${EXPORTER_ROLE} dbname=${conninfo(name)} application_name=postgres_exporter passfile=/etc/postgres_exporter/pgpass`;
  return [
    "# /etc/default/prometheus-postgres-exporter. The password is in the passfile, which only the exporter may read.",
    `DATA_SOURCE_NAME=${shellWord(dsn)}`,
    `ARGS="--extend.query-path=/etc/postgres_exporter/queries.yaml --web.listen-address=:9187"`,
    "",
  ].join("\n");
}

const conninfo = (name: string): string => (/^[\w-]+$/.test(name) ? name : `'${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`);

const shellWord = (text: string): string => `"${text.replaceAll(/[\\"$`]/g, "\\$&")}"`;

export function scrapeFile({ slug, target, replicaTargets, queryWaitTimeout, database }: Watched, head: string): string {
  const jobs = [
    {
      job_name: target.job,
      scrape_interval: "30s",
      scrape_timeout: "10s",
      static_configs: [{ targets: [target, ...replicaTargets].map(({ instance }) => instance), labels: { database: database.catalog.database.name } }],
    },
    ...(queryWaitTimeout === null
      ? []
      : [
          {
            job_name: `${slug}-pgbouncer`,
            scrape_interval: "30s",
            static_configs: [{ targets: [target.instance.replace(/:9187$/, ":9127")], labels: { database: database.catalog.database.name } }],
          },
        ]),
  ];
  return `${commented(head)}${stringify({ global: { scrape_interval: "30s", evaluation_interval: "30s" }, rule_files: ["rules.yml"], alerting: { alertmanagers: [{ static_configs: [{ targets: ["localhost:9093"] }] }] }, scrape_configs: jobs }, YAML)}`;
}

/** Alertmanager: pages to whoever is on duty, tickets to the channel, the heartbeat to the dead man's switch. */
export function alertmanagerFile({ slug, target }: Watched, head: string): string {
  const file = {
    route: {
      receiver: "tickets",
      group_by: ["alertname", "job"],
      group_wait: "30s",
      group_interval: "5m",
      repeat_interval: "12h",
      routes: [
        { matchers: [`alertname="Watchdog"`], receiver: "dead-mans-switch", group_wait: "0s", group_interval: "1m", repeat_interval: "5m" },
        { matchers: [`severity="page"`], receiver: "on-duty", group_wait: "10s", repeat_interval: "1h" },
        { matchers: [`severity="ticket"`], receiver: "tickets" },
      ],
    },
    // While the server or its exporter is gone, everything else is a consequence.
    inhibit_rules: [
      {
        source_matchers: [`alertname=~"PostgresDown|ExporterDown"`],
        target_matchers: [`job="${target.job}"`, `alertname!~"PostgresDown|ExporterDown|Watchdog"`],
        equal: ["job", "instance"],
      },
      { source_matchers: [`alertname="ConnectionsExhausted"`], target_matchers: [`alertname="ConnectionsHigh"`], equal: ["job", "instance"] },
      { source_matchers: [`alertname="LockQueue"`], target_matchers: [`alertname="LockWait"`], equal: ["job", "instance"] },
    ],
    receivers: [
      {
        name: "on-duty",
        pagerduty_configs: [
          { routing_key_file: "/etc/alertmanager/secrets/pagerduty-key", severity: "critical", description: "{{ .CommonAnnotations.summary }}" },
        ],
      },
      {
        name: "tickets",
        slack_configs: [
          {
            api_url_file: "/etc/alertmanager/secrets/slack-url",
            channel: `#${slug}`,
            send_resolved: true,
            title: "{{ .CommonLabels.alertname }}",
            text: "{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Annotations.threshold }}) {{ .Annotations.runbook }}\n{{ end }}",
          },
        ],
      },
      {
        name: "dead-mans-switch",
        webhook_configs: [
          {
            url: `http://localhost:9099/${slug}`,
            send_resolved: false,
            http_config: { authorization: { credentials_file: "/etc/alertmanager/secrets/dead-mans-switch-token" } },
          },
        ],
      },
    ],
  };
  return `${commented(head)}${stringify(file, YAML)}`;
}
