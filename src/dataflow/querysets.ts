/** Querysets and managers: chaining, eager loading, evaluation. Semantics as measured in tests/semantics. */
import type { ClassInfo, Expr, Field, FunctionDef, Model, QueryRun, Slice, Span, Stmt } from "../model/index.ts";
import { isQueryset } from "../django/managers.ts";
import { isReverseOfUnique } from "../django/reverse-fields.ts";
import { argument, keyedBy } from "./arguments.ts";
import type { AccessSite, CallArgs, CallSite, Engine, Iteration } from "./engine.ts";
import { callsSince, lookUp, type Frame, type Loop } from "./frame.ts";
import { isExternal } from "./frames.ts";
import {
  BARE,
  hasColumn,
  mergeNodes,
  OPAQUE,
  withAllColumns,
  withAnnotations,
  withDeferred,
  isThere,
  withDropped,
  withGiven,
  withJoinsUnread,
  withKnownRow,
  withList,
  withFixed,
  withNulls,
  withOnly,
  withOpaque,
  withoutFilters,
  withoutKnown,
  withoutReflected,
  withoutPrefetches,
  withoutSelects,
  withPath,
  withPeers,
  withPinned,
  withReflected,
  withSelectsAll,
  withSubclasses,
  withTarget,
  type LoadedRelation,
  type LoadNode,
} from "./load-tree.ts";
import { foundOrMade } from "./found-or-made.ts";
import { contentTypeRow, narrowedTargets } from "./generic-targets.ts";
import { baseRecipe, chained, NO_RECIPE_ARGS, ofRelation, recipeArgs } from "./recipes.ts";
import { noteSent } from "./sends.ts";
import { changeRelated, isBeingCreated, isBeyondReach, makeRow, markUsed, recordLoad, storedUnder, withGivenValues, type LoadKind } from "./rows.ts";
import { askedThroughManager, bywayOf, otherwiseAt } from "./byways.ts";
import { asSubclasses, noteSubclasses } from "./subclass-rows.ts";
import { joinPath, placeDoubts, projectSite } from "./sites.ts";
import { spanOf } from "./recorder.ts";
import {
  alternatives,
  dict,
  freshId,
  functionValue,
  isNone,
  joinAll,
  listOf,
  literal,
  native,
  NO_ARGS,
  NONE,
  SET,
  truth,
  UNKNOWN,
  type ManagerValue,
  type QuerysetValue,
  type RowValue,
  type Value,
  isEmptyStub,
  there,
} from "./values.ts";
import { tellCreated } from "./creation.ts";
import { tellQuerysetDeleted } from "./receivers.ts";
import { recordWrite } from "./writes.ts";

// ------------------------------------------------------------------------------------------ making

/** `Order.objects`: a manager whose origin is the expression that names it. */
export function modelManager(engine: Engine, model: Model, name: string, site: AccessSite): ManagerValue {
  const fact = model.managers.get(name) ?? model.managers.get(model.defaultManager) ?? null;
  const origin = managerOrigin(engine, model, site);
  return {
    kind: "manager",
    model,
    cls: fact?.manager ?? null,
    querysetCls: fact?.queryset ?? null,
    origin,
    related: null,
    tip: origin.span,
  };
}

function managerOrigin(engine: Engine, model: Model, site: AccessSite): ManagerValue["origin"] {
  const { span, frame } = projectSite(site);
  const entry = engine.entry;
  const isImplicit = entry !== null && ((frame.module !== null && frame.module.origin !== "project") || isOfSelf(site, entry.cls) || isSpan(span, entry.span));
  const at = isImplicit ? entry.span : span;
  const owner = isImplicit ? entry.cls.id : null;
  return engine.recorder.origin(`manager:${model.label}:${at.file}:${at.start}:${at.end}`, () => ({
    kind: owner === null ? "manager" : "implicit",
    model,
    span: at,
    symbol: owner ?? frame.symbol,
    escapes: false,
    owner,
  }));
}

/** `self.model.objects` in a base class: the class that names the model owns the queryset. What its own other methods ask is another one. */
function isOfSelf({ receiver, frame }: AccessSite, owner: ClassInfo | undefined): boolean {
  const isBeside = frame.owner !== null && frame.owner.id === owner?.id && !/(?:^|\.)get_queryset$/.test(frame.symbol);
  return !isBeside && receiver?.kind === "attribute" && receiver.object.kind === "name" && /^(self|cls)$/.test(receiver.object.name);
}

function isSpan(a: Span, b: Span): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end;
}

/** The queryset a manager starts with; a custom `get_queryset` is followed. */
export function managerQueryset(engine: Engine, manager: ManagerValue, site: CallSite): QuerysetValue {
  const custom = manager.cls === null ? null : customMember(engine, manager.cls, "get_queryset", manager);
  if (custom !== null) {
    const made = engine.call(custom, NO_ARGS, site);
    for (const one of alternatives(made)) {
      if (one.kind !== "queryset") continue;
      const id = freshId();
      return { ...asRelated(one, manager), id, source: id, madeIn: site.frame.loop };
    }
    const plain = plainQueryset(engine, manager, site.frame);
    return { ...plain, load: withOpaque(plain.load) };
  }
  return plainQueryset(engine, manager, site.frame);
}

/** `OrderQuerySet(self.model, using=self._db)` inside a manager. */
export function constructedQueryset(engine: Engine, cls: ClassInfo, args: CallArgs, site: CallSite): Value | null {
  if (!isQueryset(engine.program, cls)) return null;
  const model = argument(args, 0, "model");
  const { self } = site.frame;
  if (self?.kind === "manager") return { ...plainQueryset(engine, { ...self, cls: null, related: null }, site.frame), cls };
  if (model?.kind !== "class") return UNKNOWN;
  const manager = engine.attribute(model, "_default_manager", { span: site.span, frame: site.frame });
  return manager.kind === "manager" ? { ...plainQueryset(engine, { ...manager, cls: null }, site.frame), cls } : UNKNOWN;
}

const NO_ROWS_YET = "a row that was just made has no others yet";

function asRelated(queryset: QuerysetValue, manager: ManagerValue): QuerysetValue {
  if (manager.related === null) return queryset;
  const { row, field } = manager.related;
  const known = knownParent(queryset.load, manager);
  // What code loaded in a way that is not read may go on from here.
  const load = row.load.opaque && !row.load.relations.has(field.name) ? withOpaque(known) : known;
  const prefetched = prefetchOf(manager);
  if (prefetched !== null) markUsed(prefetched);
  const peers = load.peers || row.load.peers;
  return {
    ...queryset,
    ...(row.isNew ? { doubts: [...queryset.doubts, NO_ROWS_YET] } : {}),
    recipe: ofRelation(queryset.recipe, row.model.label, field.name),
    load: withPeers(prefetched === null ? load : mergeNodes(load, prefetched.node), peers),
    related: { ...manager.related, plain: true, ...(prefetched === null ? {} : { anew: withPeers(loadAnew(load, prefetched), peers) }) },
    prefetched: prefetched !== null,
    // A prefetch of `none()` leaves an empty list on every row.
    isEmpty: prefetched?.queryset?.isEmpty ?? queryset.isEmpty,
    ordered: prefetched?.queryset?.ordered ?? queryset.ordered,
  };
}

const defaultOrders = new WeakMap<Model, QuerysetValue["ordered"]>();

/** `Meta.ordering`. That of a model all of whose bases are a package's that was not read may be theirs. */
function defaultOrder({ program }: Engine, model: Model): QuerysetValue["ordered"] {
  const known = defaultOrders.get(model);
  if (known !== undefined) return known;
  const isRead = program.isSubclass(model.cls, "django.db.models.Model") || !program.mro(model.cls).some(isExternal);
  const order = model.ordering.length > 0 ? "yes" : isRead ? "no" : "unknown";
  defaultOrders.set(model, order);
  return order;
}

