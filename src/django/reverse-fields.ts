import type { Field, ModelGraph, Relation, RelationKind } from "../model/project.ts";
import type { LocalField, LocalRelation } from "./local-fields.ts";
import type { Draft } from "./model-drafts.ts";

/** A model with the fields of its own table. */
export interface Table {
  readonly draft: Draft;
  readonly fields: ReadonlyMap<string, LocalField>;
}

/** Reverse accessors by the label of the model that gets them. */
export type ReverseFields = ReadonlyMap<string, ReadonlyMap<string, Field>>;

/** The accessors that relations put on their targets. Those of proxies go to the model with the table. */
export function collectReverse(tables: readonly Table[], concreteOf: (draft: Draft) => Draft): ReverseFields {
  const reverse = new Map<string, Map<string, Field>>();
  for (const { draft, fields } of tables) {
    if (draft.isAbstract) continue;
    for (const field of fields.values()) {
      const accessor = accessorOf(draft, field);
      if (accessor === null || !field.relation?.target) continue;
      const target = concreteOf(field.relation.target).label;
      const known = reverse.get(target) ?? new Map<string, Field>();
      if (!known.has(accessor)) known.set(accessor, reverseField(draft, field, field.relation, accessor));
      reverse.set(target, known);
    }
  }
  return reverse;
}

/** The attribute on the target that leads back: `books`, `book_set`, `profile`; null when there is none. */
export function accessorOf(draft: Draft, field: LocalField): string | null {
  const { relation } = field;
  if (!relation || relation.isSymmetrical || !(relation.kind in reverseKinds)) return null;
  if (relation.relatedName?.endsWith("+")) return null;
  if (relation.relatedName) return relation.relatedName;
  const name = draft.name.toLowerCase();
  return relation.kind === "fk" || relation.kind === "m2m" ? `${name}_set` : name;
}

const reverseKinds: { readonly [kind in LocalRelation["kind"]]?: RelationKind } = {
  fk: "fk-reverse",
  o2o: "o2o-reverse",
  m2m: "m2m-reverse",
  "mti-parent": "mti-child",
};

function reverseField(draft: Draft, field: LocalField, relation: LocalRelation, accessor: string): Field {
  const kind = reverseKinds[relation.kind] ?? "fk-reverse";
  const isSingle = kind === "o2o-reverse" || kind === "mti-child";
  return {
    name: accessor,
    queryName: relation.relatedQueryName ?? relation.relatedName ?? draft.name.toLowerCase(),
    attname: null,
    type: field.type,
    relation: {
      kind,
      target: draft.label,
      back: field.name,
      through: throughLabel(draft, field),
      single: isSingle,
      nullable: isSingle,
    },
    null: isSingle,
    primaryKey: false,
    unique: false,
    indexed: false,
    autoNow: false,
    span: field.span,
    declaration: field.declaration,
  };
}

/**
 * The reverse name of a foreign key that is unique: `select_related()` follows it as it does a one-to-one relation, though the accessor stays a manager, which
 * asks the database all the same.
 */
export function isReverseOfUnique({ relation }: Field, graph: Pick<ModelGraph, "byLabel">): boolean {
  if (relation?.kind !== "fk-reverse" || relation.target === null || relation.back === null) return false;
  return graph.byLabel(relation.target)?.fields.get(relation.back)?.unique === true;
}

/** The forward end, as the contract has it. */
export function forwardField(draft: Draft, field: LocalField, genericBack: (target: Draft) => string | null): Field {
  const { relation, ...rest } = field;
  return { ...rest, queryName: field.name, relation: relation && forwardRelation(draft, field, relation, genericBack) };
}

function forwardRelation(draft: Draft, field: LocalField, relation: LocalRelation, genericBack: (target: Draft) => string | null): Relation {
  const isMany = relation.kind === "m2m" || relation.kind === "generic-relation" || relation.kind === "history";
  const back = relation.kind === "generic-relation" && relation.target ? genericBack(relation.target) : accessorOf(draft, field);
  return {
    kind: relation.kind === "history" ? "fk-reverse" : relation.kind,
    target: relation.target?.label ?? relation.unresolved,
    back: relation.isSymmetrical ? field.name : back,
    through: throughLabel(draft, field),
    single: !isMany,
    nullable: field.null,
  };
}

/** Label of a many-to-many's through model; automatic ones are named after the field. */
export function throughLabel(draft: Draft, { name, relation }: LocalField): string | null {
  if (relation?.kind !== "m2m") return null;
  return relation.through?.label ?? (relation.hasThrough ? null : `${draft.label}_${name}`);
}
