/** A recipe of which only the beginning is known. */
import type { QueryRecipe } from "../model/index.ts";

/** A step that says no more than that something was chained on. */
export const OPEN_STEP = "?";

const opened = new Map<number, QueryRecipe>();

/** Recipes that are opened have numbers of their own, below those of whole ones. */
export function openRecipe(recipe: QueryRecipe): QueryRecipe {
  const known = opened.get(recipe.id);
  if (known !== undefined) return known;
  const first = recipe.steps.slice(0, 1);
  const made: QueryRecipe = { ...recipe, id: -1 - opened.size, steps: [...first, { name: OPEN_STEP, args: { positional: [], keywords: [], open: true } }] };
  opened.set(recipe.id, made);
  return made;
}
