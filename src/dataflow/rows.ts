/** Model instances: what is in memory, what a read costs, what it leads to. */
import type { ClassInfo, Field, LazyLoad, Model, ModelGraph, RelationKind, Span } from "../model/index.ts";
import { decoratorName, moduleOf } from "../python/syntax-tree.ts";
import type { AccessSite, CallArgs, CallSite, Engine } from "./engine.ts";
import { argument } from "./arguments.ts";
import { callsSince, type Frame, type Loop } from "./frame.ts";
import {
  BARE,
  hasColumn,
  OPAQUE,
  isRefreshed,
  isThere,
  withChanged,
  withColumn,
  withDropped,
  withGiven,
  withJoinsUnread,
  withKept,
  withKnownRow,
  withNulls,
  withPeers,
  withRefreshed,
  withSelectsAll,
  type LoadedRelation,
  type LoadNode,
} from "./load-tree.ts";
import { isColumnSet, noteColumnSet, trackerOf } from "./copied-columns.ts";
import { PREFETCH_CACHE } from "./prefetch-cache.ts";
import { spanOf, type LiveOrigin } from "./recorder.ts";
import {
  alternatives,
  freshId,
  isFetched,
  isNone,
  attributesOnly,
  join,
  joinAll,
  list,
  listOf,
  literal,
  native,
  NONE,
  object,
  PRESENT,
  SET,
  UNKNOWN,
  withDoubt,
  type ManagerValue,
  type RowValue,
  type Value,
  there,
} from "./values.ts";
import { changeLoad, setName } from "./attribute-writes.ts";
import { deferralDoubts } from "./deferral.ts";
import { isOffered } from "./generic-limits.ts";
import { asParent, childrenWith, isPolymorphic } from "./subclass-rows.ts";
import { joinPath, placeDoubts, projectSite } from "./sites.ts";
import { recipeArgs } from "./recipes.ts";
import { noteSent } from "./sends.ts";
import { recordWrite } from "./writes.ts";
import { bywayOf, otherwiseAt, rarestOf, ruledOutAt } from "./byways.ts";

export interface RowFields {
  readonly model: Model;
  readonly origin: LiveOrigin;
  readonly path?: string;
  readonly load?: LoadNode;
  readonly loop?: Loop | null;
  readonly joinable?: boolean;
  readonly shared?: string | null;
  readonly withoutCaller?: boolean;
  readonly doubts?: readonly string[];
  readonly isNew?: boolean;
  readonly extra?: Map<string, Value>;
  readonly keptBy?: RowValue["keptBy"];
}

export function makeRow(fields: RowFields): RowValue {
  return {
    kind: "row",
    id: freshId(),
    path: "",
    load: BARE,
    loop: null,
    joinable: true,
    shared: null,
    withoutCaller: false,
    doubts: [],
    isNew: false,
    extra: new Map(),
    ...fields,
  };
}

const GIVEN = "the row that it was made with may have more in memory";

/** A row that was just made has the very rows that it was given; a foreign key that it was not given is NULL. */
export function withGivenValues(engine: Engine, row: RowValue, args: CallArgs): RowValue {
  for (const [name, value] of args.keywords) {
    const field = row.model.fields.get(name);
    if (alternatives(value).some((one) => one.kind === "row")) row.extra.set(name, value);
    else if (field?.relation?.single === true && !isNone(value)) row.extra.set(name, join(givenRow(engine, row, field), NONE));
  }
  row.load = withNulls(row.load, keysNotGiven(row.model, args));
  return row;
}

/** What code that is not known has made of the row before is not known. */
function givenRow(engine: Engine, row: RowValue, field: Field): Value {
  const one = related(engine, row, field, BARE);
  return one.kind === "row" ? { ...one, doubts: [...one.doubts, GIVEN] } : UNKNOWN;
}

function keysNotGiven(model: Model, args: CallArgs): string[] {
  if (args.open || args.positional.length > 0) return [];
  const given = (name: string | null): boolean => name !== null && args.keywords.has(name) && !isNone(args.keywords.get(name));
  return [...model.fields.values()].filter((one) => isNullWithoutValue(one) && !given(one.name) && !given(one.attname)).map((one) => one.name);
}

/** Django writes NULL where nothing is given; another class of field may make up a value. */
function isNullWithoutValue({ null: isNullable, attname, declaration }: Field): boolean {
  if (!isNullable || attname === null || declaration?.kind !== "call") return false;
  const { callee, keywords } = declaration;
  const name = callee.kind === "attribute" || callee.kind === "name" ? callee.name : "";
  return (name === "ForeignKey" || name === "OneToOneField") && keywords.every(({ name: option }) => !/^(?:(?:db_)?default)?$/.test(option));
}

