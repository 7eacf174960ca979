/** Django REST framework: what a serializer reads of each row, and which actions a viewset has. */
import { decoratorName } from "../../python/syntax-tree.ts";
import type { ClassInfo, Expr, Field, Model } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import { argument } from "../../dataflow/arguments.ts";
import { evaluateArgs } from "../../dataflow/evaluate.ts";
import { plainObject } from "../../dataflow/create-engine.ts";
import type { AccessSite, CallArgs, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { BARE, hasColumn, withJoinsUnread, withOpaque, withoutReflected, withPath, withReflected } from "../../dataflow/load-tree.ts";
import { isBeyondReach, isJoinable } from "../../dataflow/rows.ts";
import { alternatives, dict, joinAll, literal, NO_ARGS, object, UNKNOWN, type ObjectValue, type RowValue, type Value } from "../../dataflow/values.ts";
import { mentionsOf } from "../mentions.ts";
import { noteCounted } from "../counted-pages.ts";
import { withEntry } from "../views/hooks.ts";
import { noteEntered, noteSaved, noteValidated } from "../saved-models.ts";
import { NO_RECIPE_ARGS, withStep } from "../../dataflow/recipes.ts";
import { noteSent } from "../../dataflow/sends.ts";
import { fieldChoice, type AddedField, type FieldChoice } from "./field-choice.ts";

/** `many=True` makes a list serializer around the class's own. */
const newSerializer =
  (engine: Engine): Hook =>
  (args, site) => {
    const [cls, ...rest] = args.positional;
    if (cls?.kind !== "class") return UNKNOWN;
    const own: CallArgs = { positional: rest, keywords: args.keywords, open: args.open };
    const made = plainObject(engine, cls.cls, own, site);
    if (made.kind !== "object") return made;
    const context = args.keywords.get("context");
    if (context !== undefined) made.attrs.set("_context", context);
    const instance = argument(own, 0, "instance");
    if (instance !== null && !made.attrs.has("instance")) made.attrs.set("instance", instance);
    const many = args.keywords.get("many");
    if (many !== undefined && !(many.kind === "literal" && many.value === false)) made.attrs.set("_many", literal(true));
    return made;
  };

function isMany(serializer: ObjectValue): boolean {
  return serializer.attrs.has("_many");
}

const serialize =
  (engine: Engine): Hook =>
  (args, site) => {
    const [serializer] = args.positional;
    if (serializer?.kind !== "object") return UNKNOWN;
    const instance = serializer.attrs.get("instance") ?? UNKNOWN;
    representAll(engine, serializer, instance, site);
    return UNKNOWN;
  };

/** `serializer.to_value(rows)` of serpy. */
const serializeRows =
  (engine: Engine): Hook =>
  (args, site) => {
    const [serializer, rows] = args.positional;
    if (serializer?.kind === "object" && rows !== undefined) representAll(engine, serializer, rows, site);
    return UNKNOWN;
  };

/** Represents a value by a serializer: every row of it when `many`. */
function representAll(engine: Engine, serializer: ObjectValue, instance: Value, site: CallSite): void {
  if (!isMany(serializer)) {
    for (const one of alternatives(instance)) represent(engine, serializer, one, site);
    return;
  }
  const list = ownList(engine, serializer, site);
  if (list === null) representEach(engine, serializer, managerAll(engine, instance, site), site);
  else watched(instance, () => engine.callMethod(list, "to_representation", { ...NO_ARGS, positional: [instance] }, { ...site, expr: null }));
}

/** Runs `work` so that whether the rows went where nobody could follow is told for it alone. */
function watched(rows: Value, work: () => void): void {
  const origins = originsOf(rows);
  const before = origins.map(({ escapes }) => escapes);
  for (const origin of origins) origin.escapes = false;
  work();
  for (const [index, origin] of origins.entries()) origin.escapes ||= before[index] === true;
}

function originsOf(rows: Value): RowValue["origin"][] {
  return alternatives(rows).flatMap((one) =>
    one.kind === "queryset" || one.kind === "row" ? [one.origin] : one.kind === "list" ? originsOf(one.element) : [],
  );
}

function representEach(engine: Engine, serializer: ObjectValue, source: Value, site: CallSite, why: string | null = null): void {
  const { element, loop } = engine.iterate(source, site.span, site.frame, "iterate");
  const frame = { ...site.frame, loop };
  for (const one of alternatives(why === null ? element : doubted(element, why))) represent(engine, serializer, one, { ...site, frame });
}

/** `super().to_representation(rows)` of a list serializer. */
const serializeList =
  (engine: Engine): Hook =>
  (args, site) => {
    const [list, rows] = args.positional;
    const child = list?.kind === "object" ? list.attrs.get("child") : undefined;
    if (child?.kind !== "object" || rows === undefined) return UNKNOWN;
    const wentAway = originsOf(rows).some(({ escapes }) => escapes);
    representEach(engine, child, managerAll(engine, rows, site), site, wentAway ? OWN_LIST : null);
    return UNKNOWN;
  };

const OWN_LIST = "a list serializer of its own sees the rows first";

const DYNAMIC = "the serializer chooses its fields at run time";

function doubted(value: Value, why = DYNAMIC): Value {
  return joinAll(alternatives(value).map((one) => (one.kind === "row" && !one.doubts.includes(why) ? { ...one, doubts: [...one.doubts, why] } : one)));
}

/** The list that `Meta.list_serializer_class` makes of a serializer, where the project says what becomes of the rows. */
function ownList(engine: Engine, serializer: ObjectValue, site: CallSite): ObjectValue | null {
  const meta = nestedClass(engine, serializer.cls, "Meta");
  const list = meta === null ? null : engine.classMember(meta, "list_serializer_class", { kind: "class", cls: meta }, { span: site.span, frame: site.frame });
  const own = list?.kind === "class" ? engine.program.member(list.cls, "to_representation") : null;
  if (list?.kind !== "class" || own === null || own.owner.module.origin === "builtin") return null;
  const made = object(list.cls, null, serializer.site);
  made.attrs.set("child", serializer);
  inherit(serializer, made);
  made.attrs.delete("parent");
  return made;
}

function managerAll(engine: Engine, value: Value, site: CallSite): Value {
  return value.kind === "manager" ? engine.callMethod(value, "all", NO_ARGS, { ...site, expr: null }) : value;
}

function represent(engine: Engine, serializer: ObjectValue, row: Value, site: CallSite): void {
  if (row.kind === "unknown" || (row.kind === "literal" && row.value === null)) return;
  const isDynamic = fieldChoice(engine, serializer).isOpen;
  // What such a serializer shows inside another of its kind is a guess upon a guess.
  if (row.kind === "row" && (isBeyondReach(row.path) || (isDynamic && row.doubts.includes(DYNAMIC)))) return;
  const loaded = row.kind === "row" && row.load.reflects !== null ? withOwnFields(engine, serializer, row, site) : row;
  const shown = isDynamic ? doubted(loaded) : loaded;
  engine.callMethod(serializer, "to_representation", { ...NO_ARGS, positional: [shown] }, { ...site, expr: null });
}

/** Eager loads that were computed from a serializer load the relations that it shows, and nothing that code reads beside. */
function withOwnFields(engine: Engine, serializer: ObjectValue, row: RowValue, site: CallSite): RowValue {
  const { reflects } = row.load;
  if (reflects === null || !isSerializer(engine, reflects)) return row;
  row.origin.computed = true;
  const choice = fieldChoice(engine, serializer);
  const joinsOnly = !row.load.opaque;
  let load = withoutReflected(row.load);
  for (const field of fieldsOf(engine, serializer, row, choice, site)) {
    const name = (field.declared === null ? null : sourceOf(field.declared)) ?? field.name;
    const relation = row.model.fields.get(name)?.relation ?? null;
    if (relation === null || !isShown(engine, field, choice) || (joinsOnly && !isJoinable(relation.kind))) continue;
    const node = withReflected(joinsOnly ? withJoinsUnread(BARE) : withOpaque(BARE), reflects);
    load = withPath(load, [name], { node, how: joinsOnly ? "select" : "prefetch", uses: [], queryset: null, row: null });
  }
  return { ...row, load };
}

const serializeFields =
  (engine: Engine): Hook =>
  (args, site) => {
    const [serializer, row] = args.positional;
    if (serializer?.kind !== "object" || row === undefined) return UNKNOWN;
    const choice = fieldChoice(engine, serializer);
    for (const one of alternatives(row)) {
      for (const field of fieldsOf(engine, serializer, one, choice, site)) {
        if (isShown(engine, field, choice)) representField(engine, serializer, field, choice.dropped.has(field.name) ? doubted(one) : one, site);
      }
    }
    return shownFields();
  };

/** What is under each name is not kept. */
function shownFields(): Value {
  const shown = dict();
  shown.rest = UNKNOWN;
  return shown;
}

function isShown(engine: Engine, { name, declared }: SerializerField, { only, omitted, droppedClasses }: FieldChoice): boolean {
  if (omitted.has(name) || (only !== null && !only.has(name))) return false;
  return declared === null || !droppedClasses.some((one) => engine.program.mro(declared.cls).includes(one));
}

/** A place in a class body, for what the framework does there on the project's behalf. */
function declaredAt(frame: CallSite["frame"], cls: ClassInfo, span: AccessSite["span"]): AccessSite {
  return { span, frame: { ...frame, module: cls.module, file: span.file, symbol: cls.id, language: "python", isDeclared: true } };
}

interface SerializerField {
  readonly name: string;
  /** The field object, or null when the model says what it is. */
  readonly declared: ObjectValue | null;
  /** Where it is declared, for the place of the access. */
  readonly site: AccessSite;
}

function fieldsOf(engine: Engine, serializer: ObjectValue, row: Value, { added }: FieldChoice, site: CallSite): SerializerField[] {
  const declared = declaredFields(engine, serializer, site);
  const listed = metaFields(engine, serializer, row, site);
  const more = added.flatMap((one) => addedField(engine, one, site) ?? []);
  if (listed === null)
    return replaced(
      [...declared.values()],
      more.filter((one) => one.declared !== null),
    );
  const own = [...listed.fields, ...more].filter((one) => !declared.has(one.name) || one.declared !== null);
  const named = new Set([...listed.fields, ...more].map((one) => one.name));
  return replaced(
    [...declared.values()].filter((one) => listed.isOpen || named.has(one.name)),
    own,
  );
}

/** Fields, and later ones in the place of those of the same name. */
function replaced(fields: readonly SerializerField[], later: readonly SerializerField[]): SerializerField[] {
  return [...new Map([...fields, ...later].map((one) => [one.name, one])).values()];
}

/** A field that code puts beside those that the class declares; one whose value is not followed is none. */
function addedField(engine: Engine, { name, value, owner }: AddedField, site: CallSite): SerializerField | null {
  const span = { file: owner.module.ir.file, start: value?.start ?? owner.def.start, end: value?.end ?? owner.def.headEnd };
  const at = declaredAt(site.frame, owner, span);
  if (value === null) return { name, declared: null, site: at };
  const made = engine.evaluate(value, engine.moduleFrame(owner.module, owner.id));
  return made.kind === "object" && isField(engine, made.cls) ? { name, declared: made, site: at } : null;
}

function declaredFields(engine: Engine, serializer: ObjectValue, site: CallSite): Map<string, SerializerField> {
  const found = new Map<string, SerializerField>();
  const limit = restricted(serializer);
  for (const owner of engine.program.mro(serializer.cls).toReversed()) {
    if (isExternal(owner) || owner.module.origin === "builtin") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind !== "variable") continue;
      const value = engine.classMember(serializer.cls, name, serializer, { span: site.span, frame: site.frame });
      const own = value === null ? undefined : alternatives(value).find((one) => one.kind === "object" && isField(engine, one.cls));
      const field = own ?? unreadField(engine, owner, last.value, site);
      if (field?.kind !== "object" || (limit !== null && !limit.has(name))) {
        found.delete(name);
        continue;
      }
      const span = { file: owner.module.ir.file, start: last.stmt.start, end: last.stmt.end };
      found.set(name, { name, declared: field, site: declaredAt(site.frame, owner, span) });
    }
  }
  return found;
}

