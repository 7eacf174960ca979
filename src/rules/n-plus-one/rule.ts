import { remedyOfSubclass } from "../subclass-remedy.ts";
import type { FindingDraft, LazyLoad, Rule, RuleInput, Span } from "../../model/index.ts";
import {
  givenBy,
  gainsNoPrefetch,
  grownInLoop,
  isExportedInPages,
  isFrameworksIterator,
  isOfOtherModels,
  isPrefetchedIntoDict,
  leadsToSaved,
  manyOfOne,
  methodPastPrefetch,
  partsToLoad,
  PLAIN_WORDS,
  setOperation,
} from "../../fixes/eager-verdict.ts";
import { keyColumn, type KeyColumn, type KeyUse } from "../../fixes/key-access.ts";
import { lazyLoadFixes, loadBefore } from "../../fixes/lazy-load-fixes.ts";
import { isFreeForOthers, isOfGivenRows } from "../../fixes/eager-load.ts";
import { innerRows } from "../../fixes/inner-rows.ts";
import { onlyReader } from "../../fixes/shared-queryset.ts";
import { askedOfPinned, genericBefore, lookupPath, pinnedStep, stepsOf } from "../../fixes/eager-paths.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { isAggregate } from "../aggregate-methods.ts";
import { mergeLoads, oncePerReceiver } from "../load-groups.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import {
  beyondGeneric,
  beyondQuerysets,
  confidenceOf,
  fetchedBefore,
  isLoadPerRow,
  isMade,
  loadDoubt,
  loadPlaces,
  loadsPath,
  paidPer,
  payers,
} from "../load-places.ts";
import { holderAt } from "../code.ts";
import { areFew, FEW_ROWS } from "../few-rows.ts";
import { isUsedUp } from "../loops.ts";
import { isLoadedWhereAsked } from "../asked-of-request.ts";
import { isSharedAction } from "../../fixes/implicit-queryset.ts";
import { andOf, count, dotted, holderName, modelName } from "../names.ts";
import { smallPart } from "../set-off.ts";
import { byHandler } from "./handlers.ts";
import { oncePerInnerLoop, type Told } from "./inner-loops.ts";
import { addsToTarget } from "./sums.ts";
import { fieldOf, loopsOf, type SharedRead } from "../shared-reads.ts";
import { hasOwnConditions } from "./own-conditions.ts";
import { remedyOfSameRow } from "../same-rounds.ts";

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
  check: (input) => {
    const guilty = input.facts.loads.filter((load) => isGuilty(load, input));
    const { single, shared } = byHandler(oncePerReceiver(mergeLoads(toldOnce(guilty, input))), input);
    return [...oncePerInnerLoop(single, input).map((group) => toDraft(group, input)), ...shared.map((read) => handlerDraft(read, input))];
  },
};

/** A loop within a receiver runs over a queryset of its own. Where that one's finding stands, a delete that calls the receiver has nothing to add: its rows cannot be loaded otherwise. */
function toldOnce(loads: readonly LazyLoad[], input: RuleInput): readonly LazyLoad[] {
  const told = new Set(loads.filter(({ origin }) => origin.collected !== true).map(({ access }) => `${access.file}:${access.start}`));
  const isInner = ({ origin, path }: LazyLoad): boolean =>
    origin.collected === true && (stepsOf(input.graph, origin.model, path) ?? []).slice(0, -1).some((field) => field.relation?.single === false);
  return loads.filter((load) => !isInner(load) || !told.has(`${load.access.file}:${load.access.start}`));
}

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  if (!(load.reason === "unloaded" || isOfNewKey(load)) || load.kind === "generic-fk" || isAggregate(load.method) || !isLoadPerRow(load, input.facts))
    return false;
  return !isUsedUp(load, input) && !isLoadedWhereAsked(load, input);
}

/** `book.author_id = 3` and then `book.author`; where that is set at times, what the queryset loads is missing for that reason alone. */
function isOfNewKey({ reason, kind, origin, path }: LazyLoad): boolean {
  const isSetAtTimes = origin.keysSet?.has(path) === true && origin.calls.some((call) => call.name === "select_related" && loadsPath(call, path));
  return (kind === "fk" || kind === "o2o") && (reason === "changed" || (reason === "unloaded" && isSetAtTimes));
}

