import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isCoveredElsewhere, isRefused, isRowLoop, loadDoubt, loadPlaces } from "../load-places.ts";
import { isAggregate } from "../aggregate-methods.ts";
import { eagerLoadFix } from "../../fixes/eager-load.ts";

export const rule: Rule = {
  meta: {
    id: "n-plus-one",
    chapter: "2.4",
    summary: "A relation is loaded separately for each row of a queryset",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && load.kind !== "generic-fk" && !isAggregate(load.method) && load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const owner = load.origin.model.split(".").at(-1) ?? load.origin.model;
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `Each \`${owner}\` loads its \`${relation}\` in a query of its own.`,
    reason: "The queryset does not load it, so every row of the loop sends one more statement.",
    remedy: load.joinable ? `Add \`select_related("${load.path}")\` to the queryset.` : `Add \`prefetch_related("${load.path}")\` to the queryset.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: eagerLoadFix(load, input),
  };
}
