import type { ChainCall, Expr, FindingDraft, Keyword, Rule } from "../../model/index.ts";
import { callSpan, chainsIn, type Chain } from "../chains.ts";
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
  check: (input) => chainsIn(input).flatMap(toDrafts),
  judge: (input) => judgeBySize(input, { rule: "union-not-all", severity: "info", meaning: "" }),
};

function toDrafts(chain: Chain): FindingDraft[] {
  const union = chain.calls.find((one) => one.name === "union");
  if (union === undefined || union.keywords.length > 0 || union.args.length !== 1) return [];
  const apart = disjointField(chain, union);
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

/** Both sides ask the same column for another literal; other clauses may only narrow. */
function disjointField(chain: Chain, union: ChainCall): string | null {
  const before = chain.calls.slice(0, chain.calls.indexOf(union));
  const [other] = union.args;
  if (other === undefined || !before.every((call) => call.name === "filter" || call.name === "exclude" || call.name === "all")) return null;
  const left = before.filter((call) => call.name === "filter").flatMap((call) => call.keywords);
  const right = filtersOf(other);
  if (right === null) return null;
  return left.find((one) => right.some((two) => one.name === two.name && !one.name.includes("__") && differ(one.value, two.value)))?.name ?? null;
}

/** Keywords of `Model.objects.filter(…)…`; null when the chain does anything but filter. */
function filtersOf(expr: Expr): Keyword[] | null {
  if (expr.kind === "attribute") return expr.name === "objects" ? [] : null;
  if (expr.kind !== "call" || expr.callee.kind !== "attribute") return null;
  const { name, object } = expr.callee;
  if (name !== "filter" && name !== "exclude" && name !== "all") return null;
  const before = filtersOf(object);
  return before === null ? null : [...before, ...(name === "filter" ? expr.keywords : [])];
}

function differ(a: Expr, b: Expr): boolean {
  if (a.kind === "str" && b.kind === "str") return a.value !== b.value;
  if (a.kind === "num" && b.kind === "num") return a.value !== b.value;
  return a.kind === "constant" && b.kind === "constant" && a.value !== b.value && a.value !== "none" && b.value !== "none";
}
