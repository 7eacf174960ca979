import type { Plan, PlanNode } from "../../model/index.ts";

/** LIKE, ILIKE, regular expressions, similarity and full text, as EXPLAIN writes them. */
const MATCH = /\s(?:!?~~\*?|!?~\*?|<?%>?|@@)\s/;

/**
 * An index answers by text in the plan before, and each row is compared in the one after. The planner counts such a comparison as any other, and it takes
 * a hundred times as long: its cost says nothing of which of the two is faster.
 */
export function tradesTextIndex({ before, after }: { readonly before: Plan; readonly after: Plan }): boolean {
  const answered = nodesOf(before.root).filter(({ conditions }) => MATCH.test(conditions.index ?? "")).length;
  const left = nodesOf(after.root).filter(({ conditions }) => MATCH.test(conditions.index ?? "")).length;
  return left < answered && nodesOf(after.root).some(({ conditions }) => MATCH.test(conditions.filter ?? ""));
}

function nodesOf(node: PlanNode): readonly PlanNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}
