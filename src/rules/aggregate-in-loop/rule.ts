import { remedyOfSubclass } from "../subclass-remedy.ts";
import type { Expr, FindingDraft, FixDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { BESIDE, countAnnotationFix, existsAnnotationFix, isCountedBeside, isFilteredByPath } from "../../fixes/count-annotation.ts";
import { queryPath, stepsToPayers } from "../../fixes/eager-paths.ts";
import { isAskedBeforeChange, isChangedInLoop } from "../../fixes/eager-verdict.ts";
import { isChainable } from "../../fixes/chain-edit.ts";
import { isFetchedEachRound } from "../../fixes/fetched-each-round.ts";
import { isAggregate } from "../aggregate-methods.ts";
import { mergeLoads, oncePerReceiver, type ToldLoads } from "../load-groups.ts";
import { beyondGeneric, beyondQuerysets, confidenceOf, isLoadPerRow, loadDoubt, loadPlaces, paidPer, payers } from "../load-places.ts";
import { chainHead, exprAt, functionAt, holderAt, namesIn, targetsOf } from "../code.ts";
import { isCachedFunction, isHandedOut, isOverConstant, isUsedUp, loopSite } from "../loops.ts";
import { isSharedAction } from "../../fixes/implicit-queryset.ts";
import { pathTo } from "../../python/syntax-tree.ts";
import { andOf, count, dotted, holderName, modelName } from "../names.ts";
import { fieldOf, loopsOf, type SharedRead, sharedReads } from "../shared-reads.ts";
import { remedyOfSameRow } from "../same-rounds.ts";
import { isTakenAlong, TAKEN_ALONG } from "../cascades.ts";
import { FAR, FAR_DOWN, isSetOffByWrite, SET_OFF } from "../set-off.ts";
import { waitDoubt, waitsBeside } from "../waits-beside.ts";
import { isInside, isSameSpan, isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "aggregate-in-loop",
    chapter: "2.4",
    summary: "A count, an existence test or a single related row is asked of the database for each row",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => {
    const groups = oncePerReceiver(mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input))));
    const { single, shared } = sharedReads(groups, (group) => isAskedByMethod(group, input), input);
    return [...single.map((group) => toDraft(group, input)), ...shared.map((read) => sharedDraft(read, input))];
  },
};

/** A function that many loops call asks: it has to be changed, whichever queryset the rows are of. */
function isAskedByMethod({ load }: ToldLoads, input: RuleInput): boolean {
  const { calls, access, origin } = load;
  if (calls.length === 0 || origin.collected === true || holderAt(access, input) === null) return false;
  return confidenceOf(load, input.facts) !== "possible" && whyMinor(load, input) === null && remedyFor(load, input) === null;
}

function sharedDraft({ group: { load, loads }, elsewhere }: SharedRead, input: RuleInput): FindingDraft {
  const asker = holderAt(load.access, input) ?? holderName(load.origin.symbol, input.program);
  const field = fieldOf(load);
  return {
    key: [asker, load.model, field, load.method ?? ""],
    confidence: confidenceOf(load, input.facts),
    claim: `\`${asker}\` ${question(load, input).asks} \`${field}\` in each round of ${count(elsewhere.length + 1, "loop")}: ${paidPer(load)}.`,
    reason: "The database can answer for all rows at once, in the query that fetches them.",
    remedy: sharedRemedy(load, asker, field),
    doubt: loadDoubt(load),
    model: load.model,
    relation: field,
    places: [...loadPlaces(load, loads), ...loopsOf(elsewhere)],
    fixes: [],
  };
}

function sharedRemedy({ method, narrowed }: LazyLoad, asker: string, field: string): string {
  if (SERVED.has(method ?? "") && narrowed !== true)
    return `Prefetch \`${field}\` in the loops' querysets, whose rows answer it then; or annotate the answer there, and have \`${asker}\` read that.`;
  return `Have \`${asker}\` choose among \`all()\` in Python, and prefetch \`${field}\` in the loops' querysets; or annotate the answer there, and have it read that.`;
}

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && isAggregate(load.method) && isLoadPerRow(load, input.facts) && !isUsedUp(load, input);
}

