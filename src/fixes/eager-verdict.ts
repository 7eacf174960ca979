/** Whether an eager load may be added where a queryset is made, and whether a person has to look at it. */
import type { ChainCall, EditDraft, LazyLoad, ModelGraph, Origin, RuleInput, Safety, SourceFacts, Span } from "../model/index.ts";
import { isSameSpan } from "../model/span.ts";
import { isNoneLiteral, pathTo } from "../python/syntax-tree.ts";
import { ownCalls } from "./chain-edit.ts";
import { isFetchedAlone, isFetchedEachRound } from "./fetched-each-round.ts";
import { askedOfPinned, genericBefore, joinHazard, stepsOf, stepsPrefetched, stepsToPayers } from "./eager-paths.ts";

export interface Verdict {
  readonly safety: Safety;
  /** Why it is not safe; empty when it is. */
  readonly reason: string;
}

/** Edits and what speaks against applying them unseen; why there are none, when there are none. */
export interface EditPlan extends Verdict {
  readonly edits: readonly EditDraft[];
}

const SAFE: Verdict = { safety: "safe", reason: "" };
const review = (reason: string): Verdict => ({ safety: "review", reason });
const advice = (reason: string): Verdict => ({ safety: "advice", reason });

/** The strictest of what the chain, the path and the readers say. */
export function judge(load: LazyLoad, input: RuleInput): Verdict {
  return (
    judgeOrigin(load) ??
    judgeSubclasses(load) ??
    judgeModels(load, input) ??
    judgeRefreshed(load) ??
    judgeSingle(load, input) ??
    judgeDict(load, input.graph) ??
    judgeMethods(load, input) ??
    judgeChain(load.origin, load, input.graph) ??
    judgeGrowth(load, input) ??
    judgePath(load, input) ??
    judgeReaders(load, input) ??
    SAFE
  );
}

const NO_EDIT: Partial<Record<Origin["kind"], string>> = {
  parameter: "the queryset comes in as a parameter: load it where the callers make the queryset",
  instance: "the row comes from somewhere else: load it where the row is fetched",
  raw: "a raw query cannot load relations: use prefetch_related_objects() on its rows, or write the query with the ORM",
};

function judgeOrigin({ origin }: LazyLoad): Verdict | null {
  const reason = NO_EDIT[origin.kind];
  if (reason !== undefined) return advice(reason);
  if (origin.span.file.endsWith(".py")) return null;
  return advice("the queryset is made in a template: load it in the view that gives the template its objects");
}

function judgeSubclasses(load: LazyLoad): Verdict | null {
  return ownOfSubclass(load) === null
    ? null
    : advice("the rows come as the classes that they are of, and a lookup through one of these loads onto other objects");
}

interface OfSubclass {
  /** The way to the rows of that class. */
  readonly way: string;
  readonly model: string;
}

/** The class that alone has what is loaded of rows that come as the classes that they are of. */
export function subclassOf({ origin: { ofSubclasses }, path }: LazyLoad): OfSubclass | null {
  const ways = [...(ofSubclasses ?? [])].filter(([way]) => path.startsWith(`${way}__`)).toSorted(([a], [b]) => b.length - a.length);
  const [first] = ways;
  return first === undefined ? null : { way: first[0], model: first[1] };
}

/** The same where the queryset cannot load it: a join of `select_subclasses()` can. */
export function ownOfSubclass(load: LazyLoad): OfSubclass | null {
  const found = subclassOf(load);
  const isJoined = load.joinable && load.origin.calls.some(({ name }) => name === "select_subclasses");
  return isJoined ? null : found;
}

/** The line makes querysets of several models, of which not all have the relation. */
export function isOfOtherModels(load: LazyLoad, input: RuleInput): boolean {
  return judgeModels(load, input) !== null;
}

