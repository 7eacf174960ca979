/** The edit that loads a relation together with the queryset that owns the rows. */
import type { ChainCall, ClassInfo, EditDraft, FixDraft, LazyLoad, Origin, RuleInput, Safety, SourceFacts, Span } from "../model/index.ts";
import { pathTo } from "../python/syntax-tree.ts";
import { appendCall, extendCall, insertion, isChainable, isExtensible, ownCalls, withoutAll } from "./chain-edit.ts";
import { lookupPath, prefetchBefore } from "./eager-paths.ts";
import { judge, type EditPlan, type Verdict } from "./eager-verdict.ts";
import { changelistPaths, implicitEdits } from "./implicit-queryset.ts";
import { onlyReader } from "./shared-queryset.ts";
import { shortcutEdits } from "./shortcut-edit.ts";
import { sourceOf } from "./source-text.ts";

/**
 * One fix for a lazy load: `select_related` where every step is single-valued, else `prefetch_related`. Without an
 * edit that is sure to be right it is advice that says what stands in the way.
 */
export function eagerLoadFix(load: LazyLoad, input: RuleInput): FixDraft[] {
  const title = `Load ${load.path.replaceAll("__", ".")} with the queryset`;
  const verdict = judge(load, input);
  const draft = (safety: Safety, reason: string, edits: readonly EditDraft[]): FixDraft[] => [
    { title: reason === "" ? title : `${title}: ${reason}`, safety, edits },
  ];
  if (verdict.safety === "advice") return draft("advice", verdict.reason, []);
  const found = findEdits(load, input);
  if (found.edits.length === 0) return draft("advice", found.reason, []);
  const { safety, reason } = stricter(verdict, found);
  return draft(safety, reason, found.edits);
}

function stricter(a: Verdict, b: Verdict): Verdict {
  if (a.safety === b.safety) return a.reason === "" ? b : a;
  return a.safety === "safe" ? b : a;
}

function findEdits(load: LazyLoad, input: RuleInput): EditPlan {
  const method = load.joinable ? "select_related" : "prefetch_related";
  const path = lookupPath(load, input.graph);
  const goesOn = method === "prefetch_related" ? prefetchBefore(load) : null;
  if (goesOn !== null) return { safety: "safe", reason: "", edits: extendCall(sourceOf(input, goesOn.file), goesOn, [path]) };
  if (load.origin.kind === "implicit") return implicitEdits(load, method, path, input);
  return shortcutEdits(load, method, path, input) ?? chainEdits(load, method, path, input);
}

function chainEdits(load: LazyLoad, method: "select_related" | "prefetch_related", path: string, input: RuleInput): EditPlan {
  const { origin } = load;
  const source = sourceOf(input, origin.span.file);
  const reader = onlyReader(load, input);
  if (reader !== null) {
    const edits = [appendCall(sourceOf(input, reader.span.file), reader.span, [], method, [path])];
    return { safety: "review", reason: `others go through these rows as well, so that \`${reader.text}\` has to give a queryset in all cases`, edits };
  }
  const calls = ownCalls(origin);
  const chunks = method === "prefetch_related" ? chunkEdits(load, input) : [];
  const existing = calls.findLast((call) => call.name === method && isExtensible(call)) ?? callInOverride(origin, method, input);
  if (existing !== undefined) return { safety: "safe", reason: "", edits: [...extendCall(sourceOf(input, existing.file), existing, [path]), ...chunks] };
  const inside = callOfLoop(load);
  if (inside !== undefined) {
    const chain = origin.calls.filter(({ file, start, end }) => file === inside.file && start === inside.start && end <= inside.end);
    const span = { file: inside.file, start: inside.start, end: inside.end };
    return { safety: "safe", reason: "", edits: [appendCall(sourceOf(input, inside.file), span, chain, method, [path])] };
  }
  const obstacle = whyNotHere(origin, input);
  if (obstacle !== null) return { ...obstacle, edits: [] };
  const admin = method === "select_related" ? adminAround(origin.span, input) : null;
  const paths = admin === null ? [path] : changelistPaths(load, admin, path, input);
  const edits = [withoutAll(source, appendCall(source, origin.span, calls, method, paths), calls, origin, input), ...chunks];
  if (admin !== null) return { safety: "review", reason: "naming relations ends the changelist's automatic select_related()", edits };
  const isPartly = origin.kind === "related" && load.withoutCaller;
  return isPartly ? { safety: "review", reason: "a caller that prefetches these rows would query them again", edits } : { safety: "safe", reason: "", edits };
}

