import type { Expr } from "../model/ir.ts";
import type { ClassInfo, DjangoProject, RelationKind } from "../model/project.ts";
import type { Span } from "../model/span.ts";
import type { ConstantReader } from "../python/constant-module.ts";
import type { ResolvedProgram } from "../python/program.ts";
import { isExternal } from "../python/resolve-class.ts";
import type { FieldCall, FieldRelation } from "./field-call.ts";
import type { LabelIndex } from "./label-index.ts";
import type { Draft, Drafts } from "./model-drafts.ts";
import { readIndexedFields } from "./model-options.ts";
import type { Target, TargetReader } from "./relation-target.ts";

/** A field of one model's own table, its relation resolved but not yet joined with the other end. */
export interface LocalField {
  readonly name: string;
  readonly type: string;
  readonly attname: string | null;
  readonly null: boolean;
  readonly primaryKey: boolean;
  readonly unique: boolean;
  readonly indexed: boolean;
  readonly autoNow: boolean;
  readonly span: Span;
  readonly declaration: Expr | null;
  readonly relation: LocalRelation | null;
  readonly column: string | null;
  readonly dbIndex: boolean;
  readonly dbConstraint: boolean;
  readonly owner: ClassInfo;
}

export interface LocalRelation {
  readonly kind: Extract<RelationKind, "fk" | "o2o" | "m2m" | "generic-fk" | "generic-relation" | "mti-parent"> | "history";
  readonly target: Draft | null;
  /** The label as written, where no model has it. */
  readonly unresolved: string | null;
  readonly relatedName: string | null;
  readonly relatedQueryName: string | null;
  readonly isSymmetrical: boolean;
  /** The through model that is named explicitly. */
  readonly through: Draft | null;
  readonly hasThrough: boolean;
  /** For a generic relation, the column of the target that holds this model's key. */
  readonly contentTypeField: string | null;
}

export interface FieldContext {
  readonly program: ResolvedProgram;
  readonly reader: ConstantReader;
  readonly drafts: Drafts;
  readonly index: LabelIndex;
  readonly readTarget: TargetReader;
  readonly project: DjangoProject;
}

/**
 * The fields of a model's table: its own, those of abstract bases, parent links, the implicit key. Without a key
 * of its own, a child's first parent link is the key.
 */
export function collectLocalFields(context: FieldContext, draft: Draft): ReadonlyMap<string, LocalField> {
  const indexed = readIndexedFields(context.reader, draft.options);
  const fields = new Map<string, LocalField>();
  const declared = declaredFields(context, draft);
  const parents = draft.isProxy ? [] : parentsOf(context, draft);
  const links = parents.flatMap((parent) => {
    const explicit = [...declared].find(([, { call }]) => isParentLink(context, call, draft, parent));
    return explicit ? [] : [parentLink(draft, parent)];
  });
  const isKeyed = [...declared.values()].some(({ call }) => isTrue(context, call, "primary_key"));
  if (parents.length === 0 && !isKeyed && !draft.isAbstract && !draft.isProxy) {
    fields.set("id", implicitKey(context.project, draft));
  }
  for (const link of links) fields.set(link.name, link);
  for (const [name, { call, owner }] of declared) {
    const field = readField(context, draft, owner, name, call);
    fields.set(name, indexed.has(name) ? { ...field, indexed: true } : field);
  }
  const key = isKeyed ? undefined : [...fields.values()].find((field) => field.relation?.kind === "mti-parent");
  if (key) fields.set(key.name, { ...key, primaryKey: true });
  return fields;
}

/** Multi-table parents that are direct: the concrete models nearest in the MRO. */
export function parentsOf(context: Pick<FieldContext, "program" | "drafts">, draft: Draft): readonly Draft[] {
  const concrete = basesOf(context, draft).filter((base) => !base.isAbstract);
  const isBelow = (base: Draft): boolean => concrete.some((other) => other !== base && basesOf(context, other).includes(base));
  const direct = concrete.filter((base) => !isBelow(base));
  return [...new Set(direct.map((base) => concreteOf(context, base)))].filter((base) => base !== draft);
}

