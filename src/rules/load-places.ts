/** Where a lazy load is made, run and read; how sure that is. */
import { subclassOf } from "../fixes/eager-verdict.ts";
import type { ChainCall, Confidence, LazyLoad, RuleInput, SourceFacts, Spot } from "../model/index.ts";
import { genericSteps, stepsOf, stepsToPayers } from "../fixes/eager-paths.ts";
import { isFetchedEachRound } from "../fixes/fetched-each-round.ts";
import { isAskedOnce, type Otherwise } from "../model/otherwise.ts";
import { isAtLeast } from "../model/django-at-least.ts";
import { isOfOnceCommand, isSampleDataCommand } from "./command-files.ts";
import { isFurtherDown } from "./load-groups.ts";
import { dotted, modelName } from "./names.ts";
import { isSameSpan, isWithin } from "../model/span.ts";

/** Reads of one finding that are listed; more are summed up. */
const MAX_ACCESSES = 6;

export function loadPlaces(load: LazyLoad, others: readonly LazyLoad[]): Spot[] {
  const spots: Spot[] = [
    {
      role: "queryset",
      span: load.origin.span,
      label:
        load.origin.collected === true
          ? `fetches bare rows of ${modelName(load.origin.model)} to call their receivers`
          : `${callsCreate(load) ? "makes" : "loads"} ${modelName(load.origin.model)} only`,
    },
  ];
  if (load.loop !== null && !isSameSpan(load.loop.span, load.origin.span)) spots.push({ role: "loop", span: load.loop.span });
  spots.push(...eagerSpots(load));
  for (const [index, call] of load.calls.entries()) {
    const isRepeated = load.calls.findIndex((one) => isSameSpan(one, call)) < index;
    if (!isRepeated) spots.push({ role: "call", span: call });
  }
  spots.push({ role: "access", span: load.access, label: paidPer(load) });
  if (load.written !== undefined && !isWithin(load.written, load.access))
    spots.push({ role: "access", span: load.written, label: load.reason === "key" ? "where the key is left out" : "what is run there" });
  for (const other of others.slice(0, MAX_ACCESSES)) {
    if (spots.every((spot) => !isSameSpan(spot.span, other.access))) spots.push({ role: "access", span: other.access });
  }
  return spots.filter((spot) => !spot.span.file.startsWith("builtin/"));
}

/** Where other relations are loaded already, if that is not written at the queryset itself. */
function eagerSpots({ origin: { calls, span }, path }: LazyLoad): Spot[] {
  const eager = calls.findLast((one) => (one.name === "select_related" || one.name === "prefetch_related") && !loadsPath(one, path));
  if (eager === undefined || isWithin(span, eager)) return [];
  return [{ role: "definition", span: { file: eager.file, start: eager.dot, end: eager.end }, label: "loads other relations" }];
}

/** A call that loads the relation is on another way than the one that lacks it. */
export function loadsPath({ args }: ChainCall, path: string): boolean {
  return args.some((arg) => arg.kind === "str" && (arg.value === path || arg.value.startsWith(`${path}__`)));
}

/** A method's own view, while a caller that loads the relation eagerly is known: not guilty. */
export function isCoveredElsewhere(load: LazyLoad, facts: SourceFacts): boolean {
  if (!load.withoutCaller) return false;
  const relation = load.path.split("__").at(-1) ?? load.path;
  return facts.covered.has(`${load.access.file}:${load.access.start}:${relation}`);
}

export function confidenceOf(load: LazyLoad, facts: SourceFacts): Confidence {
  if (load.doubts.length > 0 || isAskedOnce(load.otherwise) || load.origin.kind === "parameter" || isFurtherDown(load.path)) return "possible";
  if (load.withoutCaller && isLoadedSomewhere(load, facts)) return "possible";
  if (isSampleDataCommand(load.origin.span.file) || isOfOnceCommand(load)) return "possible";
  if (subclassOf(load) !== null) return "likely";
  if (load.otherwise !== undefined || load.origin.collected === true || load.withoutCaller || load.loop?.over === "unknown" || load.origin.computed === true)
    return "likely";
  return "certain";
}

