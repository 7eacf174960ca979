import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { keepColumnFix } from "../../fixes/keep-column.ts";
import { deferredColumn } from "../deferred-loads.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isLoadPerRow, loadDoubt, loadPlaces } from "../load-places.ts";
import { dotted, holderName, modelName } from "../names.ts";

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
  return load.reason === "deferred" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput): FindingDraft {
  const holder = holderName(load.origin.symbol, input.program);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim: `\`${holder}\` leaves out \`${dotted(load.path)}\`, then reads it of each \`${modelName(load.origin.model)}\`: one query a row.`,
    ...saying(load),
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: keepColumnFix(load, input),
  };
}

/** Django's `only()` takes from its own names what was deferred before it. */
function saying(load: LazyLoad): Pick<FindingDraft, "reason" | "remedy"> {
  const isNamed = load.origin.calls.some(({ name, args }) => name === "only" && args.some((arg) => arg.kind === "str" && arg.value === load.path));
  if (isNamed)
    return {
      reason: "After a `defer()` of the column, `only()` leaves it out although it names it, and each row then fetches it alone.",
      remedy: "Call `defer(None)` before `only()`, or begin at a manager that does not defer it.",
    };
  return {
    reason: "`only()` or `defer()` left the column out, and each row then fetches it alone.",
    remedy: `Add \`"${deferredColumn(load)}"\` to \`only()\`, or take it out of \`defer()\`.`,
  };
}
