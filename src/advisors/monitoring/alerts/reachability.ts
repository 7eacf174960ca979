/** Whether the server answers, and whether anybody would notice if it did not. */
import { levelAlert, MINUTE, SERVER, type Alert, type Trial } from "../alert.ts";
import { selector } from "../promql-text.ts";
import type { Watched } from "../watched.ts";

export function reachabilityAlerts(watched: Watched): Alert[] {
  return [downAlert(watched), exporterDownAlert(watched), missingAlert(watched), queriesAlert(watched), errorAlert(watched), WATCHDOG];
}

function downAlert({ target, database }: Watched): Alert {
  return isZero(target, "pg_up", 1, {
    name: "PostgresDown",
    severity: "page",
    summary: ({ label }) => `PostgreSQL behind ${label("instance")} does not answer`,
    description: ({ plain }) =>
      `The exporter could not connect to ${plain(database.catalog.database.name)} for a minute; ${plain(database.server.address)} at the snapshot.`,
    because: "pg_up is 0 for a minute",
    steps: [
      `Does it run: pg_isready -h ${database.server.address.replace(/:\d+$/, "")}; its log and the system's say why it ended (out of memory, disk full).`,
      "It refuses the exporter alone: ConnectionsExhausted tells of that before, and a changed password shows in the exporter's log.",
    ],
  });
}

/** The exporter stands beside the database: when the host goes, this is all that is heard. */
function exporterDownAlert({ target }: Watched): Alert {
  return isZero(target, "up", 5, {
    name: "ExporterDown",
    severity: "page",
    summary: ({ label }) => `Nothing answers at ${label("instance")}`,
    description: () => "The exporter is gone, or its host with the database. No other alert of this file can come until it is back.",
    because: "five scrapes a minute apart failed",
    steps: ["Does the host answer? systemctl status prometheus-postgres-exporter, and its journal."],
  });
}

function isZero(
  target: Watched["target"],
  metric: string,
  minutes: number,
  said: Pick<Alert, "name" | "severity" | "summary" | "description" | "because" | "steps">,
): Alert {
  const series = (values: string): Trial["series"] => [{ metric, labels: { ...target }, values }];
  const fires = { labels: { ...target }, value: 0 };
  return {
    ...said,
    expr: `max by (job, instance) (${metric}${selector({ job: target.job })}) == 0`,
    hold: minutes * MINUTE,
    trials: [
      { title: "fires", series: series(`0+0x${minutes + 2}`), at: minutes, fires },
      { title: "answers", series: series(`1+0x${minutes + 2}`), at: minutes + 1, fires: null },
      { title: "not for long enough", series: series(`0+0x${minutes + 2}`), at: minutes - 1, fires: null },
      { title: "came back", series: series(`0+0x${minutes - 1} 1 0+0x2`), at: minutes + 1, fires: null },
    ],
  };
}

function missingAlert({ target }: Watched): Alert {
  const other = { job: "another-job", instance: target.instance };
  return {
    name: "ScrapeMissing",
    expr: `absent(up${selector({ job: target.job })})`,
    hold: 5 * MINUTE,
    severity: "ticket",
    summary: () => `Prometheus does not scrape ${target.job}`,
    description: () => `No target of the job ${target.job} is configured: none of these alerts can come.`,
    because: "five minutes without the series `up` of the job",
    steps: ["prometheus/scrape.yml of the handbook has the job; promtool check config, then reload Prometheus."],
    trials: [
      { title: "fires", series: [{ metric: "up", labels: other, values: "1+0x7" }], at: 5, fires: { labels: { job: target.job }, value: 1 } },
      { title: "is scraped", series: [{ metric: "up", labels: { ...target }, values: "1+0x7" }], at: 6, fires: null },
      { title: "is scraped and down", series: [{ metric: "up", labels: { ...target }, values: "0+0x7" }], at: 4, fires: null },
      { title: "not for long enough", series: [{ metric: "up", labels: other, values: "1+0x7" }], at: 4, fires: null },
    ],
  };
}

/** The exporter reports no error when it is started without the file of queries. */
function queriesAlert({ target }: Watched): Alert {
  const job = selector({ job: target.job });
  const labels = { ...target };
  const up = (value: number): Trial["series"][number] => ({ metric: "pg_up", labels, values: `${value}+0x12` });
  const connections: Trial["series"][number] = { metric: "luthier_session_connections", labels: { ...labels, ...SERVER }, values: "7+0x12" };
  return {
    name: "QueriesMissing",
    expr: `max by (job, instance) (pg_up${job}) == 1 unless on (job, instance) luthier_session_connections${job}`,
    hold: 10 * MINUTE,
    severity: "ticket",
    summary: ({ label }) => `${label("instance")} does not run the queries of this handbook`,
    description: () => "The exporter answers and has none of the metrics that these alerts rest on.",
    because: "ten minutes of pg_up without luthier_session_connections",
    steps: ["The exporter's flags: --extend.query-path has to name exporter/queries.yaml, and the exporter has to be able to read it."],
    trials: [
      { title: "fires", series: [up(1)], at: 10, fires: { labels, value: 1 } },
      { title: "runs them", series: [up(1), connections], at: 11, fires: null },
      { title: "PostgreSQL is down", series: [up(0)], at: 11, fires: null },
      { title: "not for long enough", series: [up(1)], at: 9, fires: null },
    ],
  };
}

function errorAlert({ target }: Watched): Alert {
  return levelAlert({
    target,
    metric: "pg_exporter_last_scrape_error",
    name: "ExporterErrors",
    over: 0,
    step: 1,
    normal: 0,
    hold: 10 * MINUTE,
    severity: "ticket",
    summary: ({ label }) => `Queries of the exporter at ${label("instance")} fail`,
    description: () => "Some metric is missing, and alerts on it cannot come. The exporter's log names the query.",
    because: "ten minutes of pg_exporter_last_scrape_error",
    steps: ["journalctl -u prometheus-postgres-exporter: a missing right is mended by exporter/role.sql, a dropped table or extension by a new luthier tune."],
  });
}

/** Always there: when the receiver no longer hears it, alerting itself is broken. */
const WATCHDOG: Alert = {
  name: "Watchdog",
  expr: "vector(1)",
  hold: 0,
  severity: "none",
  summary: () => "Alerting works",
  description: () => "Sent for ever. The dead man's switch raises the alarm when it does not come.",
  because: "always",
  steps: ["It did not come: Prometheus or Alertmanager is down, or cannot reach the receiver."],
  trials: [{ title: "fires", series: [{ metric: "up", labels: { job: "any", instance: "any" }, values: "1+0x3" }], at: 1, fires: { labels: {}, value: 1 } }],
};