/** `for book in self.filter(…)` in a method of the queryset's own: who calls that need not know what it reads. */
function callOfLoop({ origin, loop }: LazyLoad): ChainCall | undefined {
  if (loop === null || loop.origin?.id !== origin.id || loop.span.file === origin.span.file) return undefined;
  return origin.calls.find(({ file, end, name }) => file === loop.span.file && end === loop.span.end && NARROWS.has(name));
}

/** `queryset = Order.objects.all()` of a class whose `get_queryset()` chains the same method on it, whoever asks. */
function callInOverride({ span, calls }: Origin, method: string, { program }: RuleInput): ChainCall | undefined {
  const holder = pathTo(program, span).findLast(({ kind }) => kind === "class" || kind === "function");
  if (holder?.kind !== "class") return undefined;
  return calls.find((call) => {
    if (call.name !== method || !isExtensible(call)) return false;
    const path = pathTo(program, { file: call.file, start: call.start, end: call.end });
    const [def, ...inside] = path.slice(path.indexOf(holder) + 1);
    return path.includes(holder) && def?.kind === "function" && def.name === "get_queryset" && !inside.some(({ kind }) => UNDER_CONDITION.has(kind));
  });
}

const UNDER_CONDITION: ReadonlySet<string> = new Set(["if", "for", "while", "try", "match", "conditional", "bool", "function", "lambda"]);

/** The admin class whose `get_queryset` holds the span. */
function adminAround(span: Span, { program }: RuleInput): ClassInfo | null {
  const around = program.classes.find(({ module, def }) => module.ir.file === span.file && def.start <= span.start && def.end >= span.end);
  return around !== undefined && program.isSubclass(around, "django.contrib.admin.options.ModelAdmin") ? around : null;
}

/** `.iterator()` prefetches only with a chunk size. */
function chunkEdits(load: LazyLoad, { text }: RuleInput): EditDraft[] {
  const call = load.origin.calls.find((one) => one.name === "iterator" && one.args.length === 0 && one.keywords.length === 0);
  if (call === undefined) return [];
  const open = text(call.file).slice(call.dot, call.end).lastIndexOf("(");
  return [insertion(call.file, call.dot + open + 1, "chunk_size=2000")];
}

/** Methods that every queryset has, among those that end a chain. */
const QUERYSET_METHODS: ReadonlySet<string> = new Set([
  "all",
  "filter",
  "exclude",
  "order_by",
  "distinct",
  "annotate",
  "values",
  "values_list",
  "iterator",
  "aiterator",
  "get",
  "first",
  "last",
  "latest",
  "earliest",
  "count",
  "exists",
  "contains",
  "aggregate",
  "in_bulk",
  "only",
  "defer",
  "using",
  "reverse",
  "none",
  "select_for_update",
  "select_related",
  "prefetch_related",
  "aget",
  "afirst",
  "alast",
  "acount",
  "aexists",
  "alatest",
  "aearliest",
]);

const placesOfFacts = new WeakMap<SourceFacts, ReadonlySet<string>>();

/** `file:offset` of every read of a relation that an eager load had covered somewhere, or has to: `order.lines.all()` of each order of a list. */
function coveredPlaces(facts: SourceFacts): ReadonlySet<string> {
  const known = placesOfFacts.get(facts);
  if (known !== undefined) return known;
  const covered = [...facts.covered].map((key) => key.slice(0, key.lastIndexOf(":")));
  const toCover = facts.loads.filter((load) => load.perRow && load.reason === "unloaded" && load.method === "all");
  const places = new Set([...covered, ...toCover.map(({ access }) => `${access.file}:${access.start}`)]);
  placesOfFacts.set(facts, places);
  return places;
}