/**
 * Relations on a path from the queryset. Nobody loads more in one go, and what is read beyond is not judged: the first
 * relations of the path are found, and once they are loaded the next run sees further.
 */
const MAX_STEPS = 5;

export function isBeyondReach(path: string): boolean {
  return path.split("__").length > MAX_STEPS;
}

/** `book.author` is one object however often it is read: what is loaded onto it is there for the next reader of `book`. */
export function loadOnto(row: RowValue, load: LoadNode): void {
  row.load = load;
  if (row.keptBy !== undefined) loadOnto(row.keptBy.row, withKept(row.keptBy.row.load, row.keptBy.field, load));
}

/** Reads an attribute of a row; null when the model says nothing about it. */
export function rowAttribute(engine: Engine, row: RowValue, name: string, site: AccessSite): Value | null {
  if (row.lazy !== undefined) noteSent(engine, { kind: "signed in", model: row.model.label }, site, row.lazy);
  const set = row.extra.get(name);
  if (set !== undefined) return set;
  if (row.load.annotated.has(name)) return SET;
  const parent = asParent(row, name);
  if (parent !== null) return rowAttribute(engine, parent, name, site);
  if (name === PREFETCH_CACHE) return prefetchedNames(row);
  if (name === "__dict__") (row.origin.asDict ??= new Set()).add(row.path);
  const listed = row.load.lists.get(name);
  if (listed !== undefined) {
    (row.origin.lists ??= new Map()).set(joinPath(row.path, listed.field), name);
    return listedRows(engine, row, listed);
  }
  const field = row.model.fields.get(name === "pk" ? row.model.primaryKey : name);
  if (field !== undefined) {
    if (field.primaryKey && field.relation === null && site.receiver !== undefined) engine.recorder.keyRead(spanOf(site.frame.file, site.receiver));
    // A key that is a relation's column is the column's value.
    if (field.relation === null || name === "pk") return columnValue(engine, row, field, site);
    return field.relation.single ? singleValue(engine, row, field, site) : managerOf(engine, row, field, site);
  }
  const byColumn = columnField(row.model, name);
  if (byColumn !== null) return columnValue(engine, row, byColumn, site);
  const displayed = displayedField(row.model, name);
  if (displayed !== null) return displayMethod(engine, row, displayed);
  row.origin.asInstances = true;
  const tracker = trackerOf(engine, row, name);
  if (tracker !== null) return tracker;
  if (name === "_state" && isFetched(row)) return stateOf(engine, row);
  const own = engine.program.member(row.model.cls, name);
  const isStub = own === null || own.owner.module.origin === "builtin";
  // What Django's own methods read is not in their stubs.
  if (isStub && !INNOCENT.has(name)) row.origin.escapes = true;
  // Whoever has a row has an account. Of the request's user it is asked whether there is one.
  const signedIn = isStub && row.lazy === undefined && isFetched(row) && isUser(own?.owner) ? SIGNED_IN.get(name) : undefined;
  if (signedIn !== undefined) return signedIn;
  // A stub with a body says what the package does in Django's place.
  const method = isStub && !isTold(own) ? rowMethod(engine, row, name) : null;
  const isPut = keepsItsAnswer(own) && isPutElsewhere(row, name, site.frame);
  const value = method ?? engine.classMember(row.model.cls, name, isPut ? withDoubt(row, PUT) : row, site);
  const below = ofSubclasses(engine, row, name, site);
  return value === null || below === null ? (value ?? below) : join(value, below);
}

/** Of a row that comes as the class that it is of: what the classes below have. */
function ofSubclasses(engine: Engine, row: RowValue, name: string, site: AccessSite): Value | null {
  const found = childrenWith(engine, row, name).flatMap(
    ({ field, target, load }) => rowAttribute(engine, relatedRow(engine, row, field, target, load), name, site) ?? [],
  );
  return found.length === 0 ? null : joinAll(found);
}

/** A method under a decorator that lets an attribute of the same name stand before it, as `cached_property` does and `property` does not. */
function keepsItsAnswer(own: ReturnType<Engine["program"]["member"]>): boolean {
  if (own?.definition.kind !== "function") return false;
  const { decorators } = own.definition.def;
  return decorators.length > 0 && !decorators.some((one) => /^(?:property|classmethod|staticmethod|.*\.setter)$/.test(decoratorName(one)));
}

const PUT = "on another way the code puts the answer on the row beforehand";

/** What code puts on the rows of a model, by the frame that all of it runs below. */
const put = new WeakMap<Frame, Set<string>>();