/** `model.objects.get(pk=pk)` in a helper that is handed several models. */
function judgeModels(load: LazyLoad, input: RuleInput): Verdict | null {
  const { origin, path } = load;
  if ((origin.kind !== "manager" && origin.kind !== "implicit") || origin.forForm !== undefined) return null;
  const { facts, graph } = input;
  const [step = ""] = path.split("__");
  // Rows that a page's forms and filters offer are of other querysets.
  const isShown = (one: Origin): boolean => origin.kind === "manager" || (one.iterated && one.forForm === undefined);
  const others = facts.origins.filter((one) => one.kind === origin.kind && isShown(one) && one.model !== origin.model && isSameSpan(one.span, origin.span));
  const isRead = stepsOf(graph, origin.model, path) !== null;
  const without = others.find(({ model }) => stepsOf(graph, model, isRead ? path : step) === null);
  if (origin.kind === "implicit") {
    if (without === undefined) return null;
    return advice(`the class has rows of other models too, and of \`${graph.byLabel(without.model)?.name ?? without.model}\` nothing leads there`);
  }
  const general = without === undefined ? functionGivenModel(load, input) : null;
  if (general !== null) return advice(`\`${general}()\` is handed the model: load it where that is called, other models may have no \`${step}\``);
  if (without === undefined) return null;
  return advice(
    `the line fetches rows of other models too, and \`${graph.byLabel(without.model)?.name ?? without.model}\` has no \`${stepsOf(graph, without.model, step) === null ? step : path.replaceAll("__", ".")}\`: load it where the model is known`,
  );
}

/** The function that makes the queryset of a model which it is handed, for others to read: whatever it loads, it loads for each model. */
function functionGivenModel({ origin: { span }, calls, access }: LazyLoad, { program, text }: RuleInput): string | null {
  const [base] = /^\w+(?=\s*\.)/.exec(text(span.file).slice(span.start, span.end)) ?? [];
  const around = pathTo(program, span);
  const at = around.findLastIndex(({ kind }) => kind === "function");
  const holder = around[at];
  if (base === undefined || holder?.kind !== "function") return null;
  const reader = calls[0] ?? access;
  if (reader.file === span.file && reader.start >= holder.start && reader.end <= holder.end) return null;
  const index = holder.params.findIndex(({ name }) => name === base);
  // `cls` of a method is the class that the method stands in, or one below it.
  const isOwnClass = index === 0 && around.slice(0, at).some(({ kind }) => kind === "class");
  return index < 0 || isOwnClass ? null : holder.name;
}

/** `refresh_from_db()` throws away what came with the row. */
function judgeRefreshed({ refreshed }: LazyLoad): Verdict | null {
  return refreshed === true ? advice("`refresh_from_db()` throws away what the queryset loads: read it before, or leave the refresh out") : null;
}

function judgeSingle(load: LazyLoad, input: RuleInput): Verdict | null {
  return gainsNoPrefetch(load, input) ? advice("each round fetches its row alone: fetch the rows of all rounds before the loop") : null;
}

/** A prefetch for one row saves nothing. */
export function gainsNoPrefetch(load: LazyLoad, { facts, graph }: RuleInput): boolean {
  const isOwn = stepsOf(graph, load.origin.model, load.path) !== null && stepsToPayers(graph, load.origin.model, load.path) === 0;
  return !load.joinable && (isFetchedEachRound(load, facts) || (isOwn && isFetchedAlone(load.origin, facts)));
}

/** `Book(**book.__dict__)` does not know `_prefetched_objects_cache`, and `deepcopy(book)` takes it along. */
function judgeDict(load: LazyLoad, graph: ModelGraph): Verdict | null {
  return isPrefetchedIntoDict(load, graph) ? advice("the code reads `__dict__` of these rows or copies them: what is prefetched would be there too") : null;
}

/** A relation to many is kept in the `__dict__` of the row that has it, one to a single row is not. */
export function isPrefetchedIntoDict({ origin, path, joinable }: LazyLoad, graph: ModelGraph): boolean {
  if (joinable || origin.asDict === undefined) return false;
  const names = path.split("__");
  const holders = (stepsOf(graph, origin.model, path) ?? []).flatMap((step, index) =>
    step.relation?.single === false ? [names.slice(0, index).join("__")] : [],
  );
  return holders.some((holder) => origin.asDict?.has(holder));
}

const MAKERS: ReadonlySet<string> = new Set(["get_or_create", "update_or_create", "create", "bulk_create"]);

