/**
 * Abstract values: what an expression can stand for, as far as the source tells.
 */
import type { ClassInfo, Field, FunctionDef, Lambda, Model, PythonModule, QueryRecipe, Span } from "../model/index.ts";
import type { Env, Frame, Loop } from "./frame.ts";
import type { LoadNode } from "./load-tree.ts";
import { escapeValue } from "./escape.ts";
import type { LiveOrigin } from "./recorder.ts";
import { OPEN_STEP, openRecipe } from "./open-recipe.ts";

export type Value =
  | UnknownValue
  | LiteralValue
  | ClassValue
  | FunctionValue
  | BoundValue
  | NativeValue
  | ModuleValue
  | ExternalValue
  | RowValue
  | QuerysetValue
  | ManagerValue
  | ObjectValue
  | ListValue
  | DictValue
  | SuperValue
  | UnionValue;

export interface UnknownValue {
  readonly kind: "unknown";
  /** Not None: a column that cannot be NULL, the answer of a comparison. */
  readonly isSet?: true;
  /** Not empty either: the key of a row that was fetched. */
  readonly isPresent?: true;
  /** False: what a condition says on the way where it does not hold. */
  readonly isAbsent?: true;
  /** The second that `get_or_create()` gives: where it is true, the row was made with these values. */
  readonly makes?: { readonly of: RowValue; readonly given: CallArgs };
}
export interface LiteralValue {
  readonly kind: "literal";
  readonly value: string | number | boolean | null;
}
export interface ClassValue {
  readonly kind: "class";
  readonly cls: ClassInfo;
}
export interface FunctionValue {
  readonly kind: "function";
  readonly module: PythonModule;
  readonly def: FunctionDef | Lambda;
  readonly closure: Env | null;
  /** The class whose body defines it, and the receiver of the method that makes it, for `super()`. */
  readonly owner: ClassInfo | null;
  readonly self: Value | null;
}
export interface BoundValue {
  readonly kind: "bound";
  readonly self: Value;
  readonly fn: FunctionValue;
}
export interface CallArgs {
  readonly positional: readonly Value[];
  readonly keywords: ReadonlyMap<string, Value>;
  /** Keywords of a `**kwargs` that need not be there. */
  readonly maybe?: ReadonlySet<string>;
  /** A `*args` or `**kwargs` of unknown length was passed. */
  readonly open: boolean;
}
export interface CallSite {
  readonly span: Span;
  readonly frame: Frame;
  /** The call expression's own syntax where there is one. */
  readonly expr: import("../model/index.ts").Call | null;
}
/** Implemented by the engine or a framework adapter. `key` tells two natives apart. */
export interface NativeValue {
  readonly kind: "native";
  readonly key: string;
  readonly call: (args: CallArgs, site: CallSite) => Value;
  /** What a template's macro sees beside its parameters. */
  readonly closure?: Env;
}
export interface ModuleValue {
  readonly kind: "module";
  readonly module: PythonModule;
}
/** Something outside all that was read, by its dotted name. */
export interface ExternalValue {
  readonly kind: "external";
  readonly name: string;
}
/** One model instance, standing for one row or for each row of an iteration. */
export interface RowValue {
  readonly kind: "row";
  readonly id: number;
  readonly model: Model;
  readonly origin: LiveOrigin;
  /** Lookup path from the origin's model to this one. */
  readonly path: string;
  /** Changed in place by `prefetch_related_objects` alone. */
  load: LoadNode;
  /** The loop that makes this stand for many rows; null for a single one. */
  readonly loop: Loop | null;
  /** Every step of `path` is single-valued, and none of them is prefetched. */
  readonly joinable: boolean;
  /** Path to a prefetched single-valued relation, whose target all rows that lead to it share; null where each row has its own. */
  readonly shared: string | null;
  /** Attributes that code set on it, annotations and `to_attr` lists. */
  readonly extra: Map<string, Value>;
  /** The receiver of a method that is analysed without a known caller. */
  readonly withoutCaller: boolean;
  readonly doubts: readonly string[];
  /** Is not a row of the database yet: `Order(…)`. */
  readonly isNew: boolean;
  /** `create()` made it and calls its `save()`: the statement that saves it is noted already. */
  readonly isBeingCreated?: true;
  /** `request.user` was put somewhere here, and is fetched by the first read of it. */
  readonly lazy?: Span;
  /** The row of whose relation this is: it keeps the object, with whatever that is told later. */
  readonly keptBy?: { readonly row: RowValue; readonly field: string };
  /** Never None: one of a loop's rows, what `get()` gives, what a key leads to that cannot be NULL or that the filter gave. */
  readonly isThere?: true;
}
export type ValuesShape = "rows" | "dict" | "tuple" | "flat" | "scalar";
/** `throughFilters`: a filter set makes a queryset of its own of these rows, whatever was prefetched. */
export interface RelatedRows {
  readonly row: RowValue;
  readonly field: Field;
  readonly plain: boolean;
  readonly throughFilters?: true;
  /** Where its rows are prefetched: what they have when the database is asked for them all the same. */
  readonly anew?: LoadNode;
}