function toDraft(group: Told, input: RuleInput): FindingDraft {
  const { load, loads, others, comers } = group;
  const isOfCrowd = group.remedy !== undefined;
  const owner = `${payers(load, input)}${andOf(others)}`;
  const holder = holderName(load.origin.symbol, input.program);
  const key = keyColumn(load, loads, input);
  const part = whySmall(load, key, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: part !== null ? "possible" : confidenceOf(load, input.facts),
    claim:
      key === null
        ? `\`${holder}\` loads \`${dotted(load.path)}\` separately for each ${owner}: ${paidPer(load)}.`
        : `\`${holder}\` loads \`${dotted(load.path)}\` for each ${owner} only to ${purposeOf(key)}: ${paidPer(load)}.`,
    reason: reasonFor(load, input),
    remedy: key === null ? (group.remedy ?? remedyFor(load, input)) : keyRemedy(key, worthLoading(loadBefore(load, loads), input), input),
    doubt: part ?? loadDoubt(load, methodPastPrefetch(load, input.facts) !== null),
    model: load.origin.model,
    relation: load.path,
    places: [...loadPlaces(load, loads), ...comers.map(({ span }) => ({ role: "queryset" as const, span, label: "its rows come here as well" }))],
    fixes: isOfNewKey(load) || isOfCrowd || addsToTarget(load, input) ? [] : lazyLoadFixes(load, loads, input),
  };
}

const SAVED = "the loop saves rows that it leads to, and what is loaded before it is as they were then";

/** Why it is worth little; what reads a key alone is mended by a word, whatever else the round does. */
function whySmall(load: LazyLoad, key: KeyColumn | null, input: RuleInput): string | null {
  if (areFew(load, input)) return FEW_ROWS;
  if (key === null && leadsToSaved(load, input.facts)) return SAVED;
  return key === null ? smallPart(load, input) : null;
}

function handlerDraft({ group, elsewhere }: SharedRead, input: RuleInput): FindingDraft {
  const { load, loads } = group;
  const field = fieldOf(load);
  const handler = holderAt(askedAt(load, field, input), input) ?? holderName(load.origin.symbol, input.program);
  const key = keyColumn(load, [...loads, ...elsewhere], input);
  const part = whySmall(load, key, input);
  const purpose = key === null ? "" : ` only to ${purposeOf(key)}`;
  return {
    key: [handler, load.model, field],
    confidence: part !== null ? "possible" : confidenceOf(load, input.facts),
    claim: `\`${handler}\` loads \`${field}\` in each round of ${count(elsewhere.length + 1, "loop")}${purpose}: ${paidPer(load)}.`,
    reason: "The querysets of the loops do not load it.",
    remedy: key === null ? handlerRemedy(load, handler, input) : keyRemedy(key, undefined, input),
    doubt: part ?? loadDoubt(load),
    model: load.model,
    relation: field,
    places: [...loadPlaces(load, loads), ...loopsOf(elsewhere)],
    fixes: key === null ? [] : lazyLoadFixes(load, loads, input),
  };
}

/** `order.lines.drop()`: who writes that asks for the lines, and no method of their own that goes through them. */
function askedAt({ calls, access }: LazyLoad, field: string, { text }: RuleInput): Span {
  return [...calls, access].findLast(({ file, start, end }) => text(file).slice(start, end).includes(`.${field}.`)) ?? access;
}

function handlerRemedy(load: LazyLoad, handler: string, input: RuleInput): string {
  const column = load.kind === "fk" || load.kind === "o2o" ? input.graph.byLabel(load.model)?.fields.get(fieldOf(load))?.attname : undefined;
  const there =
    column === undefined ? `Have \`${handler}\` do without it` : `Have \`${handler}\` read \`${column}\`, which came with the row, where the key is enough`;
  const past = methodPastPrefetch(load, input.facts);
  if (past !== null)
    return `${there}. Else ${remedyPast(load, past, input)
      .replace(/^Add\b/, "add")
      .replace(" to the queryset", " to the loops' querysets")}`;
  return `${there}; else add \`${load.joinable ? "select_related" : "prefetch_related"}("${load.path}")\` to the loops' querysets.`;
}

