import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isCoveredElsewhere, isRefused, isRowLoop, loadDoubt, loadPlaces } from "../load-places.ts";

export const rule: Rule = {
  meta: {
    id: "deferred-field-load",
    chapter: "2.5",
    summary: "A column that only() or defer() left out is read for each row",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "deferred" && load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, _input: RuleInput): FindingDraft {
  const owner = load.origin.model.split(".").at(-1) ?? load.origin.model;
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `Each \`${owner}\` fetches its left-out column \`${relation}\` in a query of its own.`,
    reason: "`only()` or `defer()` left the column out, and every row then asks for it alone.",
    remedy: "Add the column to `only()`, or take it out of `defer()`.",
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
