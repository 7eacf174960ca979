import { modelName } from "../names.ts";
import { capitalised } from "../../model/capitals.ts";
import type { Expr, FindingDraft, FixDraft, Rule, RuleInput } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { changedNames, namesIn, sourceText } from "../code.ts";
import { collectEdits } from "../collect-fix.ts";
import { withinLoop } from "../loops.ts";
import { changesEachRound, hasComment, isWholeBody, loopWrites, writeConfidence, writeKey, writePlaces, type LoopWrite } from "../loop-writes.ts";
import { isInside } from "../../model/span.ts";

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

/** A receiver of m2m_changed would be told once for all instead of once for each; it listens to the table between. */
function isHooked(one: LoopWrite, input: RuleInput): boolean {
  const relation = one.write.relation ?? "";
  const models = [one.model, ...input.graph.models.values()];
  const between = new Set(models.flatMap(({ fields }) => fields.get(relation)?.relation?.through ?? []));
  return models.some(
    (model) => model.signals.some((name) => name.endsWith("m2m_changed")) && (model === one.model || between.has(model.label) || model.fields.has(relation)),
  );
}

function toDraft(one: LoopWrite, input: RuleInput): FindingDraft {
  const relation = one.write.relation ?? "";
  const isSameOwner = !changesEachRound(one);
  const { how } = one.write;
  const words = isOfKey(one, input)
    ? ofKey(relation, how, isSameOwner)
    : ofLinks(how, {
        isSameOwner: isSameOwner && !hasOwnDefaults(one),
        otherEnd: otherEnd(one, input),
        isAsked: hasOwnThrough(one, input),
        between: betweenName(one, input),
      });
  return {
    key: [...writeKey(one), relation],
    confidence: writeConfidence(one, input),
    claim: `The loop calls \`${relation}.${how}()\` once a round: each call is a statement of its own.`,
    ...words,
    model: one.model.label,
    relation,
    places: writePlaces(one),
    fixes: isSameOwner ? fixesFor(one, input) : [],
  };
}

type Words = Pick<FindingDraft, "reason" | "remedy" | "doubt">;

const COLLECTED = "objects that are made in the loop have to be collected first";

interface Links {
  readonly isSameOwner: boolean;
  /** `user.followed_tags`, where each round adds the same object to another row. */
  readonly otherEnd: string | null;
  /** The model between is the project's: Django asks for the links that are there, and leaves it to a conflict where the model is its own. */
  readonly isAsked: boolean;
  /** The model between, as code names it. */
  readonly between: string;
}

function ofLinks(how: string, { isSameOwner, otherEnd, isAsked, between }: Links): Words {
  const isAdd = how === "add";
  const work = isAdd ? (isAsked ? "asks which links exist and then writes its own" : "inserts its links alone") : "deletes its links alone";
  const reason = `Each call ${work}, with BEGIN and COMMIT where no transaction is open.`;
  if (otherEnd !== null)
    return {
      reason,
      remedy: `Every round ${isAdd ? "adds" : "removes"} the same object: pass all rows to its own end of the relation, \`${otherEnd}.${how}(*rows)\`.`,
      doubt: COLLECTED,
    };
  return {
    reason,
    remedy: isSameOwner
      ? `Pass all objects to one \`${how}(*objects)\`.`
      : isAdd
        ? `Insert the links with \`${between}.objects.bulk_create(…, ignore_conflicts=True)\`.`
        : `Delete the links with one query on \`${between}\`.`,
    doubt: isSameOwner ? COLLECTED : `${isAdd ? "bulk_create()" : "a query on the links"} sends no m2m_changed; no receiver was found`,
  };
}

function ofKey(relation: string, how: string, isSameOwner: boolean): Words {
  const inTurn =
    how === "add" ? "set the foreign key on the rows and write them with one `bulk_update()`" : "clear the foreign key of all rows with one `update()`";
  return {
    reason: `\`${relation}\` is the other end of a foreign key: each call writes it with an UPDATE, with BEGIN and COMMIT where no transaction is open.`,
    remedy: isSameOwner ? `Pass all objects to one \`${how}(*objects)\`, or ${inTurn}.` : `${capitalised(inTurn)}.`,
    doubt: isSameOwner ? COLLECTED : "neither calls save() of these rows, as this loop does not",
  };
}

