import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { eagerLoadFix } from "../../fixes/eager-load.ts";
import { isFetchedEachRound } from "../../fixes/fetched-each-round.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, fetchedBefore, isLoadPerRow, loadDoubt, loadPlaces, paidPer } from "../load-places.ts";
import { dotted, holderName, modelName } from "../names.ts";
import { isAtLeast } from "../../model/django-at-least.ts";

export const rule: Rule = {
  meta: {
    id: "generic-foreign-key-lazy",
    chapter: "2.5",
    summary: "A generic foreign key is followed for each row",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && load.kind === "generic-fk" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const deeper = isAtLeast(input.project.djangoVersion, 5, 0)
    ? " Where relations of the targets are read too, use `GenericPrefetch` with a queryset for each type."
    : "";
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` loads the generic \`${dotted(load.path)}\` separately for each \`${modelName(load.origin.model)}\`: ${paidPer(load)}.`,
    reason: "A generic foreign key cannot be joined; each row asks for its object alone.",
    remedy: isFetchedEachRound(load, input.facts) ? fetchedBefore(load) : `Add \`prefetch_related("${load.path}")\`: one query for each content type.${deeper}`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: eagerLoadFix(load, input),
  };
}