function judgeChain(origin: Origin, load: LazyLoad, graph: ModelGraph): Verdict | null {
  const operation = setOperation(origin);
  if (operation !== null) {
    const method = load.joinable ? "select_related" : "prefetch_related";
    return advice(`after ${operation}() nothing can be loaded: add ${method}() to ${partsToLoad(load)} before it`);
  }
  for (const call of origin.calls) {
    if (call.name === "raw") return advice(NO_EDIT.raw ?? "");
    if (MAKERS.has(call.name) && !isOfOwnRows(load)) return advice(whyNotMade(call, load, graph));
    const verdict = load.joinable ? judgeJoin(call, load) : judgePrefetch(call, load);
    if (verdict !== null) return verdict;
  }
  return null;
}

/** The method that puts querysets together into one that loads nothing more; null where none does. */
export function setOperation({ combinedBy }: Origin): string | null {
  return combinedBy ?? null;
}

/** Joined columns have to be the same in all parts; what the first one prefetches is fetched for the rows of all, and what others do is not. */
export function partsToLoad({ joinable }: LazyLoad): string {
  return joinable ? "each queryset" : "the first queryset";
}

/** A loop over the queryset's own rows: what else is called on it made none of them. */
function isOfOwnRows({ origin, loop }: LazyLoad): boolean {
  return loop !== null && loop.origin?.id === origin.id;
}

function whyNotMade(call: ChainCall, load: LazyLoad, graph: ModelGraph): string {
  if (isGivenTo(call, load)) return `${call.name}() was given it: give it to the row, or go on from that, which a row that is found does not have loaded`;
  if (manyOfOne(load, graph) !== null) return `${call.name}() gives one row: prefetch_related_objects() loads it for the rows of that before the loop`;
  if (call.name === "create" || call.name === "bulk_create") return `${call.name}() makes the row, which has what it was given and nothing else`;
  if (call.name === "update_or_create") return "update_or_create() locks the row that it finds, and would lock what is joined: fetch it on its own";
  return `${call.name}() fetches the row or makes it: load it on the queryset before that, for the rows that are found`;
}

function isGivenTo({ keywords }: ChainCall, load: LazyLoad): boolean {
  return keywords.some(({ name }) => name === firstStep(load));
}

/** The method that gives one row, where what is read belongs to many rows of that. */
export function manyOfOne(load: LazyLoad, graph: ModelGraph): string | null {
  if (isOfOwnRows(load) || stepsToPayers(graph, load.origin.model, load.path) === 0) return null;
  return load.origin.calls.find(({ name }) => name === "get_or_create" || name === "update_or_create")?.name ?? null;
}

/** The method that fetches or makes the row, where it is given the relation that is then read of the row. */
export function givenBy(load: LazyLoad): string | null {
  if (isOfOwnRows(load)) return null;
  return load.origin.calls.find((call) => MAKERS.has(call.name) && isGivenTo(call, load))?.name ?? null;
}

function judgeJoin(call: ChainCall, load: LazyLoad): Verdict | null {
  if (call.name === "select_related" && call.args.length === 0) {
    return advice("select_related() without names follows no nullable relation: name the relations instead");
  }
  if (isReset(call, "select_related")) return advice("select_related(None) drops what was loaded before it");
  if (call.name === "only" && !keepsColumn(call, load)) {
    return advice("only() leaves out the foreign key: name the key and the columns of the related rows in it");
  }
  if (call.name === "defer" && namesOf(call).includes(firstStep(load))) return advice("defer() leaves out the foreign key: take it out there");
  if (call.name === "select_for_update") return review("select_for_update() would lock the joined rows too, unless of= says otherwise");
  return null;
}

/** No edit of the project's gives it a chunk size; some setting of the framework's may. */
export function isFrameworksIterator({ name, file, args, keywords }: ChainCall): boolean {
  return name === "iterator" && file.startsWith("builtin/") && args.length + keywords.length === 0;
}

/**
 * django-import-export goes through the rows by iterator(); a queryset that prefetches it asks for page after page by OFFSET, 100 rows each: of 25,000 rows
 * that took four times what one query a row had taken.
 */
export function isExportedInPages({ name, file }: ChainCall): boolean {
  return name === "all" && file === "builtin/import_export/resources.py";
}