/**
 * A field whose class a package declares that was not read. What it makes of a value is not known, but what it is told is: each field follows its `source`,
 * a serializer that it is given shows what stands there, and a serializer, which it is by its name, asks for the row itself; so does a method.
 */
function unreadField(engine: Engine, owner: ClassInfo, expr: Expr | null, site: CallSite): ObjectValue | null {
  if (expr?.kind !== "call") return null;
  const frame = engine.moduleFrame(owner.module, owner.id);
  const callee = engine.evaluate(expr.callee, frame);
  const isMethod = callee.kind === "external" && /(?:^|\.)(?:Many)?SerializerMethod\w+$/.test(callee.name);
  const base = engine.program.resolveDotted(`rest_framework.fields.${isMethod ? "SerializerMethodField" : "Field"}`);
  if (callee.kind !== "external" || base?.kind !== "class") return null;
  const field = object(base.cls, evaluateArgs(engine, expr, frame), { file: owner.module.ir.file, start: expr.start, end: expr.end });
  if (isMethod) return field;
  field.attrs.set("_unread", literal(true));
  const isSerializerToo = callee.name.endsWith("Serializer");
  if (isSerializerToo) field.attrs.set("_nested", literal(true));
  return isSerializerToo || sourceOf(field) !== null || shownBy(engine, field, site) !== null ? field : null;
}