/** `prefetch_related("orders__lines")` puts lines on the orders that it fetched: a query of the manager's own loads what its `Prefetch` says, and no more. */
function loadAnew(load: LoadNode, { node, queryset }: LoadedRelation): LoadNode {
  if (node.opaque) return mergeNodes(load, node);
  return queryset === null ? load : mergeNodes(load, queryset.load);
}

export function plainQueryset(engine: Engine, manager: ManagerValue, frame: Frame): QuerysetValue {
  const id = freshId();
  const base: QuerysetValue = {
    kind: "queryset",
    id,
    source: id,
    model: manager.model,
    origin: manager.origin,
    path: "",
    load: BARE,
    cls: manager.querysetCls,
    recipe: baseRecipe(manager.model),
    shape: "rows",
    fields: [],
    ordered: defaultOrder(engine, manager.model),
    sliced: false,
    atMostOne: false,
    isEmpty: false,
    narrowed: false,
    joinable: true,
    related: null,
    prefetched: false,
    annotations: new Map(),
    tip: manager.tip,
    withoutCaller: manager.related?.row.withoutCaller ?? false,
    doubts: bywayOf(manager.related?.row.doubts ?? []).doubts,
    madeIn: frame.loop,
    kept: false,
    evaluated: false,
    rows: null,
  };
  return asRelated(base, manager);
}

function prefetchOf({ related }: Pick<ManagerValue, "related">): LoadedRelation | null {
  if (related === null) return null;
  const loaded = related.row.load.relations.get(related.field.name);
  // A join over a unique foreign key leaves its row where no manager looks.
  return isThere(loaded) && loaded.how !== "select" ? loaded : null;
}

/** Rows of a reverse foreign key know the row they came from. */
function knownParent(load: LoadNode, manager: ManagerValue): LoadNode {
  const { related } = manager;
  const back = related?.field.relation?.back ?? null;
  const kind = related?.field.relation?.kind;
  if (related === null || back === null) return load;
  if (kind === "generic-relation") return withTarget(load, back, related.row.model.concrete);
  if (kind !== "fk-reverse" && kind !== "o2o-reverse") return load;
  return withKnownRow(load, back, related.row);
}

// -------------------------------------------------------------------------------------- attributes

export function querysetAttribute(engine: Engine, queryset: QuerysetValue, name: string): Value {
  const custom = queryset.cls === null ? null : customMember(engine, queryset.cls, name, queryset);
  if (custom !== null) return custom;
  if (name === "model") return { kind: "class", cls: queryset.model.cls };
  if (name === "_result_cache") return resultCache(queryset);
  if (name === "query" || name === "db" || name === "ordered") return UNKNOWN;
  const key = `queryset.${name}:${queryset.id}`;
  return native(key, (args, site) => querysetCall(engine, queryset, name, args, site));
}

/** None until the rows are in memory. */
function resultCache({ evaluated, prefetched, load, related }: QuerysetValue): Value {
  if (evaluated || prefetched) return SET;
  return load.opaque || related?.row.load.opaque === true ? UNKNOWN : NONE;
}

export function managerAttribute(engine: Engine, manager: ManagerValue, name: string): Value {
  if (name === "model") return { kind: "class", cls: manager.model.cls };
  const custom = manager.cls === null ? null : customMember(engine, manager.cls, name, manager);
  if (custom !== null && name !== "get_queryset") return custom;
  if (name === "instance" && manager.related !== null) return manager.related.row;
  if (name === "through" && manager.related !== null) return throughClass(engine, manager.related.field);
  if (name === "_queryset_class") return querysetClass(engine, manager);
  const tagColumn = manager.related?.field.type.endsWith("TaggableManager") === true ? TAG_LISTS.get(name) : undefined;
  return native(`manager.${name}:${manager.origin.id}:${manager.related?.row.id ?? 0}`, (args, site) => {
    if (name === "get_queryset" || name === "all" || name === "get_query_set") {
      return managerQueryset(engine, manager, site) ?? UNKNOWN;
    }
    if (manager.related !== null && RELATED_WRITES.has(name)) return relatedWrite(engine, manager, name, args, site);
    const queryset = managerQueryset(engine, manager, site);
    if (queryset === null) return UNKNOWN;
    if (tagColumn !== undefined) return engine.call(querysetAttribute(engine, queryset, "values_list"), { ...NO_ARGS, positional: [literal(tagColumn)] }, site);
    const method = querysetAttribute(engine, queryset, name);
    return engine.call(method, args, site);
  });
}

/** taggit: `post.tags.names()` is a `values_list()` of the tags, whether they were prefetched or not. */
const TAG_LISTS: ReadonlyMap<string, string> = new Map([
  ["names", "name"],
  ["slugs", "slug"],
]);

/** What `from_queryset()` and `as_manager()` leave on a manager. */
function querysetClass(engine: Engine, manager: ManagerValue): Value {
  if (manager.querysetCls !== null) return { kind: "class", cls: manager.querysetCls };
  return native(`queryset class:${manager.origin.id}`, (_args, site) => plainQueryset(engine, { ...manager, cls: null, related: null }, site.frame));
}

/** The class of the table between: `book.tags.through`, `Book.tags.through`. */
export function throughClass(engine: Engine, { relation }: Field): Value {
  const through = relation?.through == null ? null : engine.graph.byLabel(relation.through);
  return through === null ? UNKNOWN : { kind: "class", cls: through.cls };
}

/** A method that the project's or a package's own class defines; what our stubs only name, or say to chain, is implemented here instead. */
function customMember(engine: Engine, cls: ClassInfo, name: string, self: Value): Value | null {
  const member = engine.program.member(cls, name);
  if (member === null) return null;
  const { definition, owner } = member;
  if (definition.kind === "function") {
    const fn = functionValue(owner.module, definition.def, owner);
    const isOurs = owner.module.origin === "builtin";
    return isOurs && (name === "get_queryset" || (isEmptyStub(fn) && !saysItsResult(definition.def))) ? null : { kind: "bound", self, fn };
  }
  return owner.module.origin !== "builtin" && definition.kind === "variable" ? heldClass(engine, cls, name, self) : null;
}

/** `def get_current(self) -> "Site": ...`; `Self` is a queryset that goes on. */
function saysItsResult({ returns }: FunctionDef): boolean {
  const given = returns?.kind === "subscript" ? returns.index : returns;
  const [first] = given?.kind === "sequence" ? given.items : [given];
  return first != null && !(first.kind === "name" && first.name === "Self");
}

/** `queryset_class = OrderQuerySet`: the class that a manager holds for its own methods. */
function heldClass(engine: Engine, cls: ClassInfo, name: string, self: Value): Value | null {
  const span = { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd };
  const value = engine.classMember(cls, name, self, { span, frame: engine.moduleFrame(cls.module) });
  return value?.kind === "class" ? value : null;
}

/** `super().method` inside a manager or queryset class. */
export function superManagerAttribute(engine: Engine, owner: ClassInfo, self: ManagerValue | QuerysetValue, name: string): Value {
  const cls = self.cls;
  if (cls !== null) {
    const mro = engine.program.mro(cls);
    const after = mro.slice(mro.findIndex((one) => one === owner) + 1);
    for (const next of after) {
      if (isExternal(next) || next.module.origin === "builtin") continue;
      const definition = next.members.get(name)?.at(-1);
      if (definition?.kind !== "function") continue;
      const fn = functionValue(next.module, definition.def, next);
      return { kind: "bound", self, fn };
    }
  }
  if (self.kind === "manager") {
    const plain = { ...self, cls: null };
    if (name === "get_queryset") {
      return native(`super.get_queryset:${self.origin.id}`, (_args, site) => plainQueryset(engine, plain, site.frame));
    }
    return managerAttribute(engine, plain, name);
  }
  const inherited = querysetAttribute(engine, { ...self, cls: null }, name);
  if (inherited.kind !== "native") return inherited;
  // What Django's own method answers is of the same class again.
  return native(`super.${name}:${self.id}`, (args, site) => querysetCall(engine, self, name, args, site));
}

