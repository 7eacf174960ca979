/** The relations that rows follow, by the time it takes. */
import type { Field, Model, ModelGraph } from "../model/index.ts";
import { rowsOf as tableRows } from "../rules/database/index-figures.ts";
import type { Plot } from "../model/plot.ts";
import { formatNumber } from "../model/numbers.ts";
import { formatTime } from "./overview.ts";
import type { Work } from "./input.ts";

type Edge = Extract<Plot, { kind: "models" }>["edges"][number];

/** Boxes beyond which a graph is no answer. */
const MOST_MODELS = 25;
const MOST_EDGES = 40;

/** Rules whose relation is read row by row. */
const FOLLOWED: ReadonlySet<string> = new Set(["n-plus-one", "aggregate-in-loop", "defeated-prefetch", "prefetch-in-loop", "generic-foreign-key-lazy"]);

export function modelsPlot(work: Work): Plot | null {
  const { evidence, base } = work;
  const graph = evidence.source?.graph;
  if (graph === undefined) return null;
  const perRow = perRowEdges(work, graph);
  const edges = [...perRow.values(), ...joinedEdges(work, perRow)]
    .toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0) || (edgeKey(a) < edgeKey(b) ? -1 : 1))
    .slice(0, MOST_EDGES);
  const labels = new Set<string>();
  const shown = edges.filter(({ child, parent }) => {
    const next = new Set([...labels, child, parent]);
    if (next.size > MOST_MODELS) return false;
    labels.add(child).add(parent);
    return true;
  });
  const [top] = shown.filter(({ manner }) => manner === "per-row");
  if (top === undefined) return null;
  const drawn = shown.filter(({ manner }) => manner === "per-row").length;
  const left = perRow.size - drawn;
  const cost = top.weight === null || base === null ? "" : `: ${formatTime(top.weight)} of ${formatTime(base.total)} ${base.unit}`;
  return {
    kind: "models",
    question: "Which relations are followed one row at a time?",
    answer: `${drawn} of ${shown.length} relations are${left === 0 ? "" : `, and ${formatNumber(left)} more that are not drawn`}; \`${top.child}.${top.field}\` first${cost}.`,
    source: base === null ? "the source alone; widths are not known" : base.source,
    models: [...labels].toSorted().map((label) => ({ label, rows: rowsOf(label, work, graph) })),
    edges: shown,
  };
}

const edgeKey = ({ child, field, parent, manner }: Edge): string => [child, field, parent, manner].join("\n");

function perRowEdges({ report, gains, base }: Work, graph: ModelGraph): ReadonlyMap<string, Edge> {
  const edges = new Map<string, Edge>();
  const counted = new Set<string>();
  for (const finding of report.findings) {
    const hop = FOLLOWED.has(finding.rule) ? lastHop(finding.model, finding.relation, graph) : null;
    if (hop === null) continue;
    const fresh = (gains.touched.get(finding.id)?.pieces ?? []).filter(({ id }) => !counted.has(id) && counted.add(id));
    const time = fresh.reduce((sum, one) => sum + one.time, 0);
    const known = edges.get(`${hop.child}\n${hop.field}`);
    const weight = base === null ? null : (known?.weight ?? 0) + time;
    edges.set(`${hop.child}\n${hop.field}`, { ...hop, weight, manner: "per-row", finding: known?.finding ?? finding.id });
  }
  return edges;
}

/** The relation that a path ends with, from the model that holds the key to the one that it points to. */
function lastHop(label: string | undefined, relation: string | undefined, graph: ModelGraph): Pick<Edge, "child" | "parent" | "field"> | null {
  let model = label === undefined ? null : graph.byLabel(label);
  let hop: Pick<Edge, "child" | "parent" | "field"> | null = null;
  for (const name of (relation ?? "").split("__")) {
    const field = model === null ? undefined : fieldNamed(model, name);
    if (model === null || field?.relation === undefined || field.relation === null) return hop;
    const target = field.relation.target === null ? null : graph.byLabel(field.relation.target);
    if (target === null) return hop;
    const isForward = field.attname !== null || field.relation.through !== null;
    hop = isForward
      ? { child: model.label, parent: target.label, field: name }
      : { child: target.label, parent: model.label, field: field.relation.back ?? name };
    model = target;
  }
  return hop;
}

function fieldNamed(model: Model, name: string): Field | undefined {
  return model.fields.get(name) ?? [...model.fields.values()].find((one) => one.queryName === name || one.attname === name);
}

/** Joins of the statements that were timed. */
function joinedEdges({ evidence: { database }, timed, base }: Work, perRow: ReadonlyMap<string, Edge>): readonly Edge[] {
  if (database === null || base === null) return [];
  const weights = new Map<string, Edge>();
  for (const { statement, time } of timed) {
    const shape = statement?.shape ?? null;
    if (shape === null) continue;
    const tables = [shape.base, ...shape.joins.map((one) => one.table)].map((one) => (one === null ? null : database.tableNamed(one.name)));
    for (const join of shape.joins) {
      for (const { left, right } of join.on) {
        const ends = [left, right].map(({ table, name }) => ({ table: tables[table] ?? null, name }));
        const edge = joinEdge(ends, database);
        if (edge === null || perRow.has(`${edge.child}\n${edge.field}`)) continue;
        const key = `${edge.child}\n${edge.field}`;
        weights.set(key, { ...edge, weight: (weights.get(key)?.weight ?? 0) + time, manner: "joined" });
      }
    }
  }
  return [...weights.values()];
}

function joinEdge(
  ends: readonly { readonly table: import("../model/database.ts").Table | null; readonly name: string }[],
  database: NonNullable<Work["evidence"]["database"]>,
): Pick<Edge, "child" | "parent" | "field"> | null {
  for (const [index, { table, name }] of ends.entries()) {
    const other = ends[1 - index]?.table ?? null;
    const field = table === null ? null : database.fieldOf(table, name);
    const [child, parent] = [table, other].map((one) => (one === null ? null : database.modelOf(one)));
    if (field?.relation && child && parent && field.attname === name) return { child: child.label, parent: parent.label, field: field.name };
  }
  return null;
}

function rowsOf(label: string, { evidence: { database } }: Work, graph: ModelGraph): number | null {
  const model = graph.byLabel(label);
  const table = database === null || model === null ? null : database.tableOf(model);
  if (database === null || table === null) return null;
  return tableRows(table, database);
}
