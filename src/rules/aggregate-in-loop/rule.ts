import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isCoveredElsewhere, isRefused, isRowLoop, loadDoubt, loadPlaces } from "../load-places.ts";
import { isAggregate } from "../aggregate-methods.ts";

export const rule: Rule = {
  meta: {
    id: "aggregate-in-loop",
    chapter: "2.4",
    summary: "A count, an existence test or a single related row is asked of the database for each row",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && isAggregate(load.method) && load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, _input: RuleInput): FindingDraft {
  const owner = load.origin.model.split(".").at(-1) ?? load.origin.model;
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `Each \`${owner}\` asks \`${relation}\` for its \`${load.method ?? "rows"}\` in a query of its own.`,
    reason: "The answer could come with the rows, once for all of them.",
    remedy: `Annotate the queryset, or load \`${load.path}\` with prefetch_related and ask the loaded rows.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