function toDraft({ load, loads, others }: ToldLoads, input: RuleInput): FindingDraft {
  const owner = `${payers(load, input)}${andOf(others)}`;
  const holder = holderName(load.origin.symbol, input.program);
  const relation = dotted(load.path);
  const { asks, remedy } = question(load, input);
  const minor = whyMinor(load, input);
  return {
    key: [load.origin.symbol, load.origin.model, load.path, load.method ?? ""],
    confidence: minor === null ? confidenceOf(load, input.facts) : "possible",
    claim: `\`${holder}\` ${asks} \`${relation}\` for each ${owner}: ${paidPer(load)}.`,
    reason: "The database can answer for all rows at once, in the query that fetches them.",
    remedy: remedyFor(load, input) ?? (isChangedInLoop(load, input.facts) ? `${remedy} ${BEFORE_CHANGE}` : remedy),
    doubt: minor ?? loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: isReadToo(load, input) ? [] : fixesFor(load, loads, input),
  };
}

/** Why the query may be needed where it is, or cost little beside what else a round does; null where nothing says so. */
function whyMinor(load: LazyLoad, input: RuleInput): string | null {
  const { loop, calls, access, origin } = load;
  if (origin.collected !== true && isSetOffByWrite(calls, access, input)) return SET_OFF;
  if (loop !== null && isTakenAlong(loop, input)) return TAKEN_ALONG;
  const wait = loop === null ? null : waitsBeside(loopSite(input, loop, calls[0] ?? access), [...calls, access], input);
  if (wait !== null) return waitDoubt(wait);
  if (isFed(load, input)) return FED;
  if (loop !== null && loop.over !== "rows" && isOverConstant(loopSite(input, loop, calls[0] ?? access))) return FEW_ROUNDS;
  if (calls.length > 0 && [...calls.slice(1), access].some((at) => isCachedFunction(input, at))) return KEEPS;
  if (isHandedOut(input, access)) return HANDED_OUT;
  return isFarBesideWrites(load, input) ? FAR_DOWN : null;
}

const FED = "a round may have to be told what the rounds before it wrote";
const FEW_ROUNDS = "the loop has a few rounds: it goes through a constant, or the parts of a path";
const HANDED_OUT = "a generator hands out one row after the other, so that memory never holds them all";
const KEEPS = "the function keeps its answers: only the first row with its arguments asks";

function fixesFor({ method, origin }: LazyLoad, loads: readonly LazyLoad[], input: RuleInput): FixDraft[] {
  if (origin.collected === true) return [];
  if (method === "count") return countAnnotationFix(loads, input);
  return method === "exists" ? existsAnnotationFix(loads, input) : [];
}

function remedyFor(load: LazyLoad, input: RuleInput): string | null {
  const beyond = beyondQuerysets(load, input);
  if (beyond !== null) return beyond;
  if (isFed(load, input))
    return decidesWrite(load, input) ? `${writesRows(load)}, and the answer decides what a round writes: ${IN_STEP}` : `${writesRows(load)}, ${AFTER}`;
  const same = remedyOfSameRow(load, input);
  if (same !== null) return same;
  if (isFetchedEachRound(load, input.facts)) return `${askedBefore(load, input)}${isChangedInLoop(load, input.facts) ? ` ${SAME_ROW}` : ""}`;
  return beyondGeneric(load, input) ?? (isAskedOfInnerLoop(load, input) || isReadToo(load, input) ? remedyOfSubclass(load) : null);
}

/** A round is told what it, or one before it, has written: rounds may build on one another, and nothing outside the loop can know the answers. */
function isFed(load: LazyLoad, input: RuleInput): boolean {
  const { facts } = input;
  return beyondQuerysets(load, input) === null && isChangedInLoop(load, facts) && !isAskedBeforeChange(load, facts);
}