function notePut({ model }: RowValue, name: string, frame: Frame): void {
  const root = rootOf(frame);
  const names = put.get(root) ?? new Set();
  put.set(root, names.add(`${model.label}.${name}`));
}

/** On another way of the same run the attribute is set on rows of the model: whether it is on this one, the code decides as it runs. */
function isPutElsewhere({ model }: RowValue, name: string, frame: Frame): boolean {
  return put.get(rootOf(frame))?.has(`${model.label}.${name}`) === true;
}

function rootOf(frame: Frame): Frame {
  let at = frame;
  while (at.caller !== null) at = at.caller;
  return at;
}

function isTold(own: ReturnType<Engine["program"]["member"]>): boolean {
  if (own?.definition.kind !== "function") return false;
  const [first] = own.definition.def.body;
  return first !== undefined && !(first.kind === "expr" && first.value.kind === "constant");
}

const SIGNED_IN: ReadonlyMap<string, Value> = new Map([
  ["is_authenticated", literal(true)],
  ["is_anonymous", literal(false)],
]);

function isUser(owner: ClassInfo | undefined): boolean {
  return owner?.id === "django.contrib.auth.base_user.AbstractBaseUser";
}

/** `"tags" in row._prefetched_objects_cache`: what the row's queryset has prefetched is known; whether that is all, where nothing else can have been. */
function prefetchedNames(row: RowValue): Value {
  const names = [...row.load.relations].filter(([, { how }]) => how === "prefetch").map(([name]) => literal(name));
  const isAll = isFetched(row) && !row.load.opaque;
  if (names.length === 0 && !isAll) return UNKNOWN;
  return list(isAll ? names : [...names, UNKNOWN], "tuple");
}

/** Parts of an instance that read no column. */
const INNOCENT: ReadonlySet<string> = new Set([
  "_meta",
  "DoesNotExist",
  "MultipleObjectsReturned",
  "_state",
  "get_absolute_url",
  "__class__",
  "refresh_from_db",
]);

/** `get_status_display` reads `status`. */
function displayedField(model: Model, name: string): Field | null {
  const match = /^get_(.+)_display$/.exec(name);
  return match?.[1] === undefined ? null : (model.fields.get(match[1]) ?? null);
}

function displayMethod(engine: Engine, row: RowValue, field: Field): Value {
  return native(`row.display.${field.name}:${row.id}`, (_args, at) => {
    columnValue(engine, row, field, { span: at.span, frame: at.frame });
    row.origin.asInstances = true;
    return UNKNOWN;
  });
}

function columnField(model: Model, attname: string): Field | null {
  if (!attname.endsWith("_id")) return null;
  const field = model.fields.get(attname.slice(0, -3));
  if (field !== undefined && field.attname === attname) return field;
  for (const one of model.fields.values()) if (one.attname === attname) return one;
  return null;
}

function columnValue(engine: Engine, row: RowValue, field: Field, site: AccessSite): Value {
  row.origin.columns.add(joinPath(row.path, field.name));
  if (field.relation === null) readUnknown(row, field);
  const isKey = field.primaryKey || field.name === row.model.primaryKey;
  if (!row.load.opaque && !hasColumn(row.load, field.name, field.attname, isKey) && !row.isNew && !row.load.peers) {
    recordLoad(engine, row, field, site, { reason: "deferred", kind: "deferred", method: null });
  }
  if (row.load.nulls.has(field.name)) return NONE;
  if (!isFetched(row)) return UNKNOWN;
  const fixed = isColumnSet(row, field.name) ? undefined : row.load.fixed.get(field.name);
  if (fixed !== undefined) return literal(fixed);
  return isKey ? PRESENT : storedValue(field);
}

/** What a column holds in the database. */
function storedValue(field: Field): Value {
  if (field.null || field.relation?.nullable === true) return UNKNOWN;
  return field.relation === null ? SET : PRESENT;
}

/** What a column of the model, named as in `values()`, holds in the database. */
export function storedUnder(model: Model, name: string): Value {
  if (name === "pk" || name === model.primaryKey) return PRESENT;
  const field = model.fields.get(name) ?? columnField(model, name);
  return field == null || field.attname === null ? UNKNOWN : storedValue(field);
}

/** `self._state.adding` is false for what was fetched; `fields_cache` has relations to one row alone. */
function stateOf(engine: Engine, { model, load }: RowValue): Value {
  const state = engine.program.resolveDotted("django.db.models.base.ModelState");
  if (state?.kind !== "class") return UNKNOWN;
  const made = object(state.cls, null, null);
  const single = [...model.fields.values()].filter(({ name, relation }) => relation?.single === true || load.relations.get(name)?.how === "select");
  const cached = single.flatMap(({ name }) => (isLoaded(load, name) ? [literal(name)] : load.opaque ? [join(literal(name), NONE)] : []));
  made.attrs.set("adding", literal(false));
  made.attrs.set("fields_cache", list(cached, "tuple"));
  return made;
}