/** `read_field=UserSerializer()`: the one serializer that a field is given to show what it reads. */
function shownBy(engine: Engine, { args }: ObjectValue, site: CallSite): ObjectValue | null {
  if (args === null) return null;
  const read = [...args.keywords].filter(([name]) => !/write|input/.test(name)).map(([, value]) => value);
  const [only, ...others] = [...args.positional, ...read].filter((one) => (one.kind === "object" || one.kind === "class") && isSerializer(engine, one.cls));
  if (only === undefined || others.length > 0) return null;
  const made = only.kind === "class" ? engine.instantiate(only.cls, NO_ARGS, site) : only;
  return made.kind === "object" ? made : null;
}

/** `fields=(…)` given to a serializer that narrows itself. */
function restricted(serializer: ObjectValue): ReadonlySet<string> | null {
  const given = serializer.args?.keywords.get("fields");
  if (given?.kind !== "list" || given.items === null) return null;
  const names = given.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : []));
  return names.length === given.items.length ? new Set(names) : null;
}

function isField(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "rest_framework.fields.Field");
}

function isSerializer(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.isSubclass(cls, "rest_framework.serializers.BaseSerializer");
}

interface ListedFields {
  readonly fields: readonly SerializerField[];
  /** `__all__` or `exclude`: declared fields come on top. */
  readonly isOpen: boolean;
}

