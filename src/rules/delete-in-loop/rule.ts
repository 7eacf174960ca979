import type { FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { exprAt, sourceText } from "../code.ts";
import { withinLoop } from "../loops.ts";
import { changesEachRound, hasHooks, isWholeBody, loopWrites, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";

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
    loopWrites(input, new Set(["delete"]))
      .filter((one) => isGuilty(one, input))
      .map((one) => toDraft(one, input)),
};

/** A queryset's delete() sends the signals too, but a method of the model's own it does not call. */
function isGuilty(one: LoopWrite, input: RuleInput): boolean {
  if (isRow(one) && hasHooks(input, one.model, [], "delete")) return false;
  return isRow(one) ? changesEachRound(one) : one.write.keyed === "keyed";
}

function isRow({ receiver }: LoopWrite): boolean {
  return receiver.kind !== "call";
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  return {
    key: writeKey(one),
    confidence: writeConfidence(one),
    claim: `The loop deletes \`${one.model.name}\` rows one by one.`,
    reason: "Each round looks for what depends on its row, and deletes both, in statements of its own.",
    remedy: remedyFor(one, input),
    doubt: "rows in great number are better deleted in batches",
    model: one.model.label,
    ...(one.write.relation === null ? {} : { relation: one.write.relation }),
    places: writePlaces(one),
    fixes: fixesFor(one, input),
  };
}

const SAME = "it sends the same signals and follows the same relations";

function remedyFor(one: LoopWrite, input: RuleInput): string {
  if (!isRow(one)) return "Delete them all with one `filter(…__in=…).delete()`.";
  const isChosen = withinLoop(one.site).some((stmt) => stmt.kind === "if");
  const { iterable } = one.site;
  const isQueryset = input.facts.runs.some((run) => run.span.file === one.span.file && run.span.start === iterable?.start && run.span.end === iterable.end);
  if (isChosen || !isQueryset) return `Collect the keys of the rows to go, and delete them with one \`filter(pk__in=…).delete()\`: ${SAME}.`;
  return `Call \`delete()\` on the queryset: ${SAME}.`;
}

/** `for row in rows: row.delete()` and nothing else. */
function fixesFor(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { loop, iterable } = one.site;
  if (!isWholeBody(one) || loop?.kind !== "for" || iterable?.kind !== "call" || one.call.args.length > 0) return [];
  const isLoopRow = loop.target.kind === "name" && one.receiver.kind === "name" && loop.target.name === one.receiver.name;
  const { file } = one.span;
  const span = { file, start: loop.start, end: loop.end };
  const isDirect = input.facts.runs.some((run) => run.how === "iterate" && run.span.file === file && run.span.start === iterable.start && run.span.end === iterable.end && !run.sliced && run.model === one.model.label);
  const blocks = one.loop.origin?.calls.some((call) => ["values", "values_list", "distinct", "union", "iterator"].includes(call.name)) ?? true;
  if (!isLoopRow || !isDirect || blocks || exprAt(input, { ...span, start: iterable.start, end: iterable.end }) === null) return [];
  return [{ title: "Delete the queryset", safety: "review", edits: [{ span, text: `${sourceText(input, file, iterable)}.delete()` }] }];
}
