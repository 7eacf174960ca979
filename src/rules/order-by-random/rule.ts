import type { FindingDraft, Rule } from "../../model/index.ts";
import { callSpan, chainsIn, has, textArguments, type Chain } from "../chains.ts";
import { judgeBySize } from "../database/table-size.ts";

export const rule: Rule = {
  meta: {
    id: "order-by-random",
    chapter: "2.2",
    summary: "All rows are sorted by a random number",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => chainsIn(input).flatMap(toDrafts),
  judge: (input) => judgeBySize(input, { rule: "order-by-random", severity: "warning", meaning: "that many random numbers are made and sorted" }),
};

/** After other columns "?" only breaks ties: these have to be sorted anyway. */
function toDrafts(chain: Chain): FindingDraft[] {
  const call = chain.calls.find((one) => one.name === "order_by" && textArguments(one)[0] === "?");
  if (call === undefined || drawsKeys(chain)) return [];
  return [
    {
      key: [chain.origin.symbol, chain.origin.model],
      confidence: has(chain, "filter", "exclude") || chain.origin.kind === "related" ? "possible" : "likely",
      claim: `\`order_by("?")\` sorts every matching \`${chain.model.name}\` row by a random number.`,
      reason: "PostgreSQL reads and sorts all of them, however few are taken; no index helps.",
      remedy: "Pick random keys first and fetch those rows, or use `TABLESAMPLE` for a rough choice.",
      doubt: "a few hundred matching rows are sorted in no time",
      model: chain.origin.model,
      places: [{ role: "queryset", span: callSpan(call) }],
      fixes: [],
    },
  ];
}

/** `values_list("pk", flat=True)`: keys are drawn, as the remedy says. */
function drawsKeys({ calls, model }: Chain): boolean {
  const named = calls.findLast(({ name }) => name === "values" || name === "values_list");
  const [only, ...others] = named?.args ?? [];
  if (only?.kind !== "str" || others.length > 0) return false;
  const field = model.fields.get(only.value === "pk" ? model.primaryKey : only.value.replace(/_id$/, "")) ?? model.fields.get(only.value);
  return field !== undefined && (field.primaryKey || field.relation?.single === true);
}
