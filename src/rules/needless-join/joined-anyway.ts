/** Other parts of the same queryset that need the table. */
import type { ChainCall, Expr, Origin, RuleInput } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { relationPath } from "../relation-path.ts";

/** What they name is fetched in queries of its own, or with a table that is joined for something else. */
const WITHOUT_JOIN: ReadonlySet<string> = new Set(["prefetch_related", "only", "defer"]);

/** `values("customer__name").annotate(Count("customer__name"))`: the names are asked for as well, so the join stays whatever is counted. */
export function isJoinedAnyway(origin: Origin, path: string, except: Expr, input: RuleInput): boolean {
  const target = relationPath(origin.model, path, input)?.at(-1)?.relation?.target;
  const keys = ["pk", input.graph.byLabel(target ?? "")?.primaryKey];
  return origin.calls
    .filter((call) => !WITHOUT_JOIN.has(call.name))
    .some((call) =>
      lookupsOf(call, except).some((lookup) => {
        if (lookup === path) return call.name === "select_related";
        const [, next] = lookup.startsWith(`${path}__`) ? lookup.slice(path.length).split("__") : [];
        return next !== undefined && !keys.includes(next);
      }),
    );
}

/** Texts and names of keywords, also of those inside `Q(…)`, `F(…)` and the like. */
function lookupsOf(call: ChainCall, except: Expr): string[] {
  const named = call.keywords.flatMap(({ name, value }) => [name, ...lookupsIn(value, except)]);
  return [...named, ...call.args.flatMap((arg) => lookupsIn(arg, except))];
}

function lookupsIn(expr: Expr, except: Expr): string[] {
  return nodesIn(expr).flatMap((node) => {
    if (node.kind === "call") return node.keywords.map(({ name }) => name);
    return node.kind === "str" && node !== except ? [node.value.replace(/^[-?]/, "")] : [];
  });
}
