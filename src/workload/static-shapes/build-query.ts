/** A recipe's steps, one by one, to a query. */
import type { Model, QueryRecipe, RecipeArgs, RecipeStep, RecipeValue } from "../../model/index.ts";
import { addFilter } from "./conditions.ts";
import { expressionOf, isAggregate } from "./expressions.ts";
import { finishSelect } from "./finish-query.ts";
import type { ModelTables } from "./model-tables.ts";
import { baseOf, joinTable, openQuery, type QueryBuilder, type QueryState } from "./query-state.ts";
import { genericColumns, stepsOf } from "./resolve-path.ts";
import { selectedColumns } from "./select-list.ts";
import { column, PARAMETER, type OpenPart } from "./static-shape.ts";

/** Null where the model was not read, or the statement is written by hand. */
export function buildQuery(tables: ModelTables, recipe: QueryRecipe, outer: QueryState | null = null): QueryState | null {
  const model = tables.model(recipe.model);
  if (model === null || model.isAbstract) return null;
  const state = openQuery(BUILDER, tables, model, outer);
  for (const lookup of tables.scopesOf(model)) addFilter(state, { positional: [], keywords: [[lookup, { kind: "row", model: "" }]], open: false }, false);
  if (recipe.related !== null && !addRelated(state, recipe.related)) return null;
  for (const step of recipe.steps) {
    if (step.name === "raw") return null;
    applyStep(state, step);
  }
  return state;
}

const BUILDER: QueryBuilder = { build: buildQuery, finish: finishSelect };

const EVERY_PART: readonly OpenPart[] = ["predicates", "joins", "projection", "group by", "order by", "limit", "offset", "distinct", "lock", "subqueries"];

export function openAll(state: QueryState): void {
  for (const part of EVERY_PART) state.open.add(part);
}

/** What the manager of one row's relation filters by. */
function addRelated(state: QueryState, { model: label, field: name }: NonNullable<QueryRecipe["related"]>): boolean {
  const { tables } = state;
  const holder = tables.model(label);
  const field = holder?.fields.get(name);
  if (holder === null || field?.relation == null) return false;
  return filterByRow(state, holder, field);
}

/** `WHERE "order_id" = %s`, or a join to the table of a many-to-many. */
export function filterByRow(state: QueryState, holder: Model, field: NonNullable<ReturnType<Model["fields"]["get"]>>, operator: "=" | "in" = "="): boolean {
  const { tables } = state;
  const base = baseOf(state);
  const add = (alias: number, name: string, kind: "=" | "in"): void =>
    void state.where.push({ kind: "test", operator: kind, left: column(alias, name), right: PARAMETER });
  switch (field.relation?.kind) {
    case "fk-reverse":
    case "o2o-reverse":
    case "mti-child": {
      const [step] = stepsOf(tables, holder, field) ?? [];
      const pair = step?.on[0];
      if (pair === undefined) {
        openAll(state);
        return true;
      }
      add(base.index, pair.right, operator);
      return true;
    }
    case "m2m":
    case "m2m-reverse": {
      const through = tables.through(holder, field);
      const key = tables.keyOf(state.model);
      if (through === null || key === null) return false;
      const alias = joinTable(
        state,
        base,
        {
          model: through.model,
          key: `rows of ${field.name}`,
          on: [{ left: tables.columnOf(key), right: tables.columnOf(through.to) }],
          nullable: false,
          isMany: true,
          isDirect: false,
        },
        null,
      );
      add(alias.index, tables.columnOf(through.from), operator);
      return true;
    }
    case "generic-relation": {
      const { type, id } = genericColumns(tables, state.model, field.relation.back);
      add(base.index, type, "=");
      add(base.index, id, operator);
      return true;
    }
    default:
      return false;
  }
}

function applyStep(state: QueryState, { name, args }: RecipeStep): void {
  switch (name) {
    case "filter":
    case "complex_filter":
      return addFilter(state, args, false);
    case "exclude":
      return addFilter(state, args, true);
    case "order_by":
      return orderBy(state, args);
    case "reverse":
      state.isReversed = !state.isReversed;
      return;
    case "distinct":
      state.distinct = args.positional.length > 0 ? "on" : "all";
      return;
    case "annotate":
    case "alias":
      return annotate(state, args, name === "annotate");
    case "select_related":
      return selectRelated(state, args);
    case "prefetch_related":
      state.prefetches = args.positional.some((one) => one.kind === "literal" && one.value === null) ? [] : [...state.prefetches, ...args.positional];
      return;
    case "only":
    case "defer":
      return narrow(state, name, args);
    case "values":
    case "values_list":
      return values(state, args);
    case "dates":
    case "datetimes":
      return dates(state, args);
    case "slice":
      return slice(state, args);
    case "select_for_update":
      return lock(state, args);
    case "union":
    case "intersection":
    case "difference":
      return combine(state, name, args);
    case "|":
    case "&":
      return merge(state, name, args);
    case "extra":
      return void state.open.add("predicates").add("projection").add("order by");
    default:
      return openAll(state);
  }
}

function orderBy(state: QueryState, args: RecipeArgs): void {
  state.order = args.positional;
  state.isReversed = false;
  if (args.open || args.positional.some((one) => one.kind === "unknown" || one.kind === "either")) state.open.add("order by").add("joins");
}

