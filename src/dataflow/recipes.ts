/** Recipes of querysets: the calls that made them with their arguments, as far as those decide what SQL is sent. */
import type { Model, QueryRecipe, RecipeArgs, RecipeStep, RecipeValue } from "../model/index.ts";
import type { CallArgs, QuerysetValue, Value } from "./values.ts";

/** Equal recipes are one object, in all analyses of a process. */
const interned = new Map<string, QueryRecipe>();

function intern(model: string, related: QueryRecipe["related"], steps: readonly RecipeStep[], key: string): QueryRecipe {
  const known = interned.get(key);
  if (known !== undefined) return known;
  const made = { id: interned.size + 1, model, related, steps };
  interned.set(key, made);
  return made;
}

export function baseRecipe(model: Model): QueryRecipe {
  return intern(model.label, null, [], model.label);
}

/** The recipe as the manager of one row's relation begins it. */
export function ofRelation(recipe: QueryRecipe, model: string, field: string): QueryRecipe {
  if (recipe.related !== null) return recipe;
  return intern(recipe.model, { model, field }, recipe.steps, `${recipe.id}<${model}.${field}`);
}

/** More calls than this are those of a loop that chains on and on. */
const MAX_STEPS = 40;

export function withStep(recipe: QueryRecipe, name: string, args: RecipeArgs): QueryRecipe {
  if (recipe.steps.length >= MAX_STEPS) return recipe;
  return intern(recipe.model, recipe.related, [...recipe.steps, { name, args }], `${recipe.id}.${name}(${argsKey(args)})`);
}

export const NO_RECIPE_ARGS: RecipeArgs = { positional: [], keywords: [], open: false };

/** What need not be there is left open. */
export function recipeArgs({ positional, keywords, maybe, open }: CallArgs, depth = 0): RecipeArgs {
  return {
    positional: positional.map((one) => recipeValue(one, depth)),
    keywords: [...keywords].filter(([name]) => maybe?.has(name) !== true).map(([name, value]) => [name, recipeValue(value, depth)] as const),
    open: open || (maybe !== undefined && maybe.size > 0),
  };
}

/** Expressions nested deeper say nothing that tells statements apart. */
const MAX_DEPTH = 6;

const OPEN: RecipeValue = { kind: "unknown" };

export function recipeValue(value: Value, depth = 0): RecipeValue {
  if (depth > MAX_DEPTH) return OPEN;
  switch (value.kind) {
    case "literal":
      return { kind: "literal", value: value.value };
    case "list":
      return { kind: "list", items: value.type === "generator" ? null : (value.items?.map((one) => recipeValue(one, depth + 1)) ?? null) };
    case "dict":
      return {
        kind: "dict",
        keys: [...value.entries.keys()].filter((name) => value.maybe?.has(name) !== true),
        open: value.rest !== null || (value.maybe?.size ?? 0) > 0,
      };
    case "row":
      return { kind: "row", model: value.model.label };
    case "queryset":
      return { kind: "query", recipe: value.recipe };
    case "object":
      return expressionOf(value, depth);
    case "union":
      return either(value.values.map((one) => recipeValue(one, depth + 1)));
    default:
      return OPEN;
  }
}

/** Django's own expression classes are the built-in stubs'; those of the project are open. */
function expressionOf(value: Extract<Value, { readonly kind: "object" }>, depth: number): RecipeValue {
  const { cls, args } = value;
  if (cls.module.origin !== "builtin" || args === null || !/^django\.(?:db|contrib)\./.test(cls.id)) return OPEN;
  return { kind: "expression", name: cls.name, args: recipeArgs(args, depth + 1) };
}

function either(values: readonly RecipeValue[]): RecipeValue {
  const distinct = new Map(values.map((one) => [valueKey(one), one]));
  const [first = OPEN] = distinct.values();
  return distinct.size === 1 ? first : { kind: "either", values: [...distinct.values()] };
}

export function argsKey({ positional, keywords, open }: RecipeArgs): string {
  return [...positional.map(valueKey), ...keywords.map(([name, value]) => `${name}=${valueKey(value)}`), open ? "*" : ""].join(",");
}

function valueKey(value: RecipeValue): string {
  switch (value.kind) {
    case "unknown":
      return "?";
    case "literal":
      return JSON.stringify(value.value);
    case "list":
      return value.items === null ? "[?]" : `[${value.items.map(valueKey).join(",")}]`;
    case "dict":
      return `{${value.keys.join(",")}${value.open ? ",*" : ""}}`;
    case "row":
      return `row ${value.model}`;
    case "query":
      return `#${value.recipe.id}`;
    case "expression":
      return `${value.name}(${argsKey(value.args)})`;
    case "either":
      return `<${value.values.map(valueKey).join("|")}>`;
  }
}

/** Methods that give the same statement as what they are called on. */
const SAME: ReadonlySet<string> = new Set(["all", "get_queryset", "_clone", "_chain", "using", "db_manager", "none", "fetch_mode", "non_polymorphic"]);

/** A queryset that a method made, with that call in its recipe. */
export function chained(before: QuerysetValue, after: Value, name: string, args: CallArgs): Value {
  if (after.kind !== "queryset" || SAME.has(name)) return after;
  // `none().union(other)` is the other.
  if (after.recipe !== before.recipe) return after;
  return { ...after, recipe: withStep(before.recipe, name, recipeArgs(args)) };
}
