import type { Expr, FindingDraft, FixDraft, Keyword, Model, RelationKind, Rule, RuleInput } from "../../model/index.ts";
import { changedNames, namesIn, sourceText } from "../code.ts";
import { asWritten } from "../coroutines.ts";
import { groupBy } from "../../model/group-by.ts";
import { keywordLookups } from "../chains.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { withinLoop } from "../loops.ts";
import {
  changesEachRound,
  hasComment,
  hasHooks,
  isOverQueryset,
  isReadLater,
  isWholeBody,
  loopWrites,
  unreadBase,
  writeConfidence,
  writeKey,
  writePlaces,
  type LoopWrite,
} from "../loop-writes.ts";
import { isSameSpan, isWithin } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "delete-in-loop",
    chapter: "2.2",
    summary: "A loop deletes its rows one by one",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    oncePerLoop(
      loopWrites(input, new Set(["delete"]))
        .filter((one) => isGuilty(one, input))
        .map((one) => asWritten(toDraft(one, input), one.write)),
    ),
};

/** Rows that one round deletes at several places are collected alike: one change mends them, and is told with all places. */
function oncePerLoop(drafts: readonly FindingDraft[]): readonly FindingDraft[] {
  const keyOf = ({ claim, remedy, confidence, places: [loop], fixes }: FindingDraft): string =>
    JSON.stringify([claim, remedy, confidence, loop?.span, fixes.length > 0 ? fixes : []]);
  return [...groupBy(drafts, keyOf).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, places: [...first.places, ...others.flatMap(({ places }) => places.slice(1))] }],
  );
}

/** A queryset's delete() sends the signals too, but a method of the model's own it does not call. */
function isGuilty(one: LoopWrite, input: RuleInput): boolean {
  if (isRow(one) && hasHooks(input, one.model, [], "delete")) return false;
  if (asksForRest(one, input)) return false;
  // How many there were of each is known to a delete of its own alone.
  if (!isRow(one) && isAnswerRead(one)) return false;
  return isRow(one) ? changesEachRound(one) : one.write.keyed === "keyed";
}

/**
 * Each round looks at what the rounds before it left: of two rows that are alike, the second is then kept.
 * What a receiver asks that the delete itself calls comes too late to choose.
 */
function asksForRest({ loop, model, span }: LoopWrite, { facts }: RuleInput): boolean {
  return facts.runs.some(
    (run) => run.model === model.label && run.loop !== null && isSameSpan(run.loop.span, loop.span) && !run.calls.some((call) => isWithin(call, span)),
  );
}

function isAnswerRead({ site, call }: LoopWrite): boolean {
  const holder = site.path[site.path.indexOf(call) - 1];
  return holder !== undefined && holder.kind !== "expr" && holder.kind !== "await";
}

function isRow({ receiver }: LoopWrite): boolean {
  return receiver.kind !== "call";
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  const against = isRow(one) ? whatSpeaksAgainst(one.model, input) : null;
  return {
    key: writeKey(one),
    confidence: against === null ? writeConfidence(one, input) : "possible",
    claim: `The loop deletes \`${one.model.name}\` rows one by one.`,
    reason: hasDependants(one.model)
      ? "Each round looks for what depends on its row, and deletes both, in statements of its own."
      : "Nothing depends on these rows, and each waits for a DELETE of its own.",
    remedy: remedyFor(one, input),
    doubt: against ?? "rows in great number are better deleted in batches",
    model: one.model.label,
    ...(one.write.relation === null ? {} : { relation: one.write.relation }),
    places: writePlaces(one),
    fixes: against === null ? fixesFor(one, input) : [],
  };
}

/** Why deleting the rows as a queryset may do something else than deleting each of them. */
function whatSpeaksAgainst(model: Model, input: RuleInput): string | null {
  const unread = unreadBase(input, model);
  if (unread !== null) return `a queryset does not call a delete() of \`${unread}\`, which was not read`;
  const hasSubclasses = [...model.fields.values()].some(({ relation }) => relation?.kind === "mti-child");
  return hasSubclasses && input.program.isSubclass(model.cls, POLYMORPHIC)
    ? "rows of several classes in one polymorphic queryset are deleted as if they were of one, which a constraint may refuse"
    : null;
}

const POLYMORPHIC = "polymorphic.models.PolymorphicModel";

const POINTS_HERE: ReadonlySet<RelationKind> = new Set(["fk-reverse", "o2o-reverse", "m2m", "m2m-reverse", "generic-relation", "mti-child", "mti-parent"]);

/** Rows elsewhere that point at them, or that are a part of them. */
function hasDependants({ fields }: Model): boolean {
  return [...fields.values()].some(({ relation }) => relation !== null && POINTS_HERE.has(relation.kind));
}

function sameAs({ model }: LoopWrite): string {
  return hasDependants(model) ? "it sends the same signals and follows the same relations" : "it sends the same signals";
}