export interface QuerysetValue {
  readonly kind: "queryset";
  readonly id: number;
  readonly model: Model;
  readonly origin: LiveOrigin;
  readonly path: string;
  load: LoadNode;
  /** Class of custom querysets with methods of their own. */
  readonly cls: ClassInfo | null;
  /** The calls that made it. */
  readonly recipe: QueryRecipe;
  readonly shape: ValuesShape;
  readonly fields: readonly string[];
  readonly ordered: "yes" | "no" | "unknown";
  readonly sliced: boolean;
  /** Filtered by its key: it has one row or none. */
  readonly atMostOne: boolean;
  /** `none()`, and whatever is chained on it: it has no rows and sends no statement. */
  readonly isEmpty: boolean;
  readonly narrowed: boolean;
  readonly joinable: boolean;
  /** The row and relation whose manager made it, as long as nothing but `all()` was called. */
  readonly related: RelatedRows | null;
  /** Results come from the parent's prefetch: no query. */
  readonly prefetched: boolean;
  readonly annotations: ReadonlyMap<string, Value>;
  /** Where the syntax of the expression that made it ends, to tell a chain from a later call. */
  readonly tip: Span | null;
  readonly withoutCaller: boolean;
  readonly doubts: readonly string[];
  /** Loop under which the object was made. */
  readonly madeIn: Loop | null;
  /** A cached property holds it: the same object whenever its row is asked, in every round of a loop that the row is not of. */
  readonly kept: boolean;
  /** The queryset that `all()` or a slice took it from, otherwise itself. */
  readonly source: number;
  /** Its results are in memory (mutable: evaluation fills the cache). */
  evaluated: boolean;
  /** The row that stood for its results when they were last gone through: what code has put on it stays there (mutable). */
  rows: RowValue | null;
}
export interface ManagerValue {
  readonly kind: "manager";
  readonly model: Model;
  readonly cls: ClassInfo | null;
  readonly querysetCls: ClassInfo | null;
  readonly origin: LiveOrigin;
  readonly related: { readonly row: RowValue; readonly field: Field } | null;
  readonly tip: Span;
}
/** An instance of a class of the program that is not a model. Mutable as Python's are. */
export interface ObjectValue {
  readonly kind: "object";
  readonly id: number;
  readonly cls: ClassInfo;
  readonly attrs: Map<string, Value>;
  /** Arguments it was made with, for declarative classes (serializer fields, columns). */
  readonly args: CallArgs | null;
  readonly site: Span | null;
}
export interface ListValue {
  readonly kind: "list";
  readonly id: number;
  readonly type: "list" | "tuple" | "set" | "generator";
  /** Known items in order (a literal); null once the length is unknown. */
  items: Value[] | null;
  /** What each item can be. */
  element: Value;
  /** Of a named tuple: what its items are called, and the class that has its methods. */
  readonly names?: readonly string[];
  readonly cls?: ClassInfo | null;
}
export interface DictValue {
  readonly kind: "dict";
  readonly id: number;
  readonly entries: Map<string, Value>;
  /** Keys of `entries` that only some of the ways to here put in. */
  maybe?: Set<string>;
  /** The keywords of one call: no round of a loop but this one fills it. */
  readonly isOfCall?: true;
  /** Keys that a module or a class writes down where it makes the dictionary: they are there whenever anybody asks. */
  readonly written?: ReadonlySet<string>;
  /** What values under unknown keys can be; null when all keys are known. */
  rest: Value | null;
  /** What keys can be where they are not literal. */
  keys: Value | null;
}
/** `super()`: self, with lookup after the class that holds the method. */
export interface SuperValue {
  readonly kind: "super";
  readonly owner: ClassInfo;
  readonly self: Value;
}
export interface UnionValue {
  readonly kind: "union";
  readonly values: readonly Exclude<Value, UnionValue>[];
}