function metaFields(engine: Engine, serializer: ObjectValue, row: Value, site: CallSite): ListedFields | null {
  const meta = nestedClass(engine, serializer.cls, "Meta");
  if (meta === null) return null;
  const at: AccessSite = { span: site.span, frame: site.frame };
  const value = engine.classMember(meta, "fields", { kind: "class", cls: meta }, at);
  // A plain serializer's Meta may name a model and lists nothing.
  if (value === null && !engine.program.isSubclass(serializer.cls, "rest_framework.serializers.ModelSerializer")) return null;
  const span = memberSpan(meta, "fields");
  const limit = restricted(serializer);
  const where = declaredAt(site.frame, meta, span);
  const names = value?.kind === "list" && value.items !== null ? value.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])) : null;
  const all = names ?? (isAllFields(value) || value === null ? modelFieldNames(row, excludedNames(engine, meta, at)) : null);
  if (all === null) return null;
  const unread = writeOnlyNames(engine, meta, at);
  const fields = all
    .filter((name) => (limit === null || limit.has(name)) && !unread.has(name))
    .map((name) => ({ name, declared: null, site: { ...where, span: nameSpan(meta, "fields", name) ?? span } }));
  return { fields, isOpen: names === null };
}

/** `extra_kwargs = {"secret": {"write_only": True}}`. */
function writeOnlyNames(engine: Engine, meta: ClassInfo, at: AccessSite): ReadonlySet<string> {
  const value = engine.classMember(meta, "extra_kwargs", { kind: "class", cls: meta }, at);
  if (value?.kind !== "dict") return new Set();
  const isWriteOnly = (options: Value): boolean => {
    const flagged = options.kind === "dict" ? options.entries.get("write_only") : undefined;
    return flagged?.kind === "literal" && flagged.value === true;
  };
  return new Set([...value.entries].filter(([, options]) => isWriteOnly(options)).map(([name]) => name));
}

function isAllFields(value: Value | null): boolean {
  return value?.kind === "literal" && value.value === "__all__";
}

function excludedNames(engine: Engine, meta: ClassInfo, at: AccessSite): ReadonlySet<string> {
  const value = engine.classMember(meta, "exclude", { kind: "class", cls: meta }, at);
  if (value?.kind !== "list" || value.items === null) return new Set();
  return new Set(value.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])));
}

function modelFieldNames(row: Value, excluded: ReadonlySet<string>): string[] | null {
  if (row.kind !== "row") return null;
  return [...row.model.fields.values()].filter((field) => isForwardField(field) && !excluded.has(field.name)).map((field) => field.name);
}

function isForwardField(field: Field): boolean {
  const kind = field.relation?.kind;
  return kind === undefined || kind === "fk" || kind === "o2o" || kind === "m2m";
}

function memberSpan(cls: ClassInfo, name: string): AccessSite["span"] {
  const last = cls.members.get(name)?.at(-1);
  const file = cls.module.ir.file;
  return last?.kind === "variable" ? { file, start: last.stmt.start, end: last.stmt.end } : { file, start: cls.def.start, end: cls.def.headEnd };
}

/** The string that names the field in `fields = […]`. */
function nameSpan(cls: ClassInfo, member: string, name: string): AccessSite["span"] | null {
  for (const definition of cls.members.get(member) ?? []) {
    if (definition.kind !== "variable" || definition.value?.kind !== "sequence") continue;
    const item = definition.value.items.find((one) => one.kind === "str" && one.value === name);
    if (item !== undefined) return { file: cls.module.ir.file, start: item.start, end: item.end };
  }
  return null;
}

