/** What forms and serializers send when they check what was entered, and when they save it. */
import type { Field, Model } from "../model/index.ts";
import type { CallSite, Engine } from "../dataflow/engine.ts";
import { baseRecipe, NO_RECIPE_ARGS } from "../dataflow/recipes.ts";
import { noteSent } from "../dataflow/sends.ts";

const CHOSEN: readonly string[] = ["fk", "o2o"];

export function noteValidated(engine: Engine, model: Model, names: readonly string[], site: CallSite): void {
  noteSent(engine, { kind: "row", how: "full_clean", model: model.label, isNew: false, args: NO_RECIPE_ARGS }, site, null);
  for (const field of fieldsNamed(model, names)) noteChosen(engine, field, site);
}

/** The row of a foreign key by its key, the rows of a many-to-many by theirs. */
function noteChosen(engine: Engine, { relation }: Field, site: CallSite): void {
  const target = relation === null ? null : engine.graph.byLabel(relation.target ?? "");
  if (relation === null || target === null) return;
  if (CHOSEN.includes(relation.kind)) noteAsked(engine, target, site);
  else if (relation.kind === "m2m") {
    noteSent(engine, { kind: "query", how: "in_bulk", recipe: baseRecipe(target), args: { ...NO_RECIPE_ARGS, positional: [{ kind: "unknown" }] } }, site, null);
  }
}

/** A row by its key. */
export function noteAsked(engine: Engine, model: Model, site: CallSite): void {
  noteSent(engine, { kind: "query", how: "get", recipe: baseRecipe(model), args: { ...NO_RECIPE_ARGS, keywords: [["pk", { kind: "unknown" }]] } }, site, null);
}

export function noteSaved(engine: Engine, model: Model, names: readonly string[], site: CallSite): void {
  noteSent(engine, { kind: "row", how: "save", model: model.label, isNew: true, args: NO_RECIPE_ARGS }, site, null);
  for (const { name, relation } of fieldsNamed(model, names)) {
    if (relation?.kind === "m2m") noteSent(engine, { kind: "related", how: "set", model: model.label, field: name, args: NO_RECIPE_ARGS }, site, null);
  }
}

function fieldsNamed(model: Model, names: readonly string[]): Field[] {
  return names.flatMap((name) => model.fields.get(name) ?? []);
}