function judgePrefetch(call: ChainCall, load: LazyLoad): Verdict | null {
  if (isReset(call, "prefetch_related")) return advice("prefetch_related(None) drops what was loaded before it");
  if (call.name === "prefetch_related" && call.args.some((arg) => isPrefetchOf(arg, load.path))) {
    return advice("add it to the queryset of the Prefetch object that loads the relation before it");
  }
  // Django raises a ValueError where a lookup was already seen with another queryset.
  if (call.name === "prefetch_related" && call.args.some((arg) => isOwnPrefetch(arg, load.path))) {
    return advice("another way loads it with a Prefetch object, and Django takes no second one: load it on the way that has none");
  }
  // The same error, as far as the source tells: where the path begins with a relation that one of the lookups loads in its own way.
  if (call.name === "prefetch_related" && load.path.includes("__") && !ownCalls(load.origin).includes(call) && call.args.some(isComputed)) {
    return advice("its lookups are computed further on, and Django takes none before a Prefetch object of the same relation: add it to those");
  }
  if (isExportedInPages(call))
    return advice(
      "rows that prefetch are exported in pages of 100 by OFFSET, which can cost more than it saves: give the resource a larger chunk_size with it",
    );
  if (isFrameworksIterator(call)) return advice("the framework goes through the rows by iterator(), which prefetches only where it is given a chunk size");
  if (call.name === "iterator" && call.args.length + call.keywords.length === 0) return review("iterator() needs a chunk_size to prefetch");
  if (call.name === "only" && !keepsColumn(call, load)) return review("only() has to keep the key that the prefetch matches by");
  return null;
}

function isReset(call: ChainCall, method: string): boolean {
  return call.name === method && isNoneLiteral(call.args[0]);
}

function isPrefetchOf(arg: ChainCall["args"][number], path: string): boolean {
  if (arg.kind !== "call") return false;
  const [lookup] = arg.args;
  return lookup?.kind === "str" && path.startsWith(`${lookup.value}__`);
}

/** `*lookups()`, `lookup(model)`, a name: which relations it loads, and how, its text does not say. */
function isComputed(arg: ChainCall["args"][number]): boolean {
  return arg.kind !== "str" && (arg.kind !== "call" || arg.args[0]?.kind !== "str");
}

/** `Prefetch(path, queryset=…)`; what goes to an attribute of its own is another lookup. */
function isOwnPrefetch(arg: ChainCall["args"][number], path: string): boolean {
  if (arg.kind !== "call") return false;
  const [lookup, queryset, attribute] = arg.args;
  const has = (name: string): boolean => arg.keywords.some((one) => one.name === name);
  return lookup?.kind === "str" && lookup.value === path && (queryset !== undefined || has("queryset")) && attribute === undefined && !has("to_attr");
}

function namesOf(call: ChainCall): string[] {
  return call.args.flatMap((arg) => (arg.kind === "str" ? [arg.value] : []));
}

function firstStep(load: LazyLoad): string {
  return load.path.split("__")[0] ?? load.path;
}

function keepsColumn(call: ChainCall, load: LazyLoad): boolean {
  const first = firstStep(load);
  return namesOf(call).some((name) => name === first || name === `${first}_id`);
}

function judgeGrowth(load: LazyLoad, input: RuleInput): Verdict | null {
  const grown = grownInLoop(load, input);
  return grown === null ? null : advice(`the loop makes \`${grown}\` rows, which a prefetch from before it does not hold`);
}

/** The model of which the loop makes rows that a prefetch on this path would keep without them, before it asks for them. */
export function grownInLoop(load: LazyLoad, { facts, graph }: RuleInput): string | null {
  if (load.joinable) return null;
  const made = facts.writes.filter(
    (write) => MAKERS.has(write.how) && isInLoopOf(write, load) && placeInLoop(write, write.span) < placeInLoop(load, load.access),
  );
  const models = new Set(made.map(({ model }) => model));
  const beyond = (stepsOf(graph, load.origin.model, load.path) ?? []).slice(stepsToRound(load));
  const many = beyond.filter(({ relation }) => relation?.single === false);
  return many.map(({ relation }) => graph.byLabel(relation?.target ?? "")).find((model) => model !== null && models.has(model.label))?.name ?? null;
}

/** Steps to the rows that the loop goes over: these are fetched before its first round makes any. */
function stepsToRound({ loop, path }: LazyLoad): number {
  return loop?.path !== undefined && path.startsWith(`${loop.path}__`) ? loop.path.split("__").length : 0;
}

