/** `F`, aggregates, functions and subqueries of a recipe to expressions of a shape. */
import type { QueryRecipe, RecipeArgs, RecipeValue } from "../../model/index.ts";
import type { ShapeExpression } from "../../model/shape.ts";
import type { Alias, QueryState } from "./query-state.ts";
import { resolvePath } from "./resolve-path.ts";
import { ANY, anyOf, call, column, PARAMETER, STAR, type StaticShape } from "./static-shape.ts";

const AGGREGATES: Readonly<Record<string, string>> = {
  Count: "count",
  Sum: "sum",
  Avg: "avg",
  Min: "min",
  Max: "max",
  StdDev: "stddev_pop",
  Variance: "var_pop",
  ArrayAgg: "array_agg",
  StringAgg: "string_agg",
  BoolOr: "bool_or",
  BoolAnd: "bool_and",
  JSONBAgg: "jsonb_agg",
  AnyValue: "any_value",
};
const FUNCTIONS: Readonly<Record<string, string>> = {
  Lower: "lower",
  Upper: "upper",
  Coalesce: "coalesce",
  Greatest: "greatest",
  Least: "least",
  Length: "length",
  Abs: "abs",
  Now: "?",
};

export function isAggregate(value: RecipeValue): boolean {
  if (value.kind === "either") return value.values.some(isAggregate);
  if (value.kind !== "expression") return false;
  if (AGGREGATES[value.name] !== undefined) return true;
  if (value.name === "Window" || value.name === "Subquery" || value.name === "Exists" || value.name === "Prefetch") return false;
  return value.args.positional.some(isAggregate) || value.args.keywords.some(([, one]) => isAggregate(one));
}

/** `reuse` null: any join that is there. Strings name fields where Django takes them so. */
export function expressionOf(state: QueryState, value: RecipeValue, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  if (value.kind === "literal") return typeof value.value === "string" ? named(state, value.value, reuse) : PARAMETER;
  if (value.kind === "query") return queryExpression(state, value.recipe, "scalar");
  if (value.kind !== "expression") return ANY;
  return ofExpression(state, value.name, value.args, reuse);
}

function ofExpression(state: QueryState, name: string, args: RecipeArgs, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  const [first, ...others] = args.positional;
  const aggregate = AGGREGATES[name];
  if (aggregate !== undefined) return aggregateOf(state, aggregate, args, reuse);
  switch (name) {
    case "Value":
      return PARAMETER;
    case "F":
      return first === undefined ? ANY : expressionOf(state, first, reuse);
    case "OuterRef":
      return outerColumn(state, first);
    case "ExpressionWrapper":
    case "Cast":
      return first === undefined ? ANY : expressionOf(state, first, reuse);
    case "Subquery":
      return first?.kind === "query" ? queryExpression(state, first.recipe, "scalar") : ANY;
    case "Exists":
      return first?.kind === "query" ? queryExpression(state, first.recipe, "exists") : ANY;
    case "CombinedExpression":
      return combined(state, args, reuse);
    default:
  }
  const parts = [...args.positional, ...args.keywords.filter(([key]) => key !== "output_field").map(([, one]) => one)];
  const read = parts.map((one) =>
    one.kind === "expression" && (one.name === "Q" || one.name === "When") ? conditionColumns(state, one.args, reuse) : expressionOf(state, one, reuse),
  );
  const known = FUNCTIONS[name];
  if (known !== undefined && known !== "?" && others.length === args.positional.length - 1) return call(known, read);
  return anyOf(read);
}

function combined(state: QueryState, { positional }: RecipeArgs, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  const [left, operator, right] = positional;
  if (left === undefined || right === undefined || operator?.kind !== "literal") return ANY;
  return call(
    `op:${String(operator.value)}`,
    [left, right].map((one) => expressionOf(state, one.kind === "literal" ? { kind: "literal", value: 0 } : one, reuse)),
  );
}

/** Joins that conditions within an expression need, and their columns. */
function conditionColumns(state: QueryState, args: RecipeArgs, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  const inner = args.positional.map((one) =>
    one.kind === "expression" && (one.name === "Q" || one.name === "When")
      ? conditionColumns(state, one.args, reuse)
      : one.kind === "expression"
        ? expressionOf(state, one, reuse)
        : ANY,
  );
  const own = args.keywords.filter(([key]) => !key.startsWith("_") && key !== "then").map(([key]) => named(state, key, reuse));
  const then = args.keywords.filter(([key]) => key === "then").map(([, one]) => expressionOf(state, one, reuse));
  return anyOf([...inner, ...own, ...then]);
}

function aggregateOf(state: QueryState, name: string, { positional, keywords }: RecipeArgs, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  const said = (key: string): RecipeValue | undefined => keywords.find(([one]) => one === key)?.[1];
  const [first = said("expression")] = positional;
  const isStar = name === "count" && first?.kind === "literal" && first.value === "*";
  const inner = isStar ? STAR : first === undefined ? ANY : expressionOf(state, first, reuse);
  const distinct = said("distinct");
  const filter = said("filter");
  const base = { ...callOf(name, [inner]), distinct: distinct?.kind === "literal" && distinct.value === true };
  if (filter !== undefined && !(filter.kind === "literal" && filter.value === null)) {
    const columns = filter.kind === "expression" ? conditionColumns(state, filter.args, reuse) : ANY;
    return anyOf([base, columns]);
  }
  return said("default") === undefined ? base : call("coalesce", [base, PARAMETER]);
}

function callOf(name: string, args: readonly ShapeExpression[]): Extract<ShapeExpression, { readonly kind: "call" }> {
  return { kind: "call", name, arguments: args, distinct: false, filtered: false, isWindow: false };
}

/** A field's or an annotation's name. */
export function named(state: QueryState, name: string, reuse: ReadonlySet<Alias> | null): ShapeExpression {
  const names = name.split("__");
  const annotation = state.annotations.get(names[0] ?? "");
  if (annotation !== undefined) return names.length === 1 ? annotation.expression : anyOf([annotation.expression]);
  const path = resolvePath(state, names, reuse);
  if (path === null) return ANY;
  return path.rest.length === 0 ? path.column : anyOf([path.column]);
}

/** A column of the query around: its table is there, and said to be outside. */
function outerColumn(state: QueryState, name: RecipeValue | undefined): ShapeExpression {
  const { outer } = state;
  if (outer === null || name?.kind !== "literal" || typeof name.value !== "string") return ANY;
  const found = named(outer, name.value, null);
  return found.kind === "column" ? column(-1, found.name) : ANY;
}

/** A queryset inside another: of `IN (…)`, `EXISTS(…)`, or one value. */
export function queryExpression(state: QueryState, recipe: QueryRecipe, role: "in" | "exists" | "scalar"): ShapeExpression {
  const inner = state.builder.build(state.tables, recipe, state);
  if (inner === null) {
    state.open.add("subqueries");
    return ANY;
  }
  const shape = subqueryShape(inner, role);
  state.subqueries.push({ role, shape });
  return { kind: "subquery", index: state.subqueries.length - 1 };
}

function subqueryShape(inner: QueryState, role: "in" | "exists" | "scalar"): StaticShape {
  if (role === "exists") return inner.builder.finish(inner, "exists");
  return inner.builder.finish(inner, role === "in" && inner.values === null ? "keys" : "nested");
}