/** Whether reading the relation is free; of a row that was not fetched here nobody knows. */
export function hasAtHand(row: RowValue, name: string): Value {
  if (isLoaded(row.load, name)) return literal(true);
  return isFetched(row) && !row.load.opaque ? literal(false) : UNKNOWN;
}

function isLoaded({ relations }: LoadNode, name: string): boolean {
  return isThere(relations.get(name));
}

function listedRows(engine: Engine, row: RowValue, listed: LoadedRelation & { readonly field: string }): Value {
  markUsed(listed);
  const field = row.model.fields.get(listed.field);
  const target = engine.graph.byLabel(field?.relation?.target ?? "");
  if (field === undefined || target === null) return UNKNOWN;
  const shape = listed.queryset?.shape ?? "rows";
  if (listed.queryset?.isEmpty === true) return list([]);
  if (shape !== "rows") return listOf(UNKNOWN);
  const element = makeRow({
    model: listed.queryset?.model ?? target,
    origin: row.origin,
    path: joinPath(row.path, field.name),
    load: toldParent(row, field, listed.node),
    loop: row.loop,
    joinable: false,
    shared: row.shared,
    withoutCaller: row.withoutCaller,
    doubts: row.doubts,
  });
  return listOf(element);
}

/** A prefetch tells each row of a reverse foreign key its parent, in a list as well. */
function toldParent(row: RowValue, field: Field, load: LoadNode): LoadNode {
  const { relation } = field;
  const isReverse = relation?.kind === "fk-reverse" || relation?.kind === "o2o-reverse";
  return isReverse && relation.back !== null && !load.opaque ? withKnownRow(load, relation.back, row) : load;
}

export function markUsed(relation: LoadedRelation): void {
  for (const use of relation.uses) use.used = true;
}

/** What a package's class of field, or a relation to a package's model, leads to is not known, and read all the same. */
function readUnknown({ load }: RowValue, { name }: Field): void {
  const loaded = load.relations.get(name);
  if (loaded !== undefined) markUsed(loaded);
}

function singleValue(engine: Engine, row: RowValue, field: Field, site: AccessSite): Value {
  const loaded = row.load.relations.get(field.name);
  row.origin.columns.add(joinPath(row.path, field.name));
  row.origin.followed.add(joinPath(row.path, field.name));
  if (isThere(loaded)) {
    markUsed(loaded);
    if (loaded.how !== "known" && row.load.nulls.has(field.name)) return NONE;
    engine.recorder.cover(projectSite(site).span, field.name);
    return loaded.row ?? related(engine, row, field, loaded.node);
  }
  const relation = field.relation;
  if (relation === null) return UNKNOWN;
  if ((!row.isNew || relation.kind === "o2o-reverse") && relation.kind !== "mti-parent" && !row.load.peers)
    noteSent(engine, { kind: "relation", model: row.model.label, field: field.name }, site, null);
  if (row.load.opaque) return related(engine, row, field, OPAQUE);
  if (row.isNew && row.load.nulls.has(field.name)) return NONE;
  if (relation.kind === "mti-parent") readParent(engine, row, field, site);
  if (row.isNew || relation.kind === "mti-parent") return related(engine, row, field, row.load.opaque ? OPAQUE : BARE);
  if (row.load.selectsAll && !relation.nullable && (relation.kind === "fk" || relation.kind === "o2o")) {
    engine.recorder.cover(projectSite(site).span, field.name);
    return related(engine, row, field, withSelectsAll(BARE));
  }
  if (row.load.joinsUnread && isJoinable(relation.kind)) return related(engine, row, field, withJoinsUnread(BARE));
  if (row.load.peers) return related(engine, row, field, withPeers(BARE, true));
  if (field.attname !== null && !hasColumn(row.load, field.name, field.attname, field.primaryKey)) {
    recordLoad(engine, row, field, site, { reason: "deferred", kind: "deferred", method: null });
  }
  if (row.load.nulls.has(field.name)) return NONE;
  recordLoad(engine, row, field, site, {
    reason: row.load.relations.get(field.name)?.how === "changed" ? "changed" : "unloaded",
    kind: relation.kind,
    method: null,
  });
  // Nor does it bring what lies beyond.
  return related(engine, row, field, isRefreshed(row.load, field.name) ? withRefreshed(BARE, null) : BARE);
}

