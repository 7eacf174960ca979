/** Graphene: from the fields of root types down, what resolvers read of each row that a list gives. */
import type { ClassInfo, Model } from "../../model/index.ts";
import { nestedClass } from "../../dataflow/attributes.ts";
import type { AccessSite, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { isExternal } from "../../dataflow/frames.ts";
import { alternatives, joinAll, NO_ARGS, UNKNOWN, type ObjectValue, type QuerysetValue, type RowValue, type Value } from "../../dataflow/values.ts";
import { classSetting, declaredObjects, doubted, itemSpan, readPath, stringItems, type Declared } from "../declarations.ts";
import { forEachRow, OPTIONAL, ownQueryset, refined } from "./rows.ts";

/** Types within types that are followed; schemas have cycles, queries end. */
const MAX_NESTING = 4;

const graphqlRoot =
  (engine: Engine): Hook =>
  (args, site) => {
    const [root] = args.positional;
    if (root?.kind !== "object" || modelOf(engine, root.cls, site) !== null) return UNKNOWN;
    resolveFields(engine, root.cls, UNKNOWN, [root.cls], site);
    return UNKNOWN;
  };

function modelOf(engine: Engine, cls: ClassInfo, site: CallSite): Model | null {
  const value = classSetting(engine, cls, "Meta", "model", { span: site.span, frame: site.frame });
  return value?.kind === "class" ? engine.graph.ofClass(value.cls) : null;
}

/** Every field of the type, for one parent: its resolver, then the type of what it gives. */
function resolveFields(engine: Engine, cls: ClassInfo, parent: Value, path: readonly ClassInfo[], site: CallSite): void {
  const at: AccessSite = { span: site.span, frame: site.frame };
  const fields = new Map(declaredObjects(engine, cls, "graphene.UnmountedType", at).map((one) => [one.name, one]));
  for (const field of fields.values()) resolveField(engine, cls, field, parent, path, site);
  for (const name of resolverNames(engine, cls)) if (!fields.has(name)) callResolver(engine, cls, { name, object: null }, parent, site);
  if (parent.kind === "row") readImplicit(engine, cls, parent, new Set(fields.keys()), site);
}

function resolverNames(engine: Engine, cls: ClassInfo): ReadonlySet<string> {
  const names = new Set<string>();
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const name of owner.members.keys()) if (name.startsWith("resolve_")) names.add(name.slice("resolve_".length));
  }
  return names;
}

/** A resolver is called without its class: `self` is the parent's value. `Field(…, resolver=…)` comes before a method. */
function callResolver(
  engine: Engine,
  cls: ClassInfo,
  field: Pick<Declared, "name"> & { readonly object: ObjectValue | null },
  parent: Value,
  site: CallSite,
): Value | null {
  const given = field.object?.args?.keywords.get("resolver");
  const resolver = given ?? engine.classMember(cls, `resolve_${field.name}`, { kind: "class", cls }, { span: site.span, frame: site.frame });
  if (resolver?.kind !== "function") return null;
  return engine.call(resolver, { ...NO_ARGS, positional: [parent, UNKNOWN], open: true }, { ...site, expr: null });
}

/** `String(source="customer.name")` reads that path instead. */
function sourceOf(field: Declared): string {
  const given = field.object.args?.keywords.get("source");
  return given?.kind === "literal" && typeof given.value === "string" ? given.value : field.name;
}

function resolveField(engine: Engine, cls: ClassInfo, field: Declared, parent: Value, path: readonly ClassInfo[], site: CallSite): void {
  const inner: CallSite = { span: field.span, frame: site.frame, expr: null };
  const target = typeOf(engine, field.object);
  const resolved =
    callResolver(engine, cls, field, parent, inner) ?? (parent.kind === "row" ? readPath(engine, doubted(parent, OPTIONAL), sourceOf(field), inner) : UNKNOWN);
  if (target === null || path.length > MAX_NESTING || path.includes(target)) return;
  const rows = isDjangoField(engine, field.object, "DjangoListField", "DjangoConnectionField")
    ? rowsOf(engine, field.object, target, resolved, parent, inner)
    : resolved;
  for (const one of alternatives(rows)) {
    forEachRow(engine, one, inner, (row, at) => resolveFields(engine, target, row, [...path, target], at));
  }
}

function isDjangoField(engine: Engine, field: ObjectValue, ...names: readonly string[]): boolean {
  return names.some((name) => engine.program.isSubclass(field.cls, `graphene_django.fields.${name}`));
}

/** What a resolver gives, or the model's own rows, as the type's `get_queryset` and then its filters leave them. */
function rowsOf(engine: Engine, field: ObjectValue, type: ClassInfo, resolved: Value, parent: Value, site: CallSite): Value {
  const isOwn = resolved.kind === "unknown" && parent.kind === "unknown";
  const model = isOwn ? modelOf(engine, type, site) : null;
  const refinedRows = (one: Value): Value => {
    if (one.kind !== "manager" && one.kind !== "queryset") return one;
    return refined(engine, type, one.kind === "manager" ? engine.callMethod(one, "all", NO_ARGS, site) : one, site);
  };
  const rows = model === null ? joinAll(alternatives(resolved).map(refinedRows)) : ownQueryset(engine, model, type, site);
  if (!isFilterField(engine, field)) return rows;
  const filters = filtersOf(engine, field, type, site);
  return joinAll(
    alternatives(rows).map((one) => {
      if (one.kind !== "queryset") return one;
      const asked = throughFilters(one);
      return filters === null ? asked : filtered(engine, filters, asked, site);
    }),
  );
}

