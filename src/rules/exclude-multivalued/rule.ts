import type { FindingDraft, Rule, RuleInput } from "../../model/index.ts";
import { callSpan, chainsIn, keywordLookups, type Chain, type Lookup } from "../chains.ts";

export const rule: Rule = {
  meta: {
    id: "exclude-multivalued",
    chapter: "2.2",
    summary: "exclude() with two conditions on one many-valued relation does not test one row for both",
    severity: "warning",
    confidence: "certain",
    fix: "never",
    stage: "stable",
  },
  check: (input) => chainsIn(input).flatMap((chain) => toDrafts(chain, input)),
};

function toDrafts(chain: Chain, input: RuleInput): FindingDraft[] {
  return chain.calls
    .filter((call) => call.name === "exclude")
    .flatMap((call) => {
      const pair = sameRelation(keywordLookups(input, chain.model, call));
      if (pair === null) return [];
      const [first, second] = pair;
      return [
        {
          key: [chain.origin.symbol, chain.origin.model, first.many],
          claim: `\`exclude()\` also drops a \`${chain.model.name}\` whose \`${first.many}\` meet the two conditions in different rows.`,
          reason: `Unlike in \`filter()\`, \`${first.keyword.name}\` and \`${second.keyword.name}\` are tested apart, each in a subquery of its own.`,
          remedy: "Exclude with one subquery that holds both: `exclude(pk__in=…)` or `~Exists(…)`.",
          doubt: "where each row has one row of the relation, the two mean the same",
          model: chain.origin.model,
          relation: first.many,
          places: [{ role: "queryset" as const, span: callSpan(call) }],
          fixes: [],
        },
      ];
    });
}

function sameRelation(lookups: readonly Lookup[]): readonly [Lookup, Lookup] | null {
  const many = lookups.filter((one) => one.many !== "" && one.rest.join("") !== "isnull");
  for (const [index, first] of many.entries()) {
    const second = many.slice(index + 1).find((one) => one.many === first.many);
    if (second !== undefined) return [first, second];
  }
  return null;
}
