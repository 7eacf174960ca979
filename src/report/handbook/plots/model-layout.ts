import { Graph, layout } from "@dagrejs/dagre";
import type { ModelsPlot } from "../../../model/plot.ts";

type Edge = ModelsPlot["edges"][number];

export interface PlacedModel {
  readonly label: string;
  readonly rows: number | null;
  /** 0 to 1, from the first layer's (wide) or the leftmost box's (narrow) middle to the last's. */
  readonly x: number;
  /** Pixels. */
  readonly y: number;
}

export interface PlacedEdge {
  readonly edge: Edge;
  /** From the child's middle to the parent's, round what stands between. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface ModelLayout {
  readonly models: readonly PlacedModel[];
  readonly edges: readonly PlacedEdge[];
  readonly layers: number;
  /** Boxes of the fullest layer. */
  readonly breadth: number;
  readonly height: number;
}

export interface LayoutSize {
  readonly direction: "LR" | "TB";
  readonly width: number;
  readonly height: number;
  readonly between: number;
}

/** Children left of (or above) their parents, in layers with few crossings; the same models always get the same places. */
export function layOutModels({ models, edges }: Pick<ModelsPlot, "models" | "edges">, size: LayoutSize): ModelLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: size.direction, nodesep: 22, ranksep: size.between, edgesep: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { label } of models) graph.setNode(label, { width: size.width, height: size.height });
  const others = edges.filter(({ child, parent }) => child !== parent);
  for (const [index, { child, parent, weight }] of others.entries())
    graph.setEdge(child, parent, { weight: weight === null || weight <= 0 ? 1 : 2 }, String(index));
  layout(graph);
  const place = new Map(models.map(({ label }) => [label, graph.node(label)]));
  const xs = [...place.values()].map((node) => Number(node.x));
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const share = (x: number): number => (right > left ? (x - left) / (right - left) : 0.5);
  const along = [...place.values()].map((node) => Math.round(Number(size.direction === "LR" ? node.x : node.y)));
  const middle = (label: string): { x: number; y: number } => ({ x: share(Number(place.get(label)?.x ?? 0)), y: Number(place.get(label)?.y ?? 0) });
  return {
    models: models.map(({ label, rows }) => ({ label, rows, ...middle(label) })),
    edges: others.map((edge, index) => {
      const points = graph.edge(edge.child, edge.parent, String(index)).points ?? [];
      return { edge, points: [middle(edge.child), ...bends(points).map(({ x, y }) => ({ x: share(x), y })), middle(edge.parent)] };
    }),
    layers: new Set(along).size,
    breadth: Math.max(0, ...[...new Set(along)].map((one) => along.filter((other) => other === one).length)),
    height: Number(graph.graph().height ?? 0),
  };
}

/** Points of an edge that are not at its ends: only an edge over several layers has one that matters. */
function bends(points: readonly { readonly x: number; readonly y: number }[]): readonly { readonly x: number; readonly y: number }[] {
  return points.length > 3 ? points.slice(1, -1).filter((_, index) => index % 2 === 1) : [];
}