/** The job writes, not so far down: what it asks on the way is a small part of it, and its functions are called for one row elsewhere. */
function isFarBesideWrites({ calls, loop }: LazyLoad, { facts }: RuleInput): boolean {
  if (calls.length <= FAR || loop === null) return false;
  return facts.writes.some((write) => write.loop !== null && write.calls.length <= FAR && isSameSpan(write.loop.span, loop.span));
}

function askedBefore(load: LazyLoad, input: RuleInput): string {
  const { method, path } = load;
  const how =
    GIVES_ROW.has(method ?? "") || isAskedOfInnerLoop(load, input) || isAskedByParameter(load, input)
      ? `with \`prefetch_related("${path}")\`, and choose in Python`
      : "with this answer annotated";
  return `Each round fetches its row alone: fetch the rows of all rounds before the loop, ${how}.`;
}

const SAME_ROW = "Rounds may have the same row: keep its answer in step with what they write.";

function writesRows({ target }: LazyLoad): string {
  return `The loop writes rows of \`${modelName(target ?? "")}\``;
}

const AFTER = "so that an answer from before it may be old: ask for all rows at once, after the loop.";
const IN_STEP = "what is fetched before the loop has to be kept in step with that.";

/** It is asked in a condition around a write of the same rows. */
function decidesWrite(load: LazyLoad, { program, facts }: RuleInput): boolean {
  const at = [...load.calls, load.access].find(({ file }) => file === load.loop?.span.file) ?? load.access;
  const tested = pathTo(program, at).filter((node) => (node.kind === "if" || node.kind === "while") && isInside(at, node.test));
  return tested.some(({ start, end }) =>
    facts.writes.some((write) => write.model === load.target && [write.span, ...write.calls].some((one) => isWithin(one, { ...at, start, end }))),
  );
}

/** A round that asks first is told nothing of what it writes after, but may be told what one before it wrote of the same rows. */
const BEFORE_CHANGE = "The answers stay right as long as no round writes what another asks for.";

/** What is asked for is a row, of which more than one column may be read. */
const GIVES_ROW: ReadonlySet<string> = new Set(["get", "first", "last", "latest", "earliest", "index"]);

interface Question {
  readonly asks: string;
  readonly remedy: string;
}

/** What prefetched rows answer without another query, however many ask. */
const SERVED: ReadonlySet<string> = new Set(["count", "exists", "contains", "index"]);

/** The same loop reads the rows as well: once they are there, they answer the question too. */
function isReadToo(load: LazyLoad, { facts }: RuleInput): boolean {
  const { origin, path, method, loop, narrowed } = load;
  if (method === null || !SERVED.has(method) || narrowed === true || loop === null) return false;
  return facts.loads.some(
    (other) =>
      other.origin === origin &&
      other.path === path &&
      other.narrowed !== true &&
      other.reason === "unloaded" &&
      other.loop !== null &&
      isSameSpan(other.loop.span, loop.span) &&
      (other.method === "all" || (other.method === "index" && method !== "index")),
  );
}

/** `row.values.get(field=field)` for each field: each row is asked several things. */
function isAskedOfInnerLoop({ access, loop }: LazyLoad, input: RuleInput): boolean {
  const asked = exprAt(input, access);
  if (asked === null) return false;
  const path = pathTo(input.program, access);
  const inner = path.slice(path.findLastIndex((node) => node.kind === "function" || node.start === loop?.span.start) + 1);
  const bound = new Set(inner.flatMap((node) => targetsOf(node).flatMap((target) => [...namesIn(target)])));
  // The row itself is what the annotation is made for.
  for (const name of namesIn(chainHead(asked))) bound.delete(name);
  return argumentsOf(asked).some((arg) => [...namesIn(arg)].some((name) => bound.has(name)));
}

/** `self.lines.filter(product=product)`: what a round hands the function that asks, which no query before the loop can annotate. */
function isAskedByParameter({ access }: LazyLoad, input: RuleInput): boolean {
  const asked = exprAt(input, access);
  const holder = functionAt(pathTo(input.program, access));
  if (asked === null || holder?.kind !== "function") return false;
  const row = namesIn(chainHead(asked));
  return argumentsOf(asked).some((arg) => holder.params.some(({ name }) => !row.has(name) && namesIn(arg).has(name)));
}

