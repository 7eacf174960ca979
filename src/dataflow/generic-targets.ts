/** Generic foreign keys: what says which model they lead to. */
import type { Model } from "../model/index.ts";
import type { CallArgs, Engine } from "./engine.ts";
import { contentTypeField } from "./generic-limits.ts";
import { contentTypeOf, withTarget, type LoadNode } from "./load-tree.ts";
import { makeRow } from "./rows.ts";
import type { ManagerValue, Value } from "./values.ts";

const CONTENT_TYPE = "contenttypes.ContentType";

/** What asks a cache of content types, which sends no query once it has the type. */
const CACHED: ReadonlySet<string> = new Set(["get_for_model", "get_for_id", "get_by_natural_key"]);

/** `ContentType.objects.get_for_model(Order)`; null for what asks the database. */
export function contentTypeRow(engine: Engine, { model, origin }: Pick<ManagerValue, "model" | "origin">, name: string, args: CallArgs): Value | null {
  if (model.label !== CONTENT_TYPE || !CACHED.has(name)) return null;
  const [of] = args.positional;
  const label = of === undefined || name !== "get_for_model" ? null : labelOf(engine, of);
  return label === null ? makeRow({ model, origin }) : makeRow({ model, origin, load: contentTypeOf(label) });
}

function labelOf(engine: Engine, value: Value): string | null {
  const model = value.kind === "row" ? value.model : value.kind === "class" ? engine.graph.ofClass(value.cls) : null;
  return model === null || model.isAbstract ? null : model.concrete;
}

/** `filter(content_type=…)` leaves rows whose generic foreign key leads to that model. */
export function narrowedTargets(model: Model, load: LoadNode, args: CallArgs): LoadNode {
  let narrowed = load;
  for (const field of model.fields.values()) {
    if (field.relation?.kind !== "generic-fk") continue;
    const type = args.keywords.get(contentTypeField(field));
    if (type?.kind === "row" && type.load.standsFor !== null) narrowed = withTarget(narrowed, field.name, type.load.standsFor);
  }
  return narrowed;
}
