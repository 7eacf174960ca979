import type { DatabaseInput, Expr, FindingDraft, Judgement, QueryRun, QueryShape, Rule, RuleInput, Span, Statement } from "../../model/index.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { callSpan } from "../chains.ts";
import { enclosingFunction, exprAt } from "../code.ts";
import { together } from "../database/plan-rule.ts";
import { statementName } from "../database/statement-places.ts";
import { judgeStatements, WORTH_SHARE, type StatementFlaw } from "../database/statement-rule.ts";
import { withoutOrder } from "../../sql/restate.ts";
import { withRestated } from "../database/restated.ts";
import { judgeBySize } from "../database/table-size.ts";
import { areRowsUsedElsewhere, isNamed, nameOf, oncePerPlace, usesOf } from "../runs.ts";
import { isSameSpan, isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "needless-ordering",
    chapter: "2.2",
    summary: "Rows are sorted and then put where they have no order",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => isGuilty(run, input) && !isSortedForOthers(run, input))).map((run) => toDraft(run)),
  proposes: true,
  judge: (input) => withRestated(judge(input), input.database, withoutOrder),
};

function judge(input: DatabaseInput): Judgement {
  const bySource = judgeBySize(input, { rule: "needless-ordering", severity: "info", meaning: "" });
  return together(bySource, judgeStatements(input, { leastShare: WORTH_SHARE, flaws: flawsOf }));
}

/** What takes rows in any order, and keeps none. */
const UNORDERED: ReadonlySet<string> = new Set(["set", "frozenset", "sum", "any", "all", "len"]);

/** `set(rows.order_by(…))`: written in one expression, without a slice, which the order decides about. */
function isGuilty(run: QueryRun, input: RuleInput): boolean {
  if (run.cached || run.sliced || orderOf(run) === undefined) return false;
  const expr = exprAt(input, run.span);
  const holder = pathTo(input.program, run.span).findLast(
    (node) => node.kind === "call" && node.callee.kind === "name" && UNORDERED.has(node.callee.name) && node.args.length === 1,
  );
  if (expr === null || holder?.kind !== "call") return false;
  const [argument] = holder.args;
  if (argument === undefined || (argument !== expr && holder !== expr)) return false;
  // Rows of a variable may be gone through in order further down.
  return (
    (!isNamed(argument) || !(areRowsUsedElsewhere(input, run.span.file, argument) || isOrderAsked(input, run.span, argument))) &&
    lastCallIsOrdered(run, argument.end)
  );
}

/** Answers that are the same in any order; what is chained otherwise, `first()` among it, keeps or asks for the order. */
const IN_ANY_ORDER: ReadonlySet<string> = new Set([
  "count",
  "exists",
  "aggregate",
  "contains",
  "in_bulk",
  "update",
  "delete",
  "get",
  "order_by",
  "latest",
  "earliest",
]);

/** `len(rows)` beside `rows.first()`. */
function isOrderAsked(input: RuleInput, span: Span, argument: Expr): boolean {
  const holder = enclosingFunction(pathTo(input.program, span));
  if (argument.kind !== "name" || holder === null) return true;
  return usesOf(holder, argument.name).some(
    ({ node, parent }) => node.start !== argument.start && parent.kind === "attribute" && !IN_ANY_ORDER.has(parent.name),
  );
}

/** A function that sorts rows for whoever calls it: others keep the order. */
function isSortedForOthers(run: QueryRun, input: RuleInput): boolean {
  const order = orderOf(run);
  const holder = enclosingFunction(pathTo(input.program, run.span));
  if (order === undefined || (holder !== null && isWithin(callSpan(order), { file: run.span.file, start: holder.start, end: holder.end }))) return false;
  return input.facts.runs.some(
    (other) => !IN_ANY_ORDER.has(other.how) && other.origin.calls.some((call) => isSameSpan(callSpan(call), callSpan(order))) && !isGuilty(other, input),
  );
}

function orderOf(run: QueryRun): QueryRun["origin"]["calls"][number] | undefined {
  return run.origin.calls.findLast((call) => call.name === "order_by" && call.args.length > 0);
}

/** The ordered queryset is what the call is given, not one made from it. */
function lastCallIsOrdered({ origin }: QueryRun, end: number): boolean {
  const order = origin.calls.findLast((call) => call.name === "order_by");
  const after = origin.calls.filter((call) => order !== undefined && call.file === order.file && call.end > order.end && call.end <= end);
  return (
    order !== undefined &&
    order.end <= end &&
    after.every(({ name }) => name === "values_list" || name === "values" || name === "filter" || name === "exclude" || name === "only")
  );
}

function toDraft(run: QueryRun): FindingDraft {
  const order = orderOf(run);
  return {
    key: [run.symbol, run.model],
    claim: `\`${run.symbol.split(".").at(-1) ?? ""}\` sorts \`${nameOf(run.model)}\` rows and puts them where order is lost.`,
    reason: "PostgreSQL sorts all of them, and nothing that comes after can tell.",
    remedy:
      order === undefined || isWithin(callSpan(order), run.span)
        ? "Drop `order_by(…)`; write `order_by()` where the model has an ordering of its own."
        : "Take the order away here, by `order_by()`; drop `order_by(…)` where nothing else needs it.",
    doubt: "a few hundred rows are sorted in no time",
    model: run.model,
    places: [
      { role: "queryset", span: order === undefined ? run.span : callSpan(order) },
      { role: "access", span: run.span, label: "order is lost" },
    ],
    fixes: [],
  };
}

/** ORDER BY within a subquery that only asks whether a row is there, or under an aggregate of all rows. */
function flawsOf(statement: Statement): StatementFlaw[] {
  const { shape } = statement;
  if (shape === null || !sortsForNothing(shape)) return [];
  return [
    {
      claim: `${statementName(statement)} sorts the rows of a subquery that are only looked for.`,
      reason: "`IN` and `EXISTS` ask whether a row is there; in which order the others come changes nothing.",
      remedy: "End the inner queryset with `order_by()`.",
      doubt: "PostgreSQL may find the order in an index and lose little",
      figures: {},
    },
  ];
}

function sortsForNothing({ subqueries }: QueryShape): boolean {
  return subqueries.some(
    ({ role, shape }) =>
      ((role === "in" || role === "exists") && shape.orderBy.length > 0 && shape.limit === null && shape.distinct !== "on") || sortsForNothing(shape),
  );
}