/** A parent is made of its columns in the child's row; where one was left out, it is fetched. */
function readParent(engine: Engine, row: RowValue, { relation }: Field, site: AccessSite): void {
  const parent = engine.graph.byLabel(relation?.target ?? "", row.model.app);
  const columns = [...(parent?.fields.values() ?? [])].filter(({ attname }) => attname !== null);
  for (const { name } of columns) row.origin.columns.add(joinPath(row.path, name));
  const left = columns.find(({ name, attname, primaryKey }) => !hasColumn(row.load, name, attname, primaryKey));
  if (left !== undefined) recordLoad(engine, row, left, site, { reason: "deferred", kind: "deferred", method: null });
}

function related(engine: Engine, row: RowValue, field: Field, load: LoadNode): Value {
  if (field.relation?.kind === "generic-fk") return genericTargets(engine, row, field);
  const target = engine.graph.byLabel(field.relation?.target ?? "", row.model.app);
  if (target === null) return UNKNOWN;
  const one = relatedRow(engine, row, field, target, knownBack(row, field, load));
  return isKeyNeverNull(field) || isKeyGiven(row, field) ? there(one) : one;
}

/** `filter(customer=one)`: the rows have that customer. `filter(customer=None)` is told apart where it can be. */
function isKeyGiven({ load }: RowValue, { name }: Field): boolean {
  return load.pinned.has(name) && !load.nulls.has(name);
}

/** The database keeps the row that a foreign key points to; of a row that was just made it may be missing. */
function isKeyNeverNull({ relation, attname }: Field): boolean {
  return relation?.nullable === false && attname !== null && (relation.kind === "fk" || relation.kind === "o2o");
}

/** Both ends of a one-to-one relation know each other once one of them is loaded. */
function knownBack(row: RowValue, field: Field, load: LoadNode): LoadNode {
  const { relation } = field;
  const isOneToOne = relation?.kind === "o2o" || relation?.kind === "o2o-reverse";
  return isOneToOne && relation.back !== null && !load.opaque ? withKnownRow(load, relation.back, row) : load;
}

/** What a generic foreign key can lead to: models that a `GenericPrefetch` names, or that have the relation back. */
function genericTargets(engine: Engine, row: RowValue, field: Field): Value {
  const loaded = row.load.relations.get(field.name);
  if (row.load.opaque || loaded?.node.opaque === true) return UNKNOWN;
  const prefetched = loaded?.querysets ?? [];
  if (prefetched.length > 0) return joinAll(prefetched.map((one) => relatedRow(engine, row, field, one.model, one.load)));
  const only = row.load.targets.get(field.name);
  if (only !== undefined) {
    const model = engine.graph.byLabel(only);
    return model === null ? UNKNOWN : relatedRow(engine, row, field, model, loaded?.node ?? BARE);
  }
  const known = modelsLeadingTo(engine, row.model).filter((model) => isOffered(row.model, field, model));
  return joinAll(known.map((model) => relatedRow(engine, row, field, model, loaded?.node ?? BARE)));
}

const leadingModels = new WeakMap<ModelGraph, Map<string, readonly Model[]>>();

function modelsLeadingTo({ graph }: Engine, to: Model): readonly Model[] {
  const byTarget = leadingModels.get(graph) ?? new Map<string, readonly Model[]>();
  leadingModels.set(graph, byTarget);
  const known = byTarget.get(to.label);
  if (known !== undefined) return known;
  const found = [...graph.models.values()].filter((model) => !model.isAbstract && !model.isProxy && leadsBack(model, to));
  byTarget.set(to.label, found);
  return found;
}

function leadsBack(model: Model, to: Model): boolean {
  return [...model.fields.values()].some((field) => field.relation?.kind === "generic-relation" && field.relation.target === to.label);
}

/** `prefetch_related("author")` makes one author for all books that have it. */
function isShared(row: RowValue, field: Field): boolean {
  const kind = field.relation?.kind;
  return (kind === "fk" || kind === "generic-fk") && row.load.relations.get(field.name)?.how === "prefetch";
}

function relatedRow(engine: Engine, row: RowValue, field: Field, target: Model, load: LoadNode): RowValue {
  const path = joinPath(row.path, field.name);
  return makeRow({
    model: target,
    origin: row.origin,
    path,
    load: isBeyondReach(path) ? OPAQUE : load,
    // One row for all of the queryset's: what it lacks is loaded once, in each round of a loop around it.
    loop: isShared(row, field) && row.load.pinned.has(field.name) ? (row.loop?.outer ?? null) : row.loop,
    // A join would fetch again, beside each row, what a prefetch fetches once for all that lead to it.
    joinable: row.joinable && field.relation?.kind !== "generic-fk" && !isShared(row, field) && !isPolymorphic(engine, target),
    shared: isShared(row, field) ? path : row.shared,
    withoutCaller: row.withoutCaller,
    doubts: row.doubts,
    keptBy: { row, field: field.name },
  });
}

