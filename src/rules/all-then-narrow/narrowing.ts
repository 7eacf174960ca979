/** How a list of all rows is cut right where it is made, or wherever its variable is used. */
import type { Call, EditDraft, Expr, QueryRun, RuleInput, Span } from "../../model/index.ts";
import { pathTo, type SyntaxNode, visit } from "../../python/syntax-tree.ts";
import { enclosingFunction, isSame } from "../code.ts";

export interface Narrowing {
  /** What is left: `the first`, `5 of them`. */
  readonly keeps: string;
  readonly remedy: string;
  readonly span: Span;
  readonly isSure: boolean;
  readonly edits: readonly EditDraft[];
}

export function narrowing(run: QueryRun, input: RuleInput): Narrowing | null {
  const path = pathTo(input.program, run.span);
  const at = path.findLastIndex((node) => isWholeList(node, run.span));
  const node = path[at];
  const parent = path[at - 1];
  if (node === undefined || parent === undefined) return null;
  const { file } = run.span;
  const direct = cut(node, parent, file);
  if (direct !== null) return direct;
  if (parent.kind !== "assign" || parent.targets.length !== 1) return null;
  const [target] = parent.targets;
  const def = enclosingFunction(path);
  return target?.kind === "name" && def !== null ? everyUse(target.name, def, parent, file) : null;
}

/** `list(rows)`, `tuple(rows)` or `[… for row in rows]` without a condition. */
function isWholeList(node: SyntaxNode, span: Span): boolean {
  if (node.kind === "call") return isSame(span, node) && node.callee.kind === "name" && (node.callee.name === "list" || node.callee.name === "tuple");
  if (node.kind !== "comprehension" || node.type !== "list" || node.clauses.length !== 1) return false;
  const [clause] = node.clauses;
  return clause !== undefined && clause.conditions.length === 0 && isSame(span, clause.iterable);
}

function cut(node: SyntaxNode, parent: SyntaxNode, file: string): Narrowing | null {
  const span = { file, start: parent.start, end: parent.end };
  if (parent.kind === "subscript" && isSame({ file, ...parent.object }, node)) return withEdits(bySubscript(parent.index, span), node, parent, file);
  if (parent.kind === "call") return withEdits(byCall(node, parent, span), node, parent, file);
  return null;
}

type Cut = Omit<Narrowing, "edits">;

/** `list(rows)[:5]` becomes `list(rows[:5])`, `Paginator(list(rows), 20)` becomes `Paginator(rows, 20)`. */
function withEdits(cutting: Cut | null, node: SyntaxNode, parent: SyntaxNode, file: string): Narrowing | null {
  if (cutting === null) return null;
  const rows = node.kind === "call" ? node.args[0] : undefined;
  const isRead = rows !== undefined && node.kind === "call" && node.args.length === 1 && isChainEnd(rows);
  const at = (start: number, end: number): EditDraft => ({ span: { file, start, end }, text: "" });
  if (!isRead) return { ...cutting, edits: [] };
  if (parent.kind === "subscript" && parent.index.kind === "slice") {
    const closing = { span: { file, start: parent.end, end: parent.end }, text: ")" };
    return { ...cutting, edits: [at(rows.end, node.end), closing] };
  }
  const isPage = parent.kind === "call" && cutting.keeps === "a page";
  return { ...cutting, edits: isPage ? [at(node.start, rows.start), at(rows.end, node.end)] : [] };
}

/** What a subscript can follow without brackets. */
function isChainEnd(expr: Expr): boolean {
  return expr.kind === "call" || expr.kind === "name" || expr.kind === "attribute";
}

function bySubscript(index: Expr, span: Span): Cut | null {
  if (index.kind === "num") return { keeps: index.value === 0 ? "the first" : "one", remedy: "Index the queryset, or call `first()`.", span, isSure: true };
  if (index.kind === "unary" && index.operator === "-" && index.operand.kind === "num") {
    return { keeps: "the last", remedy: "Call `last()`, or reverse the order and take the first.", span, isSure: true };
  }
  if (index.kind !== "slice" || index.upper === null || isNegative(index.upper) || (index.lower !== null && isNegative(index.lower))) return null;
  const keeps = index.lower === null && index.upper.kind === "num" ? `${index.upper.value} of them` : "a slice";
  return { keeps, remedy: "Slice the queryset before it becomes a list.", span, isSure: true };
}

function isNegative(expr: Expr): boolean {
  return expr.kind === "unary" && expr.operator === "-";
}

function byCall(node: SyntaxNode, call: Call, span: Span): Cut | null {
  const name = call.callee.kind === "name" || call.callee.kind === "attribute" ? call.callee.name : "";
  if (call.args[0] !== node) return null;
  if (name === "Paginator") return { keeps: "a page", remedy: "Give the queryset to the paginator: it counts and slices in the database.", span, isSure: true };
  const isRandom = call.callee.kind === "attribute" && call.callee.object.kind === "name" && call.callee.object.name === "random";
  if (isRandom && (name === "choice" || name === "sample" || name === "choices")) {
    return {
      keeps: name === "choice" ? "one at random" : "a sample",
      remedy: 'Draw among the keys: `values_list("pk", flat=True)`, then fetch the drawn rows.',
      span,
      isSure: true,
    };
  }
  return null;
}

/** Every mention of the variable cuts it, so the rest is never seen. */
function everyUse(name: string, def: SyntaxNode, assigned: SyntaxNode, file: string): Narrowing | null {
  const cuts: Narrowing[] = [];
  let isWhole = false;
  visit(def, (node, parent) => {
    if (node.kind !== "name" || node.name !== name || parent === assigned) return;
    const found = parent.kind === "subscript" ? cut(node, parent, file) : null;
    if (found === null) isWhole = true;
    else cuts.push(found);
  });
  const [first] = cuts;
  return isWhole || first === undefined || cuts.length > 1 ? null : first;
}
