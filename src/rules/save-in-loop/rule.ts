import type { Assign, Expr, FindingDraft, Model, Rule, RuleInput } from "../../model/index.ts";
import { isNoneLiteral, nodesIn, type SyntaxNode } from "../../python/syntax-tree.ts";
import { autoNowFields, changesEachRound, hasHooks, loopWrites, unreadBase, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";
import { keywordLookups } from "../chains.ts";
import { asWritten } from "../coroutines.ts";
import { withinLoop } from "../loops.ts";
import { isInside, isSameSpan } from "../../model/span.ts";
import { bulkCreateFix, bulkUpdateFix } from "./bulk-fix.ts";
import { setsNothing } from "./no-change.ts";
import { sameValues, updateFix, updateText, type SameValue } from "./same-values.ts";

export const rule: Rule = {
  meta: {
    id: "save-in-loop",
    chapter: "2.2",
    summary: "A loop saves its rows one by one",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    loopWrites(input, SAVES)
      .filter((one) => isGuilty(one, input))
      .map((one) => asWritten(toDraft(one, input), one.write)),
};

const SAVES: ReadonlySet<string> = new Set(["save", "create"]);
const SIGNALS = ["pre_save", "post_save"];

function isGuilty(one: LoopWrite, input: RuleInput): boolean {
  if (savedHere(one, input).some((model) => hasHooks(input, model, SIGNALS, "save"))) return false;
  const made = madeOf(one, input);
  return made === null ? changesEachRound(one) : one.model.parents.length === 0;
}

/** What the round makes: a row, a copy of one, or a row where it finds none; null where its rows are there. */
function madeOf(one: LoopWrite, input: RuleInput): "row" | "copy" | "missing" | null {
  if (isCopied(one)) return "copy";
  if (one.write.how === "create" || (one.receiver.kind === "name" && isAskedWhetherNew(one, one.receiver.name))) return "row";
  const ways = input.facts.writes.filter(({ how, span, calls }) => how === "save" && calls.length === 0 && isSameSpan(span, one.span));
  const made = ways.filter(({ isOfNewRow }) => isOfNewRow === true);
  if (isMadeWhereNone(one)) return "missing";
  return made.length === 0 ? null : made.length === ways.length ? "row" : "missing";
}

/** `row = rows.first() or Order()`, and `if not row: row = Order()`: what is true of a row that is found, the analysis follows no further. */
function isMadeWhereNone({ receiver, site: { loop }, model }: LoopWrite): boolean {
  if (receiver.kind !== "name" || loop === null) return false;
  const isRow = (expr: Expr): boolean => expr.kind === "name" && expr.name === receiver.name;
  const makes = (value: Expr | undefined): boolean =>
    value?.kind === "call" && (value.callee.kind === "name" || value.callee.kind === "attribute") && value.callee.name === model.name;
  const isGiven = (node: SyntaxNode): node is Assign => node.kind === "assign" && node.targets.some(isRow);
  return nodesIn(loop).some((node) => {
    if (node.kind === "if" && node.test.kind === "not" && isRow(node.test.operand))
      return node.then.some((stmt) => isGiven(stmt) && makes(stmt.value ?? undefined));
    return isGiven(node) && node.value?.kind === "bool" && node.value.operator === "or" && makes(node.value.items.at(-1));
  });
}

/** Code that several classes share may save rows of several models; a save() of the project's own is told from within. */
function savedHere({ model, span }: LoopWrite, { facts, graph }: RuleInput): readonly Model[] {
  const others = facts.writes.filter((write) => SAVES.has(write.how) && [write.span, ...write.calls].some((at) => isSameSpan(at, span)));
  const labels = new Set(others.flatMap((write) => write.model ?? []));
  return [model, ...[...labels].flatMap((label) => graph.byLabel(label) ?? [])];
}

/** `row.pk = None` before `row.save()`: Django's way to insert a copy. */
function isCopied({ receiver, site, model, span }: LoopWrite): boolean {
  if (receiver.kind !== "name" || site.loop === null) return false;
  const keys = new Set(["pk", "id", model.primaryKey]);
  return [...nodesIn(site.loop)].some(
    (node) =>
      node.kind === "assign" &&
      node.end <= span.start &&
      isNoneLiteral(node.value) &&
      node.targets.some(
        (target) => target.kind === "attribute" && keys.has(target.name) && target.object.kind === "name" && target.object.name === receiver.name,
      ),
  );
}

/** `if row._state.adding: row.save()`. */
function isAskedWhetherNew({ site, span }: LoopWrite, name: string): boolean {
  return withinLoop(site).some(
    (node) =>
      node.kind === "if" &&
      node.test.kind === "attribute" &&
      node.test.name === "adding" &&
      node.test.object.kind === "attribute" &&
      node.test.object.object.kind === "name" &&
      node.test.object.object.name === name &&
      node.then.some((stmt) => isInside(span, stmt)),
  );
}

/** What was just created is used later in the round, so that its key is needed at once. */
function isUsedAfter(one: LoopWrite): boolean {
  const stmt = withinLoop(one.site).at(-1);
  const name =
    one.receiver.kind === "name" && one.write.how === "save"
      ? one.receiver.name
      : stmt?.kind === "assign" && stmt.targets[0]?.kind === "name"
        ? stmt.targets[0].name
        : null;
  if (stmt?.kind === "return" || (stmt?.kind === "expr" && stmt.value !== one.call && stmt.value.kind !== "await")) return true;
  if (name === null || one.site.loop === null) return false;
  return one.site.loop.body.some((body) => [...nodesIn(body)].some((node) => node.kind === "name" && node.name === name && node.start > one.span.end));
}

/** The round reads its row anew after the save, which has to be there by then. */
function isReadAnew({ loop, model, span }: LoopWrite, { facts }: RuleInput): boolean {
  return facts.runs.some(
    (run) =>
      run.how === "refresh" &&
      run.model === model.label &&
      run.loop !== null &&
      isSameSpan(run.loop.span, loop.span) &&
      (run.calls[0] ?? run.span).start > span.end,
  );
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  const made = madeOf(one, input);
  const isCopy = made === "copy";
  const isInsert = isCopy || made === "row";
  const isNeeded = (made !== null && isUsedAfter(one)) || isReadAnew(one, input);
  const stamped = autoNowFields(one.model);
  const bulk = made === null ? "bulk_update" : "bulk_create";
  const values = made === null && !isNeeded ? sameValues(one, input) : null;
  const unread = unreadBase(input, one.model);
  if (values !== null) return toUpdate(one, values, unread, input);
  const isIdle = made === null && setsNothing(one, input);
  const note = !isInsert && stamped.length > 0 ? ` It does not stamp \`${stamped.join("`, `")}\`: set and list them.` : "";
  return {
    key: writeKey(one),
    confidence: isNeeded || unread !== null ? "possible" : writeConfidence(one, input),
    claim: `The loop ${isCopy ? "copies" : isInsert ? "inserts" : "saves"} its \`${one.model.name}\` rows one by one.`,
    reason: "Each round waits for a statement of its own.",
    remedy: isIdle ? leftOut(stamped) : made === "missing" ? `${APART}${note}` : `Collect the rows and write them with \`${bulk}()\`.${note}`,
    doubt:
      isIdle && unread === null
        ? "signals and a save() of its own were looked for in the project alone; none were found for this model"
        : isNeeded
          ? `the row is used in the same round, which ${bulk}() delays`
          : hooksDoubt(bulk, unread),
    model: one.model.label,
    places: writePlaces(one),
    fixes: isNeeded || isCopy || made === "missing" || unread !== null ? [] : isInsert ? bulkCreateFix(one, input) : bulkUpdateFix(one, input),
  };
}

const APART = "Collect the rows that were made and those that were found apart, and write them with `bulk_create()` and `bulk_update()`.";

/** There is no column that `bulk_update()` could be told to write. */
function leftOut(stamped: readonly string[]): string {
  const stamps = stamped.length > 0 ? `; where it is to stamp \`${stamped.join("`, `")}\`, one \`update()\` on the queryset does` : "";
  return `Leave the save out: no round sets a column of its row, so that it writes what was read${stamps}.`;
}

function hooksDoubt(bulk: string, unread: string | null): string {
  return unread === null
    ? `${bulk}() calls neither save() nor signals; none were found for this model`
    : `${bulk}() calls neither save() nor signals, and what \`${unread}\` does there was not read`;
}

function inList(update: string): string {
  return `Take the rows into a list, which the queryset finds no more once they are written, and send one \`filter(pk__in=[…]).${update}\` before the loop.`;
}

/** The queryset asks for a column that the rounds set, and they do more with the rows than to save them. */
function isEmptiedBy(values: readonly SameValue[], { loop, site, model }: LoopWrite, input: RuleInput): boolean {
  const columns = new Set(values.map(({ column }) => column));
  const asked = (loop.origin?.calls ?? []).filter(({ name }) => name === "filter" || name === "exclude");
  const isSet = asked.flatMap((call) => keywordLookups(input, model, call)).some(({ fields: [field] }) => field !== undefined && columns.has(field.name));
  return isSet && site.loop !== null && site.loop.body.length > values.length + 1;
}

function toUpdate(one: LoopWrite, values: readonly SameValue[], unread: string | null, input: RuleInput): FindingDraft {
  const stamped = autoNowFields(one.model);
  const note = stamped.length > 0 ? ` It does not stamp \`${stamped.join("`, `")}\`: set them too.` : "";
  return {
    key: writeKey(one),
    confidence: unread === null ? writeConfidence(one, input) : "possible",
    claim: `The loop saves its \`${one.model.name}\` rows one by one.`,
    reason: "Each round waits for a statement of its own, which sets the same values.",
    remedy: `${isEmptiedBy(values, one, input) ? inList(updateText(values, one.span.file, input)) : `Write them with one \`${updateText(values, one.span.file, input)}\` on the queryset.`}${note}`,
    doubt: hooksDoubt("update", unread),
    model: one.model.label,
    places: writePlaces(one),
    fixes: unread === null ? updateFix(one, values, input) : [],
  };
}
