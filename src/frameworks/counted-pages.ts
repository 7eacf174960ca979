/** A paginator counts the rows of its queryset for every page. */
import { recipeArgs } from "../dataflow/recipes.ts";
import type { CallSite, Engine } from "../dataflow/engine.ts";
import { noteSent } from "../dataflow/sends.ts";
import { NO_ARGS, type QuerysetValue } from "../dataflow/values.ts";

export function noteCounted(engine: Engine, queryset: QuerysetValue, site: CallSite): void {
  const own = queryset.cls === null ? null : engine.program.member(queryset.cls, "count");
  // A `count()` of the project's own sends what it sends.
  if (own?.owner.module.origin === "project") engine.callMethod(queryset, "count", NO_ARGS, { ...site, expr: null });
  else noteSent(engine, { kind: "query", how: "count", recipe: queryset.recipe, args: recipeArgs(NO_ARGS) }, site, queryset.origin.span);
}
