import type { Field, ManagerFact, Model } from "../model/project.ts";
import { isExternal } from "../python/resolve-class.ts";
import { concreteOf, type FieldContext, parentsOf } from "./local-fields.ts";
import type { Draft } from "./model-drafts.ts";
import { readModelTable } from "./model-table.ts";
import { readOrdering, readUniqueTogether } from "./model-options.ts";
import { forwardField, type ReverseFields, type Table } from "./reverse-fields.ts";
import { everySender, type SignalFacts } from "./signals.ts";

export interface RecordInput {
  readonly context: FieldContext;
  readonly tables: ReadonlyMap<string, Table>;
  readonly reverse: ReverseFields;
  readonly signals: SignalFacts;
}

/** Joins what is known of a model to the record that the rest of the program reads. */
export function createModelRecorder({ context, tables, reverse, signals }: RecordInput): (draft: Draft) => Model {
  const fieldMaps = new Map<Draft, ReadonlyMap<string, Field>>();
  const children = childrenOf(context, tables);
  const defaults = new Map<Draft, string>();

  /** A parent's fields and reverse accessors are the child's too; nearer ones hide farther ones. */
  const fieldsOf = (draft: Draft): ReadonlyMap<string, Field> => {
    const known = fieldMaps.get(draft);
    if (known) return known;
    fieldMaps.set(draft, new Map());
    const table = concreteOf(context, draft);
    const inherited = table === draft ? parentsOf(context, draft).flatMap((each) => [...fieldsOf(each)]) : [...fieldsOf(table)];
    const forward = [...(tables.get(draft.label)?.fields.values() ?? [])].map((field): [string, Field] => [
      field.name,
      forwardField(draft, field, genericBack),
    ]);
    const back = [...(reverse.get(draft.label) ?? [])];
    const fields = new Map([...inherited, ...back, ...forward]);
    fieldMaps.set(draft, fields);
    return fields;
  };

  const genericBack = (target: Draft): string | null => {
    const found = [...fieldsOf(target).values()].find((field) => field.relation?.kind === "generic-fk");
    return found?.name ?? null;
  };

  const managersOf = (draft: Draft): ReadonlyMap<string, ManagerFact> => {
    const managers = new Map<string, ManagerFact>();
    for (const owner of lineage(context, draft)) {
      const isShadowed = (name: string): boolean => managers.has(name);
      for (const manager of owner.ownManagers) if (!isShadowed(manager.name)) managers.set(manager.name, manager);
    }
    if (managers.size === 0 && !draft.isAbstract) {
      managers.set("objects", { name: "objects", manager: null, queryset: null });
    }
    return managers;
  };

  const defaultManagerOf = (draft: Draft): string => {
    const known = defaults.get(draft);
    if (known) return known;
    defaults.set(draft, "objects");
    const said = draft.options.constant("default_manager_name");
    const inherited = draft.ownManagers.length === 0 ? namedInBases(draft) : null;
    const [first = "objects"] = managersOf(draft).keys();
    const name = typeof said === "string" ? said : (inherited ?? first);
    defaults.set(draft, name);
    return name;
  };

  const namedInBases = (draft: Draft): string | null => {
    for (const base of lineage(context, draft).slice(1)) {
      const said = base.options.constant("default_manager_name");
      if (typeof said === "string") return said;
    }
    return null;
  };

  const orderingOf = (draft: Draft): readonly string[] => {
    const own = readOrdering(context.reader, draft.options);
    if (own) return own;
    const [parent] = draft.isProxy ? [concreteOf(context, draft)] : parentsOf(context, draft);
    return parent && parent !== draft ? orderingOf(parent) : [];
  };

  return (draft) => {
    const concrete = concreteOf(context, draft);
    const fields = fieldsOf(draft);
    const local = tables.get(concrete.label)?.fields ?? new Map();
    return {
      label: draft.label,
      name: draft.name,
      app: draft.app,
      cls: draft.cls,
      isAbstract: draft.isAbstract,
      isProxy: draft.isProxy,
      concrete: concrete.label,
      fields,
      primaryKey: [...local.values()].find((field) => field.primaryKey)?.name ?? keyOf(fields),
      ordering: orderingOf(draft),
      parents: ancestorsOf(context, concrete).map((each) => each.label),
      children: children.get(draft.label) ?? [],
      managers: managersOf(draft),
      defaultManager: defaultManagerOf(draft),
      uniqueTogether: readUniqueTogether(context.reader, draft.options),
      signals: [...new Set([...(signals.get(everySender) ?? []), ...(signals.get(draft.label) ?? [])])].toSorted(),
      table: readModelTable(context.program, context.reader, concrete),
    };
  };
}

function keyOf(fields: ReadonlyMap<string, Field>): string {
  return [...fields.values()].find((field) => field.primaryKey)?.name ?? "id";
}

/** The model and its model bases in method resolution order. */
function lineage({ program, drafts }: FieldContext, draft: Draft): readonly Draft[] {
  const bases = program.mro(draft.cls).slice(1);
  return [draft, ...bases.flatMap((base) => (isExternal(base) ? [] : (drafts.of(base) ?? [])))];
}

/** Multi-table parents, nearest first. */
function ancestorsOf(context: FieldContext, draft: Draft): readonly Draft[] {
  const found = new Set<Draft>();
  let level = parentsOf(context, draft);
  while (level.length > 0) {
    const fresh = level.filter((each) => !found.has(each));
    for (const each of fresh) found.add(each);
    level = fresh.flatMap((each) => parentsOf(context, each));
  }
  return [...found];
}

function childrenOf(context: FieldContext, tables: ReadonlyMap<string, Table>): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const { draft } of tables.values()) {
    if (draft.isAbstract || draft.isProxy) continue;
    for (const parent of parentsOf(context, draft)) {
      children.set(parent.label, [...(children.get(parent.label) ?? []), draft.label]);
    }
  }
  return children;
}
