import type { FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { grownInLoop, methodPastPrefetch, PLAIN_WORDS } from "../../fixes/eager-verdict.ts";
import { lazyLoadFixes } from "../../fixes/lazy-load-fixes.ts";
import { stepsOf } from "../../fixes/eager-paths.ts";
import { isFetchedEachRound } from "../../fixes/fetched-each-round.ts";
import { isAggregate } from "../aggregate-methods.ts";
import { mergeLoads, type LoadGroup } from "../load-groups.ts";
import { beyondGeneric, beyondQuerysets, confidenceOf, fetchedBefore, isLoadPerRow, isMade, loadDoubt, loadPlaces, paidPer, payers } from "../load-places.ts";
import { isUsedUp } from "../loops.ts";
import { formatCount } from "../../model/numbers.ts";
import { dotted, holderName, modelName } from "../names.ts";

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
  check: (input) =>
    oncePerReceiver(
      mergeLoads(
        toldOnce(
          input.facts.loads.filter((load) => isGuilty(load, input)),
          input,
        ),
      ),
    ).map(({ group, others }) => toDraft(group, input, others)),
};

/** A loop within a receiver runs over a queryset of its own. Where that one's finding stands, a delete that calls the receiver has nothing to add: its rows cannot be loaded otherwise. */
function toldOnce(loads: readonly LazyLoad[], input: RuleInput): readonly LazyLoad[] {
  const told = new Set(loads.filter(({ origin }) => origin.collected !== true).map(({ access }) => `${access.file}:${access.start}`));
  const isInner = ({ origin, path }: LazyLoad): boolean =>
    origin.collected === true && (stepsOf(input.graph, origin.model, path) ?? []).slice(0, -1).some((field) => field.relation?.single === false);
  return loads.filter((load) => !isInner(load) || !told.has(`${load.access.file}:${load.access.start}`));
}

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && load.kind !== "generic-fk" && !isAggregate(load.method) && isLoadPerRow(load, input.facts) && !isUsedUp(load, input);
}

interface Told {
  readonly group: LoadGroup;
  /** Models whose rows the same receiver reads in the same way. */
  readonly others: readonly string[];
}

/** One receiver listens to many senders: what it reads is mended once. */
function oncePerReceiver(groups: readonly LoadGroup[]): readonly Told[] {
  const told = new Map<string, { readonly group: LoadGroup; readonly others: string[] }>();
  for (const group of groups) {
    const { origin, path, access } = group.load;
    const key = origin.collected === true ? `${origin.symbol} ${path} ${access.file}:${access.start}` : `${told.size}`;
    const known = told.get(key);
    if (known === undefined) told.set(key, { group, others: [] });
    else known.others.push(modelName(origin.model));
  }
  return [...told.values()];
}

function toDraft({ load, loads }: LoadGroup, input: RuleInput, others: readonly string[]): FindingDraft {
  const owner = others.length === 0 ? payers(load, input) : `${payers(load, input)} and row of ${formatCount(others.length, "other model")}`;
  const holder = holderName(load.origin.symbol, input.program);
  const key = keyColumn(load, loads, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: confidenceOf(load, input.facts),
    claim:
      key === null
        ? `\`${holder}\` loads \`${dotted(load.path)}\` separately for each ${owner}: ${paidPer(load)}.`
        : `\`${holder}\` loads \`${dotted(load.path)}\` for each ${owner} only to read its key: ${paidPer(load)}.`,
    reason: reasonFor(load),
    remedy: key === null ? remedyFor(load, input) : `Read \`${key}\`, which came with the row.`,
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: lazyLoadFixes(load, loads, input),
  };
}

function reasonFor(load: LazyLoad): string {
  if (load.origin.collected === true) return "`delete()` fetches these rows bare to call their receivers, one row after the other.";
  if (isMade(load)) return "A row that was just made has nothing loaded.";
  if (load.kind === "o2o-reverse") return "The queryset does not load it; a row without one costs a query as well.";
  if (load.shared !== null) return "Nothing before it loads it; rows with the same target share it.";
  if (load.kind === "fk" || load.kind === "o2o") return "The queryset does not load it, and equal targets are not shared; only NULL costs nothing.";
  return "The queryset does not load it, so every row of the loop sends one more statement.";
}

