/** What models are in the database: tables, columns and the ways from one to another. */
import type { Field, Model, ModelGraph } from "../../model/index.ts";
import { isAtLeast } from "../../model/django-at-least.ts";

export interface ModelTables {
  readonly graph: ModelGraph;
  model(label: string | null): Model | null;
  tableOf(model: Model): string;
  /** The model whose table has a field's column: the model itself or a parent. */
  ownerOf(model: Model, field: Field): Model;
  keyOf(model: Model): Field | null;
  columnOf(field: Field): string;
  /** What a lookup calls a field: its name, its column's attribute, `pk`, the query name of a reverse relation. */
  named(model: Model, name: string): Field | null;
  /** Fields with a column, those of parents included. */
  columns(model: Model): readonly Field[];
  /** Lookups that a scope adds to each query, where one is active. */
  scopesOf(model: Model): readonly string[];
  /** ORDER BY with a name that `values()` was given sorts by that column: before Django 5.2 by the ordering of the model behind it. */
  readonly ordersByValues: boolean;
  /** The ends of a many-to-many's own table as seen from the model that has the field. */
  through(model: Model, field: Field): { readonly model: Model; readonly from: Field; readonly to: Field } | null;
}

/** `isScoped`: as statements are while the scopes of django-scopes are active. Without a version, as the newest Django does. */
export function modelTables(
  graph: ModelGraph,
  { isScoped = false, django = null }: { readonly isScoped?: boolean; readonly django?: string | null } = {},
): ModelTables {
  const concrete = (model: Model): Model => graph.models.get(model.concrete) ?? model;
  const tables: ModelTables = {
    graph,
    model: (label) => (label === null ? null : graph.byLabel(label)),
    tableOf: (model) => nameWithoutSchema(concrete(model).table?.name ?? `${concrete(model).app}_${concrete(model).name.toLowerCase()}`),
    ownerOf: (model, field) => {
      const parents = concrete(model).parents.flatMap((label) => graph.models.get(label) ?? []);
      return parents.findLast((parent) => isSame(parent.fields.get(field.name), field)) ?? concrete(model);
    },
    keyOf: (model) => concrete(model).fields.get(concrete(model).primaryKey) ?? null,
    columnOf: (field) => field.column ?? field.attname ?? field.name,
    named: (model, name) => fieldNamed(tables, model, name),
    columns: (model) => [...model.fields.values()].filter(hasColumn),
    ordersByValues: django === null || isAtLeast(django, 5, 2),
    scopesOf: (model) => (isScoped ? scopesOf(model) : []),
    through: (model, field) => throughEnds(tables, model, field),
  };
  return tables;
}

export function scopesOf({ managers, defaultManager }: Model): readonly string[] {
  return managers.get(defaultManager)?.scopes ?? [...managers.values()].find((one) => one.scopes !== undefined)?.scopes ?? [];
}

/** `"sales"."order"`: statements name the schema apart. */
function nameWithoutSchema(name: string): string {
  return name.replaceAll('"', "").split(".").at(-1) ?? name;
}

/** `to_field`: what a foreign key holds instead of the target's key. */
export function toField(tables: ModelTables, target: Model, { declaration }: Field): Field | null {
  const said = declaration?.kind === "call" ? declaration.keywords.find(({ name }) => name === "to_field")?.value : undefined;
  return said?.kind === "str" ? tables.named(target, said.value) : null;
}

function isSame(a: Field | undefined, b: Field): boolean {
  return a !== undefined && a.span.file === b.span.file && a.span.start === b.span.start && a.type === b.type;
}

export function hasColumn(field: Field): boolean {
  if (field.relation === null) return field.attname !== null && !field.type.endsWith("CompositePrimaryKey") && !isNoField(field);
  const { kind } = field.relation;
  return (kind === "fk" || kind === "o2o" || kind === "mti-parent") && field.attname !== null;
}

function isNoField(field: Field): boolean {
  return /Generic(?:Foreign|Relation)|ManyToMany/.test(field.type);
}

function fieldNamed(tables: ModelTables, model: Model, name: string): Field | null {
  if (name === "pk") return tables.keyOf(model);
  const own = model.fields.get(name);
  if (own !== undefined && !isReverse(own)) return own;
  for (const field of model.fields.values()) {
    if (isReverse(field) ? field.queryName === name : field.attname === name) return field;
  }
  return null;
}

export function isReverse(field: Field): boolean {
  const kind = field.relation?.kind;
  return kind === "fk-reverse" || kind === "o2o-reverse" || kind === "m2m-reverse" || kind === "mti-child";
}

function throughEnds(tables: ModelTables, model: Model, field: Field): ReturnType<ModelTables["through"]> {
  const { relation } = field;
  const through = tables.model(relation?.through ?? null);
  if (relation === null || through === null) return null;
  const keys = [...through.fields.values()].filter((one) => one.relation?.kind === "fk" || one.relation?.kind === "o2o");
  const target = tables.model(relation.target);
  if (target === null) return null;
  const leads = (key: Field, to: Model): boolean =>
    key.relation?.target === to.label || key.relation?.target === to.concrete || to.parents.includes(key.relation?.target ?? "");
  const isSelf = model.concrete === target.concrete;
  const first = keys.find((one) => leads(one, model));
  const second = keys.find((one) => one !== first && leads(one, target));
  if (isSelf) {
    if (first === undefined || second === undefined) return null;
    return relation.kind === "m2m" ? { model: through, from: first, to: second } : { model: through, from: second, to: first };
  }
  const to = keys.find((one) => leads(one, target));
  return first === undefined || to === undefined ? null : { model: through, from: first, to };
}