// ----------------------------------------------------------------------------------------- methods

const RELATED_WRITES: ReadonlySet<string> = new Set(["add", "remove", "set", "clear", "create", "aadd", "aremove", "aset", "aclear", "acreate"]);

function relatedWrite(engine: Engine, manager: ManagerValue, name: string, args: CallArgs, site: CallSite): Value {
  for (const value of args.positional) {
    for (const one of alternatives(value)) if (one.kind === "queryset") runQueryset(engine, one, "list", site.span, site.frame);
  }
  recordWrite(engine, name.replace(/^a(?=add|remove|set|clear|create)/, ""), manager.model, manager.related?.field.name ?? null, site);
  const isCreate = name === "create" || name === "acreate";
  noteRelatedWrite(engine, manager, name.replace(/^a(?=add|remove|set|clear|create)/, ""), args, site);
  if (manager.related !== null && (!isCreate || dropsOnCreate(engine, manager.related.field))) {
    const { row, field } = manager.related;
    row.load = withDropped(row.load, new Set([field.name]));
    changeRelated(row, field.name, site);
  }
  if (!isCreate) return UNKNOWN;
  const given = withParent(manager, args);
  const made = withGivenValues(engine, freshRow(manager.model, manager.origin), given);
  tellCreated(engine, made, given, site);
  return made;
}

/** A related manager gives its own row to the key that leads back to it. */
function withParent({ related, model }: ManagerValue, args: CallArgs): CallArgs {
  const back = related?.field.relation?.back ?? null;
  if (related === null || back === null || model.fields.get(back)?.relation?.single !== true) return args;
  return { ...args, keywords: new Map([...args.keywords, [back, related.row]]) };
}

function noteRelatedWrite(engine: Engine, { related, origin }: ManagerValue, how: string, args: CallArgs, site: CallSite): void {
  if (related === null) return;
  const { row, field } = related;
  noteSent(engine, { kind: "related", how, model: row.model.label, field: field.name, args: recipeArgs(args) }, site, origin.span);
}

/** A many-to-many adds what it creates; the others forget their prefetched rows only since 5.1. */
function dropsOnCreate(engine: Engine, field: Field): boolean {
  const kind = field.relation?.kind;
  return kind === "m2m" || kind === "m2m-reverse" || isDjango(engine, 5, 1);
}

function freshRow(model: Model, origin: ManagerValue["origin"]): RowValue {
  return makeRow({ model, origin, isNew: true });
}

type Method = (engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite, name: string) => Value;

/** Copies without changing which rows come out. */
function same(changes: Partial<QuerysetValue>): Method {
  return (_engine, queryset) => derived(queryset, changes);
}

function derived(queryset: QuerysetValue, changes: Partial<QuerysetValue>): QuerysetValue {
  const id = freshId();
  return { ...queryset, id, source: id, evaluated: false, rows: null, kept: false, ...changes };
}

/** As the database would be asked, with nothing of what was put on prefetched rows. */
function askedAnew(queryset: QuerysetValue): QuerysetValue {
  return queryset.prefetched && queryset.related?.anew !== undefined ? { ...queryset, load: queryset.related.anew } : queryset;
}

/** Anything but `all()` leaves the prefetched results behind. */
function requeried(queryset: QuerysetValue, changes: Partial<QuerysetValue>): QuerysetValue {
  if (queryset.related === null) return derived(queryset, { prefetched: false, ...changes });
  const { plain, row } = queryset.related;
  const load = changes.load ?? queryset.load;
  return derived(queryset, {
    prefetched: false,
    // Of a prefetch that brought no rows the database may have some.
    isEmpty: queryset.isEmpty && !queryset.prefetched,
    ...changes,
    related: { ...queryset.related, plain: false },
    load: plain && row.load.opaque ? withoutReflected(load) : load,
  });
}

const narrows: Method = (_engine, queryset, args, _site, name) => {
  if (name === "exclude") return requeried(queryset, { load: withNulls(queryset.load, nullsLeft(queryset, args)), narrowed: true });
  if (name !== "filter") return requeried(queryset, { narrowed: true });
  const narrowed = narrowedTargets(queryset.model, queryset.load, args);
  const load = withNulls(withPinned(withFixed(narrowed, fixedColumns(queryset.model, args)), pinnedKeys(queryset, args)), nullKeys(queryset, args));
  return requeried(queryset, { load, narrowed: true, atMostOne: queryset.atMostOne || namesOneRow(queryset, args) });
};

const WRITTEN_AS: Readonly<Record<string, readonly string[]>> = {
  string: ["CharField", "SlugField", "TextField"],
  number: ["IntegerField", "SmallIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField", "BigIntegerField"],
  boolean: ["BooleanField"],
};

/** `filter(kind="mail")`: columns that hold this in all rows, as rows give it; a field of another class may make something else of it. */
function fixedColumns({ fields }: Model, args: CallArgs): Map<string, string | number | boolean> {
  const found = new Map<string, string | number | boolean>();
  for (const [name, value] of args.keywords) {
    if (value.kind !== "literal" || value.value === null || args.maybe?.has(name) === true) continue;
    const type = fields.get(name)?.type ?? "";
    if (WRITTEN_AS[typeof value.value]?.some((one) => type.startsWith("django.db.models.") && type.endsWith(`.${one}`)) === true) found.set(name, value.value);
  }
  return found;
}

/** `filter(customer=one)`: foreign keys with one value in all rows. */
function pinnedKeys({ model }: QuerysetValue, args: CallArgs): string[] {
  return [...args.keywords.keys()].flatMap((name) => {
    const field = model.fields.get(name.replace(/(?:_id|__id|__pk)$/, "")) ?? model.fields.get(name);
    return field?.relation?.kind === "fk" ? [field.name] : [];
  });
}

/** `filter(parent=None)`, `filter(parent__isnull=True)`: foreign keys that lead nowhere in all rows. */
function nullKeys({ model }: QuerysetValue, args: CallArgs): string[] {
  return [...args.keywords].flatMap(([name, value]) => {
    if (value.kind !== "literal" || value.value !== (name.endsWith("__isnull") ? true : null)) return [];
    return keyNamed(model, name.replace(/(?:__isnull|__exact)$/, ""));
  });
}

/** `exclude(parent__isnull=False)`. Of several conditions any may be the one that a row fails. */
function nullsLeft({ model }: QuerysetValue, args: CallArgs): string[] {
  const [one, ...more] = args.keywords;
  if (one === undefined || more.length + args.positional.length > 0 || args.open) return [];
  const [name, value] = one;
  return name.endsWith("__isnull") && value.kind === "literal" && value.value === false ? keyNamed(model, name.replace(/__isnull$/, "")) : [];
}

/** `parent`, `parent_id` or `parent__id`, where that is a foreign key. */
function keyNamed(model: Model, name: string): string[] {
  const field = model.fields.get(name.replace(/(?:_id|__id|__pk)$/, "")) ?? model.fields.get(name);
  return field?.attname != null && field.relation !== null ? [field.name] : [];
}

/** `filter(pk=value)`, `filter(order=one, product=two)` of fields that are unique together: no loop over it has a second round. */
function namesOneRow({ model, related }: QuerysetValue, args: CallArgs): boolean {
  const named = new Set([...args.keywords].flatMap(([name, value]) => (isOneValue(value) ? exactField(model, name, value) : [])));
  const back = related?.field.relation?.kind === "fk-reverse" ? related.field.relation.back : null;
  if (back !== null) named.add(back);
  const unique = [...named].some((name) => name === model.primaryKey || model.fields.get(name)?.unique === true || isOwnUuid(model.fields.get(name)));
  return unique || model.uniqueTogether.some((names) => names.length > 0 && names.every((name) => named.has(name)));
}

/** A row's own UUID tells it apart, or its few versions from others, whether or not the database was told so. */
function isOwnUuid(field: Field | undefined): boolean {
  return field?.name === "uuid" && /\bUUIDField$/.test(field.type);
}