export const UNKNOWN: UnknownValue = { kind: "unknown" };
/** Not known, but not None. */
export const SET: UnknownValue = { kind: "unknown", isSet: true };
/** Not known, but true. */
export const PRESENT: UnknownValue = { kind: "unknown", isSet: true, isPresent: true };
/** Not known, but false. */
export const ABSENT: UnknownValue = { kind: "unknown", isAbsent: true };
export const NONE: LiteralValue = { kind: "literal", value: null };
export const NO_ARGS: CallArgs = { positional: [], keywords: new Map(), open: false };

export function literal(value: string | number | boolean | null): LiteralValue {
  return { kind: "literal", value };
}

let nextId = 1;
/** Identities are only compared with each other; their order is the order of creation. */
export function freshId(): number {
  return nextId++;
}

export function list(items: Value[], type: ListValue["type"] = "list"): ListValue {
  return { kind: "list", id: freshId(), type, items, element: joinAll(items) };
}

export function listOf(element: Value, type: ListValue["type"] = "list"): ListValue {
  return { kind: "list", id: freshId(), type, items: null, element };
}

export function dict(entries: Iterable<readonly [string, Value]> = []): DictValue {
  return { kind: "dict", id: freshId(), entries: new Map(entries), rest: null, keys: null };
}

/** Something of which some attributes are known, and nothing else. */
export function attributesOnly(attributes: Iterable<readonly [string, Value]>): DictValue {
  const made = dict([...attributes].map(([name, value]) => [`.${name}`, value] as const));
  made.rest = UNKNOWN;
  return made;
}

export function native(key: string, call: NativeValue["call"]): NativeValue {
  return { kind: "native", key, call };
}

/** A function of a module's, or of the class that defines it. */
export function functionValue(module: PythonModule, def: FunctionValue["def"], owner: ClassInfo | null = null): FunctionValue {
  return { kind: "function", module, def, closure: null, owner, self: null };
}

/** A function of our stubs whose body is `...`: it says that the name exists, not what it does. */
export function isEmptyStub(fn: FunctionValue): boolean {
  if (fn.module.origin !== "builtin" || fn.def.kind === "lambda") return false;
  const [only] = fn.def.body;
  return fn.def.body.length === 1 && only?.kind === "expr" && only.value.kind === "constant";
}

export function object(cls: ClassInfo, args: CallArgs | null, site: Span | null): ObjectValue {
  return { kind: "object", id: freshId(), cls, attrs: new Map(), args, site };
}

/** More alternatives than this say too little to be followed one by one. */
export const MAX_ALTERNATIVES = 12;
/** Texts and numbers cost nothing: a list of names is gone through name by name. */
const MAX_LITERALS = 32;

export function alternatives(value: Value): readonly Exclude<Value, UnionValue>[] {
  return value.kind === "union" ? value.values : [value];
}

export function joinAll(all: readonly Value[]): Value {
  const [first] = all;
  if (first === undefined) return UNKNOWN;
  return all.every((one) => one === first) ? first : unionOf(all);
}

export function join(a: Value, b: Value): Value {
  return a === b ? a : unionOf([a, b]);
}

