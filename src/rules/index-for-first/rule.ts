import { insertion } from "../../fixes/chain-edit.ts";
import type { Assign, Call, Expr, FindingDraft, FixDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { isNoneLiteral, pathTo } from "../../python/syntax-tree.ts";
import { callAt, enclosingFunction, exprAt, soleValueOf, sourceText } from "../code.ts";
import { withFirstRowAlone } from "../../sql/restate.ts";
import { judgeRestated } from "../database/restated.ts";
import { isOnlyTested, nameOf, oncePerPlace, runPlaces, usesOf } from "../runs.ts";
import { isSameSpan } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "index-for-first",
    chapter: "2.2",
    summary: "All rows are fetched to take one of them",
    severity: "warning",
    confidence: "certain",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    oncePerPlace(input.facts.runs.filter((run) => takenBy(run, input) !== null && !isAtHandElsewhere(run, input))).map((run) => toDraft(run, input)),
  proposes: true,
  judge: (input) => judgeRestated(input, withFirstRowAlone),
};

/** Another way to the same line has the rows prefetched: they are there anyway. */
function isAtHandElsewhere({ span }: QueryRun, { facts }: RuleInput): boolean {
  return facts.runs.some((run) => run.cached && isSameSpan(run.span, span));
}

/** The expression that keeps one row: `list(rows)[0]`, `next(iter(rows))`. */
function takenBy(run: QueryRun, input: RuleInput): Expr | null {
  if (run.cached || run.sliced || run.inTemplate || run.atMostOne === true || (run.how !== "list" && run.how !== "iterate")) return null;
  const call = callAt(input, run.span);
  if (call?.callee.kind !== "name") return null;
  const path = pathTo(input.program, run.span);
  const parent = path[path.indexOf(call) - 1];
  if (run.how === "iterate") return call.callee.name === "next" && isIter(call.args[0]) ? call : null;
  const isList = call.callee.name === "list" || call.callee.name === "tuple";
  if (!isList || !isChain(call.args[0])) return null;
  if (parent?.kind === "assign") return firstOfName(run, call, parent, input);
  return parent?.kind === "subscript" && parent.object === call && isZero(parent.index) ? parent : null;
}

/** `rows = list(…)`, of which nothing is asked but whether there is a row, and the first. */
function firstOfName(run: QueryRun, call: Call, stmt: Assign, input: RuleInput): Expr | null {
  const [target, ...others] = stmt.targets;
  const holder = enclosingFunction(pathTo(input.program, run.span));
  if (target?.kind !== "name" || others.length > 0 || stmt.value !== call || holder === null) return null;
  const uses = usesOf(holder, target.name);
  const taken = uses.filter(({ node, parent }) => parent.kind === "subscript" && parent.object === node && isZero(parent.index));
  const areAll = uses.every((use) => taken.includes(use) || isOnlyTested(input, run.span.file, use.node as Expr));
  const isOwn = uses.every(({ node }) => node.kind === "name" && soleValueOf(input, run.span.file, node) === call);
  return taken.length > 0 && areAll && isOwn ? call : null;
}

function isIter(expr: Expr | undefined): boolean {
  return expr?.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "iter" && isChain(expr.args[0]);
}

function isZero(expr: Expr): boolean {
  return expr.kind === "num" && expr.value === 0;
}

/** A chain of calls is used here alone; a name may have its rows used elsewhere. */
function isChain(expr: Expr | undefined): expr is Call {
  return expr?.kind === "call";
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  return {
    key: [run.symbol, run.model],
    claim: `Every matching \`${nameOf(run.model)}\` row is fetched to take the first.`,
    reason: "The rows are loaded and made into objects before one is taken.",
    remedy: "Index the queryset itself, or call `.first()`: the database sends one row.",
    doubt: "a queryset that has one row anyway gains nothing",
    model: run.model,
    places: runPlaces(run, "loads every row"),
    fixes: fixesFor(run, input),
  };
}

function fixesFor(run: QueryRun, input: RuleInput): FixDraft[] {
  const expr = exprAt(input, run.span);
  const rows = expr?.kind === "call" ? expr.args[0] : undefined;
  if (run.how === "iterate") return firstFix(run, rows, input);
  if (run.how !== "list" || rows === undefined) return [];
  if (takenBy(run, input)?.kind === "call")
    return [{ title: "Fetch the first row alone", safety: "safe", edits: [insertion(run.span.file, rows.end, "[:1]")] }];
  return [{ title: "Index the queryset itself", safety: "safe", edits: [{ span: run.span, text: sourceText(input, run.span.file, rows) }] }];
}

/** `next(iter(rows), None)` of rows in an order of their own. */
function firstFix(run: QueryRun, iter: Expr | undefined, input: RuleInput): FixDraft[] {
  const call = callAt(input, run.span);
  const rows = iter?.kind === "call" ? iter.args[0] : undefined;
  if (rows === undefined || !isNoneLiteral(call?.args[1]) || run.ordered !== "yes") return [];
  return [
    { title: "Take the first row in the database", safety: "safe", edits: [{ span: run.span, text: `${sourceText(input, run.span.file, rows)}.first()` }] },
  ];
}
