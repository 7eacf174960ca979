import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, loadPlaces, isCoveredElsewhere } from "../load-places.ts";
import { eagerLoadFix } from "../../fixes/eager-load.ts";

const AGGREGATES = new Set(["count", "exists", "aggregate", "first", "last", "latest", "earliest", "contains", "get", "len", "bool", "index"]);

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
  if (!load.perRow || load.reason !== "unloaded" || load.kind === "generic-fk") return false;
  if (load.loop?.over === "literal" || load.loop?.over === "while") return false;
  if (load.method !== null && AGGREGATES.has(load.method)) return false;
  return !isCoveredElsewhere(load, input.facts);
}

function toDraft(group: LoadGroup, input: RuleInput): FindingDraft {
  const { load, loads } = group;
  const owner = load.origin.model.split(".").at(-1) ?? load.origin.model;
  const relation = load.path.replaceAll("__", ".");
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `Each \`${owner}\` loads its \`${relation}\` in a query of its own.`,
    reason: "The queryset does not load it, so every row of the loop sends one more statement.",
    remedy: load.joinable ? `Add \`select_related("${load.path}")\` to the queryset.` : `Add \`prefetch_related("${load.path}")\` to the queryset.`,
    doubt: doubtOf(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    impact: { statements: { after: load.joinable ? 0 : 1, per: "row before, loop after" } },
    fixes: eagerLoadFix(load, input),
  };
}

function doubtOf(load: LazyLoad): string {
  if (load.doubts.length > 0) return load.doubts.join("; ");
  if (load.withoutCaller) return "a caller that was not found may load it eagerly";
  return "a loop over one row saves one query";
}