function isOneValue(value: Value): boolean {
  return value.kind !== "queryset" && value.kind !== "list" && !isNone(value);
}

/**
 * The field that `name`, `name_id`, `name__pk` or `name__exact` compares with; none where the value may be NULL, which many rows can have. Who asks
 * for the one row of another has that other row: `filter(group_id=self.pk)`.
 */
function exactField(model: Model, keyword: string, value: Value): string[] {
  const name = keyword.replace(/__(?:exact|pk|id)$/, "");
  if (name === "pk" || name === "id") return [model.primaryKey];
  const field = model.fields.get(name) ?? model.fields.get(name.replace(/_id$/, ""));
  const mayBeNull = field?.null === true && field.relation?.kind !== "o2o" && truth(value) !== true;
  if (field === undefined || mayBeNull || (name !== keyword && field.relation === null && !keyword.endsWith("__exact"))) return [];
  return [field.name];
}

const ordersBy: Method = (_engine, queryset, args) => requeried(queryset, { ordered: args.positional.length === 0 && !args.open ? "no" : "yes" });

const CHAINS: Readonly<Record<string, Method>> = {
  all: (_engine, queryset) => derived(queryset, { source: queryset.source }),
  get_queryset: (_engine, queryset) => derived(queryset, {}),
  _clone: (_engine, queryset) => derived(queryset, {}),
  _chain: (_engine, queryset) => derived(queryset, {}),
  none: (_engine, queryset) => requeried(queryset, { isEmpty: true, narrowed: true }),
  filter: narrows,
  exclude: narrows,
  complex_filter: narrows,
  order_by: ordersBy,
  reverse: (_engine, queryset) => requeried(queryset, {}),
  distinct: (_engine, queryset) => requeried(queryset, {}),
  using: (_engine, queryset) => requeried(queryset, {}),
  db_manager: same({}),
  select_for_update: (_engine, queryset) => requeried(queryset, {}),
  extra: (_engine, queryset) => requeried(queryset, { narrowed: true }),
  annotate: annotate,
  alias: (_engine, queryset) => requeried(queryset, {}),
  select_related: selectRelated,
  prefetch_related: prefetchRelated,
  only: (_engine, queryset, args) => columns(queryset, args, withOnly),
  defer: deferred,
  values: (_engine, queryset, args) => asValues(queryset, args, "dict"),
  values_list: (_engine, queryset, args) => asValues(queryset, args, args.keywords.has("flat") ? "flat" : "tuple"),
  dates: (_engine, queryset, args) => asValues(queryset, args, "scalar"),
  datetimes: (_engine, queryset, args) => asValues(queryset, args, "scalar"),
  union: combined,
  intersection: combined,
  difference: combined,
  fetch_mode: fetchMode,
  select_subclasses: (_engine, queryset) => derived(queryset, { load: withSubclasses(queryset.load, true) }),
  non_polymorphic: (_engine, queryset) => derived(queryset, { load: withSubclasses(queryset.load, false) }),
};

/** Methods that send a statement, and what they give. */
const RUNS: Readonly<Record<string, Method>> = {
  get: single("get"),
  first: single("first"),
  last: single("last"),
  latest: single("latest"),
  earliest: single("earliest"),
  count: scalar("count"),
  exists: scalar("exists"),
  contains: scalar("contains"),
  aggregate: scalar("aggregate"),
  explain: scalar("explain"),
  in_bulk: inBulk,
  iterator: iteratorOf,
  aiterator: iteratorOf,
};

/** Methods that prefetched rows can serve. */
const MAY_KEEP_RESULTS: ReadonlySet<string> = new Set([
  "all",
  "get_queryset",
  "_clone",
  "_chain",
  "db_manager",
  "non_polymorphic",
  "first",
  "count",
  "exists",
  "contains",
]);

