import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { isSameSpan } from "../../model/span.ts";
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
  check: (input) => oncePerOnly(mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))), input).map((group) => toDraft(group, input)),
};

/** The place of a read is that of the `only()`: whichever rows lead there, one change mends it. The surest way there is told. */
function oncePerOnly(groups: readonly LoadGroup[], { facts }: RuleInput): LoadGroup[] {
  const isSure = ({ load }: LoadGroup): boolean => confidenceOf(load, facts) === "certain";
  const kept: LoadGroup[] = [];
  for (const group of groups.toSorted((a, b) => Number(isSure(b)) - Number(isSure(a)))) {
    const known = kept.findIndex(({ loads }) => loads.some((one) => group.loads.some((other) => isSameSpan(one.access, other.access))));
    const same = kept[known];
    if (same === undefined) kept.push(group);
    else kept[known] = { ...same, loads: [...same.loads, ...group.loads] };
  }
  return kept;
}

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "key" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const column = keyColumn(load, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` loads \`${dotted(load.path)}\` without its key column: one query for each \`${modelName(load.target ?? load.model)}\`.`,
    reason: "Django matches the rows by the foreign key, and `only()` left it out, so each row fetches it alone.",
    remedy: `Add \`"${column}"\` to \`only()\`.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: keepKeyFix(load, [column], input),
  };
}

/** The foreign key on the side that has it. */
function keyColumn(load: LazyLoad, input: RuleInput): string {
  const name = load.path.split("__").at(-1) ?? load.path;
  const relation = input.graph.byLabel(load.model)?.fields.get(name)?.relation;
  return relation?.kind === "fk-reverse" ? (relation.back ?? name) : name;
}
