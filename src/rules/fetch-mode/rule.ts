import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isLoadPerRow, loadPlaces } from "../load-places.ts";
import { dotted, holderName, modelName } from "../names.ts";

export const rule: Rule = {
  meta: {
    id: "fetch-mode",
    chapter: "2.5",
    summary: "Django 6.1 can load a lazy relation for all rows at once",
    severity: "info",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) =>
    isAtLeast(input.project.djangoVersion, 6, 1)
      ? mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input))
      : [],
};

/** Relations to one row and columns that were left out; managers are not covered by a fetch mode. */
const PEERS: ReadonlySet<LazyLoad["kind"]> = new Set(["fk", "o2o", "o2o-reverse", "generic-fk", "deferred", "mti-child"]);

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return PEERS.has(load.kind) && load.reason !== "defeated" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim: `With FETCH_PEERS, \`${holderName(load.origin.symbol, input.program)}\` loads \`${dotted(load.path)}\` of all \`${modelName(load.origin.model)}\` rows in one query, not one a row.`,
    reason: "A fetch mode batches foreign keys, one-to-one relations, generic foreign keys and left-out columns on the first read.",
    remedy: "Add `.fetch_mode(models.FETCH_PEERS)` to the queryset; an eager load costs no more and says what is needed.",
    doubt: "reverse foreign keys and many-to-many relations stay as they are; only rows of one queryset that are still alive are peers",
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}
