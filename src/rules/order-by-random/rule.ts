import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
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
  check: (input) => chainsIn(input).flatMap((chain) => toDrafts(chain, input)),
  judge: (input) => judgeBySize(input, { rule: "order-by-random", severity: "warning", meaning: "that many random numbers are made and sorted" }),
};

/** After other columns "?" only breaks ties: these have to be sorted anyway. */
function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  const call = chain.calls.find((one) => one.name === "order_by" && textArguments(one)[0] === "?");
  if (call === undefined || drawsKeys(chain)) return [];
  const isWhole = takesAll(chain, input);
  return [
    {
      key: [chain.origin.symbol, chain.origin.model],
      confidence: isWhole || has(chain, "filter", "exclude") || chain.origin.kind === "related" ? "possible" : "likely",
      claim: `\`order_by("?")\` sorts every matching \`${chain.model.name}\` row by a random number.`,
      reason: "PostgreSQL reads and sorts all of them, however few are taken; no index helps.",
      remedy: isWhole
        ? "All of them are wanted: shuffle the rows in Python, with `random.shuffle()`, where the sort weighs in."
        : "Pick random keys first and fetch those rows, or use `TABLESAMPLE` for a rough choice.",
      doubt: isWhole ? "all rows are loaded anyway, which costs more than to sort them" : "a few hundred matching rows are sorted in no time",
      model: chain.origin.model,
      places: [{ role: "queryset", span: callSpan(call) }],
      fixes: [],
    },
  ];
}

const LOADS_ALL: ReadonlySet<string> = new Set(["iterate", "list", "len", "bool"]);

/** Whoever runs it takes every row: none is chosen. */
function takesAll({ origin }: Chain, { facts }: RuleInput): boolean {
  const runs = facts.runs.filter((run) => run.origin === origin);
  return runs.length > 0 && runs.every(({ how, sliced }) => LOADS_ALL.has(how) && !sliced);
}

/** `values_list("pk", flat=True)`: keys are drawn, as the remedy says. */
function drawsKeys({ calls, model }: Chain): boolean {
  const named = calls.findLast(({ name }) => name === "values" || name === "values_list");
  const [only, ...others] = named?.args ?? [];
  if (only?.kind !== "str" || others.length > 0) return false;
  const field = model.fields.get(only.value === "pk" ? model.primaryKey : only.value.replace(/_id$/, "")) ?? model.fields.get(only.value);
  return field !== undefined && (field.primaryKey || field.relation?.single === true);
}
