/** Rows that come as the classes that they are of: `select_subclasses()`, django-polymorphic. */
import type { Field, Model } from "../model/index.ts";
import type { Engine } from "./engine.ts";
import { BARE, withKnownRow, withSubclasses, type LoadNode } from "./load-tree.ts";
import { joinPath } from "./sites.ts";
import type { QuerysetValue, RowValue } from "./values.ts";

/** What a queryset's rows have loaded, with the word that they come so. */
export function asSubclasses(engine: Engine, { model, recipe }: QuerysetValue, load: LoadNode): LoadNode {
  const comesSo = load.subclasses ?? (!load.opaque && isPolymorphic(engine, model));
  const links = childLinks(engine, model);
  // `instance_of(Review)`: which of them come is not looked into.
  if (comesSo === false || links.length === 0 || recipe.steps.some(({ name }) => name.endsWith("instance_of"))) return load;
  const asked = recipe.steps.flatMap(({ name, args }) => (name === "filter" ? args.keywords.map(([path]) => path.split("__")[0]) : []));
  return withSubclasses(load, links.find(({ field }) => asked.includes(field.name))?.field.name ?? true);
}

/** Those ways from the queryset are no ways of its own: rows of that class have it, others have not. */
export function noteSubclasses(engine: Engine, { origin, path, model }: RowValue): void {
  const ways = (origin.ofSubclasses ??= new Map());
  for (const { field, target } of childLinks(engine, model)) ways.set(joinPath(path, field.name), target.label);
}

/** The row as its parent class has it, for what the two share: what the queryset loads of that, it loads onto either. */
export function asParent(row: RowValue, name: string): RowValue | null {
  if (!comesAsItIs(row)) return null;
  for (const [link, { row: parent }] of row.load.relations) {
    if (parent === null || row.model.fields.get(link)?.relation?.kind !== "mti-parent") continue;
    const { model, load, extra } = parent;
    return model.fields.has(name) || load.annotated.has(name) || load.lists.has(name) || extra.has(name) ? parent : null;
  }
  return null;
}

/** Links to the classes below the row's that have something under a name that it has not, or has otherwise, with what the row has loaded of each. */
export function childrenWith(engine: Engine, row: RowValue, name: string): readonly (ChildLink & { readonly load: LoadNode })[] {
  if (!comesAsItIs(row)) return [];
  const { subclasses } = row.load;
  const links = childLinks(engine, row.model).filter(({ field }) => subclasses === true || subclasses === field.name);
  return links.filter(({ target }) => hasOwn(engine, target, row.model, name)).map((link) => ({ ...link, load: loadOfChild(row, link.field) }));
}

function loadOfChild(row: RowValue, { name, relation }: Field): LoadNode {
  const load = withSubclasses(row.load.relations.get(name)?.node ?? BARE, true);
  return relation?.back == null ? load : withKnownRow(load, relation.back, row);
}

function comesAsItIs({ load: { subclasses } }: RowValue): boolean {
  return subclasses !== null && subclasses !== false;
}

interface ChildLink {
  readonly field: Field;
  readonly target: Model;
}

const links = new WeakMap<Model, readonly ChildLink[]>();

/** Of the model itself: its parent's other children are none of its own, though it inherits what leads there. */
function childLinks({ graph }: Engine, model: Model): readonly ChildLink[] {
  let found = links.get(model);
  if (found === undefined) {
    found = [...model.fields.values()].flatMap((field) => {
      const { relation } = field;
      const target = relation?.kind === "mti-child" ? graph.byLabel(relation.target ?? "", model.app) : null;
      return target !== null && target.fields.get(relation?.back ?? "")?.relation?.target === model.label ? [{ field, target }] : [];
    });
    links.set(model, found);
  }
  return found;
}

function hasOwn({ program }: Engine, model: Model, base: Model, name: string): boolean {
  if (model.fields.has(name)) return !base.fields.has(name);
  const member = program.member(model.cls, name);
  return member !== null && member.owner.module.origin === "project" && !program.mro(base.cls).includes(member.owner);
}

const polymorphic = new WeakMap<Model, boolean>();

/** django-polymorphic asks for the class that each row is of; a join gives rows of the base class. */
export function isPolymorphic({ program }: Engine, model: Model): boolean {
  const known = polymorphic.get(model) ?? program.isSubclass(model.cls, "polymorphic.models.PolymorphicModel");
  polymorphic.set(model, known);
  return known;
}
