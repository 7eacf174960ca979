/** Lookup names to tables: `customer__address__city`, as Django's `names_to_path`, `setup_joins` and `trim_joins`. */
import type { Field, Model } from "../../model/index.ts";
import type { ShapeColumn } from "../../model/shape.ts";
import { baseOf, fieldKey, joinTable, type Alias, type JoinStep, type QueryState } from "./query-state.ts";
import { isReverse, toField, type ModelTables } from "./model-tables.ts";
import { column } from "./static-shape.ts";

export interface ResolvedPath {
  /** The column that is compared, after joins that only lead to a key were left out. */
  readonly column: ShapeColumn;
  /** The last field of the path. */
  readonly field: Field;
  /** The field of the column itself. */
  readonly target: Field;
  readonly alias: Alias;
  readonly joined: readonly Alias[];
  /** Names after the field: transforms and the lookup. */
  readonly rest: readonly string[];
  /** The first join to many rows, by its place in `joined`. */
  readonly many: number;
  /** The path ends at a relation, not at a column. */
  readonly isRelation: boolean;
}

/** Null where a name means nothing that was read. */
export function resolvePath(
  state: QueryState,
  names: readonly string[],
  reuse: ReadonlySet<Alias> | null,
  from: Alias = baseOf(state),
  start: Model = state.model,
): ResolvedPath | null {
  const { tables } = state;
  let alias = from;
  let model = start;
  let last: Field | null = null;
  const joined: Alias[] = [];
  let used = 0;
  for (const name of names) {
    if (last !== null && last.relation === null) break;
    const field = tables.named(model, name);
    if (field === null) break;
    const here = ownTable(state, alias, model, field);
    for (const one of here.joined) joined.push(one);
    alias = here.alias;
    last = field;
    used += 1;
    if (field.relation === null || name === field.attname) {
      if (field.relation !== null) return columnOfKey(state, alias, field, joined, names.slice(used));
      continue;
    }
    const steps = stepsOf(tables, model, field);
    if (steps === null) return null;
    for (const step of steps) {
      alias = joinTable(state, alias, step, reuse);
      joined.push(alias);
    }
    model = steps.at(-1)?.model ?? model;
  }
  return last === null ? null : finish(state, model, last, alias, joined, names.slice(used));
}

/** A column of a parent's table joins the parent. */
export function ownTable(state: QueryState, alias: Alias, model: Model, field: Field): { readonly alias: Alias; readonly joined: readonly Alias[] } {
  const { tables } = state;
  const joined: Alias[] = [];
  let at = alias;
  const owner = isReverse(field) && field.relation?.kind !== "mti-child" ? holderOf(tables, model, field) : tables.ownerOf(model, field);
  for (const step of parentSteps(tables, alias.model, owner)) {
    at = joinTable(state, at, step, null);
    joined.push(at);
  }
  return { alias: at, joined };
}

/** The parent whose rows a reverse relation hangs from; all share one key, so that the child's own serves. */
function holderOf(tables: ModelTables, model: Model, field: Field): Model {
  return tables.ownerOf(model, field);
}

/** The joins from a model's table to that of one of its parents. */
export function parentSteps(tables: ModelTables, model: Model, owner: Model): JoinStep[] {
  const steps: JoinStep[] = [];
  let at = model;
  while (at.concrete !== owner.concrete) {
    const link = [...at.fields.values()].find((one) => one.relation?.kind === "mti-parent" && tables.ownerOf(at, one) === at && leadsTo(tables, one, owner));
    const parent = tables.model(link?.relation?.target ?? null);
    if (link === undefined || parent === null || steps.length > 5) return steps;
    const key = tables.keyOf(parent);
    steps.push({
      model: parent,
      key: fieldKey(link),
      on: [{ left: tables.columnOf(link), right: key === null ? "id" : tables.columnOf(key) }],
      nullable: false,
      isMany: false,
      isDirect: true,
    });
    at = parent;
  }
  return steps;
}

function leadsTo(tables: ModelTables, link: Field, owner: Model): boolean {
  const parent = tables.model(link.relation?.target ?? null);
  return parent !== null && (parent.concrete === owner.concrete || parent.parents.includes(owner.label));
}

