import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { keepColumnFix, keepKeyFix } from "../../fixes/keep-column.ts";
import { stepsOf } from "../../fixes/eager-paths.ts";
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
  const prefetched = prefetchedBefore(load, input);
  const column = deferredColumn(load);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim:
      prefetched === null
        ? `\`${holder}\` leaves out \`${dotted(load.path)}\`, then reads it of each \`${modelName(load.origin.model)}\`: one query a row.`
        : `\`${holder}\` leaves \`${column}\` out of the rows that it prefetches as \`${dotted(prefetched)}\`, then reads it of each of them: one query a row.`,
    ...saying(load, prefetched),
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: prefetched === null ? keepColumnFix(load, input) : keepKeyFix({ ...load, path: prefetched }, column, input),
  };
}

/** The relation whose rows lack the column, where a query of their own fetches them: what the first queryset leaves out is not theirs. */
function prefetchedBefore({ origin, path }: LazyLoad, { graph }: RuleInput): string | null {
  const before = path.split("__").slice(0, -1).join("__");
  if (before === "") return null;
  const isMany = stepsOf(graph, origin.model, before)?.some(({ relation }) => relation?.single === false) === true;
  const lookups = origin.calls
    .filter(({ name }) => name === "prefetch_related")
    .flatMap(({ args }) => args.map((arg) => (arg.kind === "call" ? arg.args[0] : arg)));
  return isMany || lookups.some((one) => one?.kind === "str" && one.value === before) ? before : null;
}

/** Django's `only()` takes from its own names what was deferred before it. */
function saying(load: LazyLoad, prefetched: string | null): Pick<FindingDraft, "reason" | "remedy"> {
  if (prefetched !== null)
    return {
      reason: "`only()` or `defer()` in the queryset of the `Prefetch` left the column out, and each row then fetches it alone.",
      remedy: `Add \`"${deferredColumn(load)}"\` to \`only()\` in the queryset of the \`Prefetch("${prefetched}", …)\`, or take it out of \`defer()\` there.`,
    };
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
