/** Monitoring of this database: alerts with thresholds of its own, a dashboard of its own tables and statements, and what the exporter needs. */
import { formatCount, formatNumber } from "../../model/numbers.ts";
import type { Advice, Advisor, AdvisorInput, Database, RuleInput, StatementSite } from "../../model/index.ts";
import { monitoringGaps } from "../../rules/monitoring-blind/gaps.ts";
import { NO_PARTS } from "../no-parts.ts";
import type { Alert } from "./alert.ts";
import { alertGroups } from "./alerts/all-alerts.ts";
import { isRare } from "./alerts/statements.ts";
import { artefacts } from "./artefacts.ts";
import { exporterQueries } from "./exporter-queries.ts";
import { inventoryOf, lint, type LintProblem } from "./lint.ts";
import { POSTGRES_EXPORTER_0_11 } from "./inventory/postgres-exporter-0.11.ts";
import { POSTGRES_EXPORTER_0_20 } from "./inventory/postgres-exporter-0.20.ts";
import { dashboard, expressionsOf } from "./dashboard.ts";
import { missingWords } from "./missing.ts";
import { adviceTables } from "./tables.ts";
import { watch, type Watched } from "./watched.ts";
import { NEEDS_POSTGRES, otherEngineWords } from "../../rules/deployment/entries.ts";

export const advisor: Advisor = {
  id: "monitoring",
  advise: (input) => (input.database === null ? [withoutDatabase(input)] : [adviceFor(input, input.database)]),
};

function adviceFor(input: AdvisorInput, database: Database): Advice {
  const watched = watch({ database, deployment: input.deployment, thresholds: input.thresholds, placeOf: placeIn(input.source) });
  const groups = alertGroups(watched);
  const alerts = groups.flatMap((group) => group.alerts);
  const board = dashboard(watched);
  const dead = deadExpressions(watched, [...alerts.map(({ expr }) => expr), ...expressionsOf(board)]);
  if (dead.length > 0) throw new Error(`generated rules name what no exporter emits: ${dead.map(({ expr, why }) => `${why} in ${expr}`).join("; ")}`);
  return {
    advisor: "monitoring",
    section: "5.3",
    claim: claimOf(watched, alerts),
    reasons: reasons(watched, alerts),
    tables: adviceTables(watched, alerts),
    plots: [],
    artefacts: artefacts({ watched, groups, board, queries: exporterQueries(watched), gaps: monitoringGaps(database) }),
    examples: [],
    rung: "recorded",
    examined: `${formatCount(database.server.settings.length, "setting")}, ${formatCount(database.tables.length, "table")} and ${formatCount(database.workload.statements.length, "statement")} of ${database.catalog.database.name} at ${database.server.address}`,
    missing: missingWords(watched),
    doubt: doubtOf(watched),
  };
}

/** Rules and panels name only what both versions of the exporter emit with the queries. */
export function deadExpressions(watched: Watched, expressions: readonly string[]): LintProblem[] {
  const queries = exporterQueries(watched);
  return [POSTGRES_EXPORTER_0_11, POSTGRES_EXPORTER_0_20].flatMap((version) => expressions.flatMap((expr) => lint(expr, inventoryOf(version, queries))));
}

function claimOf({ database, tables, statements, connections }: Watched, alerts: readonly Alert[]): string {
  const names = new Set(alerts.map(({ name }) => name));
  const pages = new Set(alerts.filter(({ severity }) => severity === "page").map(({ name }) => name));
  return `${formatNumber(names.size)} alerts watch ${database.catalog.database.name}: ${formatNumber(pages.size)} page, at limits of its ${formatNumber(connections.usable)} connections, ${formatCount(tables.length, "table")} and ${formatCount(statements.length, "statement")}.`;
}

