/** What forms and serializers send when they check what was entered, and when they save it. */
import type { Field, Model } from "../model/index.ts";
import type { CallSite, Engine } from "../dataflow/engine.ts";
import { noteColumnSet } from "../dataflow/copied-columns.ts";
import { baseRecipe, NO_RECIPE_ARGS } from "../dataflow/recipes.ts";
import { noteSent } from "../dataflow/sends.ts";
import type { Value } from "../dataflow/values.ts";

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

/** What was entered is set on the row that the form or serializer was made with. */
export function noteEntered(engine: Engine, form: Value | undefined): void {
  const instance = form?.kind === "object" ? form.attrs.get("instance") : undefined;
  if (instance !== undefined) noteColumnSet(engine, instance, null);
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