function unionOf(all: readonly Value[]): Value {
  const values: Exclude<Value, UnionValue>[] = [];
  for (const one of all) addDistinct(values, one);
  const [first] = values;
  if (values.length === 1 && first !== undefined) return first;
  const [a] = all;
  if (a?.kind === "union" && values.length === a.values.length && values.every((one, index) => one === a.values[index])) return a;
  const most = values.every(({ kind }) => kind === "literal") ? MAX_LITERALS : MAX_ALTERNATIVES;
  if (values.length <= most) return { kind: "union", values };
  const inOrder = [...values.filter((one) => !hasOneRow(one)), ...values.filter(hasOneRow)];
  const dropped = inOrder.slice(most);
  for (const one of dropped) escapeValue(one);
  return { kind: "union", values: withOpenRecipe(inOrder.slice(0, most), dropped) };
}

/** Where a filter names one row at times, the rows of the other times say more. */
function hasOneRow(value: Value): boolean {
  return value.kind === "queryset" && value.atMostOne;
}

function addDistinct(values: Exclude<Value, UnionValue>[], value: Value): void {
  if (value.kind !== "union") {
    const unknown = value.kind === "unknown" ? values.findIndex(({ kind }) => kind === "unknown") : -1;
    if (unknown >= 0) values[unknown] = ofBoth(values[unknown], value);
    else if (!values.some((one) => isSameAlternative(one, value))) addAlternative(values, value);
    return;
  }
  for (const one of value.values) addDistinct(values, one);
}

/** A row that is there on one way and may be None on another is one that may be None; rows that are none on one way are those of the other. */
function addAlternative(values: Exclude<Value, UnionValue>[], value: Exclude<Value, UnionValue>): void {
  if (value.kind === "queryset") return addQueryset(values, value);
  const same = value.kind === "row" ? values.findIndex((one) => one.kind === "row" && areSameRows(one, value)) : -1;
  if (same < 0) values.push(value);
  else values[same] = mayBeNone(value);
}

function addQueryset(values: Exclude<Value, UnionValue>[], value: QuerysetValue): void {
  const isSame = (one: Value): boolean =>
    one.kind === "queryset" && one.isEmpty !== value.isEmpty && one.origin === value.origin && isSameAlternative({ ...one, isEmpty: value.isEmpty }, value);
  const same = values.findIndex(isSame);
  if (same < 0) values.push(value);
  else if (!value.isEmpty) values[same] = value;
}

/** The same rows, of which one thing more is not sure. */
export function withDoubt<R extends RowValue | QuerysetValue>(rows: R, doubt: string): R {
  return rows.doubts.includes(doubt) ? rows : { ...rows, doubts: [...rows.doubts, doubt] };
}

/** What a container or an attribute gives where it has nothing is None. */
export function mayBeNone<V extends Value>(value: V): V;
export function mayBeNone(value: Value): Value {
  if (value.kind === "union") return value.values.some(isThere) ? joinAll(value.values.map((one) => mayBeNone(one))) : value;
  if (!isThere(value)) return value;
  const { isThere: _, ...row } = value;
  return row;
}

function isThere(value: Value): value is RowValue & { readonly isThere: true } {
  return value.kind === "row" && value.isThere === true;
}

/** The row as one that is there. */
export function there(value: Value): Value {
  return value.kind === "row" ? { ...value, isThere: true } : value;
}

/** What holds of two unknown values alike. */
function ofBoth(a: Value | undefined, b: Value): UnknownValue {
  if (a?.kind !== "unknown" || b.kind !== "unknown") return UNKNOWN;
  if (haveSameKey(a, b)) return a;
  return a.isSet === true && b.isSet === true ? SET : UNKNOWN;
}

/** Querysets of one key are different objects: each has a result cache of its own. */
function isSameAlternative(a: Value, b: Value): boolean {
  return a.kind === "queryset" && b.kind === "queryset" ? a.id === b.id : haveSameKey(a, b);
}

