import type { Expr, FindingDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { exprAt, pathTo } from "../code.ts";
import { areRowsUsedElsewhere, nameOf, oncePerPlace, runPlaces, startsAtModel } from "../runs.ts";

export const rule: Rule = {
  meta: {
    id: "bool-for-exists",
    chapter: "2.2",
    summary: "All rows are fetched to see whether there is one",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input))).map((run) => toDraft(run, input)),
};

function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.how !== "bool" || run.cached || run.sliced || run.inTemplate) return false;
  const tested = testedAt(run, input);
  return tested !== null && isOnlyTested(run, tested, input) && !areRowsUsedElsewhere(input, run.span.file, tested);
}

/** The queryset's expression: the argument of `bool()`, or the condition itself. */
function testedAt(run: QueryRun, input: RuleInput): Expr | null {
  const expr = exprAt(input, run.span);
  if (expr?.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "bool") return expr.args[0] ?? null;
  return expr?.kind === "not" ? expr.operand : expr;
}

/** In `a or b` the queryset itself comes out and may be used: only its place in a condition proves that it is not. */
function isOnlyTested(run: QueryRun, tested: Expr, input: RuleInput): boolean {
  if (tested.kind === "bool") return false;
  const path = pathTo(input, { file: run.span.file, start: tested.start, end: tested.end });
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

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const tested = testedAt(run, input);
  const isOwn = run.doubts.length === 0 && tested !== null && startsAtModel(input, run.span.file, tested);
  const end = tested?.end ?? run.span.end;
  const isCall = tested?.kind === "call" || tested?.kind === "name";
  return {
    key: [run.symbol, run.model],
    confidence: isOwn ? "likely" : "possible",
    claim: `Every matching \`${nameOf(run.model)}\` row is fetched to see whether there is one.`,
    reason: "The truth of a queryset loads all its rows; nothing reads them here.",
    remedy: "Use `.exists()`: it stops at the first row.",
    doubt: !isOwn ? "a caller that prefetches these rows makes the test free" : "rows that are used later would make the test free",
    model: run.model,
    places: runPlaces(run, "loads every row"),
    fixes: isCall ? [{ title: "Ask with exists()", safety: "safe", edits: [{ span: { file: run.span.file, start: end, end }, text: ".exists()" }] }] : [],
  };
}