function annotate(state: QueryState, args: RecipeArgs, isSelected: boolean): void {
  if (args.open) state.open.add("projection").add("group by").add("joins").add("predicates").add("subqueries");
  const named: (readonly [string, RecipeValue])[] = [...args.positional.map((one) => [defaultName(one), one] as const), ...args.keywords];
  for (const [name, value] of named) {
    const aggregate = isAggregate(value);
    if (aggregate && state.grouped === null) state.grouped = state.values === null ? [] : selectedColumns(state).filter((one) => one.kind === "column");
    if (value.kind !== "expression" && value.kind !== "query" && value.kind !== "literal") state.open.add("joins").add("group by").add("subqueries");
    state.annotations.set(name, { expression: expressionOf(state, value, null), isAggregate: aggregate, isSelected });
  }
}

/** `Count("lines")` is called `lines__count`. */
export function defaultName(value: RecipeValue): string {
  if (value.kind !== "expression") return "?";
  const [first] = value.args.positional;
  const field = first?.kind === "literal" ? String(first.value) : "";
  return `${field}__${value.name.toLowerCase()}`;
}

function selectRelated(state: QueryState, args: RecipeArgs): void {
  const names = args.positional.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  if (args.positional.some((one) => one.kind === "literal" && one.value === null)) state.selectRelated = [];
  else if (args.open || names.length < args.positional.length) state.open.add("projection").add("joins");
  else state.selectRelated = names.length === 0 ? true : [...(state.selectRelated === true ? [] : state.selectRelated), ...names];
}

function narrow(state: QueryState, name: "only" | "defer", args: RecipeArgs): void {
  const names = args.positional.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  if (args.open || names.length < args.positional.filter((one) => !(one.kind === "literal" && one.value === null)).length) {
    state.open.add("projection");
    return;
  }
  if (name === "only") {
    state.only = new Set(names);
    state.deferred = new Set();
  } else if (args.positional.some((one) => one.kind === "literal" && one.value === null)) {
    state.only = null;
    state.deferred = new Set();
  } else if (state.only === null) state.deferred = new Set([...state.deferred, ...names]);
  else state.only = new Set([...state.only].filter((one) => !names.includes(one)));
}

function values(state: QueryState, args: RecipeArgs): void {
  // What was put on before is left out of the list, unless it is named.
  const isAll = args.positional.length === 0 && args.keywords.length === 0;
  for (const [name, one] of state.annotations) if (!isAll && one.isSelected) state.annotations.set(name, { ...one, isSelected: false });
  state.values = args.positional;
  state.valuesKeywords = args.keywords.filter(([name]) => name !== "flat" && name !== "named");
  state.selectRelated = [];
  state.only = null;
  state.deferred = new Set();
  if (args.open || args.positional.some((one) => one.kind === "unknown" || one.kind === "either")) state.open.add("projection").add("joins").add("group by");
  for (const [name, value] of state.valuesKeywords)
    state.annotations.set(name, { expression: expressionOf(state, value, null), isAggregate: isAggregate(value), isSelected: true });
  for (const one of args.positional) {
    if (one.kind === "expression")
      state.annotations.set(defaultName(one), { expression: expressionOf(state, one, null), isAggregate: isAggregate(one), isSelected: true });
  }
  if (state.grouped !== null && state.grouped.length === 0) state.open.add("group by");
}

/** `SELECT DISTINCT DATE_TRUNC(…) … WHERE "placed_at" IS NOT NULL ORDER BY 1`. */
function dates(state: QueryState, args: RecipeArgs): void {
  state.distinct = "all";
  state.values = args.positional.slice(0, 1);
  state.open.add("projection").add("order by").add("predicates");
}

function slice(state: QueryState, { positional: [offset, limit] }: RecipeArgs): void {
  if (limit?.kind === "literal" && limit.value === null) {
    if (state.limit === null && offset?.kind !== "unknown") state.offset = offset?.kind === "literal" && offset.value === true ? "parameter" : null;
    else state.open.add("offset").add("limit");
    return;
  }
  state.limit = state.limit === null && limit?.kind === "literal" && typeof limit.value === "number" ? limit.value : "parameter";
  if (offset?.kind === "literal") state.offset = offset.value === true ? "parameter" : state.offset;
  else state.open.add("offset");
}

function lock(state: QueryState, { keywords }: RecipeArgs): void {
  const said = (name: string): boolean => keywords.some(([key, value]) => key === name && value.kind === "literal" && value.value === true);
  state.lock = said("no_key") ? "no key update" : "update";
}

function combine(state: QueryState, name: "union" | "intersection" | "difference", args: RecipeArgs): void {
  const isAll = args.keywords.some(([key, value]) => key === "all" && value.kind === "literal" && value.value === true);
  const role = name === "union" ? (isAll ? "union all" : "union") : name === "intersection" ? "intersect" : "except";
  const others = args.positional.map((one) => (one.kind === "query" ? buildQuery(state.tables, one.recipe, state.outer) : null));
  const known = others.filter((one) => one !== null);
  if (known.length < others.length || args.open) state.open.add("subqueries");
  const arms = [state, ...known].map((one) => finishSelect(one, "arm"));
  state.union = { role, arms };
  state.order = [];
  state.isReversed = false;
  state.limit = null;
}

/** `a | b`: conditions of both, with joins as `Query.combine` makes them; what comes of it is compared loosely. */
function merge(state: QueryState, operator: "|" | "&", args: RecipeArgs): void {
  const [other] = args.positional;
  const right = other?.kind === "query" ? buildQuery(state.tables, other.recipe, state.outer) : null;
  if (operator === "|" || right === null || right.aliases.length > 1) {
    state.open.add("predicates").add("joins").add("subqueries").add("distinct");
    return;
  }
  state.where.push(...right.where);
}
