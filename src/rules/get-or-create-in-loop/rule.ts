import type { FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { sourceText } from "../code.ts";
import { asWritten } from "../coroutines.ts";
import { fieldNamed } from "../chains.ts";
import { collectEdits, pluralOf } from "../collect-fix.ts";
import { accessorDrafts } from "./accessors.ts";
import { hasHooks, loopWrites, unreadBase, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";

export const rule: Rule = {
  meta: {
    id: "get-or-create-in-loop",
    chapter: "2.2",
    summary: "A loop calls get_or_create() or update_or_create() each round",
    severity: "warning",
    confidence: "possible",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) => [
    ...loopWrites(input, new Set(["get_or_create", "update_or_create"]))
      .filter((one) => isGuilty(one, input))
      .map((one) => asWritten(toDraft(one, input), one.write)),
    ...accessorDrafts(input),
  ],
};

const SIGNALS = ["pre_save", "post_save"];

function isGuilty(one: LoopWrite, input: RuleInput): boolean {
  return one.model.parents.length === 0 && !hasHooks(input, one.model, SIGNALS, "save");
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  const { how } = one.write;
  const statements = how === "get_or_create" ? "1 statement a hit, 4 a miss" : "4 statements a round";
  const unread = unreadBase(input, one.model);
  return {
    key: writeKey(one),
    confidence: one.loop.over === "rows" && unread === null && writeConfidence(one, input) === "likely" ? "likely" : "possible",
    claim: `The loop calls \`${how}()\` for each \`${one.model.name}\`: ${statements}.`,
    reason: "Each round looks for its row, and opens a transaction to write it.",
    remedy:
      how === "get_or_create"
        ? "Fetch the rows that exist with one `filter(…__in=…)`, then `bulk_create()` the rest."
        : isUnique(lookedUp(one), one) && mayUpdateConflicts(input)
          ? "Use `bulk_create(…, update_conflicts=True, unique_fields=…, update_fields=…)`."
          : "Fetch the rows that exist with one `filter(…__in=…)`, then `bulk_update()` those and `bulk_create()` the rest.",
    doubt:
      unread === null
        ? "it needs a unique constraint on the looked-up fields to be safe against other writers"
        : `the bulk methods call neither save() nor signals, and what \`${unread}\` does there was not read`,
    model: one.model.label,
    places: writePlaces(one),
    fixes: unread === null ? ignoreConflictsFix(one, input) : [],
  };
}

/** Since Django 4.1. */
function mayUpdateConflicts({ project: { djangoVersion } }: RuleInput): boolean {
  return djangoVersion === null || isAtLeast(djangoVersion, 4, 1);
}

/** `Tag.objects.get_or_create(name=name)`, whose result nothing takes, where `name` is unique: what is there stays. */
function ignoreConflictsFix(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { call, receiver, model, span, write } = one;
  const names = lookedUp(one);
  if (names.length < call.keywords.length || write.how !== "get_or_create" || call.args.length > 0 || receiver.kind !== "attribute" || !isUnique(names, one))
    return [];
  if (receiver.object.kind !== "name" || receiver.object.name !== model.name) return [];
  const element = `${model.name}${input.text(span.file).slice(call.callee.end, call.end)}`;
  const manager = sourceText(input, span.file, receiver);
  const edits = collectEdits(one, { element, list: pluralOf(model.name), bulk: (list) => `${manager}.bulk_create(${list}, ignore_conflicts=True)` }, input);
  return edits === null ? [] : [{ title: "Insert what is missing with one bulk_create()", safety: "review", edits }];
}

/** What finds the row; the other keywords are what it is given. */
function lookedUp({ call }: LoopWrite): readonly string[] {
  return call.keywords.flatMap(({ name }) => (name === "defaults" || name === "create_defaults" ? [] : [name]));
}

/** The lookup is one unique column, or exactly the columns of one constraint: rows with NULL in one of them are all different to it. */
function isUnique(names: readonly string[], { model }: LoopWrite): boolean {
  if (names.some((name) => fieldNamed(model, name)?.null === true)) return false;
  const [only, ...more] = names;
  if (only !== undefined && more.length === 0 && fieldNamed(model, only)?.unique === true) return true;
  const fields = new Set(names.map((name) => fieldNamed(model, name)?.name ?? name));
  return model.uniqueTogether.some((set) => set.length === names.length && set.every((name) => fields.has(name)));
}