function reasonFor(load: LazyLoad, input: RuleInput): string {
  if (isOfNewKey(load)) return "The code has set its key before, which throws away what was loaded for the old one.";
  if (load.origin.collected === true) return "`delete()` fetches these rows bare to call their receivers, one row after the other.";
  if (isMade(load, input)) return "A row that was just made has nothing loaded.";
  if (load.kind === "o2o-reverse") return "The queryset does not load it; a row without one costs a query as well.";
  if (load.shared !== null) return "Nothing before it loads it; rows with the same target share it.";
  if (load.kind === "fk" || load.kind === "o2o") return "The queryset does not load it, and equal targets are not shared; only NULL costs nothing.";
  return "The queryset does not load it, so every row of the loop sends one more statement.";
}

function remedyFor(load: LazyLoad, input: RuleInput): string {
  const kept = contentTypeRead(load, input);
  if (kept !== null && load.origin.collected === true) return `Read ${kept} instead.`;
  const beyond = beyondQuerysets(load, input) ?? (genericBefore(load, input) === null ? null : beyondGeneric(load, input));
  if (beyond !== null) return beyond;
  if (isOfNewKey(load)) {
    const field = load.path.split("__").at(-1) ?? load.path;
    return `Fetch the rows of the new keys before the loop, with \`in_bulk()\`, and set \`${field}\` rather than its key: no eager load brings what a key leads to that is set later.`;
  }
  if (load.refreshed === true) return remedyOfRefreshed(load, input);
  const given = givenBy(load);
  if (given !== null) {
    const name = load.path.split("__")[0] ?? "";
    return `Give the row the \`${name}\` that \`${given}()\` is given, or go on from that: a row that it finds has it not loaded.`;
  }
  const past = methodPastPrefetch(load, input.facts);
  const inner = innerRows(load, input);
  if (inner !== null) return `Add \`${inner.method}("${inner.path}")\` to \`${inner.text}\`, through which the loop goes.`;
  const giver = past === null ? manyOfOne(load, input.graph) : null;
  if (giver !== null) return `Call \`prefetch_related_objects([…], "${load.path}")\` before the loop, on the row that \`${giver}()\` gives.`;
  const same = load.joinable || grownInLoop(load, input) !== null ? null : remedyOfSameRow(load, input);
  if (same !== null) return same;
  const asked = past === null ? null : askedOfPinned(load, input);
  if (asked !== null) return `Every row has the \`${asked.step}\` that \`filter()\` is given: ask that for \`${dotted(asked.rest)}\` once, before the loop.`;
  if (past === "groups") return remedyOfGroups(load, input);
  if (gainsNoPrefetch(load, input))
    return past === null ? fetchedBefore(load) : `Fetch the rows of all rounds before the loop, in one query. ${remedyPast(load, past, input)}`;
  if (past !== null) return remedyPast(load, past, input);
  const operation = setOperation(load.origin);
  if (operation !== null) return remedyBefore(operation, load);
  const grown = grownInLoop(load, input);
  if (grown !== null) return remedyBesideNewRows(load.path, grown);
  const subclass = remedyOfSubclass(load);
  if (subclass !== null) return subclass;
  if (addsToTarget(load, input))
    return `Add \`prefetch_related("${load.path}")\` to the queryset: rows that lead to the same row share it then, and what the loop adds to it adds up. By \`select_related()\` each would have a copy of its own.`;
  const method = load.joinable ? "select_related" : "prefetch_related";
  if (isOfOtherModels(load, input)) return remedyForOneModel(load, method);
  if (isOfGivenRows(load.origin, input))
    return `Add \`prefetch_related("${load.origin.relation ?? ""}__${load.path}")\` to the queryset of what the serializer is given.`;
  if (isFreeForOthers(load.origin, input))
    return `Add \`prefetch_related("${load.origin.relation ?? ""}__${load.path}")\` where the row is fetched that has these: some callers prefetch them, or should, and \`${method}()\` here would ask for them again.`;
  const path = lookupPath(load, input.graph);
  if (load.origin.forForm === "choices") return remedyOfChoices(load, method);
  if (load.origin.forForm === "set") return `Give the form set a queryset with \`${method}("${load.path}")\`.`;
  if (isPrefetchedIntoDict(load, input.graph)) return remedyBesideDict(load.path);
  if (load.origin.forAction === true && isSharedAction(load.origin, input.facts))
    return `Add \`${method}("${load.path}")\` in the \`get_queryset()\` of \`${modelName(load.origin.model)}\`'s admin: rows of other models come to the action as well.`;
  if (load.origin.forAction === true)
    return `Add \`${method}("${load.path}")\` to the queryset in the action${load.joinable ? ": `list_select_related` would load it for every page of the list too" : ""}.`;
  const reader = onlyReader(load, input);
  if (reader !== null) return `Add \`${method}("${path}")\` to what \`${reader.text}\` gives, where these rows are read: other code goes through them as well.`;
  if (kept === null && pinnedStep(load, input) === path)
    return `Add \`${method}("${path}")\` to the queryset, or set \`${path}\` on the rows: all have the one that \`filter()\` is given.`;
  if (!load.joinable && load.origin.calls.some(isExportedInPages))
    return `Add \`${method}("${path}")\` to the queryset, and a \`chunk_size\` of some thousands to the resource's Meta: rows that prefetch are exported in pages of 100 by OFFSET, each of which reads all rows before it.`;
  if (!load.joinable && load.origin.calls.some(isFrameworksIterator))
    return `Add \`${method}("${path}")\` to the queryset, and have the framework give its \`iterator()\` a chunk size: without one Django prefetches nothing, or refuses.`;
  return `Add \`${method}("${path}")\` to the queryset${kept === null ? "" : `, or read ${kept}`}.`;
}

