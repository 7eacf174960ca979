import type { FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { changedNames, namesIn, sourceText } from "../code.ts";
import { collectEdits } from "../collect-fix.ts";
import { withinLoop } from "../loops.ts";
import { changesEachRound, hasComment, isWholeBody, loopWrites, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";

export const rule: Rule = {
  meta: {
    id: "add-in-loop",
    chapter: "2.2",
    summary: "A loop adds to a relation one by one",
    severity: "warning",
    confidence: "likely",
    fix: "sometimes",
    stage: "stable",
  },
  check: (input) =>
    loopWrites(input, new Set(["add", "remove"]))
      .filter((one) => one.write.relation !== null && !isHooked(one, input))
      .map((one) => toDraft(one, input)),
};

/** A receiver of m2m_changed would be told once for all instead of once for each. */
function isHooked(one: LoopWrite, input: RuleInput): boolean {
  return [one.model, ...input.graph.models.values()].some(
    (model) => model.signals.some((name) => name.endsWith("m2m_changed")) && (model === one.model || model.fields.has(one.write.relation ?? "")),
  );
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  const relation = one.write.relation ?? "";
  const isSameOwner = !changesEachRound(one);
  const { how } = one.write;
  return {
    key: [...writeKey(one), relation],
    confidence: writeConfidence(one),
    claim: `The loop calls \`${relation}.${how}()\` once a round, each in a transaction of its own.`,
    reason:
      how === "add"
        ? "Each call asks which links exist and then writes: two statements and a transaction."
        : "Each call deletes its links alone: a statement and a transaction.",
    remedy: isSameOwner
      ? `Pass all objects to one \`${how}(*objects)\`.`
      : how === "add"
        ? `Insert the links with \`${relation}.through.objects.bulk_create(…, ignore_conflicts=True)\`.`
        : `Delete the links with one query on \`${relation}.through\`.`,
    doubt: isSameOwner
      ? "objects that are made in the loop have to be collected first"
      : `${how === "add" ? "bulk_create()" : "a query on the links"} sends no m2m_changed; no receiver was found`,
    model: one.model.label,
    relation,
    places: writePlaces(one),
    fixes: isSameOwner ? fixesFor(one, input) : [],
  };
}

/** `for tag in tags: product.tags.add(tag)`, or a loop that makes what it adds. */
function fixesFor(one: LoopWrite, input: RuleInput): FixDraft[] {
  const { loop, iterable } = one.site;
  const [item] = one.call.args;
  const { file } = one.span;
  if (loop?.kind !== "for" || iterable === null || item === undefined || item.kind === "star" || one.call.args.length !== 1 || one.call.keywords.length > 0)
    return [];
  if ([...namesIn(one.receiver)].some((name) => changedNames(loop, one.call).has(name))) return [];
  const title = `${one.write.how === "add" ? "Add" : "Remove"} them in one call`;
  const callee = sourceText(input, file, one.call.callee);
  if (!isWholeBody(one) || hasComment(one, input) || loop.target.kind !== "name" || item.kind !== "name" || item.name !== loop.target.name) {
    const edits = isAskedInLoop(one)
      ? null
      : collectEdits(
          one,
          {
            element: sourceText(input, file, item),
            list: one.write.relation ?? "rows",
            bulk: (name) => `${callee}(*${name})`,
            isChosen: withinLoop(one.site).some((stmt) => stmt.kind === "if"),
          },
          input,
        );
    return edits === null ? [] : [{ title, safety: "review", edits }];
  }
  const all = sourceText(input, file, iterable);
  return [{ title, safety: "review", edits: [{ span: { file, start: loop.start, end: loop.end }, text: `${callee}(*${all})` }] }];
}

/** The loop looks at the relation's rows, which would not be there yet. */
function isAskedInLoop({ write, span, site }: LoopWrite): boolean {
  const { loop } = site;
  if (loop === null || write.relation === null) return true;
  return [...nodesIn(loop)].some((node) => node.kind === "attribute" && node.name === write.relation && !(node.start >= span.start && node.end <= span.end));
}