/** Where the loop's own text does it, or calls what does. */
function placeInLoop({ loop, calls }: LazyLoad | Write, span: Span): number {
  return [...calls, span].find(({ file }) => file === loop?.span.file)?.start ?? Number.POSITIVE_INFINITY;
}

function judgePath(load: LazyLoad, input: RuleInput): Verdict | null {
  const steps = stepsOf(input.graph, load.origin.model, load.path);
  if (genericBefore(load, input) !== null) return advice("beyond a generic foreign key each model needs its own queryset: use GenericPrefetch");
  if (steps === null) return review("a relation on the way is not among the models that were read");
  if (load.joinable) {
    const hazard = joinHazard(steps, input.graph);
    return hazard === null ? null : review(hazard);
  }
  return judgeOrder(load, steps, input);
}

/** Rows of an unordered relation may come in another order when they are fetched for all parents at once. */
function judgeOrder(load: LazyLoad, steps: NonNullable<ReturnType<typeof stepsOf>>, { graph }: RuleInput): Verdict | null {
  const unordered = steps
    .slice(stepsPrefetched(load))
    .filter((field) => field.relation?.single === false)
    .map((field) => graph.byLabel(field.relation?.target ?? ""))
    .find((model) => model !== null && model.ordering.length === 0);
  if (unordered !== undefined && unordered !== null) return review(`\`${unordered.name}\` has no ordering, so its rows may come in another order`);
  return load.kind === "generic-fk" ? review("each kind of object is fetched in a query of its own") : null;
}

/** Ways of reading a related manager that its prefetched rows answer. */
const CACHED: ReadonlySet<string> = new Set(["all", "list", "len", "bool", "count", "exists", "sorted", "sum", "text", "unpack", "iterate"]);

function judgeReaders(load: LazyLoad, { facts, graph }: RuleInput): Verdict | null {
  if (leadsToSaved(load, facts)) return advice("the loop saves rows that it leads to: what is loaded before it is as they were then");
  if (load.doubts.length > 0) return review(load.doubts.join("; "));
  if (load.otherwise === "stored") return review("the code saves what it finds: few rows may need what is loaded");
  if (load.otherwise === "cached") return review("rows for which the cache has the answer would be loaded as well");
  if (load.otherwise === "kept") return review("the code keeps what it finds: many rows may share one answer");
  if (facts.writes.some((write) => touches(write, load, graph))) {
    return review("the loop writes to these rows, and what is loaded early does not see it");
  }
  if (load.origin.forAction === true) return null;
  if (load.origin.kind === "implicit") return review("the framework makes the queryset, and other pages may use it too");
  if (load.joinable || goesOnFromShared(load, graph)) return null;
  if (load.withoutCaller) return review("callers that are not known may read it in another way");
  return load.origin.escapes ? review("the rows go where the analysis could not follow") : null;
}

/** `for node in nodes: node.path = f"{node.parent.path}/{node.name}"; node.save()`: the parent is one of the rows that the loop has saved. */
export function leadsToSaved({ origin, model, target, loop }: LazyLoad, { writes }: SourceFacts): boolean {
  if (loop === null || target !== origin.model || target !== model) return false;
  return writes.some((write) => write.how === "save" && write.model === target && write.loop !== null && isSameSpan(write.loop.span, loop.span));
}

/** From rows that are prefetched already it leads to one row each: there is no manager that could be read in another way. */
function goesOnFromShared({ origin, path, shared }: LazyLoad, graph: ModelGraph): boolean {
  if (shared === null) return false;
  const rest = stepsOf(graph, origin.model, path)?.slice(shared.split("__").length) ?? [];
  return rest.length > 0 && rest.every(({ relation }) => relation?.single === true);
}

/** Reads that are no method. */
export const PLAIN_WORDS: Readonly<Record<string, string>> = { requery: "a chained method", index: "an index", slice: "a slice" };

/** A prefetch is of no use to a reader that narrows the relation again. */
function judgeMethods(load: LazyLoad, input: RuleInput): Verdict | null {
  const method = methodPastPrefetch(load, input.facts);
  if (method === null) return null;
  const asked = askedOfPinned(load, input);
  if (asked !== null) return advice(`all rows have the same \`${asked.step}\`: ask it once, before the loop`);
  if (method === "filter set") return advice("a filter field asks the database all the same");
  if (method === "requery") return advice("a chained method asks the database all the same: put it into the queryset of a Prefetch");
  if (method === "groups") return advice("the database groups the rows: let one query do so for all rounds");
  return advice(
    `${PLAIN_WORDS[method] ?? `${method}()`} asks the database all the same: choose among the prefetched rows in Python, or use Prefetch with to_attr`,
  );
}