/** A queryset loads the same two steps eagerly: its rows may be those that come here. Not where a manager asks for rows anew, whatever was prefetched. */
function isLoadedSomewhere({ origin, path, model }: LazyLoad, { loadedEagerly }: SourceFacts): boolean {
  const steps = path.split("__");
  if (steps.length === 1 && origin.calls.some(({ name }) => name !== "all")) return false;
  const before = steps.at(-2) ?? origin.relation;
  return before !== null && loadedEagerly.has(`${before}>${model}.${steps.at(-1) ?? ""}`);
}

/** In an event loop the read is refused, not slow: `lazy-in-async` speaks of it. */
export function isRefused(load: LazyLoad): boolean {
  return load.isAsync && !load.awaited;
}

/** Once for each row, in a loop over rows, and no caller is known to load it. */
export function isLoadPerRow(load: LazyLoad, facts: SourceFacts): boolean {
  return load.perRow && isRowLoop(load) && !isRefused(load) && !isCoveredElsewhere(load, facts);
}

/** Whose rows pay: those of the queryset, or those of the last relation to many on the way. */
export function payers(load: LazyLoad, { graph }: Pick<RuleInput, "graph">): string {
  const rows = `\`${modelName(load.origin.model)}\``;
  const steps = stepsToPayers(graph, load.origin.model, load.path);
  if (steps === 0) return rows;
  const many = load.path.split("__").slice(0, steps).join("__");
  return isOneOf(many, load) ? `${rows}, of one row of its \`${dotted(many)}\`` : `row of \`${dotted(many)}\``;
}

/** `order.lines.all()[0]`: the loop goes over the orders. */
function isOneOf(many: string, { origin, loop }: LazyLoad): boolean {
  return loop?.path === "" && loop.origin?.id === origin.id && !many.includes("__");
}

/** What loads it beyond a generic foreign key, whose other models do not have the rest of the path; null for other paths. */
export function beyondGeneric(load: LazyLoad, { graph, project }: Pick<RuleInput, "graph" | "project">): string | null {
  const generic = genericSteps(graph, load.origin.model, load.path);
  if (generic === null) return null;
  const rest = load.path.slice(generic.length + 2);
  const way = isAtLeast(project.djangoVersion, 5, 0)
    ? `a \`GenericPrefetch("${generic}", …)\` with a queryset for each model`
    : `\`prefetch_related("${generic}")\`, then \`prefetch_related_objects()\` for the objects of each model`;
  return `Use ${way}: only some of them have \`${dotted(rest)}\`.`;
}

/** Rows that a delete fetches to tell receivers of them: nobody hands it a queryset. */
export const COLLECTED = "Let the receiver read keys alone and collect them; ask for all of them once, in `transaction.on_commit()` or after the delete.";

/** What points to a row that is deleted goes with it, or points nowhere. */
const COLLECTED_BEFORE = "Ask for these rows of all that are deleted once, before the delete, and let the receiver look among them: after it they are gone.";

function isGoneAfter({ origin, path }: LazyLoad, { graph }: Pick<RuleInput, "graph">): boolean {
  const kind = stepsOf(graph, origin.model, path)?.[0]?.relation?.kind;
  return kind !== undefined && kind !== "fk" && kind !== "o2o";
}

/** `queryset.delete()` of one row in each round of a loop of the code's own. A node of a tree is fetched anew even by its own `delete()`. */
function isDeletedAlone({ loop, origin, method, narrowed }: LazyLoad, { graph, program }: Pick<RuleInput, "graph" | "program">): boolean {
  const cls = graph.byLabel(origin.model)?.cls;
  const module = cls === undefined ? undefined : program.member(cls, "delete")?.owner.module;
  if (narrowed === true || (method !== null && method !== "all")) return false;
  return loop !== null && loop.collects === undefined && (module === undefined || module.origin === "project" || module.name.startsWith("django."));
}