function remedyFor(one: LoopWrite, input: RuleInput): string {
  if (!isRow(one)) {
    const keys = keysOf(one);
    const isOfPairs = keys.length > 1;
    const all = `Delete them all with one \`filter(${isOfPairs ? `Q(${keys.map((key) => `${key}=…`).join(", ")}) | …` : "…__in=…"}).delete()\``;
    const note = isOfPairs ? " Lists by `__in` would take other pairs too." : "";
    const isBefore = isMadeAnew(one, input) || goesOn(one);
    const list = isBefore && asksForDeleted(one, input) ? " Take the loop's rows into a list first: its queryset asks for what is deleted." : "";
    return isBefore ? `${all} before the loop: what it makes has to stay.${list}${note}` : `${all}.${note}`;
  }
  const isChosen = withinLoop(one.site).some((stmt) => stmt.kind === "if");
  if (isChosen || !isOverDeletable(one, input))
    return `Collect the keys of the rows to go, and delete them with one \`filter(pk__in=…).delete()\`: ${sameAs(one)}.`;
  return `Call \`delete()\` on the queryset: ${sameAs(one)}.`;
}

/** Django deletes no slice, and no queryset of these. */
const UNDELETABLE: ReadonlySet<string> = new Set(["distinct", "values", "values_list", "union", "intersection", "difference", "raw"]);

/** The loop goes over a queryset that has a `delete()` of its own. */
function isOverDeletable({ span, site: { iterable } }: LoopWrite, { facts }: RuleInput): boolean {
  const runs = facts.runs.filter((run) => run.span.file === span.file && run.span.start === iterable?.start && run.span.end === iterable.end);
  return runs.length > 0 && runs.every(({ sliced, origin }) => !sliced && !origin.calls.some(({ name }) => UNDELETABLE.has(name)));
}

/** What `rows.filter(order=order, product=key).delete()` compares with something else in each round. */
function keysOf({ receiver, site: { loop } }: LoopWrite): readonly string[] {
  if (loop === null) return [];
  const changed = changedNames(loop);
  const keywords: Keyword[] = [];
  for (let at: Expr = receiver; at.kind === "call" && at.callee.kind === "attribute"; at = at.callee.object) keywords.push(...at.keywords);
  return keywords.filter(({ name, value }) => name !== "" && [...namesIn(value)].some((one) => changed.has(one))).map(({ name }) => name);
}

const MAKES: ReadonlySet<string> = new Set(["create", "bulk_create", "get_or_create", "update_or_create"]);

/** The round replaces what it deletes, itself or by what it calls: a delete after the loop would take the new rows too. */
function isMadeAnew({ model, site, span }: LoopWrite, { facts }: RuleInput): boolean {
  const { loop } = site;
  if (loop === null) return false;
  const rest = { file: span.file, start: span.end, end: loop.end };
  return facts.writes.some((write) => MAKES.has(write.how) && write.model === model.label && [write.span, ...write.calls].some((at) => isWithin(at, rest)));
}

/** The round calls something after the delete, on a row of its own: what that makes is not known. */
function goesOn({ site: { loop }, span }: LoopWrite): boolean {
  if (loop === null) return false;
  return nodesIn(loop).some((node) => node.kind === "call" && node.start >= span.end && node.callee.kind === "attribute" && node.args.length > 0);
}

/** `Submission.objects.filter(job__state="waiting")` finds none once the jobs are gone. */
function asksForDeleted({ loop: { origin }, model }: LoopWrite, input: RuleInput): boolean {
  const rows = origin === null ? null : input.graph.byLabel(origin.model);
  if (origin === null || rows === null) return false;
  return origin.calls
    .filter(({ name }) => name === "filter" || name === "exclude")
    .flatMap((call) => keywordLookups(input, rows, call))
    .some(({ fields }) => fields.some(({ relation }) => relation?.target === model.label));
}

/** The loop does nothing but delete. */
function fixesFor(one: LoopWrite, input: RuleInput): FixDraft[] {
  if (hasComment(one, input)) return [];
  return isRow(one) ? rowsFix(one, input) : keysFix(one, input);
}

/** `for key in keys: Order.objects.filter(pk=key).delete()`. */
function keysFix(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { receiver, call } = one;
  const { loop } = one.site;
  if (!isWholeBody(one) || loop?.kind !== "for" || loop.target.kind !== "name" || call.args.length > 0 || receiver.kind !== "call") return [];
  const [keyword, ...more] = receiver.keywords;
  const isPlain = receiver.callee.kind === "attribute" && receiver.callee.name === "filter" && receiver.args.length === 0 && more.length === 0;
  if (
    !isPlain ||
    keyword?.value.kind !== "name" ||
    keyword.value.name !== loop.target.name ||
    !one.model.fields.has(keyword.name === "pk" ? one.model.primaryKey : keyword.name)
  )
    return [];
  const { file } = one.span;
  const text = `${sourceText(input, file, receiver.callee)}(${keyword.name}__in=${sourceText(input, file, loop.iterable)}).delete()`;
  return [{ title: "Delete them with one query", safety: "review", edits: [{ span: { file, start: loop.start, end: loop.end }, text }] }];
}

/** `for row in rows: row.delete()`. */
function rowsFix(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { loop, iterable } = one.site;
  if (!isWholeBody(one) || loop?.kind !== "for" || (iterable?.kind !== "call" && iterable?.kind !== "name") || one.call.args.length > 0) return [];
  const isLoopRow = loop.target.kind === "name" && one.receiver.kind === "name" && loop.target.name === one.receiver.name;
  const { file } = one.span;
  const span = { file, start: loop.start, end: loop.end };
  if (!isLoopRow || !isOverQueryset(one, input) || isReadLater(one, iterable, input)) return [];
  return [{ title: "Delete the queryset", safety: "review", edits: [{ span, text: `${sourceText(input, file, iterable)}.delete()` }] }];
}