export function managerOf(engine: Engine, row: RowValue, field: Field, site: AccessSite): Value {
  const target = engine.graph.byLabel(field.relation?.target ?? "", row.model.app);
  row.origin.asInstances = true;
  row.origin.columns.add(joinPath(row.path, field.name));
  if (target === null) {
    readUnknown(row, field);
    return UNKNOWN;
  }
  const { span, frame } = projectSite(site);
  const key = `related:${span.file}:${span.start}:${span.end}:${row.model.label}.${field.name}`;
  const origin = engine.recorder.origin(key, () => ({
    kind: "related",
    model: target,
    span,
    symbol: frame.symbol,
    escapes: false,
    relation: field.name,
  }));
  const fact = target.managers.get(target.defaultManager) ?? null;
  const manager: ManagerValue = {
    kind: "manager",
    model: target,
    cls: fact?.manager ?? null,
    querysetCls: fact?.queryset ?? null,
    origin,
    related: { row: withEmptyList(row, field, site.frame), field },
    tip: span,
  };
  return manager;
}

/** `if getattr(row, "kept_lines", None):` has found nothing in the list of a `Prefetch(to_attr=…)`: of these rows alone `row.lines` is asked then. */
function withEmptyList(row: RowValue, field: Field, { assumed }: Frame): RowValue {
  for (const [name, { field: listed }] of row.load.lists) {
    if (listed === field.name && assumed.some(({ key, holds }) => !holds && key.split(/\W+/).includes(name)))
      return { ...row, doubts: [...row.doubts, `only rows whose \`${name}\` is empty come to it`] };
  }
  return row;
}

export interface LoadKind {
  readonly reason: LazyLoad["reason"];
  readonly kind: RelationKind | "deferred";
  readonly method: string | null;
  readonly narrowed?: boolean;
  readonly written?: Span;
  readonly doubt?: string;
}

export function recordLoad(engine: Engine, row: RowValue, field: Field, site: AccessSite, what: LoadKind): void {
  if (what.kind === "deferred" && !row.isNew) noteSent(engine, { kind: "column", model: row.model.label, field: field.name }, site, null);
  if (row.isNew || (row.origin.kind === "instance" && row.loop === null && !site.frame.isAsync)) return;
  const at = projectSite(site);
  const perRow = row.loop !== null;
  // A column that was left out costs a query for a single row too: what `only()` saved is lost.
  if (!perRow && !at.frame.isAsync && what.reason !== "deferred") return;
  const { otherwise: came, doubts } = bywayOf(row.doubts);
  const otherwise = rarestOf(came, otherwiseAt(site.frame, row.loop));
  const target = engine.graph.byLabel(field.relation?.target ?? "", row.model.app);
  engine.recorder.load({
    origin: row.origin,
    path: joinPath(row.path, field.name),
    kind: what.kind,
    method: what.method,
    reason: what.reason,
    model: row.model.label,
    target: field.relation?.target ?? null,
    access: at.span,
    calls: callsOutside(at.frame, row.loop),
    loop: row.loop,
    perRow,
    isAsync: at.frame.isAsync,
    joinable: row.joinable && isJoinable(what.kind) && (target === null || !isPolymorphic(engine, target)),
    shared: row.shared,
    doubts: [
      ...new Set([
        ...doubts,
        ...(what.doubt === undefined ? [] : [what.doubt]),
        ...placeDoubts(site),
        ...(what.reason === "deferred" ? deferralDoubts(site.frame, row.loop) : []),
      ]),
    ],
    ...(otherwise === undefined ? {} : { otherwise }),
    ...(field.relation !== null && isRefreshed(row.load, field.name) ? { refreshed: true } : {}),
    withoutCaller: row.withoutCaller,
    awaited: engine.awaiting && what.method !== null,
    keyOnly: false,
    ...(what.narrowed === true ? { narrowed: true } : {}),
    ...(what.written === undefined ||
    (what.written.file === at.span.file && what.reason !== "key") ||
    moduleOf(engine.program, what.written.file)?.origin !== "project"
      ? {}
      : { written: what.written }),
  });
}

/** What `select_related()` can follow. */
export function isJoinable(kind: LoadKind["kind"]): boolean {
  return kind === "fk" || kind === "o2o" || kind === "o2o-reverse" || kind === "mti-child";
}

function callsOutside(frame: Frame, loop: Loop | null): Span[] {
  return callsSince(frame, loop?.depth ?? frame.depth);
}

