/** Whether an expression can ever give anything: each metric and label has to be one that the named exporter emits, each function one for its type. */
import type { ExporterQuery } from "./exporter-queries.ts";
import { metricOf, withMetrics, type Inventory, type Metric } from "./inventory/inventory.ts";
import { PGBOUNCER_EXPORTER } from "./inventory/pgbouncer-exporter.ts";
import { namesIn, type Reference } from "./promql.ts";

export interface LintProblem {
  readonly expr: string;
  readonly why: string;
}

/** What Prometheus puts on every series, and what the scrape file adds. */
const TARGET_LABELS = ["job", "instance", "database"];
/** Functions that count what a counter gained; on a gauge they give nonsense. */
const OF_COUNTERS: ReadonlySet<string> = new Set(["rate", "irate", "increase", "resets"]);
const OF_GAUGES: ReadonlySet<string> = new Set(["delta", "idelta", "deriv", "predict_linear"]);

/** The exporter with the queries that it is given, Prometheus' own series, and PgBouncer's exporter beside it. */
export function inventoryOf(exporter: Inventory, queries: readonly ExporterQuery[]): Inventory {
  const up: Metric = { type: "gauge", labels: [], collector: null, isOptional: false };
  const own = queries.flatMap(({ name, columns }) => {
    const labels = [...columns.filter(({ usage }) => usage === "LABEL").map((one) => one.name), "server"];
    return columns
      .filter(({ usage }) => usage !== "LABEL")
      .map((one): [string, Metric] => [
        `${name}_${one.name}`,
        { type: one.usage === "COUNTER" ? "counter" : "gauge", labels, collector: null, isOptional: false },
      ]);
  });
  return withMetrics(exporter, [["up", up], ...PGBOUNCER_EXPORTER.metrics, ...own]);
}

export function lint(expr: string, inventory: Inventory): LintProblem[] {
  const { references, grouped } = namesIn(expr);
  const known = new Set([...TARGET_LABELS, ...references.flatMap(({ metric }) => metricOf(inventory, metric)?.labels ?? [])]);
  const unknown = references.some(({ metric }) => metricOf(inventory, metric) === null);
  return [
    ...references.flatMap((one) => problemsOf(one, inventory)),
    ...(unknown ? [] : grouped.filter((label) => !known.has(label)).map((label) => `no metric here has the label ${label}`)),
  ].map((why) => ({ expr, why }));
}

function problemsOf({ metric: name, labels, within }: Reference, inventory: Inventory): string[] {
  const metric = metricOf(inventory, name);
  if (metric === null) return [`${name} is not a metric of version ${inventory.version}`];
  const wrong = labels.filter((label) => !metric.labels.includes(label) && !TARGET_LABELS.includes(label));
  return [
    ...wrong.map((label) => `${name} has no label ${label}`),
    ...(metric.isOptional ? [`${name} needs --collector.${metric.collector ?? ""}, which is off by default`] : []),
    ...(within !== null && OF_COUNTERS.has(within) && metric.type === "gauge" ? [`${name} is a gauge: ${within}() of it means nothing`] : []),
    ...(within !== null && OF_GAUGES.has(within) && metric.type === "counter" ? [`${name} is a counter: ${within}() of it falls with every restart`] : []),
  ];
}
