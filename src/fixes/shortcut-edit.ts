/** `get_object_or_404(Order, …)` and `get_list_or_404(Order, …)`: the model becomes a queryset. */
import type { Expr, LazyLoad, RuleInput } from "../model/index.ts";
import { pathTo } from "../python/syntax-tree.ts";
import { insertion } from "./chain-edit.ts";
import type { EditPlan } from "./eager-verdict.ts";
import { quoted, styleOf } from "./source-text.ts";

const SHORTCUT = /(?:^|\.)a?get_(?:object|list)_or_404$/;

/** Null when the origin is no shortcut. */
export function shortcutEdits({ origin }: LazyLoad, method: string, path: string, input: RuleInput): EditPlan | null {
  const call = pathTo(input.program, origin.span).findLast((one) => one.start === origin.span.start && one.kind === "call");
  if (call?.kind !== "call" || !SHORTCUT.test(dotted(call.callee))) return null;
  const [first] = call.args;
  const model = input.graph.byLabel(origin.model);
  if (first === undefined || model === null || dotted(first).split(".").at(-1) !== model.name) {
    return { safety: "advice", reason: "load it where the first argument comes from", edits: [] };
  }
  const style = styleOf(input.text(origin.span.file));
  const text = `.${model.defaultManager}.${method}(${quoted(path, style)})`;
  return { safety: "safe", reason: "", edits: [insertion(origin.span.file, first.end, text)] };
}

/** `a.b.c` of names and attributes; empty for anything else. */
function dotted(expr: Expr): string {
  if (expr.kind === "name") return expr.name;
  if (expr.kind !== "attribute") return "";
  const object = dotted(expr.object);
  return object === "" ? "" : `${object}.${expr.name}`;
}
