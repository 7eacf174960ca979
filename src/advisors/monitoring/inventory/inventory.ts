/** Metrics that an exporter's version emits: what rules and panels may name. */
export type MetricType = "counter" | "gauge" | "histogram" | "untyped";

export interface Metric {
  readonly type: MetricType;
  readonly labels: readonly string[];
  /** The collector that emits it, where the version has collectors by name. */
  readonly collector: string | null;
  /** It has to be switched on. */
  readonly isOptional: boolean;
}

export interface Inventory {
  readonly version: string;
  readonly metrics: ReadonlyMap<string, Metric>;
  /** Beginnings of names that stand for a setting each. */
  readonly families: readonly { readonly prefix: string; readonly metric: Metric }[];
}

/** A line a metric: name, type, labels or `-`, collector with `?` when it is off by default. `name_*` is a family. */
export function readInventory(version: string, text: string): Inventory {
  const rows = text.split("\n").flatMap((line) => readLine(line) ?? []);
  return {
    version,
    metrics: new Map(rows.flatMap(({ name, metric }) => (name.endsWith("*") ? [] : [[name, metric] as const]))),
    families: rows.flatMap(({ name, metric }) => (name.endsWith("*") ? [{ prefix: name.slice(0, -1), metric }] : [])),
  };
}

const TYPES: ReadonlySet<string> = new Set(["counter", "gauge", "histogram", "untyped"]);

function readLine(line: string): { readonly name: string; readonly metric: Metric } | null {
  const [name, type = "", labels = "-", collector] = line.trim().split(" ");
  if (name === undefined || name === "") return null;
  return {
    name,
    metric: {
      type: TYPES.has(type) ? (type as MetricType) : "untyped",
      labels: labels === "-" ? [] : labels.split(","),
      collector: collector?.replace(/\?$/, "") ?? null,
      isOptional: collector?.endsWith("?") ?? false,
    },
  };
}

export function metricOf({ metrics, families }: Inventory, name: string): Metric | null {
  return metrics.get(name) ?? families.find(({ prefix }) => name.startsWith(prefix))?.metric ?? null;
}

/** Both at once: an exporter and its queries, Prometheus' own `up`. */
export function withMetrics(inventory: Inventory, more: Iterable<readonly [string, Metric]>): Inventory {
  return { ...inventory, metrics: new Map([...inventory.metrics, ...more]) };
}
