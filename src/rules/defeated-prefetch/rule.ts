import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isCoveredElsewhere, isRefused, isRowLoop, loadDoubt, loadPlaces } from "../load-places.ts";

export const rule: Rule = {
  meta: {
    id: "defeated-prefetch",
    chapter: "2.4",
    summary: "A prefetched relation is read in a way that queries again for each row",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "defeated" && load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, _input: RuleInput): FindingDraft {
  const owner = load.origin.model.split(".").at(-1) ?? load.origin.model;
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `\`${relation}\` is prefetched for each \`${owner}\`, then \`${load.method ?? "filter"}\` queries it again.`,
    reason: "Only `all()`, `count()`, `exists()` and iteration use the prefetched rows; anything else builds a new query.",
    remedy: "Filter the prefetched rows in Python, or prefetch the narrowed rows with `Prefetch(…, queryset=…, to_attr=…)`.",
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
