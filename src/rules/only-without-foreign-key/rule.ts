import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isCoveredElsewhere, isRowLoop, loadDoubt, loadPlaces } from "../load-places.ts";

export const rule: Rule = {
  meta: {
    id: "only-without-foreign-key",
    chapter: "2.5",
    summary: "only() leaves out the foreign key that the rows are joined or matched by",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "key" && load.perRow && isRowLoop(load) && !isCoveredElsewhere(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, _input: RuleInput): FindingDraft {
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `Each row fetches its left-out foreign key \`${relation}\` in a query of its own.`,
    reason: "Django needs the key to match the rows, and `only()` left it out.",
    remedy: `Add \`"${load.path.split("__").at(-1) ?? ""}"\` to \`only()\`.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