/** What the calls of a chain are given. */
function argumentsOf(expr: Expr): readonly Expr[] {
  const given: Expr[] = [];
  for (let at = expr; at.kind === "call" || at.kind === "attribute"; at = at.kind === "call" ? at.callee : at.object)
    if (at.kind === "call") given.push(...at.args, ...at.keywords.map(({ value }) => value));
  return given;
}

function question(load: LazyLoad, input: RuleInput): Question {
  const asked = questionAlone(load, input);
  if (isAskedOfInnerLoop(load, input))
    return {
      ...asked,
      remedy: `Load the rows with \`prefetch_related("${load.path}")\`, and look among them in Python: an annotation cannot know what the inner loop goes through.`,
    };
  if (!isReadToo(load, input)) return asked;
  return { ...asked, remedy: `Load the rows with \`prefetch_related("${load.path}")\`: the loop reads them too, and they answer this without a query.` };
}

function questionAlone(load: LazyLoad, input: RuleInput): Question {
  // A filter asks the database again, whatever was prefetched.
  const isNarrowed = load.narrowed === true;
  const loaded = `or \`prefetch_related("${load.path}")\``;
  const inPython = `${loaded} and choose in Python`;
  const whereNeeded = isNarrowed ? inPython : `${loaded} where the rows are needed too`;
  const annotate = annotated(load, input);
  switch (load.method) {
    case "count":
      return { asks: "counts", remedy: countRemedy(load, whereNeeded, input) };
    case "exists":
    case "contains":
      return { asks: "tests for rows in", remedy: `${annotate} \`Exists(…)\`, ${whereNeeded}.` };
    case "aggregate":
      return { asks: "aggregates", remedy: `${annotate} the same aggregate; with a second multi-valued relation use a subquery.` };
    default:
      return {
        asks: load.method === "index" ? "takes a row by its index from" : `takes \`${load.method ?? "first"}\` of`,
        remedy: `${annotate} a \`Subquery\` of one row, ${inPython}.`,
      };
  }
}

function countRemedy(load: LazyLoad, otherwise: string, input: RuleInput): string {
  const steps = stepsToPayers(input.graph, load.origin.model, load.path);
  if (steps === 0 && isFilteredByPath(load, input))
    return `Annotate a \`Subquery\` that counts them, ${otherwise}: a \`Count\` on this queryset would count only what its \`filter()\` lets through.`;
  if (isCountedBeside(load, input)) return `${annotated(load, input)} a \`Subquery\` that counts them, ${otherwise}: ${BESIDE}.`;
  const path = queryPath(load, input.graph, steps);
  return `${annotated(load, input)} \`Count("${path}"${load.narrowed === true ? ", filter=Q(…)" : ""}, distinct=True)\`, ${otherwise}.`;
}

/** On the rows that pay: where they are reached by a relation to many, the queryset's own rows would get one sum for all of them. */
function annotated({ origin, path }: LazyLoad, input: RuleInput): string {
  const steps = stepsToPayers(input.graph, origin.model, path);
  if (steps > 0) return `In the queryset of a \`Prefetch("${path.split("__").slice(0, steps).join("__")}", …)\` annotate`;
  if (!origin.span.file.endsWith(".py")) return "In the view that gives the template its rows annotate";
  if (origin.kind === "parameter" || origin.kind === "instance") return "Where these rows are fetched annotate";
  if (origin.forAction === true)
    return isSharedAction(origin, input.facts) ? `In the \`get_queryset()\` of \`${modelName(origin.model)}\`'s admin annotate` : "In the action annotate";
  if (origin.kind === "implicit" || isChainable(origin, input)) return "Annotate";
  if (origin.relation === null) return "On what the method takes from `self`, not in a `get_queryset()` that all queries pass, annotate";
  return `Where the rows with \`${origin.relation}\` are fetched, in the queryset of a \`Prefetch("${origin.relation}", …)\`, annotate`;
}
