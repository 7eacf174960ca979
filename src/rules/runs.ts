/** What rules about the running of querysets share. */
import type { Expr, QueryRun, RuleInput, Span, Spot, Write } from "../model/index.ts";
import { nodesIn, pathTo, type SyntaxNode } from "../python/syntax-tree.ts";
import { canFollow, chainHead, exprAt, functionAt } from "./code.ts";
import { isSameSpan } from "../model/span.ts";

/** `Order` of `shop.Order`. */
export function nameOf(label: string): string {
  return label.split(".").at(-1) ?? label;
}

/** One per place in the text: a function is analysed once for each way of calling it. */
export function oncePerPlace<Fact extends { readonly span: Span }>(facts: readonly Fact[]): Fact[] {
  const seen = new Map<string, Fact>();
  for (const fact of facts) {
    const key = `${fact.span.file}:${fact.span.start}:${fact.span.end}`;
    if (!seen.has(key)) seen.set(key, fact);
  }
  return [...seen.values()];
}

/** Whether `later` can come after `earlier` in one run of the program, calls followed. */
export function runsAfter(input: RuleInput, earlier: QueryRun, later: QueryRun): boolean {
  const a = [...earlier.trail, earlier.span];
  const b = [...later.trail, later.span];
  let at = 0;
  while (at < a.length && at < b.length && isSameSpan(a[at] ?? earlier.span, b[at] ?? later.span)) at++;
  const first = a[at];
  const second = b[at];
  if (first === undefined || second === undefined) return false;
  if (input.text(first.file) === "" || pathTo(input.program, first).length === 0)
    return first.file === second.file && earlier.order < later.order && !areExclusiveBranches(earlier, later);
  return canFollow(input, first, second);
}

/** Templates have no returns: what excludes are the arms of one `if`. */
function areExclusiveBranches(a: QueryRun, b: QueryRun): boolean {
  const arms = new Map(a.branch.split("/").map((part) => [part.split(":")[0], part]));
  return b.branch.split("/").some((part) => {
    const other = arms.get(part.split(":")[0]);
    return other !== undefined && other !== part;
  });
}

/** A statement between two places of one function changes rows of that model (or of one that is not known). */
export function isWrittenBetween(input: RuleInput, model: string, earlier: Span, later: Span): boolean {
  return input.facts.writes.some((write) => liesBetween(write, earlier, later) && (write.model === null || write.model === model));
}

function liesBetween(write: Write, earlier: Span, later: Span): boolean {
  const inside = (span: Span): boolean => span.file === earlier.file && span.start > earlier.start && span.end < later.end;
  return inside(write.span) || write.calls.some(inside);
}

/** Spots of a finding about one run. */
export function runPlaces(run: QueryRun, label: string): Spot[] {
  const spots: Spot[] = [{ role: "queryset", span: run.origin.span }];
  for (const call of run.calls) spots.push({ role: "call", span: call });
  spots.push({ role: "access", span: run.span, label });
  return spots;
}

/** Methods that make a new queryset or ask a question of their own: they do not use the rows of this object. */
const ASKS: ReadonlySet<string> = new Set(
  (
    "filter exclude order_by reverse distinct values values_list annotate alias select_related prefetch_related only defer using " +
    "count exists aggregate first last latest earliest get update delete create union intersection difference in_bulk contains " +
    "select_for_update extra raw acount aexists aget afirst alast aupdate adelete aaggregate model query db none"
  ).split(" "),
);

/**
 * Whether the rows of the queryset that an expression names are used anywhere else in its function. A chain of calls
 * names an object that nobody else has; a local name is followed through the function; anything else may be used.
 */
export function areRowsUsedElsewhere(input: RuleInput, file: string, expr: Expr): boolean {
  if (expr.kind === "call") return false;
  if (expr.kind !== "name") return true;
  const path = pathTo(input.program, { file, start: expr.start, end: expr.end });
  const holder = functionAt(path);
  if (holder === null || holder.kind === "lambda") return true;
  if (holder.params.some((param) => param.name === expr.name)) return true;
  return usesOf(holder, expr.name).some((use) => use.node !== expr && use.node.start !== expr.start && !isQuestion(use));
}

export interface Use {
  readonly node: SyntaxNode;
  readonly parent: SyntaxNode;
  readonly grandparent: SyntaxNode | null;
}

/** Reads of a name below a node. */
export function usesOf(root: SyntaxNode, name: string): readonly Use[] {
  const uses: Use[] = [];
  for (const parent of nodesIn(root)) {
    if (parent.kind === "name") continue;
    for (const child of directNames(parent)) {
      if (child.kind === "name" && child.name === name && !isTarget(parent, child)) uses.push({ node: child, parent, grandparent: null });
    }
  }
  return uses;
}

