/**
 * What a row has in memory: a tree along relations, made by `select_related`, `prefetch_related`, `only` and `defer`.
 * Immutable; every change makes a new node with a new identity.
 */
import type { ClassInfo, Field } from "../model/index.ts";
import type { RowValue, QuerysetValue } from "./values.ts";

export interface LoadedRelation {
  readonly node: LoadNode;
  /** `dropped`: a prefetch whose rows were thrown away by a write or a refresh. */
  readonly how: "select" | "prefetch" | "known" | "dropped" | "changed";
  /** Eager-load records that this node satisfies, to be marked as used. */
  readonly uses: readonly EagerUse[];
  /** The queryset of a `Prefetch`, where it says more than the plain relation. */
  readonly queryset: QuerysetValue | null;
  /** Those of a `GenericPrefetch`, one for each model. */
  readonly querysets?: readonly QuerysetValue[];
  /** The row itself, for a back-reference. */
  readonly row: RowValue | null;
}

/** One path of an eager load in the source; `used` is set by the first read. */
export interface EagerUse {
  readonly id: number;
  used: boolean;
}

export interface LoadNode {
  readonly id: number;
  readonly relations: ReadonlyMap<string, LoadedRelation>;
  /** `select_related()` without arguments: every non-null foreign key from here on. */
  readonly selectsAll: boolean;
  /** Only these columns were loaded; null for all. */
  readonly only: ReadonlySet<string> | null;
  readonly deferred: ReadonlySet<string>;
  /** Eager loads that could not be read (dynamic arguments, unknown methods): nothing is known to be missing. */
  readonly opaque: boolean;
  /** Names for `select_related()` that could not be read: only a relation to one row may be in memory beside what is known. */
  readonly joinsUnread: boolean;
  /** The class that unread eager loads were computed from: a serializer whose fields are prefetched. */
  readonly reflects: ClassInfo | null;
  /** `FETCH_PEERS`: what is missing is fetched for all rows of the queryset at once. */
  readonly peers: boolean;
  /** Whether rows come as the classes that they are of, with what these have (`select_subclasses()`), or as the one that this link leads to; null where the model says it. */
  readonly subclasses: boolean | string | null;
  /** Names that `annotate()` put on the rows. */
  readonly annotated: ReadonlySet<string>;
  /** Lists made by `Prefetch(to_attr=…)`. */
  readonly lists: ReadonlyMap<string, LoadedRelation & { readonly field: string }>;
  /** The only model that a generic foreign key of the row can lead to, where a filter says which. */
  readonly targets: ReadonlyMap<string, string>;
  /** Of a content type: the model that it stands for. */
  readonly standsFor: string | null;
  /** Foreign keys that a filter set to one value: all rows of the queryset lead to the same row. */
  readonly pinned: ReadonlySet<string>;
  /** Foreign keys that a filter found to be NULL: there is no row to fetch. */
  readonly nulls: ReadonlySet<string>;
  /** Columns of which a filter wrote out the one value that all rows have. */
  readonly fixed: ReadonlyMap<string, string | number | boolean>;
  /** Relations of which a refresh of the row has thrown away whatever was loaded. */
  readonly refreshed: ReadonlySet<string> | "all";
}

const interned = new Map<string, LoadNode>();

/** Equal trees are one object, so that a summary made for one serves the other. */
function node(fields: Omit<LoadNode, "id">): LoadNode {
  const key = structuralKey(fields);
  const existing = interned.get(key);
  if (existing !== undefined) return existing;
  const made = { ...fields, id: interned.size + 1 };
  interned.set(key, made);
  return made;
}

