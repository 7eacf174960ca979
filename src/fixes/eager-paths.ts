/** What a path of an eager load leads through, as the model graph tells. */
import type { ChainCall, EagerLoad, Field, Keyword, LazyLoad, Model, ModelGraph, RuleInput } from "../model/index.ts";
import { isExtensible, ownCalls } from "./chain-edit.ts";

/** The relations that a path of attribute names goes through; null where the graph does not know one. */
export function stepsOf(graph: ModelGraph, label: string, path: string): Field[] | null {
  const steps: Field[] = [];
  let model: Model | null = graph.byLabel(label);
  for (const name of path.split("__")) {
    const field: Field | undefined = model?.fields.get(name);
    if (field?.relation == null) return null;
    steps.push(field);
    model = field.relation.target === null ? null : graph.byLabel(field.relation.target);
  }
  return steps;
}

/** Steps up to the last relation to many before the path's end, whose rows are those that pay; 0 where those of the queryset do. */
export function stepsToPayers(graph: ModelGraph, label: string, path: string): number {
  const before = stepsOf(graph, label, path)?.slice(0, -1) ?? [];
  return before.findLastIndex((field) => field.relation?.single === false) + 1;
}

/** The call that prefetches the beginning of the path, wherever it is chained: what goes on from there is named there, and loaded for no other rows. */
export function prefetchBefore({ origin, path }: LazyLoad): ChainCall | null {
  const [call, ...others] = origin.calls.filter(
    (one) => one.name === "prefetch_related" && isExtensible(one) && one.args.some((arg) => arg.kind === "str" && path.startsWith(`${arg.value}__`)),
  );
  return call === undefined || others.length > 0 ? null : call;
}

/** Steps of the path that this call prefetches already. */
export function stepsPrefetched(load: LazyLoad): number {
  const lookups = prefetchBefore(load)?.args.flatMap((arg) => (arg.kind === "str" && load.path.startsWith(`${arg.value}__`) ? [arg.value] : [])) ?? [];
  return Math.max(0, ...lookups.map((lookup) => lookup.split("__").length));
}

/** `filter(customer=customer)` and then `order.customer…`: the first step of the path, where every row has the same row there. */
export function pinnedStep({ origin, path }: Pick<LazyLoad, "origin" | "path">, { graph }: Pick<RuleInput, "graph">): string | null {
  const [first = ""] = path.split("__");
  const isForward = graph.byLabel(origin.model)?.fields.get(first)?.relation?.kind === "fk";
  const isGiven = ({ name, value }: Keyword): boolean => name === first && (value.kind === "name" || value.kind === "attribute");
  return isForward && ownCalls(origin).some((call) => call.name === "filter" && call.keywords.some(isGiven)) ? first : null;
}

/** What is asked of that one row, where no prefetch answers it. */
export function askedOfPinned(load: LazyLoad, input: Pick<RuleInput, "graph">): { readonly step: string; readonly rest: string } | null {
  const step = pinnedStep(load, input);
  const isOfOne = stepsToPayers(input.graph, load.origin.model, load.path) === 0;
  return step === null || load.joinable || step === load.path || !isOfOne ? null : { step, rest: load.path.slice(step.length + 2) };
}

/**
 * Steps up to a generic foreign key that the path goes beyond, where not all that it leads to may have the rest; null where it does not, and where the
 * queryset's own prefetches go as far as that: Django would not let them if one of the targets had no such relation.
 */
export function genericBefore({ origin, path }: LazyLoad, { graph, facts }: Pick<RuleInput, "graph" | "facts">): string | null {
  const generic = genericSteps(graph, origin.model, path);
  const goesBeyond = (one: EagerLoad): boolean => one.origin.id === origin.id && one.path.startsWith(`${generic}__`) && path.startsWith(`${one.path}__`);
  return generic === null || facts.eagerLoads.some(goesBeyond) ? null : generic;
}

/** Steps up to a generic foreign key that the path goes beyond; null where it does not. */
export function genericSteps(graph: ModelGraph, label: string, path: string): string | null {
  const names = path.split("__");
  let model: Model | null = graph.byLabel(label);
  for (const [index, name] of names.slice(0, -1).entries()) {
    const relation = model?.fields.get(name)?.relation;
    if (relation?.kind === "generic-fk") return names.slice(0, index + 1).join("__");
    model = relation?.target == null ? null : graph.byLabel(relation.target);
  }
  return null;
}

/** `select_related` goes by query names, `prefetch_related` by attribute names. */
export function lookupPath(load: LazyLoad, graph: ModelGraph): string {
  return load.joinable ? queryPath(load, graph) : throughList(load);
}

/** Rows that a prefetch put into a list have what goes on from that list. */
function throughList({ origin, path }: LazyLoad): string {
  const steps = path.split("__");
  const named = steps.map((step, at) => (at === steps.length - 1 ? step : (origin.lists?.get(steps.slice(0, at + 1).join("__")) ?? step)));
  return named.join("__");
}

/** The path as `filter()`, `annotate()` and aggregates want it, from the rows after `from` steps on. */
export function queryPath({ origin, path }: LazyLoad, graph: ModelGraph, from = 0): string {
  const steps = stepsOf(graph, origin.model, path)?.slice(from);
  return steps?.map((field) => (isForward(field) ? field.name : field.queryName)).join("__") ?? path;
}

function isForward(field: Field): boolean {
  return field.relation?.kind === "fk" || field.relation?.kind === "o2o";
}

/** Why rows that a join brings can differ from those that a query of their own brings; null when they cannot. */
export function joinHazard(steps: readonly Field[], graph: ModelGraph): string | null {
  for (const field of steps) {
    const target = graph.byLabel(field.relation?.target ?? "");
    if (hasOption(field, "db_constraint", "false") && field.relation?.nullable === false) {
      return `\`${field.name}\` has no constraint in the database: a join leaves out rows whose target is missing`;
    }
    if (target !== null && target.cls.nested.get("Meta")?.members.has("base_manager_name") === true) {
      return `\`${target.name}\` has a base manager of its own, which a join goes past`;
    }
  }
  return null;
}

function hasOption(field: Field, name: string, value: "true" | "false"): boolean {
  const call = field.declaration;
  if (call?.kind !== "call") return false;
  return call.keywords.some((one) => one.name === name && one.value.kind === "constant" && one.value.value === value);
}