/** A prefetch is not taken over from the row that is fetched to refresh another. */
function remedyOfRefreshed({ joinable, path }: LazyLoad, { project }: RuleInput): string {
  const anew = isAtLeast(project.djangoVersion, 5, 1)
    ? `give that \`from_queryset=….select_related("${path}")\``
    : `fetch the row anew instead, by \`get()\` on a queryset with \`select_related("${path}")\``;
  return `Read it before \`refresh_from_db()\`, or ${joinable ? anew : "leave that out"}: it throws away what the queryset loads, so that no eager load before it helps.`;
}

function remedyForOneModel({ origin, path }: LazyLoad, method: string): string {
  const where = origin.kind === "implicit" ? `in a class for \`${modelName(origin.model)}\` alone` : "where the model is known";
  const others = origin.kind === "implicit" ? "this one has rows of other models too" : "rows of other models come from the same line";
  return `Add \`${method}("${path}")\` ${where}: ${others}.`;
}

/** Django keeps content types in memory, and its foreign keys do not look there. */
function contentTypeRead({ target, model, path }: LazyLoad, { graph }: RuleInput): string | null {
  const key = target === "contenttypes.ContentType" ? graph.byLabel(model)?.fields.get(path.split("__").at(-1) ?? path)?.attname : null;
  return key == null ? null : `\`ContentType.objects.get_for_id(….${key})\`, which keeps the types in memory`;
}

function remedyOfChoices({ origin: { offeredFor }, path }: LazyLoad, method: string): string {
  const field = offeredFor === undefined ? "a field" : `the field \`${offeredFor.field}\``;
  const hook = offeredFor?.isMany === true ? "formfield_for_manytomany" : "formfield_for_foreignkey";
  return `The rows are the choices of ${field}: give it a queryset with \`${method}("${path}")\`, in an admin class by \`${hook}()\`.`;
}

/**
 * Prefetched rows are kept in the row's `__dict__`: a copy of it has a key that is no field, and a copy of the row takes them for its own, so that
 * `set()` finds them there and adds none.
 */
function remedyBesideDict(path: string): string {
  return `Fetch the rows of \`${dotted(path)}\` for all of them with one query and group them in Python: \`prefetch_related()\` would put them into \`__dict__\`, which the code reads or copies.`;
}

function remedyBefore(operation: string, load: LazyLoad): string {
  const [method, why] = load.joinable ? ["select_related", "all need the same columns"] : ["prefetch_related", "it serves the rows of all"];
  return `Add \`${method}("${load.path}")\` to ${partsToLoad(load)} before \`${operation}()\`: ${why}, and after it nothing can be loaded.`;
}

/** `prefetch_related()` keeps the rows as they were before the loop. */
function remedyBesideNewRows(path: string, model: string): string {
  return `Make the \`${model}\` rows in a loop of their own, then fetch these with \`prefetch_related("${path}")\`: a prefetch from before this loop does not hold the rows that it makes.`;
}