function structuralKey(fields: Omit<LoadNode, "id">): string {
  const relations = [...fields.relations].map(([name, one]) => `${name}=${relationKey(one)}`);
  const lists = [...fields.lists].map(([name, one]) => `${name}@${one.field}=${relationKey(one)}`);
  const only = fields.only === null ? "*" : [...fields.only].toSorted().join(",");
  const deferred = [...fields.deferred].toSorted().join(",");
  return [
    relations.toSorted().join(";"),
    lists.toSorted().join(";"),
    only,
    deferred,
    fields.selectsAll,
    fields.opaque,
    fields.joinsUnread,
    fields.reflects?.id ?? "",
    fields.peers,
    fields.subclasses,
    [...fields.annotated].join(","),
    [...fields.targets].join(","),
    fields.standsFor,
    [...fields.pinned].toSorted().join(","),
    [...fields.nulls].toSorted().join(","),
    JSON.stringify([...fields.fixed].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    fields.refreshed === "all" ? "all" : [...fields.refreshed].toSorted().join(","),
  ].join("/");
}

/** Filters alone tell the two apart: what they say of a relation is no load. */
export function loadsTheSame(one: LoadNode, other: LoadNode): boolean {
  return structuralKey(asLoaded(one)) === structuralKey(asLoaded(other));
}

function asLoaded(load: LoadNode): LoadNode {
  const relations = new Map([...load.relations].filter(([, { how }]) => how !== "known"));
  return { ...load, relations, annotated: NO_NAMES, targets: NOTHING, pinned: NO_NAMES, nulls: NO_NAMES, fixed: NOTHING };
}

function relationKey(relation: LoadedRelation): string {
  const uses = relation.uses.map((use) => use.id).join(".");
  return `${relation.how}${relation.node.id}:${uses}:${relation.queryset?.load.id ?? 0}${(relation.querysets ?? []).map((one) => `,${one.model.label}.${one.load.id}`).join("")}:${rowIdentity(relation.row)}`;
}

const NOTHING = new Map<string, never>();
const NO_NAMES: ReadonlySet<string> = new Set();

/** A row with its own columns and nothing else. */
export const BARE: LoadNode = {
  id: 0,
  relations: NOTHING,
  selectsAll: false,
  only: null,
  deferred: NO_NAMES,
  opaque: false,
  joinsUnread: false,
  reflects: null,
  peers: false,
  subclasses: null,
  annotated: NO_NAMES,
  lists: NOTHING,
  targets: NOTHING,
  standsFor: null,
  pinned: NO_NAMES,
  nulls: NO_NAMES,
  fixed: NOTHING,
  refreshed: NO_NAMES,
};

export const OPAQUE: LoadNode = { ...BARE, id: -1, opaque: true };

function rowIdentity(row: RowValue | null): string {
  return row === null ? "" : `${row.origin.id}.${row.path}.${row.load.id}.${row.loop === null ? 0 : 1}`;
}

export function withAnnotations(load: LoadNode, names: readonly string[]): LoadNode {
  return names.length === 0 ? load : node({ ...load, annotated: new Set([...load.annotated, ...names]) });
}

export function withPinned(load: LoadNode, names: readonly string[]): LoadNode {
  return names.every((name) => load.pinned.has(name)) ? load : node({ ...load, pinned: new Set([...load.pinned, ...names]) });
}

export function withNulls(load: LoadNode, names: readonly string[]): LoadNode {
  return names.every((name) => load.nulls.has(name)) ? load : node({ ...load, nulls: new Set([...load.nulls, ...names]) });
}

export function withFixed(load: LoadNode, columns: ReadonlyMap<string, string | number | boolean>): LoadNode {
  return columns.size === 0 ? load : node({ ...load, fixed: new Map([...load.fixed, ...columns]) });
}

/** Rows of another queryset join these: what one's filter says does not hold for all. */
export function withoutFilters(load: LoadNode): LoadNode {
  const isUnfiltered = load.pinned.size === 0 && load.nulls.size === 0 && load.fixed.size === 0;
  return isUnfiltered ? load : node({ ...load, pinned: NO_NAMES, nulls: NO_NAMES, fixed: NOTHING });
}

export function withOpaque(load: LoadNode): LoadNode {
  return load.opaque ? load : node({ ...load, opaque: true });
}

export function withJoinsUnread(load: LoadNode): LoadNode {
  return load.joinsUnread ? load : node({ ...load, joinsUnread: true });
}

/** Eager loads whose names code computed from a class. */
export function withReflected(load: LoadNode, reflects: ClassInfo): LoadNode {
  return node({ ...load, reflects });
}

/** What the class tells is in its place: the rest is known again. */
export function withoutReflected(load: LoadNode): LoadNode {
  return node({ ...load, opaque: false, joinsUnread: false, reflects: null });
}

export function withPeers(load: LoadNode, peers: boolean): LoadNode {
  return load.peers === peers ? load : node({ ...load, peers });
}

export function withSubclasses(load: LoadNode, subclasses: boolean | string): LoadNode {
  return load.subclasses === subclasses ? load : node({ ...load, subclasses });
}

export function withSelectsAll(load: LoadNode): LoadNode {
  return node({ ...load, selectsAll: true });
}

/** Adds a relation path, which may lead through the list of a `to_attr`; later loads merge with what is there. What was thrown away is asked for again. */
export function withPath(load: LoadNode, path: readonly string[], leaf: LoadedRelation): LoadNode {
  const [head, ...tail] = path;
  if (head === undefined) return load;
  const listed = load.lists.get(head);
  if (listed !== undefined && tail.length > 0) return withList(load, head, { ...listed, node: withPath(listed.node, tail, leaf) });
  const known = load.relations.get(head);
  const existing = known !== undefined && isGone(known) ? { ...known, how: leaf.how } : known;
  const base: LoadedRelation = existing ?? { ...leaf, node: BARE, queryset: null, uses: [] };
  const child: LoadedRelation =
    tail.length === 0
      ? {
          ...leaf,
          how: existing?.how === "select" ? "select" : leaf.how,
          node: existing === undefined ? leaf.node : mergeNodes(existing.node, leaf.node),
          uses: [...base.uses, ...leaf.uses],
          queryset: leaf.queryset ?? base.queryset,
        }
      : { ...base, uses: [...base.uses, ...leaf.uses], node: withPath(base.node, tail, leaf) };
  return node({ ...load, relations: new Map(load.relations).set(head, child) });
}

/** The row of a relation, which the row keeps, has this loaded. */
export function withKept(load: LoadNode, name: string, kept: LoadNode): LoadNode {
  const known = load.relations.get(name);
  const relation: LoadedRelation =
    known === undefined || isGone(known) ? { node: kept, how: "known", uses: [], queryset: null, row: null } : { ...known, node: kept };
  return node({ ...load, relations: new Map(load.relations).set(name, relation) });
}

/** Something was loaded onto the row, and nothing of what it had is gone. */
export function loadsMore(before: LoadNode, after: LoadNode): boolean {
  return (
    before !== after && [...before.relations].every(([name, { how }]) => after.relations.get(name)?.how === how) && after.relations.size + after.lists.size > 0
  );
}

export function withKnownRow(load: LoadNode, name: string, row: RowValue): LoadNode {
  const known: LoadedRelation = { node: row.load, how: "known", uses: [], queryset: null, row };
  return node({ ...load, relations: new Map(load.relations).set(name, known) });
}

export function withList(load: LoadNode, attribute: string, relation: LoadedRelation & { readonly field: string }): LoadNode {
  return node({ ...load, lists: new Map(load.lists).set(attribute, relation) });
}

export function withoutSelects(load: LoadNode): LoadNode {
  const kept = [...load.relations].filter(([, relation]) => relation.how !== "select");
  return node({ ...load, selectsAll: false, joinsUnread: false, relations: new Map(kept) });
}

export function withoutPrefetches(load: LoadNode): LoadNode {
  const kept = [...load.relations].filter(([, relation]) => relation.how !== "prefetch");
  return node({ ...load, lists: NOTHING, relations: new Map(kept) });
}

/** A tree as the columns say it, without the parent that the rows will be told. */
export function withoutKnown(load: LoadNode, name: string | null): LoadNode {
  if (name === null || load.relations.get(name)?.how !== "known") return load;
  const relations = new Map(load.relations);
  relations.delete(name);
  return node({ ...load, relations });
}

/** The generic foreign key `name` leads to rows of one model. */
export function withTarget(load: LoadNode, name: string, model: string): LoadNode {
  return node({ ...load, targets: new Map(load.targets).set(name, model) });
}

/** The row of the content type of `model`. */
export function contentTypeOf(model: string): LoadNode {
  return node({ ...BARE, standsFor: model });
}

/** What a row has after its relations were thrown away: all of them, or those with these names. */
export function withDropped(load: LoadNode, names: ReadonlySet<string> | null): LoadNode {
  const relations = new Map(load.relations);
  for (const [name, relation] of load.relations) {
    if (names !== null && !names.has(name)) continue;
    if (relation.how === "changed") continue;
    if (relation.how === "prefetch") relations.set(name, { ...relation, how: "dropped", node: BARE, queryset: null });
    else relations.delete(name);
  }
  const nulls = names === null ? load.nulls : new Set([...load.nulls].filter((name) => !names.has(name)));
  return node({ ...load, relations, nulls, fixed: names === null ? NOTHING : load.fixed, selectsAll: names === null ? false : load.selectsAll });
}

/** The same, where `refresh_from_db()` has done it. */
export function withRefreshed(load: LoadNode, names: ReadonlySet<string> | null): LoadNode {
  const before = load.refreshed;
  const refreshed = names === null || before === "all" ? "all" : new Set([...before, ...names]);
  return node({ ...withDropped(load, names), refreshed });
}

/** No eager load of the row's queryset brings the relation: the row was refreshed since. */
export function isRefreshed({ refreshed }: LoadNode, name: string): boolean {
  return refreshed === "all" || refreshed.has(name);
}

/** A relation whose rows the code changes: what was loaded before it would be old. */
export function withChanged(load: LoadNode, name: string): LoadNode {
  // A prefetch that the change threw away was a query for nothing.
  if (load.relations.get(name)?.how === "dropped") return load;
  const uses = load.relations.get(name)?.uses ?? [];
  return node({ ...load, relations: new Map(load.relations).set(name, { node: BARE, how: "changed", uses, queryset: null, row: null }) });
}

/** In memory, not dropped since. */
export function isThere(relation: LoadedRelation | undefined): relation is LoadedRelation {
  return relation !== undefined && !isGone(relation);
}

function isGone({ how }: LoadedRelation): boolean {
  return how === "dropped" || how === "changed";
}

/** A relation that code put on the row; what it has in memory is not known. */
export function withGiven(load: LoadNode, name: string): LoadNode {
  const given: LoadedRelation = { node: OPAQUE, how: "known", uses: [], queryset: null, row: null };
  return node({ ...load, relations: new Map(load.relations).set(name, given), nulls: new Set([...load.nulls].filter((one) => one !== name)) });
}

/** A column that code has set on the row: it is in memory, whatever the queryset left out. */
export function withColumn(load: LoadNode, { name, attname }: Field): LoadNode {
  if (hasColumn(load, name, attname, false)) return load;
  const deferred = new Set([...load.deferred].filter((one) => one !== name && one !== attname));
  return node({ ...load, only: load.only === null ? null : new Set(load.only).add(name), deferred });
}

/** A relation whose rows were asked for and are there; how they were loaded is not known. */
export function withPrefetched(load: LoadNode, name: string): LoadNode {
  return load.relations.has(name) ? load : withPath(load, [name], { node: OPAQUE, how: "prefetch", uses: [], queryset: null, row: null });
}

/** `only()` replaces what an earlier `only()` said; dotted names load columns of joined rows, not of prefetched ones. */
export function withOnly(load: LoadNode, names: readonly string[]): LoadNode {
  const own = names.map((name) => name.split("__")[0] ?? name).filter((name) => !load.deferred.has(name));
  let next = node({ ...load, only: new Set(own), deferred: NO_NAMES });
  for (const [relation, below] of groupByHead(names)) {
    const child = next.relations.get(relation);
    if (child?.how !== "select") continue;
    const narrowed = { ...child, node: withOnly(child.node, below) };
    next = node({ ...next, relations: new Map(next.relations).set(relation, narrowed) });
  }
  return next;
}

export function withDeferred(load: LoadNode, names: readonly string[]): LoadNode {
  const own = names.filter((name) => !name.includes("__"));
  let next = node(load.only === null ? { ...load, deferred: new Set([...load.deferred, ...own]) } : takenAway(load, load.only, own));
  for (const [relation, below] of groupByHead(names)) {
    const child = next.relations.get(relation);
    if (child?.how !== "select") continue;
    const narrowed = { ...child, node: withDeferred(child.node, below) };
    next = node({ ...next, relations: new Map(next.relations).set(relation, narrowed) });
  }
  return next;
}

/** `defer()` after `only()` takes names out of it, and turns into itself when none is left. */
function takenAway(load: LoadNode, only: ReadonlySet<string>, names: readonly string[]): LoadNode {
  const left = [...only].filter((name) => !names.includes(name));
  if (left.length > 0) return { ...load, only: new Set(left) };
  return { ...load, only: null, deferred: new Set(names.filter((name) => !only.has(name))) };
}

export function withAllColumns(load: LoadNode): LoadNode {
  return node({ ...load, only: null, deferred: NO_NAMES });
}

function groupByHead(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const cut = name.indexOf("__");
    if (cut < 0) continue;
    const head = name.slice(0, cut);
    groups.set(head, [...(groups.get(head) ?? []), name.slice(cut + 2)]);
  }
  return groups;
}

