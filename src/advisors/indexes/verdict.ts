/** What is claimed of a statement: a gain where the plan is the same under both sets of constants, nothing where it is not. */
import type { CostPair, Database, Plan, PlanNode, RemovalProof, RemovalUser, StudiedStatement } from "../../model/index.ts";
import type { Asked } from "./questions.ts";

/** This project's measurements (TPC-H, PostgreSQL 15): priced so, the plans that became slower when they were run were told from those that did not. */
export function carefulSettings(database: Database): Readonly<Record<string, string>> {
  const buffers = database.server.settings.find(({ name }) => name === "shared_buffers")?.value ?? "16384";
  return { random_page_cost: "1.1", effective_cache_size: buffers };
}

/** Plans of one question, before and after, under the server's constants and the careful ones. */
export interface QuestionPlans {
  readonly asked: Asked;
  readonly server: { readonly before: Plan; readonly after: Plan };
  readonly careful: { readonly before: Plan; readonly after: Plan };
  /** The server's plans, if memory were small. */
  readonly held?: CostPair;
}

/** A change of cost that is no change: figures are rounded, and sizes are estimates. Ours. */
const SAME = 0.01;
/** The most that a statement may become dearer. */
export const MOST_REGRESSION = 0.05;

export function statementVerdict(id: string, calls: number, all: readonly QuestionPlans[], added: ReadonlySet<string>): StudiedStatement {
  const pair = (of: (one: QuestionPlans) => { readonly before: Plan; readonly after: Plan }): CostPair => ({
    before: mean(all.map((one) => costOf(of(one).before))),
    after: mean(all.map((one) => costOf(of(one).after))),
  });
  const [server, careful] = [pair((one) => one.server), pair((one) => one.careful)];
  const held = all.flatMap((one) => one.held ?? []);
  const heldPair =
    held.length < all.length || held.length === 0 ? undefined : { before: mean(held.map(({ before }) => before)), after: mean(held.map(({ after }) => after)) };
  const uses = [...new Set(all.flatMap((one) => indexesOf(one.server.after.root)))].filter((name) => added.has(name)).toSorted();
  const ratios = all.map(({ server: { before, after } }) => costOf(after) / Math.max(1e-9, costOf(before)));
  const isAgreed = all.every((one) => planKey(one.server.after.root) === planKey(one.careful.after.root));
  const [first] = all;
  return {
    statement: id,
    calls,
    server,
    careful,
    ...(heldPair === undefined ? {} : { held: heldPair }),
    verdict: verdictOf(server, careful, isAgreed, uses.length === 0 ? undefined : heldPair),
    uses,
    range: all.length > 1 ? { low: Math.min(...ratios), high: Math.max(...ratios) } : null,
    basis: first !== undefined && "generic" in first.asked.parameters ? "any" : "values",
    plans: first === undefined || uses.length === 0 ? null : first.server,
  };
}

function verdictOf(server: CostPair, careful: CostPair, isAgreed: boolean, held: CostPair | undefined): StudiedStatement["verdict"] {
  const [ratio, other] = [server, careful].map(({ before, after }) => after / Math.max(1e-9, before)) as [number, number];
  if (Math.max(ratio, other) > 1 + MOST_REGRESSION) return "dearer";
  // A plan that costs the server as much as before, and reads far more pages, is the one that gets slower unseen.
  if (ratio > 1 - SAME) return held !== undefined && isDearerHeld(held) && !isAgreed ? "verify" : "same";
  return isAgreed && other < 1 - SAME ? "gain" : "verify";
}

export const isDearerHeld = ({ before, after }: CostPair): boolean => after > before * (1 + MOST_REGRESSION);

export const costOf = ({ root }: Plan): number => root.cost.total;

const mean = (figures: readonly number[]): number => figures.reduce((sum, one) => sum + one, 0) / Math.max(1, figures.length);

export function indexesOf(node: PlanNode): string[] {
  return [...(node.index === null ? [] : [node.index]), ...node.children.flatMap((one) => indexesOf(one))];
}

/** What the plan does, without figures: nodes, relations, indexes and how they are joined. Parallel workers and buffers in between are not the point. */
export function planKey(node: PlanNode): string {
  const inner = node.children.map((one) => planKey(one));
  if (INCIDENTAL.has(node.type)) return inner.join(",");
  return `${node.type}:${node.relation ?? ""}:${node.index ?? ""}:${node.joinType ?? ""}(${inner.join(",")})`;
}

const INCIDENTAL: ReadonlySet<string> = new Set(["Gather", "Gather Merge", "Materialize", "Memoize", "Sort", "Incremental Sort", "Limit", "Result"]);

/** Of those that suffer, in the planner's words. */
export function suffering({ users }: RemovalProof): RemovalUser[] {
  return users.filter(({ cost }) => cost.after > cost.before * (1 + MOST_REGRESSION));
}