/** A queryset that conditions chained on in more ways than are followed: what they added is open. */
function withOpenRecipe(kept: UnionValue["values"], dropped: UnionValue["values"]): UnionValue["values"] {
  const lost = dropped.find((one) => one.kind === "queryset");
  if (lost?.kind !== "queryset" || kept.some((one) => one.kind === "queryset" && one.recipe.steps.some(({ name }) => name === OPEN_STEP))) return kept;
  return [...kept.slice(0, -1), { ...lost, recipe: openRecipe(lost.recipe) }];
}

/**
 * Lists within lists within lists are told apart by identity: spelt out, the key of a value that code nests into itself
 * doubles with every step.
 */
const MAX_SPELT_LISTS = 2;

/** Two values with one key behave alike in every analysis: the key of a function's summary is made of them. */
export function keyOf(value: Value, depth = 0): string {
  switch (value.kind) {
    case "unknown":
      return value.isPresent === true ? "!" : value.isAbsent === true ? "0" : value.isSet === true ? "." : "?";
    case "literal":
      return typeof value.value === "string" ? `s${value.value}` : `l${String(value.value)}`;
    case "class":
      return `c${value.cls.id}`;
    case "function":
      return `f${value.module.name}:${value.def.start}:${value.closure === null ? 0 : value.closure.id}`;
    case "bound":
      return `b${keyOf(value.self, depth)}.${keyOf(value.fn, depth)}`;
    case "native":
      return `n${value.key}`;
    case "module":
      return `m${value.module.name}`;
    case "external":
      return `e${value.name}`;
    case "row":
      return rowKey(value);
    case "queryset":
      return `q${value.doubts.length}${value.model.label}:${value.origin.id}:${value.path}:${value.load.id}:${value.shape}:${value.ordered}:${value.prefetched}:${value.evaluated}:${value.narrowed}:${value.isEmpty}:${value.recipe.id}${givenKey(value)}`;
    case "manager":
      return `g${value.model.label}:${value.origin.id}:${value.related === null ? "" : rowKey(value.related.row)}`;
    case "object":
      return `o${value.id}${querysetsKey(value)}`;
    case "list":
      return value.items === null && depth < MAX_SPELT_LISTS ? `[${value.type}${keyOf(value.element, depth + 1)}]` : `L${value.id}`;
    case "dict":
      return `d${value.id}`;
    case "super":
      return `^${value.owner.id}:${keyOf(value.self, depth)}`;
    case "union":
      return keysOf(value.values, "|", depth);
  }
}

/** `self.queryset = …`: methods that were called before it are asked anew. */
function querysetsKey({ attrs }: ObjectValue): string {
  let key = "";
  for (const [name, one] of attrs) if (one.kind === "queryset") key += `;${name}=${keyOf(one)}`;
  return key;
}

export function keysOf(values: readonly Value[], separator: string, depth = 0): string {
  let keys = "";
  for (const value of values) keys += keys === "" ? keyOf(value, depth) : separator + keyOf(value, depth);
  return keys;
}

/** Whether `keyOf` says the same of both, without spelling it. */
export function haveSameKey(a: Value, b: Value, depth = 0): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case "unknown":
      return b.kind === "unknown" && a.isPresent === b.isPresent && a.isAbsent === b.isAbsent && (a.isPresent === true || a.isSet === b.isSet);
    case "literal":
      return b.kind === "literal" && (a.value === b.value || Object.is(a.value, b.value));
    case "class":
      return b.kind === "class" && a.cls.id === b.cls.id;
    case "function":
      return b.kind === "function" && a.def.start === b.def.start && a.closure?.id === b.closure?.id && a.module.name === b.module.name;
    case "bound":
      return b.kind === "bound" && haveSameKey(a.fn, b.fn, depth) && haveSameKey(a.self, b.self, depth);
    case "native":
      return b.kind === "native" && a.key === b.key;
    case "module":
      return b.kind === "module" && a.module.name === b.module.name;
    case "external":
      return b.kind === "external" && a.name === b.name;
    case "row":
      return b.kind === "row" && haveSameRowKey(a, b);
    case "queryset":
      return b.kind === "queryset" && keyOf(a) === keyOf(b);
    case "manager":
      return b.kind === "manager" && keyOf(a) === keyOf(b);
    case "object":
      return b.kind === "object" && a.id === b.id && querysetsKey(a) === querysetsKey(b);
    case "dict":
      return b.kind === "dict" && a.id === b.id;
    case "list": {
      if (b.kind !== "list") return false;
      if ((a.items === null) !== (b.items === null) && depth < MAX_SPELT_LISTS) return false;
      if (a.items !== null || depth >= MAX_SPELT_LISTS) return a.id === b.id;
      return a.type === b.type && haveSameKey(a.element, b.element, depth + 1);
    }
    case "super":
      return b.kind === "super" && a.owner.id === b.owner.id && haveSameKey(a.self, b.self, depth);
    case "union":
      return b.kind === "union" && a.values.length === b.values.length && a.values.every((one, index) => haveSameKey(one, b.values[index] ?? UNKNOWN, depth));
  }
}