export function mergeNodes(a: LoadNode, b: LoadNode): LoadNode {
  if (a === b || b.id === BARE.id) return a;
  if (a.id === BARE.id) return b;
  const relations = new Map(a.relations);
  for (const [name, relation] of b.relations) {
    const existing = relations.get(name);
    relations.set(
      name,
      existing === undefined
        ? relation
        : {
            ...relation,
            node: mergeNodes(existing.node, relation.node),
            uses: [...existing.uses, ...relation.uses],
          },
    );
  }
  return node({
    relations,
    selectsAll: a.selectsAll || b.selectsAll,
    only: b.only ?? a.only,
    deferred: new Set([...a.deferred, ...b.deferred]),
    opaque: a.opaque || b.opaque,
    joinsUnread: a.joinsUnread || b.joinsUnread,
    reflects: a.reflects ?? b.reflects,
    peers: a.peers || b.peers,
    subclasses: b.subclasses ?? a.subclasses,
    annotated: new Set([...a.annotated, ...b.annotated]),
    lists: new Map([...a.lists, ...b.lists]),
    targets: new Map([...a.targets, ...b.targets]),
    standsFor: b.standsFor ?? a.standsFor,
    pinned: new Set([...a.pinned, ...b.pinned]),
    nulls: new Set([...a.nulls, ...b.nulls]),
    fixed: new Map([...a.fixed, ...b.fixed]),
    refreshed: a.refreshed === "all" || b.refreshed === "all" ? "all" : new Set([...a.refreshed, ...b.refreshed]),
  });
}

/** Is a column in memory? Key columns always are; `author` stands for `author_id` in `only()`. */
export function hasColumn(load: LoadNode, name: string, attname: string | null, isKey: boolean): boolean {
  if (isKey) return true;
  const names = attname === null ? [name] : [name, attname];
  if (load.only !== null) {
    const only = load.only;
    return names.some((one) => only.has(one)) && !names.some((one) => load.deferred.has(one));
  }
  return !names.some((one) => load.deferred.has(one));
}
