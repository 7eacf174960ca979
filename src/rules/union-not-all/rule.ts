import type { ChainCall, Expr, Field, FindingDraft, Keyword, Model, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, type Chain } from "../chains.ts";
import { callAt, chainHead, soleValueOf } from "../code.ts";
import { withAllRowsOfUnion } from "../../sql/restate.ts";
import { withRestated } from "../database/restated.ts";
import { judgeBySize } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "union-not-all",
    chapter: "2.2",
    summary: "union() looks for duplicates where there can be none",
    severity: "info",
    confidence: "certain",
    fix: "always",
    stage: "stable",
  },
  check: (input) => chainsIn(input).flatMap((chain) => toDrafts(chain, input)),
  proposes: true,
  judge: (input) => withRestated(judgeBySize(input, { rule: "union-not-all", severity: "info", meaning: "" }), input.database, withAllRowsOfUnion),
};

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  const union = chain.calls.find((one) => one.name === "union");
  if (union === undefined || union.keywords.length > 0 || union.args.length !== 1) return [];
  const apart = disjointField(chain, union, input);
  if (apart === null) return [];
  const end = union.end - 1;
  return [
    {
      key: [chain.origin.symbol, chain.origin.model],
      claim: `\`union()\` compares all rows for duplicates; the two sides differ in \`${apart}\` and have none in common.`,
      reason: "PostgreSQL sorts or hashes both results to find equal rows.",
      remedy: "Pass `all=True`.",
      doubt: `values() without \`${apart}\` or a join on either side can make equal rows`,
      model: chain.origin.model,
      places: [{ role: "queryset", span: callSpan(union) }],
      fixes: [{ title: "Keep all rows", safety: "safe", edits: [{ span: { file: union.file, start: end, end }, text: ", all=True" }] }],
    },
  ];
}

/** Both sides ask the same column for another literal; what else they do only narrows, or keeps a column by which all rows differ. */
function disjointField(chain: Chain, union: ChainCall, input: RuleInput): string | null {
  const [other] = union.args;
  const left = sideOf(chain.calls.slice(0, chain.calls.indexOf(union)));
  const start = headOf(union, input);
  const whole = start === null || left === null ? left : [...start, ...left];
  const right = other === undefined ? null : callsOf(other, union.file, input);
  const rightSide = right === null ? null : sideOf(right);
  if (whole === null || rightSide === null) return null;
  const asked = (calls: readonly Step[]): readonly Keyword[] => calls.filter((call) => call.name === "filter").flatMap((call) => call.keywords);
  const apart =
    asked(whole).find((one) => asked(rightSide).some((two) => one.name === two.name && !one.name.includes("__") && differ(one.value, two.value)))?.name ?? null;
  return apart !== null && [whole, rightSide].every((side) => keepsRowsApart(side, apart, chain.model)) ? apart : null;
}

type Step = Pick<ChainCall, "name" | "args" | "keywords">;

const NARROWING: ReadonlySet<string> = new Set(["filter", "exclude", "all", "order_by", "values", "values_list", "only", "defer"]);

/** The calls of one side; null when one of them does anything else. */
function sideOf(calls: readonly Step[]): readonly Step[] | null {
  return calls.every((call) => NARROWING.has(call.name)) ? calls : null;
}

/** Rows that were cut down to a few columns are still apart where the column that parts them, or a unique one, is among these. */
function keepsRowsApart(calls: readonly Step[], apart: string, model: Model): boolean {
  const cut = calls.findLast(({ name }) => name === "values" || name === "values_list");
  if (cut === undefined) return true;
  const kept = cut.args.flatMap((one) => (one.kind === "str" ? [one.value] : []));
  return kept.length === 0 || kept.some((name) => name === apart || name === "pk" || isUnique(model.fields.get(name)));
}

function isUnique(field: Field | undefined): boolean {
  return field !== undefined && (field.primaryKey || (field.unique && !field.null));
}

/** Calls behind the name that a chain begins with: `rows.union(…)`; null where it begins with the model itself. */
function headOf(union: ChainCall, input: RuleInput): readonly Step[] | null {
  const call = callAt(input, { file: union.file, start: union.start, end: union.end });
  const head = call === null ? null : chainHead(call);
  const value = head?.kind !== "name" ? null : soleValueOf(input, union.file, head);
  return value === null ? null : callsOf(value, union.file, input);
}

/** The calls of `Model.objects.filter(…)…`, through a name that stands for one; null where it begins with anything else. */
function callsOf(expr: Expr, file: string, input: RuleInput): Step[] | null {
  if (expr.kind === "attribute") return expr.name === "objects" ? [] : null;
  if (expr.kind === "name") {
    const value = soleValueOf(input, file, expr);
    return value === null || value.kind === "name" ? null : callsOf(value, file, input);
  }
  if (expr.kind !== "call" || expr.callee.kind !== "attribute") return null;
  const before = callsOf(expr.callee.object, file, input);
  return before === null ? null : [...before, { name: expr.callee.name, args: expr.args, keywords: expr.keywords }];
}

function differ(a: Expr, b: Expr): boolean {
  if (a.kind === "str" && b.kind === "str") return a.value !== b.value;
  if (a.kind === "num" && b.kind === "num") return a.value !== b.value;
  return a.kind === "constant" && b.kind === "constant" && a.value !== b.value && a.value !== "none" && b.value !== "none";
}