function isFilterField(engine: Engine, field: ObjectValue): boolean {
  return engine.program.isSubclass(field.cls, "graphene_django.filter.fields.DjangoFilterConnectionField");
}

/** A filter set begins with `queryset.all()`: of rows that were prefetched, too, that is a new query. */
function throughFilters(rows: QuerysetValue): QuerysetValue {
  return rows.related === null ? rows : { ...rows, related: { ...rows.related, throughFilters: true } };
}

/** The filter set of a connection field: its own, or that of the type's `Meta`. */
function filtersOf(engine: Engine, field: ObjectValue, type: ClassInfo, site: CallSite): Value | null {
  const given = field.args?.keywords.get("filterset_class") ?? classSetting(engine, type, "Meta", "filterset_class", { span: site.span, frame: site.frame });
  return given?.kind === "class" ? given : null;
}

function filtered(engine: Engine, filters: Value, rows: Value, site: CallSite): Value {
  const made = engine.call(filters, { ...NO_ARGS, keywords: new Map([["queryset", rows]]) }, site);
  const given = engine.attribute(made, "qs", { span: site.span, frame: site.frame });
  return given.kind === "unknown" ? rows : given;
}

/** The type that a field gives: a class, a function that gives one, the dotted name of one, or one of these in a list. */
function typeOf(engine: Engine, field: Value): ClassInfo | null {
  for (const one of alternatives(field)) {
    if (one.kind === "class") return engine.program.isSubclass(one.cls, "graphene.ObjectType") ? one.cls : null;
    if (one.kind === "function" && one.def.kind === "lambda") return typeOf(engine, engine.call(one, NO_ARGS, lambdaSite(engine, one.module)));
    if (one.kind === "literal" && typeof one.value === "string") return typeOf(engine, engine.symbol(engine.program.resolveDotted(one.value)));
    const inner =
      one.kind === "object" && one.args !== null
        ? (one.args.positional[0] ?? TYPE_KEYWORDS.map((name) => one.args?.keywords.get(name)).find(Boolean))
        : undefined;
    if (inner !== undefined) return typeOf(engine, inner);
  }
  return null;
}

/** By these, fields, lists and connections are told their type. */
const TYPE_KEYWORDS: readonly string[] = ["type_", "type", "of_type"];

function lambdaSite(engine: Engine, module: Parameters<Engine["moduleFrame"]>[0]): CallSite {
  return { span: { file: module.ir.file, start: 0, end: 0 }, frame: engine.moduleFrame(module), expr: null };
}

/** Relations that a DjangoObjectType takes from its model are fields as soon as the related model has a type. */
function readImplicit(engine: Engine, type: ClassInfo, row: RowValue, declared: ReadonlySet<string>, site: CallSite): void {
  if (!engine.program.isSubclass(type, "graphene_django.types.DjangoObjectType")) return;
  const meta = nestedClass(engine, type, "Meta");
  if (meta === null) return;
  const at: AccessSite = { span: site.span, frame: site.frame };
  const named = stringItems(classSetting(engine, meta, "", "fields", at));
  const excluded = new Set(stringItems(classSetting(engine, meta, "", "exclude", at)));
  const resolved = resolverNames(engine, type);
  for (const field of row.model.fields.values()) {
    if (field.relation === null || declared.has(field.name) || resolved.has(field.name) || excluded.has(field.name)) continue;
    if ((named !== null && !named.includes(field.name)) || !hasType(engine, field.relation.target, site)) continue;
    const inner: CallSite = { span: itemSpan(engine, meta, "fields", field.name), frame: site.frame, expr: null };
    const value = engine.attribute(doubted(row, OPTIONAL), field.name, inner);
    if (value.kind === "manager") engine.iterate(engine.callMethod(value, "all", NO_ARGS, inner), inner.span, inner.frame, "iterate");
  }
}

const typedModels = new WeakMap<Engine, ReadonlySet<string>>();

function hasType(engine: Engine, label: string | null, site: CallSite): boolean {
  let known = typedModels.get(engine);
  if (known === undefined) {
    const types = engine.program.classes.filter(
      (one) => one.module.origin === "project" && engine.program.isSubclass(one, "graphene_django.types.DjangoObjectType"),
    );
    known = new Set(types.flatMap((one) => modelOf(engine, one, site)?.label ?? []));
    typedModels.set(engine, known);
  }
  return label !== null && known.has(engine.graph.byLabel(label)?.label ?? label);
}

export const graphqlHooks: Readonly<Record<string, (engine: Engine) => Hook>> = { "luthier.graphql_root": graphqlRoot };
