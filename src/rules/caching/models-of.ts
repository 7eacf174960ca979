/** Models that statements read, through the relations that their querysets join. */
import type { Model, QueryRecipe, RecipeArgs, RecipeValue, RuleInput, SentStatement } from "../../model/index.ts";

export interface ReadModels {
  readonly labels: readonly string[];
  readonly first: string | null;
  /** `Publisher`, `Publisher or Book`, `Publisher and 3 others`. */
  readonly words: string;
}

export function modelsOf(input: RuleInput, statements: readonly SentStatement[]): ReadModels {
  const labels = [...new Set(statements.flatMap(({ what }) => labelsOf(input, what)))];
  return { labels, first: labels[0] ?? null, words: wordsOf(labels) };
}

function wordsOf(labels: readonly string[]): string {
  const [first = "its rows", second, ...others] = labels.map((label) => label.split(".").at(-1) ?? label);
  if (second === undefined) return first;
  return others.length === 0 ? `${first} or ${second}` : `${first} and ${others.length + 1} others`;
}

function labelsOf(input: RuleInput, what: SentStatement["what"]): readonly string[] {
  if (what.kind === "query") return recipeModels(input, what.recipe, what.args);
  if (what.kind !== "relation") return [];
  const target = input.graph.byLabel(what.model)?.fields.get(what.field)?.relation?.target;
  return target === undefined || target === null ? [] : [target];
}

/** The queryset's own model, and those that its lookups, annotations and select_related() go through. */
export function recipeModels(input: RuleInput, recipe: QueryRecipe, args: RecipeArgs | null): readonly string[] {
  const own = input.graph.byLabel(recipe.model);
  if (own === null) return [recipe.model];
  const related = recipe.related === null ? [] : relatedModels(input, recipe.related);
  const paths = [...recipe.steps.flatMap((step) => pathsIn(step.args)), ...(args === null ? [] : pathsIn(args))];
  return [...new Set([own.label, ...related, ...paths.flatMap((path) => modelsAlong(input, own, path))])];
}

function relatedModels(input: RuleInput, { model, field }: NonNullable<QueryRecipe["related"]>): string[] {
  const relation = input.graph.byLabel(model)?.fields.get(field)?.relation;
  return relation?.through === undefined || relation.through === null ? [] : [relation.through];
}

function pathsIn({ positional, keywords }: RecipeArgs): string[] {
  return [...keywords.flatMap(([name, value]) => [name, ...pathsOfValue(value)]), ...positional.flatMap(pathsOfValue)];
}

function pathsOfValue(value: RecipeValue): string[] {
  switch (value.kind) {
    case "literal":
      return typeof value.value === "string" ? [value.value.replace(/^-/, "")] : [];
    case "list":
      return (value.items ?? []).flatMap(pathsOfValue);
    case "expression":
      return pathsIn(value.args);
    case "either":
      return value.values.flatMap(pathsOfValue);
    default:
      return [];
  }
}

/** Models that a path of lookups passes; it ends where a name is no relation. */
function modelsAlong(input: RuleInput, from: Model, path: string): string[] {
  const found: string[] = [];
  let at: Model | null = from;
  for (const step of path.split("__")) {
    const field = at === null ? undefined : [...at.fields.values()].find((one) => one.name === step || one.queryName === step);
    const target = field?.relation?.target ?? null;
    if (target === null) return found;
    if (field?.relation?.through !== null && field?.relation?.through !== undefined) found.push(field.relation.through);
    at = input.graph.byLabel(target);
    if (at !== null) found.push(at.label);
  }
  return found;
}
