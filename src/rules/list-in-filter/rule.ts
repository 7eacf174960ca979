import { styleOf } from "../../fixes/source-text.ts";
import type { Call, Comprehension, Expr, FindingDraft, FixDraft, QueryRun, Rule, RuleInput } from "../../model/index.ts";
import { pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import { exprAt, functionAt, sourceText, statementOf } from "../code.ts";
import { judgeBySize } from "../database/table-size.ts";
import { isFresh } from "../row-loops.ts";
import { nameOf, oncePerPlace, runPlaces, usesOf } from "../runs.ts";
import { isInside } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "list-in-filter",
    chapter: "2.2",
    summary: "Keys are fetched only to be sent back in another query",
    severity: "info",
    confidence: "possible",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => oncePerPlace(input.facts.runs.filter((run) => listedBy(run, input) !== null)).map((run) => toDraft(run, input)),
  judge: (input) => judgeBySize(input, { rule: "list-in-filter", severity: "info", meaning: "" }),
};

interface Listed {
  /** `list(…)` or a comprehension. */
  readonly list: Expr;
  readonly lookup: string;
  readonly isDirect: boolean;
}

/** `filter(x__in=list(rows))`, or a name that holds such a list and is used for nothing else. */
function listedBy(run: QueryRun, input: RuleInput): Listed | null {
  if (!isFresh(run) || (run.how !== "list" && run.how !== "iterate")) return null;
  const path = pathTo(input.program, run.span);
  const at = path.findLastIndex((node) => isList(node) && isInside(run.span, node));
  const list = path[at];
  const holder = path[at - 1];
  if (list === undefined || !isExpr(list) || !holdsRun(list, run, input)) return null;
  if (holder?.kind === "call") return lookupWith(holder, list, true);
  if (holder?.kind !== "assign" || holder.targets.length !== 1 || holder.targets[0]?.kind !== "name") return null;
  return lookupByName(holder.targets[0].name, list, path);
}

/** The only use of the name is one `…__in=name`. */
function lookupByName(name: string, list: Expr, path: readonly SyntaxNode[]): Listed | null {
  const holder = functionAt(path);
  if (holder === null || holder.kind === "lambda") return null;
  const uses = usesOf(holder, name);
  const [use] = uses;
  if (uses.length !== 1 || use?.parent.kind !== "call" || use.node.kind !== "name") return null;
  return lookupWith(use.parent, use.node, false) === null ? null : { list, lookup: lookupWith(use.parent, use.node, false)?.lookup ?? "", isDirect: false };
}

function lookupWith(call: Call, value: Expr, isDirect: boolean): Listed | null {
  const keyword = call.keywords.find((one) => one.value === value);
  const method = call.callee.kind === "attribute" ? call.callee.name : "";
  if (keyword === undefined || !keyword.name.endsWith("__in") || method !== "filter") return null;
  return { list: value, lookup: keyword.name, isDirect };
}

function isList(node: SyntaxNode): boolean {
  if (node.kind === "comprehension") return node.type === "list" || node.type === "set";
  return node.kind === "call" && node.callee.kind === "name" && (node.callee.name === "list" || node.callee.name === "set");
}

function isExpr(node: SyntaxNode): node is Expr {
  return node.kind === "call" || node.kind === "comprehension";
}

/** The list holds keys of the rows, without a condition that only Python can test. */
function holdsRun(list: Expr, run: QueryRun, input: RuleInput): boolean {
  if (list.kind === "call") return list.args.length === 1 && list.start === run.span.start && list.end === run.span.end && list.args[0]?.kind === "call";
  if (list.kind !== "comprehension" || list.clauses.length !== 1) return false;
  const [clause] = list.clauses;
  const { element } = list;
  if (clause === undefined || clause.conditions.length > 0 || clause.target.kind !== "name") return false;
  if (clause.iterable !== exprAt(input, run.span) || clause.iterable.kind !== "call") return false;
  return (
    element.kind === "attribute" && element.object.kind === "name" && element.object.name === clause.target.name && /^(?:pk|id|\w+_id)$/.test(element.name)
  );
}

function toDraft(run: QueryRun, input: RuleInput): FindingDraft {
  const listed = listedBy(run, input);
  return {
    key: [run.symbol, run.model, listed?.lookup ?? ""],
    claim: `The keys of \`${nameOf(run.model)}\` rows are fetched, only to be sent back in \`${listed?.lookup ?? ""}\`.`,
    reason: "Two queries and every key over the wire twice, where a subquery does it in one.",
    remedy: "Pass the queryset itself.",
    doubt: "for a few keys of a slow query PostgreSQL sometimes plans the list better",
    model: run.model,
    places: runPlaces(run, "fetches the keys"),
    fixes: listed === null ? [] : fixesFor(listed, run, input),
  };
}

/** `list(X)` becomes `X`, where X is one column. */
function fixesFor(listed: Listed, run: QueryRun, input: RuleInput): FixDraft[] {
  const { list } = listed;
  if (list.kind === "comprehension") return comprehensionFix(list, run, input);
  const rows = list.kind === "call" ? list.args[0] : undefined;
  if (rows?.kind !== "call" || statementOf(pathTo(input.program, run.span)) === null) return [];
  const isOneColumn = rows.callee.kind === "attribute" && rows.callee.name === "values_list" && rows.args.length === 1;
  if (!isOneColumn) return [];
  return [{ title: "Pass the queryset as a subquery", safety: "review", edits: [{ span: run.span, text: sourceText(input, run.span.file, rows) }] }];
}

/** `[row.pk for row in rows]` becomes `rows.values("pk")`. */
function comprehensionFix({ element, clauses, start, end }: Comprehension, run: QueryRun, input: RuleInput): FixDraft[] {
  const [clause] = clauses;
  if (element.kind !== "attribute" || clause === undefined || run.origin.calls.some((call) => call.name === "distinct")) return [];
  const { file } = run.span;
  const { quote } = styleOf(input.text(file));
  const text = `${sourceText(input, file, clause.iterable)}.values(${quote}${element.name}${quote})`;
  return [{ title: "Pass the queryset as a subquery", safety: "review", edits: [{ span: { file, start, end }, text }] }];
}
