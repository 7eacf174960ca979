/** `score.team.points += score.points`, and then `score.team.save()`: each round goes on from what the rounds before have saved. */
import type { Expr, FunctionDef, Lambda, LazyLoad, RuleInput } from "../../model/index.ts";
import { isSameSpan } from "../../model/span.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { functionAt } from "../code.ts";
import { assignedTo, loopSite } from "../loops.ts";

/** The loop adds to the one row that the relation leads to, and saves it: joined, each row would have a copy of its own, from before the loop. */
export function addsToTarget(load: LazyLoad, input: RuleInput): boolean {
  const { loop, target, calls, access, joinable, path } = load;
  if (!joinable || loop === null || !isSavedInLoop(load, input)) return false;
  const site = loopSite(input, loop, calls[0] ?? access);
  const name = path.split("__").at(-1) ?? path;
  const holder = functionAt(site.path);
  if (site.loop === null || target === null) return false;
  return nodesIn(site.loop).some((node) => node.kind === "augment" && node.target.kind === "attribute" && isRow(node.target.object, name, holder));
}

function isSavedInLoop({ loop, target }: LazyLoad, { facts }: RuleInput): boolean {
  return facts.writes.some(
    (write) => write.how === "save" && write.model === target && loop !== null && write.loop !== null && isSameSpan(write.loop.span, loop.span),
  );
}

/** `score.team`, or the name that it is given. */
function isRow(expr: Expr, relation: string, holder: FunctionDef | Lambda | null): boolean {
  if (expr.kind === "attribute") return expr.name === relation;
  if (expr.kind !== "name" || holder === null) return false;
  return assignedTo(expr.name, holder).some((value) => value?.kind === "attribute" && value.name === relation);
}