function representField(engine: Engine, serializer: ObjectValue, field: SerializerField, row: Value, site: CallSite): void {
  const { declared } = field;
  if (declared === null) {
    const relation = row.kind === "row" ? row.model.fields.get(field.name)?.relation : null;
    const built = relation == null ? null : (builtField(engine, serializer, field) ?? ownRelatedField(engine, serializer, field, relation.single));
    if (built === null) representModelField(engine, serializer, field, row, site);
    else representField(engine, serializer, { ...field, declared: built }, row, site);
    return;
  }
  if (flag(declared, "write_only") || engine.program.isSubclass(declared.cls, "rest_framework.fields.HiddenField")) return;
  const kind = declared.attrs.has("_unread") ? "unread" : kindOf(engine, declared.cls);
  if (kind === "method") {
    const given = declared.args === null ? null : (argument(declared.args, 0, "method_name") ?? argument(declared.args, 0, "method"));
    const name = given?.kind === "literal" && typeof given.value === "string" ? given.value : `get_${field.name}`;
    const made = engine.callMethod(serializer, name, { ...NO_ARGS, positional: [row] }, { ...field.site, expr: null });
    render(engine, made, field.site);
    return;
  }
  // A link to the object itself is made of the whole of it, whatever the field is called.
  const isIdentity = engine.program.isSubclass(declared.cls, "rest_framework.relations.HyperlinkedIdentityField");
  const source = sourceOf(declared) ?? (isIdentity ? "*" : field.name);
  const inner: CallSite = { span: field.site.span, frame: field.site.frame, expr: null };
  const shown = isSerializer(engine, declared.cls) ? declared : kind === "unread" ? shownBy(engine, declared, inner) : null;
  // A class that was not read may be one that shows keys alone.
  const isKey =
    kind === "pk" || (kind === "unread" && shown === null && !declared.attrs.has("_nested")) || (kind === "hyperlink" && lookupField(declared) === "pk");
  const value = followSource(engine, row, source, isKey && !flag(declared, "many"), { span: field.site.span, frame: field.site.frame });
  if (shown !== null) {
    inherit(serializer, shown);
    for (const one of alternatives(value)) {
      if (kind === "unread" && one.kind === "manager") representEach(engine, shown, managerAll(engine, one, inner), inner);
      else representAll(engine, shown, one, inner);
    }
    return;
  }
  representRelated(engine, declared, kind, value, inner);
}

/** The field of a relation that the serializer's own `build_relational_field()` makes: a class with its options. */
function builtField(engine: Engine, serializer: ObjectValue, { name, site }: SerializerField): ObjectValue | null {
  const own = engine.program.member(serializer.cls, "build_relational_field");
  if (own === null || own.owner.module.origin === "builtin") return null;
  const inner: CallSite = { ...site, expr: null };
  const [made, ...others] = alternatives(engine.callMethod(serializer, "build_relational_field", { ...NO_ARGS, positional: [literal(name), UNKNOWN] }, inner));
  if (others.length > 0 || made?.kind !== "list") return null;
  const [cls, options] = made.items ?? [];
  if (cls?.kind !== "class" || options?.kind !== "dict" || options.rest !== null) return null;
  const field = engine.instantiate(cls.cls, { ...NO_ARGS, keywords: options.entries }, inner);
  return field.kind === "object" ? field : null;
}

/** A project's own class for each relation that no field is declared for: `serializer_related_field = NamedField`. */
function ownRelatedField(engine: Engine, serializer: ObjectValue, { site }: SerializerField, isSingle: boolean): ObjectValue | null {
  const member = engine.program.member(serializer.cls, "serializer_related_field");
  if (member === null || member.owner.module.origin === "builtin" || depthOf(engine, serializer, { ...site, expr: null }) > 0) return null;
  const cls = engine.classMember(serializer.cls, "serializer_related_field", { kind: "class", cls: serializer.cls }, site);
  if (cls?.kind !== "class" || kindOf(engine, cls.cls) !== "custom") return null;
  const field = engine.instantiate(cls.cls, { ...NO_ARGS, keywords: isSingle ? new Map() : new Map([["many", literal(true)]]) }, { ...site, expr: null });
  return field.kind === "object" ? field : null;
}

function inherit(parent: ObjectValue, child: ObjectValue): void {
  const context = parent.attrs.get("_context");
  if (context !== undefined && !child.attrs.has("_context")) child.attrs.set("_context", context);
  child.attrs.set("parent", parent);
}

type FieldKind = "method" | "pk" | "string" | "slug" | "hyperlink" | "custom" | "unread" | "plain";

function kindOf(engine: Engine, cls: ClassInfo): FieldKind {
  const { program } = engine;
  if (program.isSubclass(cls, "rest_framework.fields.SerializerMethodField")) return "method";
  const isOwn = ["to_representation", "to_value"].some((name) => (program.member(cls, name)?.owner.module.origin ?? "builtin") !== "builtin");
  if (isOwn) return "custom";
  if (program.isSubclass(cls, "rest_framework.relations.PrimaryKeyRelatedField")) return "pk";
  if (program.isSubclass(cls, "rest_framework.relations.StringRelatedField")) return "string";
  if (program.isSubclass(cls, "rest_framework.relations.SlugRelatedField")) return "slug";
  if (program.isSubclass(cls, "rest_framework.relations.HyperlinkedRelatedField")) return "hyperlink";
  return "plain";
}

function representRelated(engine: Engine, field: ObjectValue, kind: FieldKind, value: Value, site: CallSite): void {
  const isMultiple = flag(field, "many") || value.kind === "manager";
  if (isMultiple && (value.kind === "manager" || value.kind === "queryset")) {
    const { element } = engine.iterate(managerAll(engine, value, site), site.span, site.frame, "iterate");
    representOne(engine, field, kind, element, site);
    return;
  }
  if (kind === "plain" || kind === "unread") render(engine, value, site);
  representOne(engine, field, kind, value, site);
}

