/** What a query selects: `values()`, `only()`, `defer()`, `select_related()`, annotations. */
import type { Field, Model } from "../../model/index.ts";
import type { ShapeExpression } from "../../model/shape.ts";
import { expressionOf, named } from "./expressions.ts";
import { baseOf, joinTable, type Alias, type QueryState } from "./query-state.ts";
import { ownTable, stepsOf } from "./resolve-path.ts";
import { column } from "./static-shape.ts";

export function selectedColumns(state: QueryState): ShapeExpression[] {
  const { values } = state;
  const annotated = [...state.annotations].filter(([, one]) => one.isSelected);
  if (values === null) return [...rowColumns(state), ...annotated.map(([, one]) => one.expression)];
  const expressions = values.flatMap((one) => (one.kind === "expression" ? [expressionOf(state, one, null)] : []));
  const names = values.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  const keywords = new Set(state.valuesKeywords.map(([name]) => name));
  const isAll = values.length === 0 && keywords.size === 0;
  const chosen = annotated.filter(
    ([name, one]) => isAll || keywords.has(name) || (one.isAggregate && !names.includes(name) && state.grouped !== null && isLater(state, name)),
  );
  const own = isAll ? columnsOf(state, state.model, baseOf(state), null, new Set()) : names.map((name) => named(state, name, null));
  return [...own, ...expressions, ...chosen.map(([, one]) => one.expression)];
}

/** Aggregates that were put on after `values()` are in the list without being named there. */
function isLater({ values }: QueryState, name: string): boolean {
  return values !== null && !values.some((one) => one.kind === "expression" && name.endsWith(one.name.toLowerCase()));
}

function rowColumns(state: QueryState): ShapeExpression[] {
  const own = columnsOf(state, state.model, baseOf(state), state.only, state.deferred);
  return [...own, ...relatedColumns(state, state.model, baseOf(state), tree(state), state.only, state.deferred, 0)];
}

type Tree = Map<string, Tree>;

function tree({ selectRelated }: QueryState): Tree | true {
  if (selectRelated === true) return true;
  const root: Tree = new Map();
  for (const path of selectRelated) {
    let at = root;
    for (const step of path.split("__")) {
      const next = at.get(step) ?? new Map<string, Tree>();
      at.set(step, next);
      at = next;
    }
  }
  return root;
}

/** `select_related()` without names goes this deep. */
const MAX_DEPTH = 5;

function relatedColumns(
  state: QueryState,
  model: Model,
  alias: Alias,
  wanted: Tree | true,
  only: ReadonlySet<string> | null,
  deferred: ReadonlySet<string>,
  depth: number,
): ShapeExpression[] {
  if (depth >= MAX_DEPTH) return [];
  const fields =
    wanted === true
      ? [...model.fields.values()].filter((one) => isFollowed(one))
      : [...wanted.keys()].flatMap((name) => relationNamed(state, model, name) ?? []);
  return fields.flatMap((field) => {
    const steps = stepsOf(state.tables, model, field);
    const target = state.tables.model(field.relation?.target ?? null);
    if (steps === null || target === null || steps.length !== 1) return [];
    const here = ownTable(state, alias, model, field).alias;
    const joined = steps.reduce<Alias>((at, step) => joinTable(state, at, step, null), here);
    const name = field.name;
    const below = wanted === true ? true : (wanted.get(name) ?? wanted.get(field.queryName) ?? new Map<string, Tree>());
    const inner = under(only, name);
    const less = under(deferred, name) ?? new Set<string>();
    return [...columnsOf(state, target, joined, inner, less), ...relatedColumns(state, target, joined, below, inner, less, depth + 1)];
  });
}

function isFollowed(field: Field): boolean {
  return (field.relation?.kind === "fk" || field.relation?.kind === "o2o") && !field.null;
}

function relationNamed(state: QueryState, model: Model, name: string): Field | null {
  const field = state.tables.named(model, name) ?? model.fields.get(name) ?? null;
  return field?.relation?.single === true ? field : null;
}

/** Names below a relation; null when none is said, so that all are loaded. */
function under(names: ReadonlySet<string> | null, relation: string): ReadonlySet<string> | null {
  if (names === null) return null;
  const found = [...names].flatMap((name) => (name.startsWith(`${relation}__`) ? [name.slice(relation.length + 2)] : []));
  return found.length === 0 ? null : new Set(found);
}

export function columnsOf(state: QueryState, model: Model, alias: Alias, only: ReadonlySet<string> | null, deferred: ReadonlySet<string>): ShapeExpression[] {
  const { tables } = state;
  const key = tables.keyOf(model);
  const heads = only === null ? null : new Set([...only].map((name) => name.split("__")[0] ?? name));
  const isLoaded = (field: Field): boolean => {
    if (field === key || field.name === key?.name) return true;
    const names = [field.name, field.attname ?? field.name];
    if (heads !== null) return names.some((one) => heads.has(one) || (one === key?.name && heads.has("pk")));
    return !names.some((one) => deferred.has(one));
  };
  return tables
    .columns(model)
    .filter(isLoaded)
    .map((field) => column(ownTable(state, alias, model, field).alias.index, tables.columnOf(field)));
}