const ROW_WRITES: ReadonlySet<string> = new Set(["save", "delete", "asave", "adelete", "save_base"]);

export function rowMethod(engine: Engine, row: RowValue, name: string): Value | null {
  if (ROW_WRITES.has(name)) {
    return native(`row.${name}:${row.id}`, (args, site) => {
      row.origin.escapes = true;
      if (!isBeingCreated(row)) {
        noteRow(engine, row, name.replace(/^a/, ""), args, site);
        recordWrite(engine, name.replace(/^a/, ""), row.model, null, site, { isOfNewRow: row.isNew });
      }
      const isDelete = name === "delete" || name === "adelete";
      engine.tellReceivers(row, isDelete ? "delete" : "save", site);
      if (isDelete && isInEachRound(row, site.frame)) forgetMany(row);
      return UNKNOWN;
    });
  }
  if (PERMISSIONS.has(name) && row.model.fields.has("user_permissions")) {
    return native(`row.${name}:${row.id}`, (_args, site) => {
      noteSent(engine, { kind: "permissions", model: row.model.label }, site, null);
      row.origin.escapes = true;
      return UNKNOWN;
    });
  }
  if (VALIDATIONS.has(name)) {
    return native(`row.${name}:${row.id}`, (args, site) => {
      noteRow(engine, row, name, args, site);
      noteValidation(engine, row, name, site);
      return UNKNOWN;
    });
  }
  if (name === "refresh_from_db" || name === "arefresh_from_db") {
    return native(`row.${name}:${row.id}`, (args, site) => {
      refresh(engine, row, args, site);
      row.origin.escapes = true;
      return UNKNOWN;
    });
  }
  if (name === "_meta") return modelMeta(row.model);
  // A package may give a row of a parent the class of its child.
  if (name === "__class__" && isFetched(row) && row.model.children.length === 0) return { kind: "class", cls: row.model.cls };
  if (name === "DoesNotExist") return UNKNOWN;
  return null;
}

/** `create()` has made it and not saved it yet. */
export function isBeingCreated(row: RowValue): boolean {
  return row.isBeingCreated === true && row.extra.has("_state");
}

/** It is saved: from here on it has a key, and is a row of the database. */
export function keyGiven(row: RowValue): void {
  for (const name of ["pk", row.model.primaryKey]) row.extra.set(name, PRESENT);
  row.extra.delete("_state");
}

function noteRow(engine: Engine, row: RowValue, how: string, args: CallArgs, site: CallSite): void {
  noteSent(engine, { kind: "row", how, model: row.model.label, isNew: row.isNew, args: recipeArgs(args) }, site, null);
}

/** Refreshing is a query, and forgets what was loaded beside the row. */
function refresh(engine: Engine, row: RowValue, args: CallArgs, site: CallSite): void {
  const fields = argument(args, 1, "fields");
  const names = fields?.kind === "list" && fields.items !== null ? fields.items.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : [])) : null;
  noteRow(engine, row, "refresh", args, site);
  recordRun(engine, row, "refresh", site);
  noteColumnSet(engine, row, null);
  // Where it happens at times only, the row keeps what it has at other times.
  if (!isUnderCondition(site.frame)) changeLoad(site.frame, row, withRefreshed(row.load, names === null ? null : new Set(names)));
}

/** A new key forgets the row that was loaded for the old one, and no queryset brings the new one; a row that is put there is at hand. */
export function assignToRow(row: RowValue, name: string, value: Value, frame: Frame): void {
  const field = row.model.fields.get(name);
  if (name === "pk" || field?.primaryKey === true) {
    // A copy is made by taking the key away: nothing of the old one holds.
    for (const key of ["pk", row.model.primaryKey]) row.extra.set(key, value);
    for (const { name: many } of pointingFields(row.model)) changeRelated(row, many, { frame });
  } else if (field === undefined) {
    const keyOf = [...row.model.fields.values()].find((one) => one.relation !== null && one.attname === name);
    if (keyOf === undefined) {
      setName(frame, row, name, value);
      notePut(row, name, frame);
    } else {
      row.load = withColumn(withDropped(row.load, new Set([keyOf.name])), keyOf);
      (row.origin.keysSet ??= new Set()).add(joinPath(row.path, keyOf.name));
      changeRelated(row, keyOf.name, { frame });
    }
  } else {
    row.load = withColumn(row.load, field);
    if (field.relation?.single === true) {
      row.load = withGiven(row.load, name);
      (row.origin.assigned ??= new Set()).add(joinPath(row.path, name));
    }
    if (value.kind === "row") setName(frame, row, name, value);
  }
}

