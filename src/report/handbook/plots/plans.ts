import { formatCount, formatMilliseconds, formatNumber, formatPercent } from "../../../model/numbers.ts";
import type { PlanNode } from "../../../model/plan.ts";
import type { DrawnPlan, PlansPlot } from "../../../model/plot.ts";
import { html, NOTHING, percent, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";

/** Steps that are listed; the whole plan is a fold away. */
const MOST_STEPS = 24;

interface Step {
  readonly node: PlanNode;
  readonly depth: number;
  /** Its own cost or milliseconds, its children's taken out. */
  readonly own: number;
}

/** The plan of today and the one after the change, as two indented lists; the guilty step of today in the accent. */
export function drawPlans({ before, after, change }: PlansPlot): Html {
  const worst = stepsOf(before).reduce<Step | null>((most, step) => (most === null || step.own > most.own ? step : most), null);
  const first = list(before, worst);
  if (after === null) return html`<div class="plans one">${first}</div>`;
  return html`<div class="plans">${first}${list(after, null)}</div>${change.trim() === "" ? NOTHING : html`<code class="sql">${change}</code>`}`;
}

function list(plan: DrawnPlan, guilty: Step | null): Html {
  const steps = stepsOf(plan);
  const whole = wholeOf(plan);
  const rows = steps.slice(0, MOST_STEPS).map((step) => {
    const isGuilty = guilty !== null && step.node === guilty.node;
    return html`<tr${isGuilty ? { html: ' class="guilty"' } : NOTHING}><td><code>${indent(step.depth)}${nameOf(step.node)}</code></td><td class="num">${rowsOf(step.node)}</td><td class="cost"><span class="meter" aria-hidden="true"><i style="width:${percent(step.own, whole)}"></i></span> ${shareOf(step.own, whole)}</td></tr>`;
  });
  const more = steps.length - MOST_STEPS;
  return html`<div><p class="plan-title">${plan.title}, ${totalOf(plan)}</p><table><thead><tr><th>step</th><th class="num">${isTimed(plan) ? "rows read → kept" : "rows, estimated"}</th><th>share of ${plan.basis}</th></tr></thead><tbody>${rows}</tbody></table>${more > 0 ? html`<p class="sm dim">${formatCount(more, "step")} more in the whole plan.</p>` : NOTHING}</div>`;
}

function stepsOf({ root, basis }: DrawnPlan): readonly Step[] {
  const walk = (node: PlanNode, depth: number): readonly Step[] => [
    { node, depth, own: ownOf(node, basis) },
    ...node.children.flatMap((child) => walk(child, depth + 1)),
  ];
  return walk(root, 0);
}

function ownOf(node: PlanNode, basis: DrawnPlan["basis"]): number {
  return Math.max(0, amountOf(node, basis) - node.children.reduce((sum, child) => sum + amountOf(child, basis), 0));
}

function amountOf(node: PlanNode, basis: DrawnPlan["basis"]): number {
  return basis === "time" ? (node.actualMs ?? 0) * (node.loops ?? 1) : node.cost.total;
}

function wholeOf({ root, basis }: DrawnPlan): number {
  return amountOf(root, basis);
}

function totalOf(plan: DrawnPlan): string {
  const whole = wholeOf(plan);
  return plan.basis === "time" ? `${formatMilliseconds(whole)} ms` : `cost ${formatNumber(Math.round(whole))}`;
}

function isTimed({ root }: DrawnPlan): boolean {
  return root.actualRows !== null;
}

function shareOf(own: number, whole: number): string {
  return formatPercent(whole <= 0 ? 0 : own / whole);
}

function indent(depth: number): string {
  return depth === 0 ? "" : `${"\u00a0\u00a0".repeat(depth - 1)}└ `;
}

function nameOf({ type, relation, index, joinType, strategy }: PlanNode): string {
  const kind = joinType !== null && joinType !== "Inner" && type.includes("Join") ? type.replace("Join", `${joinType} Join`) : type;
  const how = strategy !== null && strategy !== "Plain" && type === "Aggregate" ? `${strategy} Aggregate` : kind;
  return [how, relation ?? "", index === null ? "" : `using ${index}`].filter(Boolean).join(" ");
}

/** What all loops read and what was kept of it; without a run, what the planner expects. */
function rowsOf(node: PlanNode): string {
  if (node.actualRows === null) return formatNumber(node.planRows);
  const loops = node.loops ?? 1;
  const kept = Math.round(node.actualRows * loops);
  const removed = Math.round(((node.removedByFilter ?? 0) + (node.removedByRecheck ?? 0) + (node.removedByJoinFilter ?? 0)) * loops);
  return removed > 0 ? `${formatNumber(kept + removed)} → ${formatNumber(kept)}` : formatNumber(kept);
}

/** Every step with all that EXPLAIN said of it, as a nested list. */
export function wholePlan({ root, basis }: DrawnPlan): Html {
  return html`<ul class="tree">${branch(root, basis)}</ul>`;
}

function branch(node: PlanNode, basis: DrawnPlan["basis"]): Html {
  const facts = factsOf(node);
  const figure = basis === "time" ? `${formatMilliseconds(amountOf(node, basis))} ms` : `cost ${formatNumber(Math.round(node.cost.total))}`;
  return html`<li><code>${nameOf(node)}</code> <span class="dim">${figure}, ${rowsOf(node)} rows${facts.length === 0 ? "" : `; ${facts.join("; ")}`}</span>${node.children.length === 0 ? NOTHING : html`<ul>${node.children.map((child) => branch(child, basis))}</ul>`}</li>`;
}

function factsOf({ conditions, sort, hash, heapFetches, blocks, workersLaunched }: PlanNode): readonly string[] {
  return [
    conditions.index === null ? "" : `finds ${conditions.index}`,
    conditions.filter === null ? "" : `drops unless ${conditions.filter}`,
    conditions.hash === null ? "" : `matches ${conditions.hash}`,
    conditions.merge === null ? "" : `matches ${conditions.merge}`,
    conditions.join === null ? "" : `joins on ${conditions.join}`,
    sort === null ? "" : `sorts by ${sort.keys.join(", ")}${sort.method === null ? "" : `, ${sort.method}`}`,
    hash !== null && hash.batches > 1 ? `${hash.batches} batches` : "",
    heapFetches === null || heapFetches === 0 ? "" : `${formatNumber(heapFetches)} heap fetches`,
    blocks === null ? "" : `${formatNumber(blocks.hit)} pages hit, ${formatNumber(blocks.read)} read`,
    workersLaunched === null ? "" : formatCount(workersLaunched, "worker"),
  ].filter(Boolean);
}

export function tablesOfPlans({ before, after }: PlansPlot): readonly PlotTable[] {
  return [before, ...(after === null ? [] : [after])].map((plan) => {
    const whole = wholeOf(plan);
    const rows = stepsOf(plan).map((step) => ({
      cells: [
        `${indent(step.depth)}${nameOf(step.node)}`,
        rowsOf(step.node),
        plan.basis === "time" ? formatMilliseconds(step.own) : formatNumber(Math.round(step.own)),
        shareOf(step.own, whole),
      ],
    }));
    return table(["step", "rows", plan.basis === "time" ? "own time, ms" : "own cost", "share"], [1, 2, 3], rows, `${plan.title}, ${totalOf(plan)}`);
  });
}