const WRITES: ReadonlySet<string> = new Set(["create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "delete", "_raw_delete"]);

const ASYNC: ReadonlySet<string> = new Set([
  "aget",
  "afirst",
  "alast",
  "alatest",
  "aearliest",
  "acount",
  "aexists",
  "acontains",
  "aaggregate",
  "ain_bulk",
  "acreate",
  "aget_or_create",
  "aupdate_or_create",
  "abulk_create",
  "abulk_update",
  "aupdate",
  "adelete",
]);

function querysetCall(engine: Engine, queryset: QuerysetValue, method: string, args: CallArgs, site: CallSite): Value {
  const isAsync = ASYNC.has(method) || method === "aiterator";
  const outer = engine.awaiting;
  engine.awaiting ||= isAsync;
  const result = querysetMethod(engine, queryset, ASYNC.has(method) ? method.slice(1) : method, args, site);
  engine.awaiting = outer;
  const isMade = result.kind === "queryset" && result.id !== queryset.id && result.madeIn !== site.frame.loop;
  return isMade ? { ...result, madeIn: site.frame.loop } : result;
}

function querysetMethod(engine: Engine, queryset: QuerysetValue, name: string, args: CallArgs, site: CallSite): Value {
  noteChain(engine, queryset, name, site);
  const contentType = contentTypeRow(engine, queryset, name, args);
  if (contentType !== null) return contentType;
  const asked = MAY_KEEP_RESULTS.has(name) ? queryset : askedAnew(queryset);
  const chain = CHAINS[name];
  if (chain !== undefined) return chained(queryset, chain(engine, asked, args, site, name), name, args);
  const run = RUNS[name];
  if (run !== undefined) return run(engine, asked, args, site, name);
  if (WRITES.has(name)) return writeCall(engine, asked, name, args, site);
  const described = describedChain(engine, queryset, name);
  if (described !== null) return chained(queryset, described, `?${name}`, args);
  if (name === "raw") return chained(queryset, rawQueryset(queryset, args), "raw", args);
  if (name.startsWith("__") || name === "as_manager") return UNKNOWN;
  if (name === "create_user" || name === "create_superuser") return writeCall(engine, queryset, "create", args, site);
  // `create_user`, `get_by_natural_key`: of a manager that was not read, and no queryset.
  if (/^(?:create|get_by|get_or|make|is|has|can)_/.test(name)) return UNKNOWN;
  engine.note(`a queryset method \`${name}\` that is not in what was read`, site.frame.file, site.span.start);
  const doubts = [...queryset.doubts, `\`${name}()\` is a method that was not read`];
  return chained(queryset, derived(queryset, { load: withOpaque(queryset.load), doubts }), `?${name}`, args);
}

/** A stub's `def live(self) -> Self: ...` narrows; `Annotated[Self, "name"]` puts a name on each row besides. */
function describedChain(engine: Engine, queryset: QuerysetValue, name: string): QuerysetValue | null {
  const member = queryset.cls === null ? null : engine.program.member(queryset.cls, name);
  if (member?.owner.module.origin !== "builtin" || member.definition.kind !== "function") return null;
  const { returns } = member.definition.def;
  const parts = returns?.kind === "subscript" && returns.index.kind === "sequence" ? returns.index.items : [returns];
  const [own, ...names] = parts;
  if (own?.kind !== "name" || own.name !== "Self") return null;
  const put = names.flatMap((one) => (one?.kind === "str" ? [one.value] : []));
  return requeried(queryset, { narrowed: true, load: withAnnotations(queryset.load, put) });
}

function noteChain(engine: Engine, queryset: QuerysetValue, name: string, site: CallSite): void {
  const { expr, frame } = site;
  if (expr === null || expr.callee.kind !== "attribute") return;
  engine.recorder.chain(queryset.origin, {
    name,
    file: frame.file,
    start: expr.start,
    end: expr.end,
    dot: expr.callee.object.end,
    args: expr.args,
    keywords: expr.keywords,
  });
}

/** Rows of a raw statement have the columns that it names, and load the rest one by one. */
function rawQueryset(queryset: QuerysetValue, args: CallArgs): Value {
  const [statement] = args.positional;
  const text = statement?.kind === "literal" && typeof statement.value === "string" ? statement.value : "";
  const names = selectedColumns(text);
  const load = names === null || args.keywords.has("translations") ? BARE : withOnly(BARE, names);
  const one = /\blimit\s+1\s*;?\s*$/i.test(text) ? { atMostOne: true } : {};
  return derived(queryset, { load, ordered: "unknown", narrowed: true, ...one });
}

/** Columns of `SELECT a, t.b FROM`; null where the list says more than names. */
function selectedColumns(statement: string): string[] | null {
  const listed = /^\s*select\s+([\s\S]+?)\s+from\s/i.exec(statement)?.[1];
  if (listed === undefined) return null;
  const names = listed.split(",").map((one) => /^(?:["\w]+\.)?"?(\w+)"?$/.exec(one.trim())?.[1] ?? null);
  return names.every((one) => one !== null) ? names : null;
}

function annotate(_engine: Engine, queryset: QuerysetValue, args: CallArgs): Value {
  return requeried(queryset, { load: withAnnotations(queryset.load, [...args.keywords.keys()]) });
}

/** `FETCH_PEERS` shares loads between rows and `FETCH_RAISE` refuses them; other modes load row by row. */
function fetchMode(_engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite): Value {
  const [mode] = site.expr?.args ?? [];
  const name = mode?.kind === "name" || mode?.kind === "attribute" ? mode.name : "";
  if (/^(FETCH_)?(PEERS|RAISE)$/.test(name)) return derived(queryset, { load: withPeers(queryset.load, true) });
  const isAlone = name === "FETCH_ONE" || args.positional[0]?.kind === "object";
  return derived(queryset, { load: isAlone ? withPeers(queryset.load, false) : withOpaque(queryset.load) });
}

/** Is the project's Django at least this one? What is not known counts as new. */
export function isDjango(engine: Engine, major: number, minor: number): boolean {
  const [first = 0, second = 0] = (engine.project.djangoVersion ?? "99").split(".").map(Number);
  return first > major || (first === major && second >= minor);
}

function literalNames(args: CallArgs): readonly string[] | null {
  if (args.open) return null;
  const names: string[] = [];
  for (const value of args.positional) {
    if (value.kind !== "literal" || typeof value.value !== "string") return null;
    names.push(value.value);
  }
  return names;
}

function selectRelated(engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite): Value {
  const [first] = args.positional;
  if (args.positional.length === 1 && isNone(first)) {
    return requeriedEager(queryset, withoutSelects(queryset.load));
  }
  const names = literalNames(args);
  if (names === null) {
    engine.note("select_related with names that are not literal", site.frame.file, site.span.start);
    return requeriedEager(queryset, withReflection(engine, withJoinsUnread(queryset.load), site));
  }
  if (names.length === 0) return requeriedEager(queryset, withSelectsAll(queryset.load));
  let load = queryset.load;
  for (const [index, name] of names.entries()) {
    const use = engine.recorder.eagerLoad(queryset.origin, "select_related", name, argSpan(site, index));
    const path = lookupSteps(engine, queryset.model, name);
    const many = relationToMany(engine, queryset.model, path);
    const isJoined = many !== null && isReverseOfUnique(many, engine.graph);
    // Who reads the row that it joins does so beside the accessor.
    if (isJoined) use.used = true;
    // A join that Django refuses is an error of its own: what was meant is taken to be there.
    const how = many === null || isJoined ? "select" : "prefetch";
    load = withPath(load, path, { node: BARE, how, uses: [use], queryset: null, row: null });
  }
  return requeriedEager(queryset, load);
}

/** The first step of a path whose accessor is a manager. */
function relationToMany(engine: Engine, model: Model, path: readonly string[]): Field | null {
  let at: Model | null = model;
  for (const step of path) {
    const field: Field | undefined = at?.fields.get(step);
    if (field?.relation == null) return null;
    if (!field.relation.single) return field;
    at = engine.graph.byLabel(field.relation.target ?? "");
  }
  return null;
}

/** Eager loading on a related manager's queryset queries again too. */
function requeriedEager(queryset: QuerysetValue, load: LoadNode): QuerysetValue {
  return queryset.related === null ? derived(queryset, { load }) : requeried(queryset, { load });
}

function argSpan(site: CallSite, index: number): Span {
  const arg = site.expr?.args[index] ?? null;
  return arg === null ? site.span : spanOf(site.frame.file, arg);
}

/** Lookup names to attribute names: `book` for a reverse relation is the attribute `book_set`. */
function lookupSteps(engine: Engine, model: Model, lookup: string): string[] {
  const steps: string[] = [];
  let at: Model | null = model;
  for (const part of lookup.split("__")) {
    const field: Field | null = at === null ? null : fieldOf(at, part);
    if (at !== null && field !== null) engine.recorder.loadedEagerly.add(`${steps.at(-1) ?? ""}>${at.label}.${field.name}`);
    steps.push(field?.name ?? part);
    at = field?.relation?.target === undefined || field.relation?.target === null ? null : engine.graph.byLabel(field.relation.target);
  }
  return steps;
}

function fieldOf(model: Model, name: string): Field | null {
  const direct = model.fields.get(name);
  if (direct !== undefined) return direct;
  for (const field of model.fields.values()) if (field.queryName === name && field.relation !== null) return field;
  return null;
}

function prefetchRelated(engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite): Value {
  const [first] = args.positional;
  if (args.positional.length === 1 && isNone(first)) {
    return requeriedEager(queryset, withoutPrefetches(queryset.load));
  }
  let load = args.open ? withReflection(engine, withOpaque(queryset.load), site) : queryset.load;
  for (const [index, value] of args.positional.entries()) {
    load = withPrefetch(engine, queryset, load, value, argSpan(site, index), site.frame);
  }
  return requeriedEager(queryset, load);
}

/** Names that code computed: from a class it was given, as far as the function here shows it, or from anything. */
function withReflection(engine: Engine, load: LoadNode, site: CallSite): LoadNode {
  const spread = site.expr?.args.find((one) => one.kind === "star")?.value;
  const cls = spread === undefined ? null : classBehind(engine, spread, site.frame);
  return cls === null ? load : withReflected(load, cls);
}

/** `names = names_for(SomeClass)`, and then `*names`; or `*names_for(SomeClass)`. */
function classBehind(engine: Engine, expr: Expr, frame: Frame): ClassInfo | null {
  const made = expr.kind === "name" ? valueGiven(frame.def?.kind === "function" ? frame.def.body : [], expr.name) : expr;
  if (made?.kind !== "call") return null;
  for (const arg of made.args) {
    const value = arg.kind === "star" ? UNKNOWN : engine.evaluate(arg, frame);
    for (const one of alternatives(value)) if (one.kind === "class") return one.cls;
  }
  return null;
}

/** What a name of a function is bound to, by an assignment or in the test of an `if`. */
function valueGiven(body: readonly Stmt[], name: string): Expr | null {
  for (const stmt of body) {
    if (stmt.kind === "assign" && stmt.targets.some((one) => one.kind === "name" && one.name === name)) return stmt.value;
    if (stmt.kind !== "if") continue;
    if (stmt.test.kind === "walrus" && stmt.test.name === name) return stmt.test.value;
    const inner = valueGiven([...stmt.then, ...stmt.otherwise], name);
    if (inner !== null) return inner;
  }
  return null;
}

export function withPrefetch(
  engine: Engine,
  target: { readonly model: Model; readonly origin: QuerysetValue["origin"] },
  load: LoadNode,
  value: Value,
  span: Span,
  frame: Frame,
): LoadNode {
  const lookup = prefetchLookup(value);
  if (lookup === null) {
    engine.note("prefetch_related with names that are not literal", frame.file, span.start);
    return withOpaque(load);
  }
  const steps = lookupSteps(engine, target.model, lookup.path);
  // What the row was told already is not fetched again.
  if (steps.length === 1 && lookup.queryset === null && load.relations.get(steps[0] ?? "")?.how === "known") return load;
  noteLoadedBelow(engine, steps, lookup.queryset);
  const use = engine.recorder.eagerLoad(target.origin, "prefetch_related", lookup.path, span);
  const leaf: LoadedRelation = {
    node: lookup.queryset?.load ?? BARE,
    how: "prefetch",
    uses: [use],
    queryset: lookup.queryset,
    querysets: lookup.querysets,
    row: null,
  };
  const last = steps.at(-1);
  if (lookup.toAttr === null || last === undefined) {
    return lookup.isOpaque ? withPath(load, steps, { ...leaf, node: withOpaque(leaf.node) }) : withPath(load, steps, leaf);
  }
  const asList = { ...leaf, field: last };
  if (steps.length === 1) return withList(load, lookup.toAttr, asList);
  const parent = withList(BARE, lookup.toAttr, asList);
  return withPath(load, steps.slice(0, -1), { ...leaf, node: parent, queryset: null });
}

/** `Prefetch("lines", Line.objects.select_related("product"))` loads `lines__product`. */
function noteLoadedBelow(engine: Engine, steps: readonly string[], queryset: QuerysetValue | null): void {
  for (const name of queryset?.load.relations.keys() ?? []) engine.recorder.loadedEagerly.add(`${steps.at(-1) ?? ""}>${queryset?.model.label}.${name}`);
}

interface PrefetchLookup {
  readonly path: string;
  readonly queryset: QuerysetValue | null;
  readonly querysets: readonly QuerysetValue[];
  readonly isOpaque: boolean;
  readonly toAttr: string | null;
}

function prefetchLookup(value: Value): PrefetchLookup | null {
  if (value.kind === "literal" && typeof value.value === "string") {
    return { path: value.value, queryset: null, querysets: [], isOpaque: false, toAttr: null };
  }
  if (value.kind !== "object" || !value.cls.name.endsWith("Prefetch") || value.args === null) return null;
  const path = argument(value.args, 0, "lookup");
  if (path?.kind !== "literal" || typeof path.value !== "string") return null;
  const queryset = argument(value.args, 1, "queryset");
  const toAttr = argument(value.args, 2, "to_attr");
  const several = value.cls.name === "GenericPrefetch" ? argument(value.args, 1, "querysets") : null;
  const querysets = several?.kind === "list" ? (several.items ?? []).filter((one) => one.kind === "queryset") : [];
  return {
    path: path.value,
    queryset: queryset?.kind === "queryset" ? queryset : null,
    querysets,
    isOpaque: several !== null ? querysets.length === 0 : queryset !== null && queryset.kind !== "queryset" && !(queryset.kind === "literal"),
    toAttr: toAttr?.kind === "literal" && typeof toAttr.value === "string" ? toAttr.value : null,
  };
}

function columns(queryset: QuerysetValue, args: CallArgs, apply: (load: LoadNode, names: readonly string[]) => LoadNode): Value {
  const names = literalNames(args);
  // Names that could not be read choose columns; relations they load none.
  return requeried(queryset, { load: names === null ? withAllColumns(queryset.load) : apply(queryset.load, names) });
}

function deferred(_engine: Engine, queryset: QuerysetValue, args: CallArgs): Value {
  const [first] = args.positional;
  if (isNone(first)) {
    return requeried(queryset, { load: withAllColumns(queryset.load) });
  }
  return columns(queryset, args, withDeferred);
}

function asValues(queryset: QuerysetValue, args: CallArgs, shape: QuerysetValue["shape"]): Value {
  const names = literalNames(args) ?? [];
  for (const name of names) queryset.origin.columns.add(joinPath(queryset.path, name));
  queryset.origin.asValues = true;
  return requeried(queryset, { shape, fields: names });
}

function combined(_engine: Engine, queryset: QuerysetValue, args: CallArgs, _site: CallSite, name: string): Value {
  const other = args.positional.find((one) => one.kind === "queryset" && !one.isEmpty);
  if (queryset.isEmpty && name === "union" && other?.kind === "queryset") return derived(other, {});
  // The other's columns may be NULL where these are not.
  return requeried(queryset, { load: withoutFilters(queryset.load), fields: [], ordered: "unknown", narrowed: true, atMostOne: false });
}

/** `a | b`, where either may be one of several; null where the left one is no queryset. */
export function combineQuerysets(left: Value, right: Value, operator: string): Value | null {
  const ways = alternatives(left);
  if (!ways.some(({ kind }) => kind === "queryset")) return null;
  return joinAll(ways.flatMap((one) => alternatives(right).map((other) => (one.kind === "queryset" ? combineTwo(one, other, operator) : UNKNOWN))));
}

/** Eager loading of the left operand survives. An empty operand leaves the other as it is, or makes an intersection empty. */
function combineTwo(left: QuerysetValue, right: Value, operator: string): Value {
  if (right.kind === "queryset" && left.isEmpty) return derived(operator === "&" ? left : right, {});
  if (right.kind === "queryset" && right.isEmpty) return derived(operator === "&" ? right : left, {});
  if (right.kind !== "queryset" && right.kind !== "unknown") return UNKNOWN;
  return chained(left, requeried(left, { load: withoutFilters(askedAnew(left).load), narrowed: true, atMostOne: false }), operator, {
    ...NO_ARGS,
    positional: [right],
  });
}

// ------------------------------------------------------------------------------------------- runs

function single(how: string): Method {
  return (engine, queryset, args, site) => {
    const usesCache = how === "first" && queryset.prefetched && queryset.ordered !== "no";
    const narrowed = args.positional.length > 0 || args.keywords.size > 0;
    const target = usesCache
      ? queryset
      : requeried(askedAnew(queryset), {
          narrowed: queryset.narrowed || narrowed,
          evaluated: queryset.evaluated && how === "first" && queryset.ordered === "yes",
        });
    runQueryset(engine, { ...target, id: queryset.id, source: queryset.source }, how, site.span, site.frame, args);
    // Where it raises an error there is no row to go on with.
    if (how === "get" && isForRowBeingMade(target.model, site)) return UNKNOWN;
    const load = how === "get" ? narrowedTargets(target.model, target.load, args) : target.load;
    const row = elementOf(engine, { ...target, load }, site.frame.loop, site.frame);
    return ALWAYS_ONE.has(how) ? there(row) : row;
  };
}

/** `Order.objects.get(pk=self.pk)` in the `save()` of an order that is being made: a key that it was given is not in the database yet. */
function isForRowBeingMade(model: Model, { expr, frame }: CallSite): boolean {
  const isKey = (name: string | null): boolean => name === "pk" || name === model.primaryKey;
  return (expr?.keywords ?? []).some(({ name, value }) => {
    if (!isKey(name) || value.kind !== "attribute" || !isKey(value.name) || value.object.kind !== "name") return false;
    const row = lookUp(frame.env, value.object.name)?.value;
    return row?.kind === "row" && isBeingCreated(row) && row.model.concrete === model.concrete;
  });
}

/** They raise an error where there is no row. */
const ALWAYS_ONE: ReadonlySet<string> = new Set(["get", "latest", "earliest"]);

function scalar(how: string): Method {
  return (engine, queryset, args, site) => {
    const usesCache = (how === "count" || how === "exists" || how === "contains") && (queryset.prefetched || queryset.evaluated);
    const target = usesCache ? queryset : { ...requeried(queryset, {}), id: queryset.id, source: queryset.source };
    runQueryset(engine, target, how, site.span, site.frame, args);
    return how === "aggregate" ? dict() : UNKNOWN;
  };
}

function inBulk(engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite): Value {
  runQueryset(engine, requeried(queryset, {}), "in_bulk", site.span, site.frame, args);
  const made = dict();
  made.rest = elementOf(engine, queryset, freshLoop(engine, queryset, site.span, site.frame), site.frame);
  return made;
}

function iteratorOf(engine: Engine, queryset: QuerysetValue, args: CallArgs, site: CallSite): Value {
  const keepsPrefetch = args.keywords.has("chunk_size") || args.positional.length > 0;
  const target = keepsPrefetch || isDjango(engine, 5, 0) ? queryset : derived(queryset, { load: withoutPrefetches(queryset.load) });
  // Rows of a stream are let go one by one: they have no peers.
  const requery = { ...requeried(target, { load: withPeers(target.load, false) }), id: queryset.id, source: queryset.source };
  runQueryset(engine, requery, "iterator", site.span, site.frame);
  return listOf(elementOf(engine, requery, freshLoop(engine, queryset, site.span, site.frame), site.frame), "generator");
}

const CHANGES: ReadonlySet<string> = new Set(["delete", "update"]);

function writeCall(engine: Engine, queryset: QuerysetValue, name: string, args: CallArgs, site: CallSite): Value {
  const { related } = queryset;
  const isRowsOwn = related !== null && related.row.loop !== null && related.row.loop === site.frame.loop;
  recordWrite(engine, name, queryset.model, related?.field.name ?? null, site, { isRowsOwn });
  noteSent(engine, { kind: "query", how: name, recipe: queryset.recipe, args: recipeArgs(args) }, site, queryset.origin.span);
  for (const value of [...args.positional, ...args.keywords.values()]) engine.escape(value);
  // Django keeps what was prefetched all the same.
  if (related !== null && CHANGES.has(name) && prefetchOf(queryset) === null) changeRelated(related.row, related.field.name, site);
  if (name === "delete") tellQuerysetDeleted(engine, queryset, site);
  // The row that is found has what the queryset loads, the one that is made knows its parent.
  const load = narrowedTargets(queryset.model, queryset.load, args);
  const row = makeRow({ model: queryset.model, origin: queryset.origin, loop: site.frame.loop, load, isNew: name === "create" });
  if (name === "create") {
    const made = withGivenValues(engine, row, args);
    tellCreated(engine, made, args, site);
    return made;
  }
  if (name === "get_or_create" || name === "update_or_create") return foundOrMade(name, row, args, site.frame);
  // The list that it was given, with keys where the database tells them.
  const given = name === "bulk_create" ? argument(args, 0, "objs") : null;
  return given?.kind === "list" ? given : UNKNOWN;
}

export function freshLoop(_engine: Engine, value: Value, span: Span, frame: Frame): Loop {
  const origin = value.kind === "queryset" ? value.origin : null;
  const over = value.kind === "queryset" ? roundsOver(value) : "unknown";
  return { id: freshId(), span: projectSite({ span, frame }).span, over, origin, depth: frame.depth, outer: frame.loop };
}

/** One row at most is no loop over rows. */
function roundsOver({ atMostOne, isEmpty }: QuerysetValue): Loop["over"] {
  return atMostOne || isEmpty ? "literal" : "rows";
}

/** Iterates a queryset: the run, and the row that stands for each of its rows. */
export function iterateQueryset(engine: Engine, queryset: QuerysetValue, span: Span, frame: Frame, how: string, head: Span): Iteration {
  runQueryset(engine, queryset, how, span, frame);
  if (!queryset.isEmpty) queryset.origin.iterated = true;
  const at = projectSite({ span: head, frame }).span;
  const over = roundsOver(queryset);
  const loop: Loop = { id: freshId(), span: at, over, origin: queryset.origin, path: placeOfRows(queryset).path, depth: frame.depth, outer: frame.loop };
  engine.recorder.loopSeen(at, over);
  checkKnownParent(engine, queryset, loop, span, frame);
  const [column] = queryset.fields;
  const isColumn = queryset.shape === "flat" && column !== undefined;
  const element = isColumn ? storedUnder(queryset.model, column) : there(elementOf(engine, queryset, loop, frame));
  if (element.kind === "row") queryset.rows = element;
  return { element, loop };
}

/** Rows of a row in a loop, rows that were prefetched, or of a row that a template got: only the parent's queryset can load what they lack. */
function isMendedAtParent(row: RowValue, queryset: QuerysetValue): boolean {
  if (row.loop !== null) return true;
  const { kind, span } = row.origin;
  if (queryset.prefetched) return kind !== "instance" && kind !== "parameter";
  return (kind === "manager" || kind === "implicit") && !queryset.origin.span.file.endsWith(".py") && span.file.endsWith(".py");
}

/** The queryset that can load what its rows lack, and the way from there to them; `parent` is the row that they belong to where that is another one. */
function placeOfRows(queryset: QuerysetValue): { readonly origin: QuerysetValue["origin"]; readonly path: string; readonly parent: RowValue | null } {
  const { related, origin, path } = queryset;
  const belongsToParent = related !== null && (related.plain || queryset.prefetched) && isMendedAtParent(related.row, queryset);
  if (!belongsToParent) return { origin, path, parent: null };
  return { origin: related.row.origin, path: joinPath(related.row.path, related.field.name), parent: related.row };
}

const SET_OPERATIONS: ReadonlySet<string> = new Set(["union", "intersection", "difference"]);

/** One row of the queryset; `loop` null for a single one. */
export function elementOf(engine: Engine, queryset: QuerysetValue, loop: Loop | null, frame: Frame): Value {
  if (queryset.shape !== "rows" || queryset.isEmpty) return UNKNOWN;
  const { origin, path, parent } = placeOfRows(queryset);
  const operation = queryset.recipe.steps.find(({ name }) => SET_OPERATIONS.has(name));
  if (operation !== undefined) queryset.origin.combinedBy = operation.name;
  const load = asSubclasses(engine, queryset, withGivenOf(queryset));
  const row = makeRow({
    model: queryset.model,
    origin,
    path,
    load: isBeyondReach(path) ? OPAQUE : load,
    loop,
    extra: givenTo(queryset, loop),
    joinable: parent === null ? queryset.joinable : false,
    shared: parent?.shared ?? null,
    withoutCaller: queryset.withoutCaller,
    doubts: queryset.doubts,
  });
  if (loop !== null) checkPrefetchKeys(engine, queryset, row, frame);
  if (load.subclasses !== null && load.subclasses !== false) noteSubclasses(engine, row);
  return row;
}

/** Relations that code has put on the rows since they were fetched. */
function withGivenOf({ load, rows }: QuerysetValue): LoadNode {
  if (rows === null || rows.load === load) return load;
  const given = [...rows.load.relations].filter(([name, { how }]) => how === "known" && !load.relations.has(name));
  return given.reduce((known, [name]) => withGiven(known, name), load);
}

/** The same of other attributes. A row that is one of the loop's rows is so in the next loop too. */
function givenTo({ rows }: QuerysetValue, loop: Loop | null): Map<string, Value> {
  if (rows === null || rows.extra.size === 0) return new Map();
  const { loop: earlier } = rows;
  return new Map(
    [...rows.extra].map(([name, value]) => [name, value.kind === "row" && earlier !== null && value.loop === earlier ? { ...value, loop } : value]),
  );
}

/** A prefetch matches rows by a key; when that column was left out it is fetched row by row. */
function checkPrefetchKeys(engine: Engine, queryset: QuerysetValue, row: RowValue, frame: Frame): void {
  for (const [name, relation] of queryset.load.relations) {
    const field = queryset.model.fields.get(name);
    if (relation.how !== "prefetch" || field?.relation == null) continue;
    const own = field.attname !== null && !hasColumn(queryset.load, field.name, field.attname, false);
    if (own || lacksKey(engine, field, relation.node)) {
      const span = own ? queryset.origin.span : (relation.queryset?.origin.span ?? queryset.origin.span);
      recordLoad(engine, row, field, { span, frame }, KEY_LOAD);
    }
  }
}

const KEY_LOAD = { reason: "key", kind: "deferred", method: null } as const;

/** Rows at the other end of a reverse foreign key without the key that leads back. */
function lacksKey(engine: Engine, field: Field, load: LoadNode): boolean {
  const target = engine.graph.byLabel(field.relation?.target ?? "");
  const back = field.relation?.kind === "fk-reverse" ? target?.fields.get(field.relation.back ?? "") : undefined;
  return back !== undefined && !load.opaque && !hasColumn(load, back.name, back.attname, back.primaryKey);
}

/** Until 6.1 a row that is told its parent compares the key first, and fetches it for that. */
function checkKnownParent(engine: Engine, queryset: QuerysetValue, loop: Loop, span: Span, frame: Frame): void {
  const { related } = queryset;
  if (related === null || queryset.prefetched || queryset.shape !== "rows" || isDjango(engine, 6, 1)) return;
  const load = withoutKnown(queryset.load, related.field.relation?.back ?? null);
  if (lacksKey(engine, related.field, load)) recordLoad(engine, { ...related.row, loop }, related.field, { span, frame }, withTip(KEY_LOAD, queryset));
}

function withTip(what: LoadKind, { tip }: QuerysetValue): LoadKind {
  return tip === null ? what : { ...what, written: tip };
}

/** A queryset's rows are fetched: nothing but the statement is noted. */
export function noteFetch(engine: Engine, queryset: QuerysetValue, site: Pick<CallSite, "span" | "frame">): void {
  if (queryset.isEmpty || queryset.prefetched) return;
  noteSent(engine, { kind: "query", how: "list", recipe: queryset.recipe, args: NO_RECIPE_ARGS }, site, queryset.origin.span);
}

/** Records one execution, and for a related manager under a loop the load that it is. */
export function runQueryset(engine: Engine, queryset: QuerysetValue, how: string, span: Span, frame: Frame, args: CallArgs = NO_ARGS): void {
  if (queryset.isEmpty) return;
  // An `if a or b:` that stopped at `a` left `b` to whoever reads it next.
  if (!queryset.prefetched) {
    noteSent(engine, { kind: "query", how, recipe: queryset.recipe, args: recipeArgs(args) }, { span, frame }, queryset.origin.span);
  }
  const at = projectSite({ span, frame });
  const loop = frame.loop;
  const { related } = queryset;
  const doubts = placeDoubts({ frame });
  const otherwise = otherwiseAt(frame, loop);
  if (related !== null && !queryset.prefetched && !queryset.evaluated) {
    // A manager keeps nothing: rows that share the object ask again each.
    const row = { ...related.row, shared: null, doubts: [...askedThroughManager(related.row.doubts), ...doubts] };
    recordRelatedLoad(engine, queryset, { ...related, row }, how, at.span, at.frame);
  }
  if (related !== null && queryset.prefetched) engine.recorder.cover(queryset.origin.span, related.field.name);
  engine.recorder.run({
    origin: queryset.origin,
    model: queryset.model.label,
    queryset: queryset.id,
    source: queryset.source,
    how,
    span: at.span,
    loop,
    keyed: loop === null ? "unknown" : runKey(engine, queryset, loop),
    cached: queryset.evaluated || queryset.prefetched,
    sliced: queryset.sliced,
    narrowed: queryset.narrowed,
    ordered: queryset.ordered,
    branch: at.frame.branch,
    calls: callsSince(at.frame, loop?.depth ?? at.frame.depth),
    trail: callsSince(at.frame, 0),
    symbol: at.frame.symbol,
    atImport: frame.atImport,
    isAsync: at.frame.isAsync,
    inTemplate: at.frame.language !== "python",
    related: related !== null && related.row.loop !== null,
    ...(related !== null && related.row.origin.kind !== "instance" ? { isOfFetchedRow: true } : {}),
    ...(queryset.atMostOne ? { atMostOne: true as const } : {}),
    awaited: engine.awaiting,
    givesRows: queryset.shape === "rows",
    doubts: [...queryset.doubts, ...doubts],
    ...(otherwise === undefined ? {} : { otherwise }),
    // Identities count up, those of loops among them.
    madeInLoop: loop !== null && queryset.id > loop.id && (!queryset.kept || isWithinLoop(queryset.madeIn, loop)),
  });
  if (!FILLS_CACHE.has(how) || queryset.evaluated) return;
  queryset.evaluated = true;
  engine.filled?.push(queryset);
}

function isWithinLoop(at: Loop | null, loop: Loop): boolean {
  return at !== null && (at === loop || isWithinLoop(at.outer, loop));
}

const FILLS_CACHE: ReadonlySet<string> = new Set(["iterate", "list", "len", "bool", "sorted", "sum", "text", "log", "unpack", "contains"]);

function runKey(engine: Engine, queryset: QuerysetValue, loop: Loop): QueryRun["keyed"] {
  if (keyedBy(engine, loop.id) === "keyed") return "keyed";
  return queryset.related !== null && queryset.related.row.loop === loop ? "keyed" : "invariant";
}

const JOINED = "`select_related()` has left the row with its parent, and code may look for it there first";

function recordRelatedLoad(
  engine: Engine,
  queryset: QuerysetValue,
  related: NonNullable<QuerysetValue["related"]>,
  how: string,
  span: Span,
  frame: Frame,
): void {
  const { row, field } = related;
  const relation = field.relation;
  if (relation === null || row.load.opaque) return;
  const loaded = row.load.relations.get(field.name);
  const isJoined = loaded?.how === "select";
  const wasPrefetched = (loaded !== undefined && !isJoined) || [...row.load.lists.values()].some((one) => one.field === field.name);
  recordLoad(
    engine,
    row,
    field,
    { span, frame },
    {
      reason: loaded?.how === "changed" ? "changed" : wasPrefetched ? "defeated" : "unloaded",
      kind: relation.kind,
      narrowed: !related.plain && queryset.narrowed,
      ...(isJoined ? { doubt: JOINED } : {}),
      method:
        loaded?.how === "dropped"
          ? "dropped"
          : related.throughFilters
            ? "filter set"
            : related.plain
              ? how === "iterate"
                ? "all"
                : how
              : narrowedMethod(queryset, how),
      ...(queryset.tip === null ? {} : { written: queryset.tip }),
    },
  );
}

/** Not what asks the database: that is what the queryset is. */
const HANDS_ROWS_OUT: ReadonlySet<string> = new Set(["iterate", "list", "sorted", "sum", "unpack"]);

function narrowedMethod(queryset: QuerysetValue, how: string): string {
  const isAmongValues = how === "contains" && queryset.shape !== "rows";
  if (!HANDS_ROWS_OUT.has(how) && !isAmongValues) return how;
  if (queryset.shape !== "rows") return isGrouped(queryset) ? "groups" : "values";
  return queryset.narrowed ? "filter" : "requery";
}

/** `values("day").annotate(Count("pk"))`: the database puts rows together. */
function isGrouped({ recipe: { steps } }: QuerysetValue): boolean {
  const values = steps.findIndex(({ name }) => name === "values" || name === "values_list");
  return values >= 0 && steps.slice(values).some(({ name }) => name === "annotate");
}

/** Whether there is an offset, and the limit; `[:5]` and `[0:5]` are the same. */
function sliceArgs({ lower, upper }: Slice): CallArgs {
  const isOffset = lower === null ? literal(false) : lower.kind === "num" ? literal(lower.value > 0) : UNKNOWN;
  const limit =
    upper?.kind === "num" && (lower === null || lower.kind === "num") ? literal(upper.value - (lower?.value ?? 0)) : upper === null ? NONE : UNKNOWN;
  return { ...NO_ARGS, positional: [isOffset, limit] };
}

/** `qs[0]`, `qs[:5]`. */
export function subscriptQueryset(engine: Engine, queryset: QuerysetValue, slice: Slice | null, span: Span, frame: Frame): Value {
  const isCached = queryset.evaluated || queryset.prefetched;
  if (slice !== null)
    return chained(
      queryset,
      derived(queryset, { sliced: true, source: queryset.source, evaluated: isCached && queryset.evaluated, rows: queryset.rows, madeIn: frame.loop }),
      "slice",
      sliceArgs(slice),
    );
  runQueryset(engine, queryset, "index", span, frame);
  return elementOf(engine, queryset, frame.loop, frame);
}
