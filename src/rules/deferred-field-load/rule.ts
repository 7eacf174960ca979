import type { FindingDraft, LazyLoad, Rule, RuleInput, Span } from "../../model/index.ts";
import { isShared, keepColumnFix, keepKeyFix } from "../../fixes/keep-column.ts";
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
  check: (input) => byQueryset(mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))), input).map((groups) => toDraft(groups, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "deferred" && isLoadPerRow(load, input.facts);
}

type Groups = readonly [LoadGroup, ...LoadGroup[]];

/** Columns that one queryset leaves out of the same rows are one thing to decide. */
function byQueryset(groups: readonly LoadGroup[], input: RuleInput): Groups[] {
  const found = new Map<string, [LoadGroup, ...LoadGroup[]]>();
  for (const group of groups) {
    const { origin, path, loop } = group.load;
    const owner = path.split("__").slice(0, -1).join("__");
    const isAlone = isNamed(group.load);
    const sure = confidenceOf(group.load, input.facts) === "possible" ? "possible" : "shown";
    const key = [origin.symbol, origin.model, origin.span.file, origin.span.start, loop?.span.file, loop?.span.start, owner, sure, isAlone ? path : ""].join(
      "\n",
    );
    const known = found.get(key);
    if (known === undefined) found.set(key, [group]);
    else known.push(group);
  }
  return [...found.values()];
}

function toDraft(groups: Groups, input: RuleInput): FindingDraft {
  const [{ load }] = groups;
  const holder = holderName(load.origin.symbol, input.program);
  const prefetched = prefetchedBefore(load, input);
  const rows = `each \`${modelName(load.origin.model)}\``;
  const [it, each, one] = groups.length === 1 ? ["it", "each of them", "one query a row"] : ["them", "each row", "one query a row for each of them"];
  return {
    key: [load.origin.symbol, load.origin.model, ...groups.map((one) => one.load.path)],
    confidence: confidenceOf(load, input.facts),
    claim:
      prefetched === null
        ? `\`${holder}\` leaves out ${columnList(groups.map(({ load: { path } }) => dotted(path)))}, then reads ${it} of ${rows}: ${one}.`
        : `\`${holder}\` leaves ${columnList(columnsOf(groups))} out of the rows that it prefetches as \`${dotted(prefetched)}\`, then reads ${it} of ${each}: ${one}.`,
    ...saying(groups, prefetched, input),
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(
      load,
      groups.flatMap(({ loads }) => loads),
    ),
    fixes: prefetched === null ? keepColumnFix(loadsOf(groups), input) : keepKeyFix({ ...load, path: prefetched }, columnsOf(groups), input),
  };
}

function loadsOf([first, ...others]: Groups): [LazyLoad, ...LazyLoad[]] {
  return [first.load, ...others.map(({ load }) => load)];
}

/** More names than these do not help to find the place. Ours. */
const MOST_NAMES = 4;

function columnsOf(groups: Groups): readonly string[] {
  return groups.map(({ load }) => deferredColumn(load));
}

/** "`body`, `abstract` and 3 more columns" */
function columnList(columns: readonly string[]): string {
  const names = columns.map((column) => `\`${column}\``);
  const more = names.length - MOST_NAMES;
  if (more > 0) return `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more columns`;
  return names.length === 1 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
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

/** `defer()` in the `get_queryset()` of a manager. */
function isLeftOutByManager({ origin }: LazyLoad, { program, graph }: RuleInput): boolean {
  const managers = [...(graph.byLabel(origin.model)?.managers.values() ?? [])].flatMap(({ manager }) => (manager === null ? [] : program.mro(manager)));
  const leaving = origin.calls.filter(({ name }) => name === "only" || name === "defer");
  const isInManager = (span: Span): boolean =>
    managers.some((one) => "members" in one && one.module.ir.file === span.file && one.def.start <= span.start && span.end <= one.def.end);
  return leaving.length > 0 && leaving.every(isInManager);
}

/** Django's `only()` takes from its own names what was deferred before it. */
function isNamed({ origin, path }: LazyLoad): boolean {
  return origin.calls.some(({ name, args }) => name === "only" && args.some((arg) => arg.kind === "str" && arg.value === path));
}

function saying(groups: Groups, prefetched: string | null, input: RuleInput): Pick<FindingDraft, "reason" | "remedy"> {
  const [{ load }, ...others] = groups;
  const [column, it] = others.length === 0 ? ["the column", "it"] : ["the columns", "them"];
  const names = others.length === 0 ? `\`"${deferredColumn(load)}"\`` : it;
  if (prefetched !== null)
    return {
      reason: `\`only()\` or \`defer()\` in the queryset of the \`Prefetch\` left ${column} out, and each row then fetches ${it} alone.`,
      remedy: `Add ${names} to \`only()\` in the queryset of the \`Prefetch("${prefetched}", …)\`, or take ${it} out of \`defer()\` there.`,
    };
  if (isNamed(load))
    return {
      reason: "After a `defer()` of the column, `only()` leaves it out although it names it, and each row then fetches it alone.",
      remedy: "Call `defer(None)` before `only()`, or begin at a manager that does not defer it.",
    };
  if (isLeftOutByManager(load, input))
    return {
      reason: `A manager leaves ${column} out for all who ask it, and each row then fetches ${it} alone.`,
      remedy: "Where these rows are read, call `defer(None)` on their queryset, which loads all columns, or begin at a manager that leaves none out.",
    };
  const shared = "Other code uses this queryset: where its rows are read here, call `defer(None)` on it, which loads all columns";
  return {
    reason: `\`only()\` or \`defer()\` left ${column} out, and each row then fetches ${it} alone.`,
    remedy: isShared(load, input)
      ? `${shared}. Or add ${names} to \`only()\`, or take ${it} out of \`defer()\`.`
      : `Add ${names} to \`only()\`, or take ${it} out of \`defer()\`.`,
  };
}