/** The model whose table a proxy uses; other models are their own. */
export function concreteOf(context: Pick<FieldContext, "program" | "drafts">, draft: Draft): Draft {
  if (!draft.isProxy) return draft;
  return basesOf(context, draft).find((base) => !base.isProxy && !base.isAbstract) ?? draft;
}

function basesOf(context: Pick<FieldContext, "program" | "drafts">, draft: Draft): readonly Draft[] {
  return context.program
    .mro(draft.cls)
    .slice(1)
    .flatMap((base) => (isExternal(base) ? [] : (context.drafts.of(base) ?? [])));
}

interface Declared {
  readonly call: FieldCall;
  readonly owner: Draft;
}

/** Own fields and those of abstract bases; a nearer class's attribute of the same name, `None` too, hides one. */
function declaredFields(context: FieldContext, draft: Draft): ReadonlyMap<string, Declared> {
  const taken = new Set(draft.cls.members.keys());
  const byOwner: [Draft, [string, FieldCall][]][] = [[draft, [...draft.own]]];
  for (const base of basesOf(context, draft)) {
    if (!base.isAbstract) {
      for (const name of allNames(context, base)) taken.add(name);
      continue;
    }
    const fresh = [...base.own].filter(([name]) => !taken.has(name));
    for (const name of base.cls.members.keys()) taken.add(name);
    byOwner.push([base, fresh]);
  }
  return new Map(byOwner.toReversed().flatMap(([owner, own]) => own.map(([name, call]): [string, Declared] => [name, { call, owner }])));
}

function allNames(context: FieldContext, draft: Draft): readonly string[] {
  return [draft, ...basesOf(context, draft)].flatMap((each) => [...each.own.keys()]);
}

function readField(context: FieldContext, draft: Draft, owner: Draft, name: string, call: FieldCall): LocalField {
  const relation = call.relation && readRelation(context, draft, owner, call, call.relation);
  const isKey = isTrue(context, call, "primary_key");
  const isUnique = isKey || call.relation === "o2o" || isTrue(context, call, "unique");
  const indexOption = constant(context, call, "db_index");
  const isIndexedItself = call.relation === "fk" || call.type.endsWith("SlugField");
  const byDefault = isUnique || isIndexedItself;
  const attname = attnameOf(name, call);
  return {
    name,
    type: call.type,
    attname,
    null: isTrue(context, call, "null") || call.type.endsWith("NullBooleanField"),
    primaryKey: isKey,
    unique: isUnique,
    indexed: typeof indexOption === "boolean" ? indexOption || isUnique : byDefault,
    autoNow: isTrue(context, call, "auto_now") || isTrue(context, call, "auto_now_add") || /\.Auto(?:Created|LastModified)Field$/.test(call.type),
    span: { file: owner.cls.module.ir.file, start: call.declaration.start, end: call.declaration.end },
    declaration: call.declaration,
    relation,
    column: attname === null ? null : (text(constant(context, call, "db_column")) ?? attname),
    dbIndex: !isUnique && (typeof indexOption === "boolean" ? indexOption : isIndexedItself),
    dbConstraint: isForeign(call) && constant(context, call, "db_constraint") !== false,
    owner: owner.cls,
  };
}

const isForeign = ({ relation }: FieldCall): boolean => relation === "fk" || relation === "o2o";

function attnameOf(name: string, call: FieldCall): string | null {
  if (call.relation === null) return name;
  return call.relation === "fk" || call.relation === "o2o" ? `${name}_id` : null;
}

function readRelation(context: FieldContext, draft: Draft, owner: Draft, call: FieldCall, kind: FieldRelation): LocalRelation {
  const throughArgument = call.option("through");
  const through = throughArgument && context.readTarget(throughArgument, owner.cls);
  const throughDraft = through ? context.index.draftOf(through, draft) : null;
  if (kind === "taggable") return tagRelation(context, throughDraft);
  const to = call.option("to");
  const target = to ? context.readTarget(to, owner.cls) : null;
  const found = target && context.index.draftOf(target, draft);
  const isLink = found !== null && isParentLink(context, call, draft, found);
  return {
    ...noRelation,
    kind: isLink ? "mti-parent" : kind,
    target: found,
    unresolved: found || kind === "generic-fk" || kind === "history" ? null : textOf(target),
    relatedName: relatedName(context, draft, call),
    relatedQueryName: formatted(context, draft, call, "related_query_name"),
    isSymmetrical: kind === "m2m" && found === draft && constant(context, call, "symmetrical") !== false,
    through: throughDraft,
    hasThrough: throughArgument !== null && through !== null,
    contentTypeField: kind === "generic-relation" ? text(constant(context, call, "content_type_field")) : null,
  };
}