function haveSameRowKey(a: RowValue, b: RowValue): boolean {
  return a.isThere === b.isThere && areSameRows(a, b);
}

/** But for whether they are surely there. */
function areSameRows(a: RowValue, b: RowValue): boolean {
  return (
    a.origin.id === b.origin.id &&
    a.load.id === b.load.id &&
    a.path === b.path &&
    a.model.label === b.model.label &&
    (a.loop === null) === (b.loop === null) &&
    a.withoutCaller === b.withoutCaller &&
    a.doubts.length === b.doubts.length &&
    a.doubts.every((one, index) => one === b.doubts[index]) &&
    (a.shared ?? "") === (b.shared ?? "") &&
    (a.extra.size === 0 ? b.extra.size === 0 : b.extra.size > 0 && a.id === b.id)
  );
}

/** Values that are objects of their own: equal ones made by another root are not the same. */
export function hasIdentity(value: Value, depth = 0): boolean {
  switch (value.kind) {
    case "object":
    case "dict":
      return true;
    case "list":
      return value.items !== null || depth >= MAX_SPELT_LISTS || hasIdentity(value.element, depth + 1);
    case "bound":
      return hasIdentity(value.self, depth) || hasIdentity(value.fn, depth);
    case "function":
      return value.closure !== null;
    case "super":
      return hasIdentity(value.self, depth);
    case "row":
      return value.extra.size > 0;
    case "union":
      return value.values.some((one) => hasIdentity(one, depth));
    default:
      return false;
  }
}

/** Whoever goes through the rows again finds what was put on them. */
function givenKey({ rows, load }: QuerysetValue): string {
  return rows === null || (rows.extra.size === 0 && rows.load === load) ? "" : `<${rowKey(rows)}`;
}

function rowKey(row: RowValue): string {
  const extra = row.extra.size === 0 ? "" : `+${row.id}`;
  return `r${row.doubts.join(";")}${row.withoutCaller ? "w" : ""}${row.isThere === true ? "t" : ""}${row.model.label}:${row.origin.id}:${row.path}:${row.load.id}:${row.loop === null ? 0 : 1}${row.shared ?? ""}${extra}${row.origin.columnsSet === undefined ? "" : `=${row.origin.columnsSet.size}`}`;
}

/** It came out of the database, so that it has a key; the receiver of a method may be anything. */
export function isFetched(row: RowValue): boolean {
  if (row.isNew) return false;
  return row.path !== "" || (row.origin.kind !== "instance" && row.origin.kind !== "parameter" && !row.withoutCaller);
}

export function isNone(value: Value | undefined): boolean {
  return value?.kind === "literal" && value.value === null;
}

/** Python's truth value where it is certain. */
export function truth(value: Value): boolean | null {
  switch (value.kind) {
    case "unknown":
      return value.isPresent === true ? true : value.isAbsent === true ? false : null;
    case "literal":
      return value.value !== null && value.value !== false && value.value !== 0 && value.value !== "";
    case "row":
    case "class":
    case "function":
    case "bound":
    case "native":
    case "module":
    case "manager":
      return true;
    case "list":
      return value.items === null ? null : value.items.length > 0;
    case "dict":
      return value.rest !== null ? null : value.entries.size > 0;
    default:
      return null;
  }
}