function directNames(parent: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) {
      if ("kind" in value && "start" in value) {
        const node = value as SyntaxNode;
        if (node.kind === "name") found.push(node);
      } else Object.values(value).forEach(visit);
    }
  };
  if (parent.kind === "function") visit([parent.decorators, parent.params]);
  else Object.values(parent).forEach(visit);
  return found;
}

function isTarget(parent: SyntaxNode, child: SyntaxNode): boolean {
  if (parent.kind === "assign") return parent.targets.some((target) => target === child);
  if (parent.kind === "for") return parent.target === child;
  if (parent.kind === "comprehension") return parent.clauses.some((clause) => clause.target === child);
  return parent.kind === "delete";
}

function isQuestion({ parent }: Use): boolean {
  return parent.kind === "attribute" && ASKS.has(parent.name);
}

/** The expression whose truth, length or rows a run asks for: the argument of a call, or the span itself. */
export function subjectOf(input: RuleInput, run: QueryRun): Expr | null {
  const expr = exprAt(input, run.span);
  if (expr?.kind !== "call" || expr.callee.kind !== "name") return expr;
  return ["len", "list", "bool", "sorted", "tuple", "set", "sum", "any", "all", "min", "max"].includes(expr.callee.name) ? (expr.args[0] ?? null) : expr;
}

/**
 * The queryset is written here from a model's manager, `Order.objects.…`, under a name or not: its rows are nobody's
 * relation, and no caller can have prefetched them.
 */
export function startsAtModel(input: RuleInput, file: string, expr: Expr): boolean {
  const at = chainHead(expr);
  if (at.kind !== "name") return false;
  const { name } = at;
  if (/^[A-Z]/.test(name)) return true;
  const holder = functionAt(pathTo(input.program, { file, start: at.start, end: at.end }));
  if (holder === null || holder.kind === "lambda") return false;
  const values = [...nodesIn(holder)].flatMap((node) =>
    node.kind === "assign" && node.targets.some((target) => target.kind === "name" && target.name === name) ? [node.value] : [],
  );
  return values.length > 0 && values.every((value) => value !== null && rootIsModel(value, name));
}

function rootIsModel(expr: Expr, self: string): boolean {
  const at = chainHead(expr);
  return at.kind === "name" && (at.name === self || /^[A-Z]/.test(at.name));
}

/** In `a or b` the queryset itself comes out and may be used: only its place in a condition proves that it is not. */
export function isOnlyTested(input: RuleInput, file: string, tested: Expr): boolean {
  if (tested.kind === "bool") return false;
  const path = pathTo(input.program, { file, start: tested.start, end: tested.end });
  for (let at = path.lastIndexOf(tested) - 1; at >= 0; at--) {
    const parent = path[at];
    const child = path[at + 1];
    if (parent === undefined) return false;
    if (parent.kind === "not") return true;
    if (parent.kind === "call") return parent.callee.kind === "name" && parent.callee.name === "bool";
    if (parent.kind === "if" || parent.kind === "while" || parent.kind === "conditional") return parent.test === child;
    if (parent.kind === "comprehension") return parent.clauses.some((clause) => clause.conditions.some((one) => one === child));
    if (parent.kind !== "bool") return false;
  }
  return false;
}

/** The whole of `len(rows) > 0`. */
export interface Comparison {
  readonly end: number;
  /** True where there must be none: `len(rows) == 0`. */
  readonly isNegated: boolean;
}

const SOME: ReadonlySet<string> = new Set(["> 0", "!= 0", ">= 1"]);
const NONE: ReadonlySet<string> = new Set(["== 0", "<= 0", "< 1"]);

/** The comparison of a number that asks whether there is any. */
export function comparedWithNone({ program }: RuleInput, file: string, call: Expr): Comparison | null {
  const path = pathTo(program, { file, start: call.start, end: call.end });
  const parent = path[path.lastIndexOf(call) - 1];
  if (parent?.kind !== "compare" || parent.left !== call || parent.rights.length !== 1) return null;
  const [right] = parent.rights;
  const test = right?.kind === "num" ? `${parent.operators[0]} ${right.value}` : "";
  return SOME.has(test) || NONE.has(test) ? { end: parent.end, isNegated: NONE.has(test) } : null;
}

/** A variable or an attribute of one: reading it twice gives the same queryset. */
export function isNamed(expr: Expr): boolean {
  return expr.kind === "name" || (expr.kind === "attribute" && isNamed(expr.object));
}