/** A queryset that is shown as it is runs when the answer is written. */
function render(engine: Engine, value: Value, { span, frame }: AccessSite): void {
  for (const one of alternatives(value)) if (one.kind === "queryset") engine.iterate(one, span, frame, "list");
}

function representOne(engine: Engine, field: ObjectValue, kind: FieldKind, value: Value, site: CallSite): void {
  const at: AccessSite = { span: site.span, frame: site.frame };
  if (kind === "string") engine.text(value, site.span, site.frame);
  if (kind === "hyperlink" && lookupField(field) !== "pk") engine.attribute(value, lookupField(field), at);
  if (kind === "custom") engine.callMethod(field, "to_representation", { ...NO_ARGS, positional: [value] }, site);
  if (kind === "slug") {
    const slug = field.args?.keywords.get("slug_field");
    if (slug?.kind !== "literal" || typeof slug.value !== "string") return;
    let current = value;
    for (const part of slug.value.split("__")) current = engine.attribute(current, part, at);
  }
}

function flag(field: ObjectValue, name: string): boolean {
  const value = field.args?.keywords.get(name);
  return value?.kind === "literal" && value.value === true;
}

/** The column that a link is made of. */
function lookupField(field: ObjectValue): string {
  const value = field.args?.keywords.get("lookup_field");
  return value?.kind === "literal" && typeof value.value === "string" ? value.value : "pk";
}

function sourceOf(field: ObjectValue): string | null {
  const value = field.args?.keywords.get("source") ?? field.attrs.get("_attr");
  return value?.kind === "literal" && typeof value.value === "string" ? value.value : null;
}

/** Attribute by attribute, calling what can be called; a key-only field stops before its last relation. */
function followSource(engine: Engine, row: Value, source: string, isKeyOnly: boolean, at: AccessSite): Value {
  if (source === "*") return row;
  let current = row;
  const parts = source.split(".");
  for (const [index, part] of parts.entries()) {
    if (isKeyOnly && index === parts.length - 1 && isLoadedKey(current, part)) return UNKNOWN;
    current = engine.lookUp(current, part, true, at);
  }
  return current;
}

function isLoadedKey(value: Value, name: string): boolean {
  if (value.kind !== "row") return false;
  const field = value.model.fields.get(name);
  if (field?.relation == null || field.attname === null) return false;
  return hasColumn(value.load, field.name, field.attname, field.primaryKey);
}

function representModelField(engine: Engine, serializer: ObjectValue, field: SerializerField, row: Value, site: CallSite): void {
  const at: AccessSite = { span: field.site.span, frame: field.site.frame };
  if (row.kind !== "row") {
    engine.attribute(row, field.name, at);
    return;
  }
  const known = row.model.fields.get(field.name);
  const inner: CallSite = { span: field.site.span, frame: field.site.frame, expr: null };
  if (known?.relation == null) {
    engine.lookUp(row, field.name, true, at);
    return;
  }
  const depth = depthOf(engine, serializer, site);
  if (depth > 0) {
    representDeep(engine, row, known, depth, { ...inner, span: depthSpan(engine, serializer) ?? inner.span });
    return;
  }
  if (known.relation.single && isLoadedKey(row, known.name)) {
    row.origin.columns.add(row.path === "" ? known.name : `${row.path}__${known.name}`);
    return;
  }
  const value = engine.attribute(row, known.name, at);
  if (value.kind === "manager") engine.iterate(managerAll(engine, value, inner), inner.span, inner.frame, "iterate");
}

function depthSpan(engine: Engine, serializer: ObjectValue): AccessSite["span"] | null {
  const meta = nestedClass(engine, serializer.cls, "Meta");
  return meta?.members.has("depth") === true ? memberSpan(meta, "depth") : null;
}

function depthOf(engine: Engine, serializer: ObjectValue, site: CallSite): number {
  const meta = nestedClass(engine, serializer.cls, "Meta");
  const value = meta === null ? null : engine.classMember(meta, "depth", { kind: "class", cls: meta }, { span: site.span, frame: site.frame });
  return value?.kind === "literal" && typeof value.value === "number" ? value.value : 0;
}

/** `depth = n` nests the related rows' own fields. */
function representDeep(engine: Engine, row: RowValue, field: Field, depth: number, site: CallSite): void {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const value = engine.attribute(row, field.name, at);
  const rows = value.kind === "manager" ? engine.iterate(managerAll(engine, value, site), site.span, site.frame, "iterate").element : value;
  if (rows.kind !== "row" || depth <= 1) return;
  for (const inner of forwardFields(rows.model)) representDeep(engine, rows, inner, depth - 1, site);
}

function forwardFields(model: Model): Field[] {
  return [...model.fields.values()].filter((field) => field.relation !== null && isForwardField(field));
}