function reasons(watched: Watched, alerts: readonly Alert[]): string[] {
  const { database, connections, statements, tables, standbys, target, queryWaitTimeout } = watched;
  const version = database.server.version;
  const trials = alerts.reduce((sum, one) => sum + one.trials.length, 0);
  const compared = statements.filter((one) => !isRare(one));
  const [busiest] = compared;
  const own = tables.filter(({ table }) => Object.keys(table.options).some((name) => name.startsWith("autovacuum_")));
  return [
    `\`prometheus/rules.yml\` has ${formatCount(alerts.length, "rule")} for the job \`${target.job}\`, and \`rules_test.yml\` ${formatNumber(trials)} trials of them: on which series each comes, and on which it does not.`,
    `Connections are counted by a query of \`exporter/queries.yaml\`: when all ${formatNumber(connections.usable)} are taken, postgres_exporter 0.20.1 drops \`pg_stat_activity_count\` and \`pg_settings_max_connections\` with \`pg_up\` at 1, so that a rule on these would fall silent.`,
    ...(busiest === undefined
      ? []
      : [
          `${busiest.symbol === null ? `\`${busiest.words}\`` : `\`${busiest.symbol}\``}${busiest.place === null ? "" : ` (${busiest.place})`} is compared with its own mean of ${formatNumber(Number(busiest.meanMs.toPrecision(3)))} ms, and so ${compared.length === 2 ? "is" : "are"} ${formatCount(compared.length - 1, "other statement")}: a limit in milliseconds for all would fit none.`,
        ]),
    ...(own.length === 0
      ? []
      : [
          `${own.map(({ name }) => `\`${name}\``).join(", ")} ${own.length === 1 ? "has" : "have"} autovacuum settings of ${own.length === 1 ? "its" : "their"} own, and an alert at twice ${own.length === 1 ? "its" : "their"} own trigger.`,
        ]),
    ...(standbys === 0
      ? [`No standby follows ${database.server.address}, so that no alert speaks of replication.`]
      : [
          `${formatCount(standbys, "standby", "standbys")} followed at the snapshot. The alert counts them on the primary: \`pg_replication_lag_seconds\` of the exporter is 0 on a standby that is cut off, since it has replayed all that it received.`,
        ]),
    ...(queryWaitTimeout === null
      ? []
      : [
          `Its pooler lets clients wait ${formatNumber(queryWaitTimeout)} s: PoolQueue pages at half of that, by prometheus-community's pgbouncer_exporter. Debian's package of that name says nothing of how long they wait.`,
        ]),
    ...(database.server.versionNumber >= 170_000
      ? [
          `PostgreSQL ${version} counts checkpoints in pg_stat_checkpointer: \`pg_stat_bgwriter_checkpoints_req_total\`, which published rules name, is not there.`,
        ]
      : []),
  ];
}

function doubtOf({ database, statements }: Watched): string {
  const days = database.age.days;
  const age = days === null ? "the counters' start is not known" : `counters of ${days < 1 ? "less than a day" : `${Math.floor(days)} days`}`;
  return `What is usual was taken from ${age}: a season that they did not see may raise a ticket${statements.length === 0 ? "" : "; identifiers of statements change with PostgreSQL's major version and when a table is made anew"}.`;
}

function placeIn(source: RuleInput | null): (site: StatementSite) => string {
  return ({ span }) => (source === null ? span.file : `${span.file}:${source.text(span.file).slice(0, span.start).split("\n").length}`);
}

function withoutDatabase({ deployment }: AdvisorInput): Advice {
  const [settings] = deployment.settings;
  const other = otherEngineWords(deployment);
  const aliases = settings?.databases.map(({ alias }) => alias) ?? [];
  return {
    advisor: "monitoring",
    section: "5.3",
    claim:
      other !== ""
        ? `No alert is made: they are for PostgreSQL, and ${other}.`
        : aliases.length === 0
          ? "No server was looked at, so that no alert has a threshold."
          : `The server behind ${aliases.map((one) => `\`${one}\``).join(", ")} of \`${settings?.module ?? ""}\` was not looked at, so that no alert has a threshold.`,
    ...NO_PARTS,
    rung: "inferred",
    examined: aliases.length === 0 ? "" : `DATABASES of ${settings?.module ?? ""}`,
    missing: other === "" ? "needs a database: luthier snapshot --db URL" : NEEDS_POSTGRES,
    doubt: "",
  };
}