/** The joins that one relation is; null where an end of it was not read. */
export function stepsOf(tables: ModelTables, model: Model, field: Field): readonly JoinStep[] | null {
  const { relation } = field;
  const target = tables.model(relation?.target ?? null);
  if (relation === null || target === null) return null;
  const key = fieldKey(field);
  switch (relation.kind) {
    case "fk":
    case "o2o":
    case "mti-parent": {
      const to = toField(tables, target, field) ?? tables.keyOf(target);
      if (to === null) return null;
      return [
        {
          model: tables.graph.models.get(target.concrete) ?? target,
          key,
          on: [{ left: tables.columnOf(field), right: tables.columnOf(to) }],
          nullable: field.null,
          isMany: false,
          isDirect: true,
        },
      ];
    }
    case "fk-reverse":
    case "o2o-reverse":
    case "mti-child": {
      const back =
        [...target.fields.values()].find(
          (one) => one.relation !== null && !isReverse(one) && one.span.file === field.span.file && one.span.start === field.span.start,
        ) ?? tables.named(target, relation.back ?? "");
      if (back === null) return null;
      const own = toField(tables, model, back) ?? tables.keyOf(model);
      return [
        {
          model: target,
          key,
          on: [{ left: own === null ? "id" : tables.columnOf(own), right: tables.columnOf(back) }],
          nullable: true,
          isMany: relation.kind === "fk-reverse",
          isDirect: false,
        },
      ];
    }
    case "m2m":
    case "m2m-reverse": {
      const through = tables.through(model, field);
      const own = tables.keyOf(model);
      const to = tables.keyOf(target);
      if (through === null || own === null || to === null) return null;
      return [
        {
          model: through.model,
          key,
          on: [{ left: tables.columnOf(own), right: tables.columnOf(through.from) }],
          nullable: true,
          isMany: true,
          isDirect: false,
        },
        {
          model: target,
          key: fieldKey(through.to),
          on: [{ left: tables.columnOf(through.to), right: tables.columnOf(to) }],
          nullable: through.to.null,
          isMany: false,
          isDirect: true,
        },
      ];
    }
    case "generic-relation": {
      const own = tables.keyOf(model);
      const id = genericColumns(tables, target, relation.back).id;
      return [{ model: target, key, on: [{ left: own === null ? "id" : tables.columnOf(own), right: id }], nullable: true, isMany: true, isDirect: false }];
    }
    default:
      return null;
  }
}

/** The columns of a generic foreign key: `object_id` and `content_type_id` unless its call says others. */
export function genericColumns(tables: ModelTables, model: Model, name: string | null): { readonly type: string; readonly id: string } {
  const field = name === null ? undefined : model.fields.get(name);
  const args = field?.declaration?.kind === "call" ? field.declaration : null;
  const said = (index: number, keyword: string): string | null => {
    const value = args?.keywords.find((one) => one.name === keyword)?.value ?? args?.args[index];
    return value?.kind === "str" ? value.value : null;
  };
  const columnOf = (written: string): string => {
    const found = tables.named(model, written);
    return found === null ? written : tables.columnOf(found);
  };
  return { type: columnOf(said(0, "ct_field") ?? "content_type"), id: columnOf(said(1, "fk_field") ?? "object_id") };
}

function columnOfKey(state: QueryState, alias: Alias, field: Field, joined: readonly Alias[], rest: readonly string[]): ResolvedPath {
  return {
    column: column(alias.index, state.tables.columnOf(field)),
    field,
    target: field,
    alias,
    joined,
    rest,
    many: joined.findIndex((one) => one.isMany),
    isRelation: false,
  };
}

/** Leaves out joins that lead to nothing but the key which their foreign key holds already. */
function finish(state: QueryState, model: Model, field: Field, alias: Alias, joined: readonly Alias[], rest: readonly string[]): ResolvedPath {
  const { tables } = state;
  const isRelation = field.relation !== null;
  const target = isRelation ? (tables.keyOf(model) ?? field) : field;
  let at = alias;
  let name = isRelation && at.isDirect ? (at.on[0]?.right ?? tables.columnOf(target)) : tables.columnOf(target);
  const left = [...joined];
  for (let last = left.at(-1); last !== undefined && last === at && last.isDirect && last.parent !== null; last = left.at(-1)) {
    const pair = last.on.find((one) => one.right === name);
    if (pair === undefined) break;
    last.refs -= 1;
    left.pop();
    at = last.parent;
    name = pair.left;
  }
  return {
    column: column(at.index, name),
    field,
    target: at === alias ? target : keyHolder(at, tables, name, target),
    alias: at,
    joined,
    rest,
    many: joined.findIndex((one) => one.isMany),
    isRelation,
  };
}

function keyHolder(alias: Alias, tables: ModelTables, name: string, otherwise: Field): Field {
  return [...alias.model.fields.values()].find((one) => one.attname !== null && tables.columnOf(one) === name) ?? otherwise;
}