/** Runs every action of a viewset under its name, so that `self.action == "list"` is decided. */
const eachAction =
  (engine: Engine): Hook =>
  (args, site) => {
    const [viewset] = args.positional;
    if (viewset?.kind !== "object") return UNKNOWN;
    for (const action of actionsOf(engine, viewset.cls).filter((one) => isServed(engine, viewset.cls, one))) {
      const made = object(viewset.cls, null, viewset.site);
      withEntry(engine, viewset.cls, () => {
        engine.callMethod(made, "setup_action", { ...NO_ARGS, positional: [literal(action), isDetail(engine, viewset.cls, action)] }, site);
        setByAction(engine, made, action);
        const request = sentAs(methodOf(engine, viewset.cls, action), made.attrs.get("request") ?? UNKNOWN);
        made.attrs.set("request", request);
        engine.callMethod(made, ownDispatch(engine, viewset.cls) ? "dispatch" : action, { positional: [request], keywords: new Map(), open: true }, site);
      });
      const ran = engine.program.member(viewset.cls, action)?.definition;
      if (ran?.kind === "function" && engine.fuel > 0) engine.ranByEntry.add(ran.def);
    }
    return UNKNOWN;
  };

/** What `@action(…)` says beside its route is set on the view that serves it: `serializer_class`, `queryset`, `pagination_class`. */
function setByAction(engine: Engine, view: ObjectValue, action: string): void {
  const member = engine.program.member(view.cls, action);
  if (member?.definition.kind !== "function") return;
  const frame = engine.moduleFrame(member.owner.module);
  for (const decorator of member.definition.def.decorators) {
    if (decorator.kind !== "call" || !isActionDecorator(decorator)) continue;
    for (const { name, value } of decorator.keywords) if (name !== null && !OF_ROUTE.has(name)) view.attrs.set(name, engine.evaluate(value, frame));
  }
}

const OF_ROUTE: ReadonlySet<string> = new Set(["methods", "detail", "url_path", "url_name"]);

/** The project's own `dispatch` leads to the action. */
function ownDispatch(engine: Engine, cls: ClassInfo): boolean {
  return engine.program.member(cls, "dispatch")?.owner.module.origin === "project";
}

/** `dispatch` of the framework: the action that was set up. */
const dispatchAction =
  (engine: Engine): Hook =>
  (args, site) => {
    const [view, request] = args.positional;
    const action = view?.kind === "object" ? view.attrs.get("action") : undefined;
    if (view === undefined || action?.kind !== "literal") return UNKNOWN;
    return engine.callMethod(view, String(action.value), { positional: request === undefined ? [] : [request], keywords: new Map(), open: true }, site);
  };

/** Each action has a request of its own. */
function sentAs(method: Value, request: Value): Value {
  if (request.kind !== "object") return request;
  const sent = object(request.cls, null, request.site);
  for (const [name, value] of request.attrs) sent.attrs.set(name, value);
  sent.attrs.set("method", method);
  return sent;
}

/** What a router sends to each. */
const METHODS: Readonly<Record<string, string>> = {
  list: "GET",
  retrieve: "GET",
  create: "POST",
  update: "PUT",
  partial_update: "PATCH",
  destroy: "DELETE",
};
const STANDARD_ACTIONS = Object.keys(METHODS);
const ACTIONS_OF_ALL: ReadonlySet<string> = new Set(["list", "create"]);

/** Whether an action is about one object: the router knows it of its own, `@action(detail=…)` says it of others. */
function isDetail(engine: Engine, cls: ClassInfo, action: string): Value {
  if (STANDARD_ACTIONS.includes(action)) return literal(!ACTIONS_OF_ALL.has(action));
  const said = saidOfAction(engine, cls, action, "detail");
  return said?.kind === "constant" ? literal(said.value === "true") : UNKNOWN;
}

/** `@action(methods=…)` names the methods of others than the router's, where it is not GET alone. */
function methodOf(engine: Engine, cls: ClassInfo, action: string): Value {
  const standard = METHODS[action];
  if (standard !== undefined) return literal(standard);
  const said = saidOfAction(engine, cls, action, "methods");
  if (said === undefined) return literal("GET");
  const [only, ...others] = said.kind === "sequence" ? said.items : [];
  return only?.kind === "str" && others.length === 0 ? literal(only.value.toUpperCase()) : UNKNOWN;
}

function saidOfAction(engine: Engine, cls: ClassInfo, action: string, keyword: string): Expr | undefined {
  const member = engine.program.member(cls, action);
  const decorators = member?.definition.kind === "function" ? member.definition.def.decorators : [];
  return decorators.flatMap((one) => (one.kind === "call" ? one.keywords.filter(({ name }) => name === keyword) : [])).at(0)?.value;
}

/** `Orders.as_view({"get": "retrieve"})`, and no router that serves the others. */
function isServed(engine: Engine, cls: ClassInfo, action: string): boolean {
  const mentions = mentionsOf(engine.program, cls);
  return mentions === null || mentions.isOther || mentions.actions.has(action);
}

