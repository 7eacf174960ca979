import { groupBy } from "../../model/group-by.ts";
import type { Expr, FindingDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { isStatement, nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { calledName } from "../chains.ts";
import { canFollow, chainHead, changedNames, exprAt, functionAt, isReachedOnFailure, namesIn, rootName, sourceText, targetsOf } from "../code.ts";
import { nameOf, subjectOf } from "../runs.ts";
import { isInside, isSameSpan } from "../../model/span.ts";
import { onceFix } from "./once-fix.ts";

export const rule: Rule = {
  meta: {
    id: "duplicate-query",
    chapter: "2.2",
    summary: "A function sends the same query twice",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => pairs(input).map((pair) => toDraft(pair, input)),
};

const ONE_ROW: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest"]);

type Pair = readonly [QueryRun, QueryRun];

function pairs(input: RuleInput): Pair[] {
  const found = new Map<string, Pair>();
  const runs = input.facts.runs.filter(
    (run) => !run.cached && !run.inTemplate && !run.atImport && run.origin.kind !== "parameter" && textOf(run, input) !== "",
  );
  for (const alike of groupBy(runs, (run) => `${run.span.file}\0${run.symbol}\0${textOf(run, input)}`).values()) {
    for (const second of alike) {
      const first = alike.find((run) => isGuilty(run, second, input));
      if (first !== undefined && !found.has(`${second.span.file}:${second.span.start}`)) found.set(`${second.span.file}:${second.span.start}`, [first, second]);
    }
  }
  return [...found.values()];
}

/** The chain of calls as written, white space aside; empty where it is a name that another rule follows. */
function textOf(run: QueryRun, input: RuleInput): string {
  const expr = run.how === "iterate" ? exprAt(input, run.span) : subjectOf(input, run);
  if (expr?.kind !== "call" && expr?.kind !== "attribute") return "";
  if (expr.kind === "attribute" || !isChain(expr) || isDrawn(expr)) return "";
  return sourceText(input, run.span.file, expr).replaceAll(/\s+/g, "");
}

/** `Order.objects.filter(…)`: begins at a manager, so that the text alone says which rows. */
function isChain(expr: Expr): boolean {
  return [...nodesIn(expr)].some((node) => node.kind === "attribute" && node.name === "objects");
}

/** `order_by("?")`, `order_by(Random())`: each time other rows. */
function isDrawn(expr: Expr): boolean {
  return [...nodesIn(expr)].some((node) => (node.kind === "str" && node.value === "?") || (node.kind === "call" && calledName(node) === "Random"));
}

function isGuilty(first: QueryRun, second: QueryRun, input: RuleInput): boolean {
  if (first === second || first.queryset === second.queryset || isSameSpan(first.span, second.span)) return false;
  if (first.loop?.span.start !== second.loop?.span.start) return false;
  return canFollow(input, first.span, second.span) && !isReachedOnFailure(input, first.span, second.span) && isUnchangedBetween(first, second, input);
}

/** No name in it is bound anew on the way, and nothing between the two writes or leaves our sight. */
function isUnchangedBetween(first: QueryRun, second: QueryRun, input: RuleInput): boolean {
  const expr = subjectOf(input, second);
  const holder = functionAt(pathTo(input.program, second.span));
  if (expr === null || holder === null) return false;
  // Another thread, or whoever is handed the lambda, asks when it likes.
  if (functionAt(pathTo(input.program, first.span)) !== holder) return false;
  if (isRowChanged(first, second, holder, input)) return false;
  const names = namesIn(expr);
  for (const node of nodesIn(holder)) {
    if (node.start < first.span.start || node.end > second.span.end || node.start >= second.span.start) continue;
    if (COUNTS.has(second.how) && isDoing(node)) return false;
    for (const name of changedNames(node)) if (names.has(name)) return false;
  }
  return !input.facts.writes.some((write) => {
    const inside = (span: QueryRun["span"]): boolean => span.file === first.span.file && span.start > first.span.start && span.end < second.span.end;
    return inside(write.span) || write.calls.some(inside);
  });
}

/** `row.level = 2`, `row.hide()`: what is fetched then is the row as the database has it. */
function isRowChanged(first: QueryRun, second: QueryRun, holder: SyntaxNode, { program }: RuleInput): boolean {
  const stmt = pathTo(program, first.span).findLast(isStatement);
  const [target] = stmt?.kind === "assign" && isInside(first.span, stmt.value ?? stmt) ? stmt.targets : [];
  if (!first.givesRows || !ONE_ROW.has(first.how) || target?.kind !== "name") return false;
  return [...nodesIn(holder)]
    .filter((node) => node.start > first.span.end && node.start < second.span.start && node.end < second.span.end)
    .some((node) => (node.kind === "expr" ? isToldTo(node.value, target.name) : changesAttribute(node, target.name)));
}

function isToldTo(value: Expr, name: string): boolean {
  return value.kind === "call" && value.callee.kind === "attribute" && value.callee.object.kind === "name" && value.callee.object.name === name;
}

function changesAttribute(node: SyntaxNode, name: string): boolean {
  return targetsOf(node).some((target) => target.kind === "attribute" && rootName(target).includes(name));
}

/** Numbers from before and after are there to be compared. */
const COUNTS: ReadonlySet<string> = new Set(["count", "exists", "aggregate", "len"]);

/** A call whose answer nobody wants does something, and not always in our sight: `call_command("load")`, `client.post(url)`. */
function isDoing(node: SyntaxNode): boolean {
  if (node.kind !== "expr") return false;
  const call = node.value.kind === "await" ? node.value.value : node.value;
  if (call.kind !== "call") return false;
  const head = chainHead(call);
  return !(head.kind === "name" && TELLS.test(head.name)) && !TELLS.test(calledName(call) ?? "");
}

/** Says something, or fills what is in memory. */
const TELLS = /^(?:print|echo|_?log(?:ger|ging)?|LOG(?:GER)?|messages|warnings|write|append|extend|insert|sort|assert\w*)$/;

/** These ask the database anew, also of a queryset that both places share, as long as nothing has loaded its rows. */
const ASKS_ANEW: ReadonlySet<string> = new Set(["count", "exists", "aggregate"]);

function remedyOf(first: QueryRun, second: QueryRun): string {
  if (second.givesRows && ONE_ROW.has(second.how)) return "Fetch the row once, and use it in both places.";
  if (ASKS_ANEW.has(first.how) && first.how === second.how) return "Ask once, and keep the answer.";
  return "Make the queryset once, and use it in both places.";
}

function toDraft([first, second]: Pair, input: RuleInput): FindingDraft {
  return {
    key: [second.symbol, second.model, second.how],
    confidence: first.how === "text" || first.loop !== null ? "possible" : "likely",
    claim: `The same \`${nameOf(second.model)}\` query is sent twice.`,
    reason: "Two querysets that are written alike do not share their rows.",
    remedy: remedyOf(first, second),
    doubt: "a change of these rows between the two would make the second answer another one",
    model: second.model,
    places: [
      { role: "access", span: first.span, label: "the first time" },
      { role: "access", span: second.span, label: "again" },
    ],
    fixes: onceFix(first, second, input),
  };
}
