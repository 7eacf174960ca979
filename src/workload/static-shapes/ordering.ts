/** ORDER BY: `order_by()`, `Meta.ordering`, and through relations the ordering of the model at their end. */
import type { Model, RecipeValue } from "../../model/index.ts";
import type { QueryShape } from "../../model/shape.ts";
import { expressionOf, named } from "./expressions.ts";
import { baseOf, type Alias, type QueryState } from "./query-state.ts";
import { resolvePath } from "./resolve-path.ts";
import { ANY, anyOf, call } from "./static-shape.ts";

type Terms = QueryShape["orderBy"];

/** `byKey`: `first()` of a queryset without an order takes the key. */
export function orderTerms(state: QueryState, byKey: boolean, isLast: boolean): Terms {
  const flipped = state.isReversed !== isLast;
  const order: readonly RecipeValue[] = state.order ?? state.model.ordering.map((value) => ({ kind: "literal", value }) as const);
  const terms = order.flatMap((one) => termsOf(state, one, flipped));
  if (terms.length > 0 || !byKey || state.open.has("order by")) return terms;
  return termsOf(state, { kind: "literal", value: "pk" }, flipped);
}

function termsOf(state: QueryState, value: RecipeValue, flipped: boolean): Terms {
  if (value.kind === "literal" && typeof value.value === "string") return namedTerms(state, value.value, flipped);
  if (value.kind !== "expression") {
    state.open.add("order by").add("joins");
    return [];
  }
  const isDescending = value.name === "OrderBy" ? said(value, "descending") === true : false;
  const nulls = said(value, "nulls_last") === true ? "last" : said(value, "nulls_first") === true ? "first" : null;
  const inner = value.name === "OrderBy" ? (value.args.positional[0] ?? value) : value;
  return [
    {
      what: expressionOf(state, inner, null),
      descending: isDescending !== flipped,
      nulls: nulls === null ? null : flipped ? (nulls === "last" ? "first" : "last") : nulls,
    },
  ];
}

function said({ args }: Extract<RecipeValue, { readonly kind: "expression" }>, name: string): unknown {
  const found = args.keywords.find(([key]) => key === name)?.[1];
  return found?.kind === "literal" ? found.value : undefined;
}

function namedTerms(state: QueryState, written: string, flipped: boolean): Terms {
  if (written === "?") {
    // An entry of Meta.ordering that could not be read is written so too.
    if (state.order === null) state.open.add("order by");
    return state.order === null ? [] : [{ what: call("random"), descending: false, nulls: null }];
  }
  const isDescending = written.startsWith("-");
  const name = written.replace(/^[-+]/, "");
  const annotation = state.annotations.get(name.split("__")[0] ?? name);
  if (annotation !== undefined)
    return [{ what: name.includes("__") ? anyOf([annotation.expression]) : annotation.expression, descending: isDescending !== flipped, nulls: null }];
  if (state.tables.ordersByValues && isAmongValues(state, name)) return [{ what: named(state, name, null), descending: isDescending !== flipped, nulls: null }];
  return pathTerms(state, state.model, name.split("__"), isDescending !== flipped, baseOf(state), 0);
}

function isAmongValues({ values }: QueryState, name: string): boolean {
  return values?.some((one) => one.kind === "literal" && one.value === name) === true;
}

/** Orderings that lead to each other end here. */
const MAX_DEPTH = 4;

function pathTerms(state: QueryState, model: Model, names: readonly string[], descending: boolean, from: Alias, depth: number): Terms {
  const path = resolvePath(state, names, null, from, model);
  if (path === null) return [{ what: ANY, descending, nulls: null }];
  const target = path.isRelation ? state.tables.model(path.field.relation?.target ?? null) : null;
  const end = path.joined.at(-1);
  if (target === null || end === undefined || names.at(-1) === "pk" || target.ordering.length === 0 || depth >= MAX_DEPTH) {
    return [{ what: path.rest.length > 0 ? anyOf([path.column]) : path.column, descending, nulls: null }];
  }
  end.refs += 1;
  return target.ordering.flatMap((one) => {
    const isDescending = one.startsWith("-");
    return pathTerms(state, target, one.replace(/^-/, "").split("__"), descending !== isDescending, end, depth + 1);
  });
}