/** The method by which the relation is read although its prefetched rows do not serve it; null where they do. */
export function methodPastPrefetch(load: LazyLoad, facts: SourceFacts): string | null {
  if (load.joinable) return null;
  const readers = facts.loads.filter((other) => other.origin === load.origin && other.path === load.path);
  const past = readers.find(({ method, narrowed }) => method !== null && (narrowed === true || !CACHED.has(method)));
  // `if order.lines.filter(…):`
  return past !== undefined && CACHED.has(past.method ?? "") ? "filter" : (past?.method ?? null);
}

type Write = SourceFacts["writes"][number];

/** It writes rows that would be loaded early, also those on the way to what is read, or puts others into a relation of the reader. */
function touches(write: Write, load: LazyLoad, graph: ModelGraph): boolean {
  const onTheWay = stepsOf(graph, load.origin.model, load.path)?.map(({ relation }) => relation?.target) ?? [];
  const isOfLoaded = write.model !== null && (write.model === load.target || onTheWay.includes(write.model));
  if (!isOfLoaded && (write.model !== load.model || write.relation === null)) return false;
  return isInLoopOf(write, load) || write.symbol === load.origin.symbol;
}

/** What a prefetch of the first `steps` relations would bring is changed before it is read. */
export function isChangedEarly(load: LazyLoad, steps: number, { facts, graph }: RuleInput): boolean {
  const targets = (stepsOf(graph, load.origin.model, load.path) ?? [])
    .slice(0, steps)
    .flatMap(({ relation }) => (relation?.single === false ? [relation.target] : []));
  return facts.writes.some(({ model, symbol, ...write }) => model !== null && targets.includes(model) && symbol === load.origin.symbol && write.loop !== null);
}

/** Whoever fetches, finds or makes the row gets it alone. */
export function isOfOneRow(load: LazyLoad, { facts, graph }: RuleInput): boolean {
  return manyOfOne(load, graph) !== null || isFetchedAlone(load.origin, facts);
}

/** The loop changes the rows that it asks about: what was asked before it is old by then. */
export function isChangedInLoop(load: LazyLoad, facts: SourceFacts): boolean {
  return changesOf(load, facts).length > 0;
}

/** Of one relation they say nothing of the rows that another has. */
const LINKS: ReadonlySet<string> = new Set(["add", "remove", "set", "clear"]);

/** Writes of the loop that a round may be told of. */
function changesOf(load: LazyLoad, { writes }: SourceFacts): readonly Write[] {
  const isOfOther = ({ how, relation }: Write): boolean =>
    LINKS.has(how) && load.narrowed !== true && relation !== null && relation !== load.path.split("__").at(-1);
  return writes.filter((write) => write.model !== null && write.model === load.target && isInLoopOf(write, load) && !isOfOther(write));
}

/** A round asks before it writes: what it changes comes after what it was told, or leaves the answer as it is. */
export function isAskedBeforeChange(load: LazyLoad, facts: SourceFacts): boolean {
  return changesOf(load, facts).every((write) => isBefore([...load.calls, load.access], [...write.calls, write.span]) || isSavedAgain(write, load));
}

/** A row that was fetched and is saved stays one of its relation's rows, whatever a filter makes of it. */
function isSavedAgain({ how, isOfNewRow }: Write, { narrowed }: LazyLoad): boolean {
  return how === "save" && isOfNewRow !== true && narrowed !== true;
}

/** Where two ways from the loop part, the first stands before the second. */
function isBefore(one: readonly Span[], other: readonly Span[]): boolean {
  const parts = one.findIndex((span, index) => other[index] === undefined || !isSameSpan(span, other[index]));
  const [here, there] = [one[parts], other[parts]];
  return here !== undefined && there !== undefined && here.file === there.file && there.start > here.start;
}

function isInLoopOf(write: Write, load: LazyLoad): boolean {
  return write.loop !== null && load.loop !== null && write.loop.span.file === load.loop.span.file && write.loop.span.start === load.loop.span.start;
}
