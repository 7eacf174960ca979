import { distinctBy, groupBy } from "../../model/group-by.ts";
import type { FindingDraft, LazyLoad, Origin, Rule, RuleInput } from "../../model/index.ts";
import { isAskedOnce } from "../../model/otherwise.ts";
import { exprAt } from "../code.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { confidenceOf, isLoadPerRow, loadDoubt, loadPlaces } from "../load-places.ts";
import { dotted, modelName } from "../names.ts";
import { smallPart } from "../set-off.ts";
import { chooseFix } from "./choose-fix.ts";

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
  check: (input) => oncePerPrefetch(mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))), input).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "defeated" && isLoadPerRow(load, input.facts);
}

interface Defeat extends LoadGroup {
  /** Further querysets whose rows come to the same place. */
  readonly others: readonly Origin[];
}

/** Querysets that meet before one call of `prefetch_related()`, and whose rows are read at one place, are one mistake. */
function oncePerPrefetch(groups: readonly LoadGroup[], { facts }: RuleInput): Defeat[] {
  const placeOf = ({ load: { origin, path, access, method } }: LoadGroup): string => {
    const declared = facts.eagerLoads.find(
      (one) => one.origin.id === origin.id && one.method === "prefetch_related" && `${one.path}__`.startsWith(`${path}__`),
    );
    const call = declared === undefined ? String(origin.id) : `${declared.span.file}:${declared.span.start}`;
    return [call, origin.model, path, method, `${access.file}:${access.start}`].join(" ");
  };
  return [...groupBy(groups, placeOf).values()].flatMap((same) => {
    const first = same.find(({ load }) => load.doubts.length === 0 && !isAskedOnce(load.otherwise)) ?? same[0];
    if (first === undefined) return [];
    const loads = [first, ...same].flatMap((group) => group.loads);
    const others = same.filter((group) => group !== first).map(({ load }) => load.origin);
    return [{ load: first.load, loads: distinctBy(loads, ({ access }) => `${access.file}:${access.start}`), others }];
  });
}

function toDraft({ load, loads, others }: Defeat, input: RuleInput): FindingDraft {
  const part = smallPart(load, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: part !== null ? "possible" : confidenceOf(load, input.facts),
    claim: `\`${dotted(load.path)}\` is prefetched for each \`${modelName(load.origin.model)}\`, then ${howAgain(load)}: one query a row.`,
    reason:
      load.method === "dropped"
        ? "A write through the manager throws away what was prefetched of that row, and so does `refresh_from_db()`: the next read is a query of its own."
        : "Prefetched rows serve `all()`, `count()`, `exists()`, `contains()` and iteration; anything else builds a new query.",
    remedy: remedyFor(load, input),
    doubt: part ?? loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: [...loadPlaces(load, loads), ...others.map(({ span }) => ({ role: "queryset" as const, span, label: "its rows come here as well" }))],
    fixes: loads.some(({ method }) => method === "dropped") ? [] : chooseFix(loads, input),
  };
}

/** Prefetched rows answer these: where they were asked of the database, what was chained before is why. */
const SERVED: ReadonlySet<string> = new Set(["count", "exists", "contains"]);

function howAgain({ method, narrowed }: LazyLoad): string {
  if (method === "dropped") return "dropped and read again";
  if (method === "groups") return "the database is asked to group them";
  if (method !== null && SERVED.has(method)) return `${narrowed === true ? "what narrows it" : "what is chained"} before \`${method}()\` queries it again`;
  return `${method === null || method === "requery" ? "a chained method" : `\`${method}\``} queries it again`;
}

function remedyFor(load: LazyLoad, input: RuleInput): string {
  if (load.method === "dropped") return "Read it before what drops it; where it has to be read after, leave the prefetch out.";
  if (isOfChain(load, input)) return CHOOSE;
  switch (load.method) {
    case "first":
      return "Order the prefetched rows with `Prefetch(…, queryset=….order_by(…))`; then `first()` uses them. Or take the first of `all()`.";
    case "last":
      return "Take it out of `all()` in Python, such as `list(rows.all())[-1]`.";
    case "latest":
      return "Take it out of `all()` in Python: `max(rows.all(), key=…)` by the same field.";
    case "earliest":
      return "Take it out of `all()` in Python: `min(rows.all(), key=…)` by the same field.";
    case "groups":
      return "Put the groups together from `all()` in Python.";
    case "values":
      return "Build the values from `all()` in Python.";
    case "requery":
      return `Put what is chained into the prefetch, \`Prefetch("${load.path}", queryset=…)\`, and read \`all()\`.`;
    default:
      return CHOOSE;
  }
}

const CHOOSE = "Choose among `all()` in Python, or prefetch the narrowed rows with `Prefetch(…, queryset=…, to_attr=…)`.";

const ENDS: ReadonlySet<string> = new Set(["first", "last", "latest", "earliest"]);

/** `rows.filter(…).first()`: the row is not taken of the rows that were prefetched, whatever their order. */
function isOfChain({ access, method }: LazyLoad, input: RuleInput): boolean {
  const expr = exprAt(input, access);
  if (method === null || !ENDS.has(method) || expr?.kind !== "call" || expr.callee.kind !== "attribute") return false;
  const { object } = expr.callee;
  return object.kind === "call" && object.callee.kind === "attribute" && object.callee.name !== "all";
}