/** Rows that are fetched to be counted in Python are many more than the groups. */
function remedyOfGroups({ origin, path }: LazyLoad, { graph }: RuleInput): string {
  const { target = null, back = null } = stepsOf(graph, origin.model, path)?.at(-1)?.relation ?? {};
  const all = target === null || back === null ? "the rows of all rounds" : `\`${modelName(target)}.objects.filter(${back}__in=…)\``;
  const key = back === null ? "the key of the round's row" : `\`"${back}"\``;
  return `Ask once before the loop: let the database group ${all} with ${key} added to \`values()\`, and look the groups of each row up in a dictionary.`;
}

/** A prefetch alone would be one query more. */
function remedyPast({ origin, path }: LazyLoad, method: string, input: RuleInput): string {
  const { facts } = input;
  if (method === "filter set")
    return "Make the field a `DjangoConnectionField` and prefetch its rows, or load them for all parents with a `DataLoader`: a filter field queries again whatever was prefetched.";
  const readers = facts.loads.filter((one) => one.origin === origin && one.path === path && one.method === method);
  const again = PLAIN_WORDS[method] ?? `\`${method}()\``;
  if (readers.some((one) => hasOwnConditions(one, input)))
    return method === "values"
      ? `Add \`prefetch_related("${path}")\` to the queryset, and choose and build the values from \`all()\` in Python: no \`Prefetch\` can have a condition on the row itself.`
      : `Add \`prefetch_related("${path}")\` to the queryset, and choose among \`all()\` in Python by what the row says: no \`Prefetch\` can, and ${again} would query again.`;
  const isNarrowed = readers.some((one) => one.narrowed === true);
  if (method === "values" && isNarrowed)
    return `Add \`Prefetch("${path}", queryset=…, to_attr=…)\` with the conditions of the chain to the queryset, and build the values from its list in Python: \`values()\` would query again.`;
  if (method === "values")
    return `Add \`prefetch_related("${path}")\` to the queryset, and build the values from \`all()\` in Python: \`values()\` would query again.`;
  if (method === "requery" && !isNarrowed)
    return `Add \`Prefetch("${path}", queryset=…)\` with what is chained to the queryset, and read \`all()\`: ${again} would query again.`;
  const own = ownMethod(readers, input);
  if (own !== null)
    return `Add \`prefetch_related("${path}")\` to the queryset, and have \`${own}\`, which others call for one row, choose among \`all()\` in Python: ${again} would query again.`;
  return `Add \`Prefetch("${path}", queryset=…, to_attr=…)\` with these rows to the queryset, or prefetch all and choose among them in Python: ${again} would query again.`;
}

/** The method of a model that reads it of its own row: a list that one queryset puts on its rows is not there for its other callers. */
function ownMethod(readers: readonly LazyLoad[], input: RuleInput): string | null {
  const names = new Set(readers.map(({ access }) => methodOfModel(access, input)));
  const [name = null] = names;
  return names.size === 1 ? name : null;
}

function methodOfModel(at: Span, { graph, program }: RuleInput): string | null {
  const path = pathTo(program, at);
  const cls = path.find(({ kind }) => kind === "class");
  const method = path.find(({ kind }) => kind === "function");
  const model = [...graph.models.values()].find((one) => one.cls.def === cls);
  return model === undefined || method?.kind !== "function" ? null : `${model.name}.${method.name}`;
}

const PURPOSES: Readonly<Record<KeyUse, string>> = {
  key: "read its key",
  test: "see whether there is one",
  comparison: "compare it",
  condition: "ask for other rows by it",
};

/** Rows of one row are fetched once anyway. */
function worthLoading(before: LazyLoad | undefined, input: RuleInput): LazyLoad | undefined {
  return before === undefined || gainsNoPrefetch(before, input) ? undefined : before;
}

function purposeOf({ uses }: KeyColumn): string {
  const [use = "key", ...others] = uses;
  return others.length === 0 ? PURPOSES[use] : "use its key";
}

/** The column to read instead, where every access needs no more. */
function keyRemedy({ column, uses, nullable }: KeyColumn, before: LazyLoad | undefined, input: RuleInput): string {
  const way = before === undefined ? "" : `${remedyFor(before, input)} Beyond that, `;
  if (uses.has("comparison")) return `${way}${before === undefined ? "Compare" : "compare"} \`${column}\`, which came with the row, with the other one's key.`;
  const isNone = uses.has("test") && nullable ? ": where there is none it is None" : "";
  return `${way}${before === undefined ? "Read" : "read"} \`${column}\`, which came with the row${isNone}.`;
}