export const noRelation: Omit<LocalRelation, "kind"> = {
  target: null,
  unresolved: null,
  relatedName: null,
  relatedQueryName: null,
  isSymmetrical: false,
  through: null,
  hasThrough: false,
  contentTypeField: null,
};

/** taggit: the tags at the other end of the through model's `tag`. */
function tagRelation(context: FieldContext, through: Draft | null): LocalRelation {
  const items = through ?? context.index.byLabel("taggit.TaggedItem");
  const holders = items ? [items, ...basesOf(context, items)] : [];
  const call = holders.map((each) => each.own.get("tag")).find((each) => each !== undefined);
  const to = call?.option("to");
  const target = to && context.readTarget(to, null);
  const tag = target && items ? context.index.draftOf(target, items) : null;
  const target2 = tag ?? context.index.byLabel("taggit.Tag");
  return {
    ...noRelation,
    kind: "m2m",
    target: target2,
    unresolved: target2 ? null : "taggit.Tag",
    relatedName: "+",
    through: items,
    hasThrough: true,
  };
}

function relatedName(context: FieldContext, draft: Draft, call: FieldCall): string | null {
  const own = formatted(context, draft, call, "related_name");
  if (own !== null) return own;
  const fallback = draft.options.constant("default_related_name");
  return typeof fallback === "string" ? format(fallback, draft) : null;
}

function formatted(context: FieldContext, draft: Draft, call: FieldCall, option: string): string | null {
  const value = constant(context, call, option);
  return typeof value === "string" && value !== "" ? format(value, draft) : null;
}

function format(pattern: string, draft: Draft): string {
  return pattern.replaceAll(/%\((?:class|model_name)\)s/g, draft.name.toLowerCase()).replaceAll("%(app_label)s", draft.app.toLowerCase());
}

function isParentLink(context: FieldContext, call: FieldCall, draft: Draft, parent: Draft): boolean {
  if (call.relation !== "o2o" || !isTrue(context, call, "parent_link")) return false;
  const to = call.option("to");
  const target = to && context.readTarget(to, draft.cls);
  return Boolean(target && context.index.draftOf(target, draft) === parent);
}

function parentLink(draft: Draft, parent: Draft): LocalField {
  const name = `${parent.name.toLowerCase()}_ptr`;
  return {
    ...builtinField(draft.cls, name, "django.db.models.OneToOneField"),
    attname: `${name}_id`,
    column: `${name}_id`,
    dbConstraint: true,
    relation: { ...noRelation, kind: "mti-parent", target: parent },
  };
}

function implicitKey(project: DjangoProject, draft: Draft): LocalField {
  const isNew = Number(project.djangoVersion?.split(".")[0] ?? 0) >= 6;
  const type = project.defaultAutoField ?? (isNew ? "django.db.models.BigAutoField" : "django.db.models.AutoField");
  return { ...builtinField(draft.cls, "id", type), primaryKey: true };
}

/** A column that no line of the project declares; it is placed at the class's header. */
export function builtinField(cls: ClassInfo, name: string, type: string): LocalField {
  const { def, module } = cls;
  return {
    name,
    type,
    attname: name,
    null: false,
    primaryKey: false,
    unique: true,
    indexed: true,
    autoNow: false,
    span: { file: module.ir.file, start: def.start, end: def.headEnd },
    declaration: null,
    relation: null,
    column: name,
    dbIndex: false,
    dbConstraint: false,
    owner: cls,
  };
}

function constant(context: FieldContext, call: FieldCall, name: string): unknown {
  const argument = call.option(name);
  return argument ? context.reader.expression(argument.module, argument.expr) : undefined;
}

function isTrue(context: FieldContext, call: FieldCall, name: string): boolean {
  return constant(context, call, name) === true;
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function textOf(target: Target | null): string {
  if (!target) return "?";
  return target.kind === "class" ? target.cls.id : target.label;
}