/** A method that the manager's class has and its querysets lack: code that is handed the manager may call it. */
function ownMethod(origin: Origin, written: string, { graph, program }: RuleInput): string | null {
  const model = graph.byLabel(origin.model);
  const fact = model?.managers.get(origin.kind === "related" ? model.defaultManager : (/\.(\w+)$/.exec(written)?.[1] ?? ""));
  const manager = fact?.manager ?? null;
  if (fact === undefined || manager === null) return null;
  const { queryset } = fact;
  for (const owner of program.mro(manager)) {
    if (!("members" in owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      if (definitions.at(-1)?.kind !== "function" || name.startsWith("_") || name === "get_queryset") continue;
      if (queryset === null || program.member(queryset, name) === null) return name;
    }
  }
  return null;
}

/** `rows = Book.objects`, then `rows.filter(…)`: from there on it is a queryset. */
function behindManager({ calls, span }: Origin, own: string): string {
  const first = calls.find(({ file, start }) => file === span.file && start > span.end);
  if (first !== undefined && QUERYSET_METHODS.has(first.name)) return `load it behind ${first.name}(), which makes a queryset of the manager`;
  return `load it after the manager's own methods: a queryset has no ${own}()`;
}

/** Everyone who calls the method gets the relation with its rows. */
const insideMethod = (method: string): string => `load it inside ${method}(), which makes the queryset`;

const NARROWS: ReadonlySet<string> = new Set(["all", "filter", "exclude", "order_by", "distinct", "annotate"]);

/** A serializer's field stands for the manager of whatever object the serializer is given. */
export function isOfGivenRows(origin: Origin, input: RuleInput): boolean {
  const { file, start, end } = origin.span;
  return origin.kind === "related" && file.endsWith(".py") && (!isChainable(origin, input) || !input.text(file).slice(start, end).includes("."));
}

/** What is called on the expression that makes the queryset. */
function methodAfter({ span }: Origin, input: RuleInput): string | undefined {
  return /^(?:\s|\\\r?\n|#[^\n]*\n)*\.\s*(\w+)/.exec(input.text(span.file).slice(span.end))?.[1];
}

/** The method that makes the queryset, where only a manager has it: who calls that need not know what it reads. */
export function makingMethod(origin: Origin, input: RuleInput): string | null {
  const next = methodAfter(origin, input);
  if (next === undefined || QUERYSET_METHODS.has(next)) return null;
  const written = input.text(origin.span.file).slice(origin.span.start, origin.span.end);
  const queryset = input.graph.byLabel(origin.model)?.managers.get(/\.(\w+)$/.exec(written)?.[1] ?? "")?.queryset;
  const isKnown = queryset != null && input.program.member(queryset, next) !== null;
  // What a queryset's own method has given is a queryset of the same class, which has the next one too.
  const last = ownCalls(origin).at(-1);
  const isOfQueryset = last !== undefined && last.end === origin.span.end && NARROWS.has(last.name);
  return isKnown || isOfQueryset ? null : next;
}

/** Some callers come with these rows in memory: a queryset that is narrowed or widened here asks for them again. */
function isPrefetchedByOthers({ span: { file, start } }: Origin, { facts }: RuleInput): boolean {
  return coveredPlaces(facts).has(`${file}:${start}`);
}

/** `author.books.all()` as it stands, which is free for the callers that have prefetched the books. */
export function isFreeForOthers(origin: Origin, input: RuleInput): boolean {
  const isBare = methodAfter(origin, input) === undefined && input.text(origin.span.file).slice(origin.span.start, origin.span.end).endsWith(".all()");
  return origin.kind === "related" && isBare && isPrefetchedByOthers(origin, input);
}

/** A chain cannot be cut where a method of the manager alone comes next, or where the manager itself is passed on. */
export function whyNotHere(origin: Origin, input: RuleInput, atMethod = insideMethod): Verdict | null {
  const text = input.text(origin.span.file);
  const written = text.slice(origin.span.start, origin.span.end);
  const next = methodAfter(origin, input);
  if (next !== undefined && !QUERYSET_METHODS.has(next)) {
    const method = makingMethod(origin, input);
    return method === null ? null : { safety: "advice", reason: atMethod(method) };
  }
  if (isOfGivenRows(origin, input)) return { safety: "advice", reason: "load it with the rows that the serializer is given" };
  if (!/[\])\w]$/.test(written) || !isChainable(origin, input))
    return { safety: "advice", reason: "the expression that makes the queryset is not a chain of calls" };
  const isPrefetched = isPrefetchedByOthers(origin, input);
  if (isPrefetched && next === undefined && written.endsWith(".all()"))
    return { safety: "advice", reason: "load it where these rows are prefetched, since a queryset that is narrowed or widened here asks for them again" };
  const isWhole = next !== undefined || written.endsWith(")");
  if (isWhole) return null;
  const own = ownMethod(origin, written, input);
  if (own !== null) return { safety: "advice", reason: behindManager(origin, own) };
  return isPrefetched || !/\.\w+$/.test(written) ? { safety: "advice", reason: "load it where the manager's rows are asked for" } : null;
}
