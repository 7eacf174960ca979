/** `create()`: the statement is its own, what runs around it is the model's `save()` with the receivers of signals. */
import type { Field } from "../model/index.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { isThere } from "./load-tree.ts";
import { tellSaved } from "./receivers.ts";
import { changeRelated } from "./rows.ts";
import { literal, NONE, object, PRESENT, UNKNOWN, type RowValue, type Value } from "./values.ts";

/** What `create()` calls `save()` with. */
const SAVED_WITH: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["force_insert", literal(true)],
  ["using", UNKNOWN],
]);

/**
 * Runs what saves the row that `create()` makes. Like receivers, a `save()` of the project runs in loops alone: outside of
 * them it is looked at by itself.
 */
export function tellCreated(engine: Engine, row: RowValue, args: CallArgs, site: CallSite): void {
  if (site.frame.loop === null) return;
  const made: RowValue = { ...row, extra: new Map([...givenAttributes(row, args), ...unsavedAttributes(engine, row, args)]), isBeingCreated: true };
  const save = engine.attribute(made, "save", { span: site.span, frame: site.frame });
  // Its `super().save()` tells the receivers.
  if (isProjects(save)) engine.call(save, { positional: [], keywords: SAVED_WITH, open: false }, site);
  else tellSaved(engine, { ...row, extra: new Map([...row.extra, ...unsavedAttributes(engine, row, args)]), isBeingCreated: true }, site);
  changeGiven(row, args, site);
}

/** `Line.objects.create(order=order)` adds to `order.lines`. */
function changeGiven({ model }: RowValue, { keywords }: CallArgs, site: CallSite): void {
  for (const [name, value] of keywords) {
    const back = model.fields.get(name)?.relation?.back ?? null;
    if (value.kind === "row" && back !== null && !isThere(value.load.relations.get(back))) changeRelated(value, back, site);
  }
}

function isProjects(method: Value): boolean {
  return method.kind === "bound" && method.fn.kind === "function" && method.fn.module.origin === "project";
}

/** What the row was given; a relation leads somewhere only where the caller gave the very row. */
function givenAttributes(row: RowValue, args: CallArgs): Map<string, Value> {
  const known = new Map<string, Value>();
  for (const { name, relation } of row.model.fields.values()) if (relation?.single === true) known.set(name, row.extra.get(name) ?? UNKNOWN);
  // Whoever names a column gives it something: what `save()` fills in for want of it is not asked for.
  for (const [name, value] of args.keywords) if (!known.has(name)) known.set(name, given(value));
  return known;
}

/** What says that the row is not saved yet, its key among it. */
function unsavedAttributes(engine: Engine, row: RowValue, args: CallArgs): Map<string, Value> {
  const known = new Map<string, Value>();
  const state = engine.program.resolveDotted("django.db.models.base.ModelState");
  if (state?.kind === "class") {
    const adding = object(state.cls, null, null);
    adding.attrs.set("adding", literal(true));
    known.set("_state", adding);
  }
  const key = row.model.fields.get(row.model.primaryKey);
  const own = args.keywords.get("pk") ?? args.keywords.get(row.model.primaryKey);
  const isNumbered = !args.open && key !== undefined && isNumberedByDatabase(key);
  const value = own !== undefined ? given(own) : isNumbered ? NONE : null;
  known.set("pk", value ?? UNKNOWN);
  if (value !== null) known.set(row.model.primaryKey, value);
  return known;
}

function given(value: Value): Value {
  return value.kind === "unknown" ? PRESENT : value;
}

function isNumberedByDatabase(key: Field): boolean {
  return key.type.endsWith("AutoField");
}
