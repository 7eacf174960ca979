import { nodesIn, pathTo, type SyntaxNode } from "../../python/syntax-tree.ts";
import type { Call, Confidence, FindingDraft, LazyLoad, Rule, RuleInput } from "../../model/index.ts";
import { eagerLoadFix } from "../../fixes/eager-load.ts";
import { gainsNoPrefetch } from "../../fixes/eager-verdict.ts";
import { mergeLoads, oncePerReceiver, type ToldLoads } from "../load-groups.ts";
import { beyondQuerysets, confidenceOf, fetchedBefore, isLoadPerRow, loadDoubt, loadPlaces, paidPer } from "../load-places.ts";
import { andOf, dotted, holderName, modelName } from "../names.ts";
import { isAtLeast } from "../../model/django-at-least.ts";
import { isInside } from "../../model/span.ts";

export const rule: Rule = {
  meta: {
    id: "generic-foreign-key-lazy",
    chapter: "2.5",
    summary: "A generic foreign key is followed for each row",
    severity: "warning",
    confidence: "likely",
    fix: "never",
    stage: "stable",
  },
  check: (input) => oncePerReceiver(mergeLoads(input.facts.loads.filter((load) => isGuilty(load, input)))).map((group) => toDraft(group, input)),
};

function isGuilty(load: LazyLoad, input: RuleInput): boolean {
  return load.reason === "unloaded" && load.kind === "generic-fk" && isLoadPerRow(load, input.facts);
}

function toDraft({ load, loads, others }: ToldLoads, input: RuleInput): FindingDraft {
  const deeper = isAtLeast(input.project.djangoVersion, 5, 0)
    ? " Where relations of the targets are read too, use `GenericPrefetch` with a queryset for each type."
    : "";
  return {
    key: [load.origin.symbol, load.origin.model, load.path],
    confidence: sureness(load, input),
    claim: `\`${holderName(load.origin.symbol, input.program)}\` loads the generic \`${dotted(load.path)}\` separately for each \`${modelName(load.origin.model)}\`${andOf(others)}: ${paidPer(load)}.`,
    reason: "A generic foreign key cannot be joined; each row asks for its object alone.",
    remedy:
      beyondQuerysets(load, input) ??
      (gainsNoPrefetch(load, input) ? fetchedBefore(load) : `Add \`prefetch_related("${load.path}")\`: one query for each content type.${deeper}`),
    doubt: loadDoubt(load),
    model: load.origin.model,
    relation: load.path,
    places: loadPlaces(load, loads),
    fixes: load.origin.collected === true ? [] : eagerLoadFix(load, input),
  };
}

/** A key that is NULL costs nothing: where nobody sets it, or the code expects no object, how many rows have one is not known. */
function sureness(load: LazyLoad, input: RuleInput): Confidence {
  const known = confidenceOf(load, input.facts);
  if (known === "possible" || isNeverSet(load, input)) return "possible";
  return isExpectedToFail(load, input) ? "likely" : known;
}

const MISSING: ReadonlySet<string> = new Set(["AttributeError", "ObjectDoesNotExist", "DoesNotExist", "Exception"]);

/** `try: note.subject.name` with `except AttributeError:`. */
function isExpectedToFail({ access, calls }: LazyLoad, { program }: RuleInput): boolean {
  return [access, ...calls].some((span) =>
    pathTo(program, span).some(
      (node) =>
        node.kind === "try" &&
        node.body.some((stmt) => isInside(span, stmt)) &&
        node.handlers.some(
          ({ type }) => type === null || [...nodesIn(type)].some((one) => (one.kind === "name" || one.kind === "attribute") && MISSING.has(one.name)),
        ),
    ),
  );
}

/** Its columns may be NULL, and no code of the project gives them anything. */
function isNeverSet({ model: label, path }: LazyLoad, { graph, program }: RuleInput): boolean {
  const model = graph.byLabel(label);
  const name = path.split("__").at(-1) ?? path;
  const { declaration } = model?.fields.get(name) ?? {};
  if (model === null || declaration?.kind !== "call") return false;
  const [type = "content_type", id = "object_id"] = declaration.args.flatMap((arg) => (arg.kind === "str" ? [arg.value] : []));
  if (model.fields.get(type)?.null !== true && model.fields.get(id)?.null !== true) return false;
  const names = new Set([name, id]);
  return ![...program.modules.values()].some(
    (module) => module.origin === "project" && module.ir.body.some((stmt) => [...nodesIn(stmt)].some((node) => sets(node, names))),
  );
}

function sets(node: SyntaxNode, names: ReadonlySet<string>): boolean {
  if (node.kind === "call")
    return node.keywords.some((one) => names.has(one.name)) || node.args.some((arg) => arg.kind === "str" && names.has(arg.value) && !isDeclaration(node));
  if (node.kind === "dict") return node.entries.some(({ key }) => key?.kind === "str" && names.has(key.value));
  return node.kind === "assign" && node.targets.some((target) => target.kind === "attribute" && names.has(target.name));
}

/** `GenericForeignKey("content_type", "object_id")` names them, and gives them nothing. */
function isDeclaration({ callee }: Call): boolean {
  return (callee.kind === "name" || callee.kind === "attribute") && callee.name === "GenericForeignKey";
}
