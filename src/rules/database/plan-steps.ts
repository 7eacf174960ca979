/** Nodes of a plan with what EXPLAIN leaves to be worked out: figures of all loops, and time without that of the nodes below. */
import type { Plan, PlanNode } from "../../model/index.ts";

export interface PlanStep {
  readonly plan: Plan;
  readonly node: PlanNode;
  /** Nearest first. */
  readonly above: readonly PlanNode[];
  /** How often it ran: 1 for a plan that was not run, 0 for a node that was never reached. */
  readonly loops: number;
  /** Of all loops; null when not run. */
  readonly rows: number | null;
  /** Milliseconds of all loops as they passed, workers side by side, with the nodes below and without them. */
  readonly totalMs: number | null;
  readonly selfMs: number | null;
  /** Part of the statement's time that is its own, 0 to 1. */
  readonly share: number | null;
}

export function stepsOf(plan: Plan): PlanStep[] {
  const all: PlanStep[] = [];
  const whole = plan.executionMs ?? elapsed(plan.root, []);
  const visit = (node: PlanNode, above: readonly PlanNode[]): void => {
    const totalMs = elapsed(node, above);
    const selfMs = totalMs === null ? null : Math.max(0, totalMs - below(node, above));
    const share = selfMs === null || whole === null || whole === 0 ? null : Math.min(1, selfMs / whole);
    const { actualRows, loops } = node;
    all.push({ plan, node, above, loops: loops ?? 1, rows: actualRows === null ? null : actualRows * (loops ?? 1), totalMs, selfMs, share });
    for (const child of node.children) visit(child, [node, ...above]);
  };
  visit(plan.root, []);
  return all;
}

/** EXPLAIN says a loop's mean; below Gather every worker is a loop, and they ran side by side. */
function elapsed({ actualMs, loops }: PlanNode, above: readonly PlanNode[]): number | null {
  return actualMs === null ? null : (actualMs * (loops ?? 1)) / workersAt(above);
}

function workersAt(above: readonly PlanNode[]): number {
  const gather = above.find(({ type }) => type.startsWith("Gather"));
  return gather === undefined ? 1 : (gather.workersLaunched ?? 0) + 1;
}

/** A CTE stands below the node that declares it, and is paid by the first scan of it: there the time is not taken off. */
function below(node: PlanNode, above: readonly PlanNode[]): number {
  const inner = [node, ...above];
  return node.children.reduce((sum, child) => sum + (child.subplan?.startsWith("CTE ") ? 0 : (elapsed(child, inner) ?? 0)), 0);
}

/** A figure that EXPLAIN gives as the mean of a loop, over all loops. */
export function overLoops(figure: number | null, { loops }: PlanStep): number {
  return (figure ?? 0) * loops;
}

/** Pages that the node itself touched, without those below. */
export function ownBlocks({ node }: PlanStep): number {
  const touched = (one: PlanNode): number => (one.blocks === null ? 0 : one.blocks.hit + one.blocks.read);
  return Math.max(0, touched(node) - node.children.reduce((sum, child) => sum + touched(child), 0));
}

/** Part of the statement's pages, 0 to 1; null without BUFFERS. */
export function blockShare(step: PlanStep): number | null {
  const { blocks } = step.plan.root;
  if (blocks === null || blocks.hit + blocks.read === 0) return null;
  return ownBlocks(step) / (blocks.hit + blocks.read);
}

/** It takes a part of the statement that is worth a change; unknown times and pages do not speak against it. */
export function isHot(step: PlanStep, least: number): boolean {
  const shares = [step.share, blockShare(step)].flatMap((one) => one ?? []);
  return shares.length === 0 || shares.some((one) => one >= least);
}

/** Conditions with their values taken out: what is shown holds no data of rows. */
export function withoutValues(condition: string): string {
  return condition
    .replaceAll(/'(?:[^']|'')*'/g, "…")
    .replaceAll(/(?<![\w.$"])-?\d+(?:\.\d+)?/g, "…")
    .replaceAll(/^\((.*)\)$/g, "$1");
}

/** `Seq Scan on orders_order`. */
export function nodeName({ type, relation, alias, index }: PlanNode): string {
  const on = relation ?? alias;
  if (on !== null) return index === null ? `${type} on ${on}` : `${type} on ${on} by ${index}`;
  return index === null ? type : `${type} on ${index}`;
}

/** Tables that are read at or below a node, each once. */
export function relationsBelow(node: PlanNode): string[] {
  return [...new Set([...(node.relation === null ? [] : [node.relation]), ...node.children.flatMap((one) => relationsBelow(one))])];
}

/** A number of rows as EXPLAIN rounds it is whole enough for a person. */
export function ratio(actual: number, estimated: number): number {
  const more = Math.max(actual, 1);
  const less = Math.max(estimated, 1);
  return Math.max(more / less, less / more);
}