/** `add(tag, through_defaults={"place": place})`: one call would put the same values into all links. */
function hasOwnDefaults({ site: { loop }, call }: LoopWrite): boolean {
  const defaults = call.keywords.find(({ name }) => name === "through_defaults");
  if (loop === null || defaults === undefined) return false;
  const changed = changedNames(loop);
  return [...namesIn(defaults.value)].some((name) => changed.has(name));
}

/** `tag.followers.add(user)` for each tag: `user.followed_tags` takes them all. */
function otherEnd({ site: { loop }, call, model, write, span }: LoopWrite, input: RuleInput): string | null {
  const [item, ...others] = call.args;
  if (loop === null || item === undefined || others.length > 0 || call.keywords.length > 0 || (item.kind !== "name" && item.kind !== "attribute")) return null;
  const changed = changedNames(loop);
  if ([...namesIn(item)].some((name) => changed.has(name))) return null;
  const backs = [...input.graph.models.values()].flatMap((owner) => {
    const relation = owner.fields.get(write.relation ?? "")?.relation;
    const isIt = relation?.target === model.label && (relation.kind === "m2m" || relation.kind === "m2m-reverse");
    return isIt ? [relation.back] : [];
  });
  const [back = null, ...more] = new Set(backs);
  return back === null || more.length > 0 || !isAnInstance(item) ? null : `${sourceText(input, span.file, item)}.${back}`;
}

/** `add()` takes a key as well, which has no relations. */
function isAnInstance(item: Expr): boolean {
  return ![...nodesIn(item)].some((node) => (node.kind === "name" || node.kind === "attribute") && /(?:^|_)(?:id|pk|key)$/.test(node.name));
}

/** `Order.products.through`: a row's own `products` has it too, but a name in the loop may be of a row of the other end. */
function betweenName({ model, write }: LoopWrite, { graph, program }: RuleInput): string {
  const relation = write.relation ?? "";
  const owners = [...graph.models.values()].filter(({ fields }) => fields.get(relation)?.relation?.target === model.label);
  const [owner, ...others] = owners.filter(({ cls }) => !owners.some((base) => base.cls !== cls && program.mro(cls).includes(base.cls)));
  return owner === undefined || others.length > 0 ? `${relation}.through` : `${modelName(owner.label)}.${relation}.through`;
}

/** The table that Django makes has the names of the model and of its field. */
function hasOwnThrough({ model, write }: LoopWrite, { graph }: RuleInput): boolean {
  const fields = [...graph.models.values()].flatMap((owner) => [...owner.fields.values()]);
  const between = new Set(
    fields.flatMap(({ name, relation }) => (name === write.relation && relation?.target === model.label ? (relation.through ?? []) : [])),
  );
  return fields.some(
    ({ name, relation }) => relation?.kind === "m2m" && relation.through !== null && between.has(relation.through) && !relation.through.endsWith(`_${name}`),
  );
}

/** The relation is the other end of a foreign key, whichever model of the project has one of that name. */
function isOfKey({ model, write }: LoopWrite, { graph }: RuleInput): boolean {
  const kinds = [...graph.models.values()].flatMap((owner) => {
    const relation = owner.fields.get(write.relation ?? "")?.relation;
    return relation?.target === model.label ? [relation.kind] : [];
  });
  return kinds.length > 0 && kinds.every((kind) => kind === "fk-reverse");
}

/** `add()` sets the foreign key of the object too, which the rest of the round may read. */
function isReadAfter({ call, span, site }: LoopWrite): boolean {
  const [item] = call.args;
  if (site.loop === null || item?.kind !== "name") return true;
  return [...nodesIn(site.loop)].some((node) => node.kind === "name" && node.name === item.name && node.start > span.end);
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
    const edits =
      isAskedInLoop(one) || (isOfKey(one, input) && isReadAfter(one))
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
  return [...nodesIn(loop)].some((node) => node.kind === "attribute" && node.name === write.relation && !isInside(node, span));
}
