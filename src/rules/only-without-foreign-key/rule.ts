import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
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
  return load.reason === "key" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const column = keyOf(load, input);
  const isBackwards = load.kind === "deferred" && column !== lastStep(load.path);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` loads \`${dotted(load.path)}\` without the key \`${column}\`: one query for each ${isBackwards ? "related row" : `\`${modelName(load.model)}\``}.`,
    reason: "Django matches the rows of both sides by the foreign key, and `only()` left it out, so each row fetches it alone.",
    remedy: `Add \`"${column}"\` to \`only()\`.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: [],
  };
}

/** The foreign key that is missing: the relation itself, or the one that leads back. */
function keyOf(load: LazyLoad, input: RuleInput): string {
  const name = lastStep(load.path);
  const field = input.graph.byLabel(load.model)?.fields.get(name);
  return field?.relation?.kind === "fk-reverse" ? (field.relation.back ?? name) : name;
}

function lastStep(path: string): string {
  return path.split("__").at(-1) ?? path;
}
