import type { Expr, FindingDraft, Field, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups, lookupOf, textArguments, type Chain } from "../chains.ts";

export const rule: Rule = {
  meta: {
    id: "nullable-not-in",
    chapter: "2.2",
    summary: "A single NULL in the subquery of exclude(…__in=…) leaves no rows at all",
    severity: "error",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => {
    const chains = chainsIn(input);
    return chains.flatMap((chain) => toDrafts(chain, chains, input));
  },
};

function toDrafts(chain: Chain, chains: readonly Chain[], input: RuleInput): FindingDraft[] {
  return chain.calls
    .filter((call) => call.name === "exclude")
    .flatMap((call) =>
      keywordLookups(input, chain.model, call).flatMap(({ keyword, rest, many }) => {
        if (rest.at(-1) !== "in" || many !== "") return [];
        const field = nullableColumn(keyword.value, call.file, chains, input);
        if (field === null) return [];
        return [
          {
            key: [chain.origin.symbol, chain.origin.model, keyword.name],
            claim: `One \`${field.name}\` that is NULL makes \`exclude(${keyword.name}=…)\` return nothing.`,
            reason: "`NOT IN` over a subquery with a NULL is never true in SQL.",
            remedy: `Add \`.filter(${field.name}__isnull=False)\` to the subquery, or use \`~Exists(…)\`, which PostgreSQL also plans better.`,
            doubt: "it is right as long as no row has a NULL there",
            model: chain.origin.model,
            places: [{ role: "queryset" as const, span: callSpan(call) }],
            fixes: [],
          },
        ];
      }),
    );
}

/** The one column of a `values_list("column")` whose rows may have a NULL. */
function nullableColumn(value: Expr, file: string, chains: readonly Chain[], input: RuleInput): Field | null {
  const sub = chains.find((one) => one.span.file === file && one.span.start === value.start && one.span.end === value.end);
  const last = sub?.calls.at(-1);
  // A queryset under a name may have been filtered before.
  if (sub === undefined || last === undefined || sub.origin.span.start !== sub.span.start || (last.name !== "values_list" && last.name !== "values")) return null;
  const [name, ...others] = textArguments(last);
  if (name === undefined || others.length > 0) return null;
  const { fields, rest } = lookupOf(input, sub.model, name);
  const field = fields.find((one) => one.null && (one.relation === null || one.relation.kind === "fk" || one.relation.kind === "o2o"));
  if (field === undefined || rest.length > 0) return null;
  const isFiltered = sub.calls.some((call) => call.keywords.some((one) => one.name.startsWith(field.name)) || (call.name === "filter" && call.args.length > 0));
  return isFiltered ? null : field;
}
