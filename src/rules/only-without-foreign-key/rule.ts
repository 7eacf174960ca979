import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { deferredColumn, isDeferredKey } from "../deferred-loads.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isLoadPerRow, loadDoubt, loadPlaces } from "../load-places.ts";
import { dotted, holderName, modelName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "only-without-foreign-key",
    chapter: "2.5",
    summary: "only() leaves out the foreign key that a prefetch matches the rows by",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  if (load.reason !== "deferred" || !isDeferredKey(load, input)) return false;
  return load.access.start === load.origin.span.start && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const column = deferredColumn(load);
  const prefetched = load.path.includes("__") ? load.path.split("__").slice(0, -1).join("__") : load.path;
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` prefetches \`${dotted(prefetched)}\` without its key \`${column}\`: one query for each \`${modelName(load.model)}\`.`,
    reason: "A prefetch matches rows by the foreign key, and `only()` left it out, so each row fetches it alone.",
    remedy: `Add \`"${column}"\` to \`only()\`.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: prefetched,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
