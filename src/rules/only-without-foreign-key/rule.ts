import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { keepKeyFix } from "../../fixes/keep-column.ts";
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
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "key" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const column = keyColumn(load, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` loads \`${dotted(load.path)}\` without the key \`${column}\`: one query for each \`${modelName(load.target ?? load.model)}\`.`,
    reason: "Django matches the rows by the foreign key, and `only()` left it out, so each row fetches it alone.",
    remedy: `Add \`"${column}"\` to \`only()\`.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: keepKeyFix(load, column, input),
  };
}

/** The foreign key on the side that has it. */
function keyColumn(load: LazyLoad, input: RuleInput): string {
  const name = load.path.split("__").at(-1) ?? load.path;
  const relation = input.graph.byLabel(load.model)?.fields.get(name)?.relation;
  return relation?.kind === "fk-reverse" ? (relation.back ?? name) : name;
}