/** A row's own `delete()` hands the receivers that row. */
function deletedWithLoaded({ path }: LazyLoad): string {
  return `Fetch the rows of all rounds before the loop, in one query with \`prefetch_related("${path}")\`, and \`delete()\` each: the receivers are given these rows.`;
}

/** What to do where no queryset can be told to load it: for rows of the code's own SQL, for what a delete collects, and for one that was just made; null elsewhere. */
export function beyondQuerysets(load: LazyLoad, input: Pick<RuleInput, "graph" | "program" | "facts">): string | null {
  if (load.origin.collected === true) return isDeletedAlone(load, input) ? deletedWithLoaded(load) : isGoneAfter(load, input) ? COLLECTED_BEFORE : COLLECTED;
  if (load.origin.kind === "raw" || load.origin.calls.some(({ name }) => name === "raw"))
    return `A raw query loads no relations: call \`prefetch_related_objects(rows, "${load.path}")\` for its rows, or write the query with the ORM.`;
  return isMade(load, input) ? "No queryset fetches a row that `create()` makes: ask for what all rounds need at once, before the loop or after it." : null;
}

/** The row is one that `create()` gave, and none that the same manager found in another call. */
export function isMade(load: LazyLoad, { facts }: Pick<RuleInput, "facts">): boolean {
  return callsCreate(load) && !isFetchedEachRound(load, facts);
}

function callsCreate({ origin }: LazyLoad): boolean {
  return origin.calls.some(({ name }) => name === "create");
}

/** How often it is paid, as a claim says it. */
export function paidPer(load: LazyLoad): string {
  if (load.otherwise === "kept") return "one query for each answer that the code keeps";
  if (load.otherwise === "early") return "up to one query a row";
  return load.shared === null ? "one query a row" : `one query for each distinct \`${dotted(load.shared)}\``;
}

export function fetchedBefore(load: LazyLoad): string {
  return `Fetch the rows of all rounds before the loop, in one query with \`prefetch_related("${load.path}")\`.`;
}

export function isRowLoop(load: LazyLoad): boolean {
  return load.loop?.over !== "literal" && load.loop?.over !== "while";
}

const OTHERWISE: Readonly<Record<Exclude<Otherwise, "settings">, string>> = {
  early: "`any()`, `all()` and `next()` go no further than the row that decides",
  or: "only rows without what stands before the `or` ask for it",
  handler: "only rows with which the error is raised come to the handler",
  cached: "only rows for which the cache has nothing ask for it",
  kept: "the code keeps what it finds, and asks again only where it has kept nothing",
  stored: "the code saves what it finds with the row, and asks once in a row's life",
};

/** What the settings rule out says so itself. */
export function otherwiseDoubt(otherwise: Otherwise, doubts: readonly string[]): string {
  return otherwise === "settings" ? doubts.join("; ") : OTHERWISE[otherwise];
}

/** `asksAnyway`: whatever loads the relation, the code asks the database again. */
export function loadDoubt(load: LazyLoad, asksAnyway = false): string {
  if (load.doubts.length > 0) return load.doubts.join("; ");
  if (load.otherwise !== undefined) return otherwiseDoubt(load.otherwise, load.doubts);
  const subclass = subclassOf(load);
  if (subclass !== null) return `only rows that are of \`${modelName(subclass.model)}\` ask for it`;
  if (isSampleDataCommand(load.origin.span.file)) return "the command makes data to try things with";
  if (isOfOnceCommand(load)) return "the command's name says that it is run once";
  if (isFurtherDown(load.path)) return "no row may be so far down: what loads the levels before it may load all that there are";
  if (load.origin.computed === true) return "names that are computed when it runs may load it";
  return load.withoutCaller && !asksAnyway ? "a caller that was not found may load it eagerly" : "a loop over one row saves one query";
}
