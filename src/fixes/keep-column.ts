/** A column that `only()` or `defer()` leaves out and the rows' readers want goes back in. */
import type { Call, ChainCall, Expr, FixDraft, LazyLoad, RuleInput } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";
import { appendItems, isExtensible, ownCalls } from "./chain-edit.ts";
import { dropArgument } from "./drop-call.ts";
import { sourceOf } from "./source-text.ts";

/** Edits the queryset's own chain, for columns of one queryset. A deferred column is loaded on first read, so results stay. */
export function keepColumnFix(loads: readonly [LazyLoad, ...LazyLoad[]], input: RuleInput): FixDraft[] {
  const [load, ...others] = loads;
  const title = `Load ${loads.map(({ path }) => path.replaceAll("__", ".")).join(", ")} with the row`;
  const taken = undefer(load, input);
  // Several arguments of one `defer()` are not taken out by edits of each.
  if (others.some((one) => undefer(one, input) !== null) || (taken !== null && others.length > 0)) return [];
  const edits = taken ?? nameColumns(loads, input);
  if (edits.length === 0) return [];
  return isShared(load, input) ? [{ title: `${title}: other code uses this queryset too`, safety: "review", edits }] : [{ title, safety: "safe", edits }];
}

/** No column is read by these. */
const COUNTS: ReadonlySet<string> = new Set(["count", "exists"]);

/** The queryset is run in several functions, some of which may gain from what is left out. */
export function isShared({ origin }: LazyLoad, { facts }: RuleInput): boolean {
  const own = facts.runs.filter((run) => run.origin.span.file === origin.span.file && run.origin.span.start === origin.span.start && !COUNTS.has(run.how));
  return new Set(own.map((run) => run.symbol)).size > 1;
}

function nameColumns(loads: readonly [LazyLoad, ...LazyLoad[]], input: RuleInput): FixDraft["edits"] {
  const call = ownCalls(loads[0].origin).findLast(({ name }) => name === "only");
  const paths = loads.map(({ path }) => path);
  if (call === undefined || !isExtensible(call) || call.args.some((arg) => arg.kind === "str" && paths.includes(arg.value))) return [];
  const { file, args: items, end } = call;
  return appendItems(sourceOf(input, file), { file, items, end }, paths);
}

/** Null where no `defer()` of the chain names the column. */
function undefer({ origin, path }: LazyLoad, input: RuleInput): FixDraft["edits"] | null {
  for (const call of ownCalls(origin)) {
    const index = call.name === "defer" ? call.args.findIndex((arg) => arg.kind === "str" && arg.value === path) : -1;
    const edit = index === -1 ? null : dropArgument(input.text(call.file), call, index);
    if (edit !== null) return [edit];
  }
  return null;
}

/** The `only()` of the `Prefetch` that loads `load.path` names these columns too. */
export function keepKeyFix(load: LazyLoad, columns: readonly string[], input: RuleInput): FixDraft[] {
  const prefetches = load.origin.calls.filter(({ name }) => name === "prefetch_related");
  const onlys = prefetches.flatMap((call) => call.args.flatMap((arg) => onlysOf(arg, load.path).map((only) => ({ only, call }))));
  const [first] = onlys;
  if (first === undefined || onlys.length > 1 || !first.only.args.every((arg) => arg.kind === "str")) return [];
  const edits = appendItems(sourceOf(input, first.call.file), { file: first.call.file, items: first.only.args, end: first.only.end }, columns);
  return edits.length === 0 ? [] : [{ title: `Load ${columns.join(", ")} with the row`, safety: "safe", edits }];
}

/** Calls of `only()` in `Prefetch("path", queryset=…)`. */
function onlysOf(arg: ChainCall["args"][number], path: string): Call[] {
  const [lookup] = arg.kind === "call" ? arg.args : [];
  if (lookup?.kind !== "str" || lookup.value !== path) return [];
  return [...nodesIn(arg)].filter((one): one is Call => isOnly(one as Expr));
}

function isOnly(one: Expr): boolean {
  return one.kind === "call" && one.callee.kind === "attribute" && one.callee.name === "only" && one.args.length > 0;
}