function isActionDecorator(decorator: Expr): boolean {
  return /(^|\.)(action|list_route|detail_route)$/.test(decoratorName(decorator));
}

function actionsOf(engine: Engine, cls: ClassInfo): string[] {
  const names = new Set(STANDARD_ACTIONS.filter((name) => engine.program.member(cls, name) !== null));
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner)) continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind === "function" && last.def.decorators.some(isActionDecorator)) {
        names.add(name);
      }
    }
  }
  return [...names];
}

const UNKNOWN_SLICE = { positional: [{ kind: "unknown" } as const, { kind: "unknown" } as const], keywords: [], open: false };

/** One page of a queryset is a list of its rows. A paginator, if there is one, counts them first. */
const page =
  (engine: Engine): Hook =>
  (args, site) => {
    const [queryset] = args.positional;
    if (queryset?.kind !== "queryset") return queryset ?? UNKNOWN;
    const { recipe, origin } = queryset;
    noteCounted(engine, queryset, site);
    noteSent(engine, { kind: "query", how: "list", recipe: withStep(recipe, "slice", UNKNOWN_SLICE), args: NO_RECIPE_ARGS }, site, origin.span);
    return { ...queryset, sliced: true };
  };

/** The model of a serializer's Meta, and the fields of it that are entered. */
function serializerModel(engine: Engine, serializer: ObjectValue, site: CallSite): { readonly model: Model; readonly names: readonly string[] } | null {
  const meta = nestedClass(engine, serializer.cls, "Meta");
  const cls = meta === null ? null : engine.classMember(meta, "model", { kind: "class", cls: meta }, { span: site.span, frame: site.frame });
  const model = cls?.kind === "class" ? engine.graph.ofClass(cls.cls) : null;
  if (model === null) return null;
  const listed = metaFields(engine, serializer, UNKNOWN, site)?.fields.map(({ name }) => name) ?? [...model.fields.keys()];
  return { model, names: listed };
}

const validatedSerializer =
  (engine: Engine): Hook =>
  (args, site) => {
    const [serializer] = args.positional;
    if (serializer?.kind !== "object") return UNKNOWN;
    const found = serializerModel(engine, serializer, site);
    const declared = declaredFields(engine, serializer, site);
    if (found !== null)
      noteValidated(
        engine,
        found.model,
        found.names.filter((name) => !declared.has(name)),
        site,
      );
    for (const { declared: field } of declared.values()) if (field !== null) noteLookedUp(engine, field, site);
    return UNKNOWN;
  };

/** `PrimaryKeyRelatedField(queryset=…)` fetches the row that is named. */
function noteLookedUp(engine: Engine, field: ObjectValue, site: CallSite): void {
  const queryset = field.args === null ? null : argument(field.args, 0, "queryset");
  for (const one of queryset === null ? [] : alternatives(managerAll(engine, queryset, site))) {
    if (one.kind !== "queryset") continue;
    const named = field.args?.keywords.get("slug_field");
    const name = named?.kind === "literal" ? String(named.value) : "pk";
    noteSent(
      engine,
      { kind: "query", how: "get", recipe: one.recipe, args: { positional: [], keywords: [[name, { kind: "unknown" }]], open: false } },
      site,
      one.origin.span,
    );
  }
}

/** What `create()` and `update()` of the project's own do is seen there. */
const savedSerializer =
  (engine: Engine): Hook =>
  (args, site) => {
    const [serializer] = args.positional;
    if (serializer?.kind !== "object") return UNKNOWN;
    const found = serializerModel(engine, serializer, site);
    noteEntered(engine, serializer);
    if (found !== null) noteSaved(engine, found.model, found.names, site);
    return UNKNOWN;
  };

/** A serializer that code makes without a context has an empty one; a nested one has its parent's. */
function contextOf(serializer: Value | undefined): Value {
  if (serializer?.kind !== "object") return UNKNOWN;
  const given = serializer.attrs.get("_context");
  if (given !== undefined) return given;
  if (serializer.attrs.has("parent") || serializer.args === null || serializer.args.open || serializer.args.keywords.has("context")) return UNKNOWN;
  const empty = dict();
  serializer.attrs.set("_context", empty);
  return empty;
}

export const drfHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "luthier.new_serializer": newSerializer,
  "luthier.serialize": serialize,
  "luthier.serialize_list": serializeList,
  "luthier.serialize_fields": serializeFields,
  "luthier.serializer_context": () => (args) => contextOf(args.positional[0]),
  "luthier.serialize_rows": serializeRows,
  "luthier.each_action": eachAction,
  "luthier.dispatch_action": dispatchAction,
  "luthier.validated_serializer": validatedSerializer,
  "luthier.saved_serializer": savedSerializer,
  "luthier.page": page,
};