function remedyFor(load: LazyLoad, input: RuleInput): string {
  const kept = contentTypeRead(load, input);
  if (kept !== null && load.origin.collected === true) return `Read ${kept} instead.`;
  const beyond = beyondQuerysets(load) ?? beyondGeneric(load, input);
  if (beyond !== null) return beyond;
  if (load.refreshed === true)
    return "Read it before `refresh_from_db()`, or leave that out: it throws away what the queryset loads, so that no eager load helps.";
  const past = methodPastPrefetch(load, input.facts);
  if (!load.joinable && isFetchedEachRound(load, input.facts))
    return past === null ? fetchedBefore(load) : `Fetch the rows of all rounds before the loop, in one query. ${remedyPast(load.path, past)}`;
  if (past !== null) return remedyPast(load.path, past);
  const grown = grownInLoop(load, input);
  if (grown !== null) return remedyBesideNewRows(load.path, grown);
  const method = load.joinable ? "select_related" : "prefetch_related";
  if (load.origin.forForm === "choices")
    return `The rows are the choices of a field: give it a queryset with \`${method}("${load.path}")\`, in an admin class by \`formfield_for_foreignkey()\`.`;
  if (load.origin.forForm === "set") return `Give the form set a queryset with \`${method}("${load.path}")\`.`;
  if (!load.joinable && load.origin.asDict === true) return remedyBesideDict(load.path);
  return `Add \`${method}("${load.path}")\` to the queryset${kept === null ? "" : `, or read ${kept}`}.`;
}

/** Django keeps content types in memory, and its foreign keys do not look there. */
function contentTypeRead({ target, model, path }: LazyLoad, { graph }: RuleInput): string | null {
  const key = target === "contenttypes.ContentType" ? graph.byLabel(model)?.fields.get(path.split("__").at(-1) ?? path)?.attname : null;
  return key == null ? null : `\`ContentType.objects.get_for_id(….${key})\`, which keeps the types in memory`;
}

/** Prefetched rows are kept in the row's `__dict__`: a copy of it has a key that is no field. */
function remedyBesideDict(path: string): string {
  return `Fetch the rows of \`${dotted(path)}\` for all of them with one query and group them in Python: \`prefetch_related()\` would put them into \`__dict__\`, which the code reads.`;
}

/** `prefetch_related()` keeps the rows as they were before the loop. */
function remedyBesideNewRows(path: string, model: string): string {
  return `Make the \`${model}\` rows in a loop of their own, then fetch these with \`prefetch_related("${path}")\`: a prefetch from before this loop does not hold the rows that it makes.`;
}

/** A prefetch alone would be one query more. */
function remedyPast(path: string, method: string): string {
  if (method === "filter set")
    return "Make the field a `DjangoConnectionField` and prefetch its rows, or load them for all parents with a `DataLoader`: a filter field queries again whatever was prefetched.";
  if (method === "values")
    return `Add \`prefetch_related("${path}")\` to the queryset, and build the values from \`all()\` in Python: \`values()\` would query again.`;
  const again = PLAIN_WORDS[method] ?? `\`${method}()\``;
  return `Add \`Prefetch("${path}", queryset=…, to_attr=…)\` with these rows to the queryset, or prefetch all and choose among them in Python: ${again} would query again.`;
}

/** The column to read instead, when every access goes on to `.id` or `.pk`. */
function keyColumn(load: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): string | null {
  const field = input.graph.byLabel(load.model)?.fields.get(load.path.split("__").at(-1) ?? "");
  if (field?.attname == null || (load.kind !== "fk" && load.kind !== "o2o")) return null;
  const own = loads.filter((one) => one.path === load.path);
  const isKeyOnly = own.every((one) => /^\.(?:id|pk)\b/.test(input.text(one.access.file).slice(one.access.end, one.access.end + 4)));
  return isKeyOnly ? field.attname : null;
}