/** A row is put there, whichever relation it is. */
export function assignToAnyOf(row: RowValue): void {
  for (const { name, relation } of row.model.fields.values()) if (relation?.single === true) row.load = withGiven(row.load, name);
}

/** The code changes the rows of a relation: those that it asks for next are other ones than a prefetch would have brought. */
export function changeRelated(row: RowValue, name: string, { frame }: Pick<CallSite, "frame">): void {
  const arms = frame.branch.split("/");
  const inRound = arms.slice(arms.findLastIndex((arm) => arm.endsWith(":loop")) + 1).join("/");
  if (!isUnderCondition({ branch: inRound })) changeLoad(frame, row, withChanged(row.load, name));
}

function isUnderCondition({ branch }: Pick<Frame, "branch">): boolean {
  return branch.split("/").some((arm) => arm !== "" && !arm.endsWith(":loop"));
}

/** Every round of the row's loop comes here, whichever function it stands in. */
function isInEachRound({ loop }: RowValue, frame: Frame): boolean {
  for (let at: Frame | null = frame; at !== null && at.depth >= (loop?.depth ?? 0); at = at.caller) {
    const arms = at.branch.split("/");
    if (isUnderCondition({ branch: arms.slice(arms.findLastIndex((arm) => arm.endsWith(":loop")) + 1).join("/") })) return false;
  }
  return true;
}

/** A row that was deleted has no key any more, and so no rows that point to it: what was prefetched of them before would be others than the code gets. */
function forgetMany(row: RowValue): void {
  for (const { name, relation } of row.model.fields.values()) if (relation?.single === false) row.extra.set(name, UNKNOWN);
}

/** Relations that the row's key leads to: those of a copy with another key have rows of their own, and what was prefetched are those of the first. */
function pointingFields(model: Model): readonly Field[] {
  return [...model.fields.values()].filter(({ relation }) => relation?.single === false || relation?.kind === "o2o-reverse");
}

/** A query for one row that is in memory already. */
function recordRun(engine: Engine, row: RowValue, how: string, site: CallSite): void {
  const at = projectSite(site);
  const { loop } = site.frame;
  const id = freshId();
  const { doubts } = bywayOf(row.doubts);
  const otherwise = otherwiseAt(site.frame, loop);
  engine.recorder.run({
    origin: row.origin,
    model: row.model.label,
    queryset: id,
    source: id,
    doubts: [...doubts, ...ruledOutAt(site.frame)],
    ...(otherwise === undefined ? {} : { otherwise }),
    how,
    span: at.span,
    loop,
    keyed: loop !== null && row.loop === loop ? "keyed" : "unknown",
    cached: false,
    sliced: false,
    narrowed: true,
    ordered: "unknown",
    branch: at.frame.branch,
    calls: callsOutside(at.frame, loop),
    trail: callsSince(at.frame, 0),
    symbol: at.frame.symbol,
    atImport: site.frame.atImport,
    isAsync: at.frame.isAsync,
    inTemplate: at.frame.language !== "python",
    related: false,
    awaited: engine.awaiting,
    givesRows: true,
    madeInLoop: false,
  });
}

const PERMISSIONS: ReadonlySet<string> = new Set([
  "has_perm",
  "has_perms",
  "has_module_perms",
  "get_all_permissions",
  "get_group_permissions",
  "get_user_permissions",
]);

const VALIDATIONS: ReadonlySet<string> = new Set(["full_clean", "clean_fields", "validate_unique", "validate_constraints"]);

function noteValidation(engine: Engine, row: RowValue, how: string, site: CallSite): void {
  const at = projectSite(site);
  const { loop } = site.frame;
  const calls = callsOutside(at.frame, loop);
  engine.recorder.validation({ how, model: row.model.label, span: at.span, loop, calls, symbol: at.frame.symbol });
}

/** `_meta`: the names that templates, routes and permissions are made of. */
export function modelMeta(model: Model): Value {
  const name = model.name.toLowerCase();
  const names = { app_label: model.app, model_name: name, object_name: model.name, label: `${model.app}.${model.name}`, label_lower: `${model.app}.${name}` };
  return attributesOnly(Object.entries(names).map(([key, value]) => [key, literal(value)]));
}

/** A row renders as its `__str__` says. */
export function rowText(engine: Engine, row: RowValue, span: Span, frame: Frame): void {
  const site = { span, frame };
  const method = engine.classMember(row.model.cls, "__str__", row, site);
  row.origin.asInstances = true;
  if (method === null || method.kind !== "bound") return;
  // Stubs say which relations the text of Django's own models reads, and not which columns.
  if (method.fn.module.origin === "builtin") row.origin.escapes = true;
  engine.call(method, { positional: [], keywords: new Map(), open: false }, { span, frame, expr: null });
}
