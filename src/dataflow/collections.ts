/** Methods and subscripts of Python's own containers. */
import type { Expr, Slice } from "../model/index.ts";
import type { AccessSite, Engine } from "./engine.ts";
import type { Frame, Loop } from "./frame.ts";
import { callForEach, inLoop } from "./iteration.ts";
import { mergeDict, setItem } from "./dicts.ts";
import { managerQueryset, subscriptQueryset } from "./querysets.ts";
import { spanOf } from "./recorder.ts";
import {
  dict,
  freshId,
  join,
  alternatives,
  joinAll,
  list,
  listOf,
  literal,
  native,
  NONE,
  NO_ARGS,
  SET,
  UNKNOWN,
  type CallArgs,
  type CallSite,
  type DictValue,
  type ListValue,
  type Value,
  mayBeNone,
  withDoubt,
} from "./values.ts";

export function collectionMethod(engine: Engine, value: ListValue | DictValue, name: string): Value {
  return native(`${value.kind}.${name}:${value.id}`, (args, site) =>
    value.kind === "list" ? listCall(engine, value, name, args, site) : dictCall(engine, value, name, args, site),
  );
}

function listCall(engine: Engine, value: ListValue, name: string, args: CallArgs, site: CallSite): Value {
  const [first, second] = args.positional;
  switch (name) {
    case "append":
    case "add":
    case "appendleft":
      addItem(value, first ?? UNKNOWN);
      return UNKNOWN;
    case "insert":
      addItem(value, second ?? UNKNOWN);
      return UNKNOWN;
    case "extend":
    case "update":
      if (first !== undefined) addItem(value, engine.iterate(first, site.span, site.frame, "list").element);
      return UNKNOWN;
    case "pop":
    case "popleft":
      return inLoop(value.element, turnOf(value.element, site.frame.loop));
    case "copy":
    case "union":
    case "intersection":
    case "difference":
      return listOf(value.element, value.type);
    case "sort": {
      const key = args.keywords.get("key");
      if (key !== undefined) callForEach(engine, key, [engine.iterate(value, site.span, site.frame)], site);
      return UNKNOWN;
    }
    case "__iter__":
      return value;
    default:
      return UNKNOWN;
  }
}

/** `while rows: row = rows.pop()` is a loop over the rows. */
function turnOf(element: Value, loop: Loop | null): Loop | null {
  if (loop?.over !== "while" || element.kind !== "row") return loop;
  return { ...loop, over: "rows", origin: element.origin, path: element.path };
}

function addItem(value: ListValue, item: Value): void {
  const isEmpty = value.items !== null && value.items.length === 0;
  value.items = null;
  value.element = isEmpty ? item : join(value.element, item);
}

export function dictValues(value: DictValue): Value {
  const values = [...value.entries.values(), ...(value.rest === null ? [] : [value.rest])];
  return joinAll(values);
}

function dictCall(engine: Engine, value: DictValue, name: string, args: CallArgs, site: CallSite): Value {
  const [key, fallback] = args.positional;
  switch (name) {
    case "get":
    case "pop": {
      // It is gone, on this way at least.
      if (name === "pop" && key?.kind === "literal" && value.entries.has(String(key.value)))
        value.maybe = (value.maybe ?? new Set<string>()).add(String(key.value));
      if (isAbsent(value, key)) return fallback ?? NONE;
      const found = dictItem(value, key ?? UNKNOWN, site.frame);
      const isCertain = key?.kind === "literal" && value.entries.has(String(key.value));
      if (isCertain) return found;
      if (fallback === undefined) return mayBeNone(found);
      // Who gives a number or a text for what is not there keeps no None either.
      return found === UNKNOWN && fallback.kind === "literal" && fallback.value !== null ? SET : join(found, fallback);
    }
    case "setdefault": {
      const existing = dictItem(value, key ?? UNKNOWN, site.frame);
      const made = fallback ?? NONE;
      const joined = existing.kind === "unknown" ? made : join(existing, made);
      setItem(value, key ?? UNKNOWN, joined);
      return joined;
    }
    case "update":
      if (key !== undefined) mergeDict(value, key, site.frame);
      mergeDict(value, dict(args.keywords), site.frame);
      return UNKNOWN;
    case "values":
    case "itervalues":
      return value.rest === null ? list([...value.entries.values()]) : listOf(dictValues(value));
    case "items":
    case "iteritems":
    case "most_common":
      return dictItems(value);
    case "keys":
    case "iterkeys":
      return listOf(value.keys ?? UNKNOWN);
    // A template's context gives its variables as a dictionary.
    case "flatten":
    case "copy": {
      const copied: DictValue = { ...value, id: freshId(), entries: new Map(value.entries) };
      return copied;
    }
    default:
      void engine;
      return UNKNOWN;
  }
}

/** All keys are known, and this is none of them. */
function isAbsent(value: DictValue, key: Value | undefined): boolean {
  return value.rest === null && key?.kind === "literal" && key.value !== null && !value.entries.has(String(key.value));
}

function dictItems(value: DictValue): Value {
  if (value.rest === null) return list([...value.entries].map(([key, one]) => list([literal(key), one], "tuple")));
  return listOf(list([value.keys ?? UNKNOWN, dictValues(value)], "tuple"));
}

export function dictItem(value: DictValue, key: Value, frame: Frame): Value {
  if (key.kind === "literal" && key.value !== null) {
    const entry = value.entries.get(String(key.value));
    if (entry !== undefined) return entry;
    return value.rest === null ? UNKNOWN : inLoop(value.rest, frame.loop);
  }
  return inLoop(dictValues(value), frame.loop);
}

/** A slice where it is written, or one that an object's `__getitem__` was given. */
function sliceOf(index: Value, expr: Expr): Slice | null {
  if (expr.kind === "subscript" && expr.index.kind === "slice") return expr.index;
  return index.kind === "external" && index.name === SLICE.name ? GIVEN_SLICE : null;
}

/** Its bounds are not followed. */
export const SLICE = { kind: "external", name: "builtins.slice" } as const;
const BOUND: Expr = { kind: "name", name: "", start: 0, end: 0 };
const GIVEN_SLICE: Slice = { kind: "slice", lower: BOUND, upper: BOUND, step: null, start: 0, end: 0 };

export function subscript(engine: Engine, value: Value, index: Value, expr: Expr, frame: Frame): Value {
  const slice = sliceOf(index, expr);
  const span = spanOf(frame.file, expr);
  switch (value.kind) {
    case "union":
      return joinAll(value.values.map((one) => subscript(engine, one, index, expr, frame)));
    case "queryset":
      return subscriptQueryset(engine, value, slice, span, frame);
    case "manager": {
      const queryset = managerQueryset(engine, value, { span, frame, expr: null });
      return queryset === null ? UNKNOWN : subscriptQueryset(engine, queryset, slice, span, frame);
    }
    case "list":
      return slice !== null ? listOf(value.element, value.type) : listItem(value, index, frame);
    case "dict":
      return dictItem(value, index, frame);
    case "object": {
      const stored = value.attrs.get("[]");
      if (stored !== undefined) return stored;
      const site: AccessSite = { span, frame };
      const method = engine.classMember(value.cls, "__getitem__", value, site);
      return method === null ? UNKNOWN : engine.call(method, { ...NO_ARGS, positional: [index] }, { span, frame, expr: null });
    }
    case "external":
      return engine.hooks.get(`${value.name}[]`)?.({ ...NO_ARGS, positional: [index] }, { span, frame, expr: null }) ?? UNKNOWN;
    default:
      return UNKNOWN;
  }
}

function listItem(value: ListValue, index: Value, frame: Frame): Value {
  if (value.items !== null && index.kind === "literal" && typeof index.value === "number") {
    return value.items[index.value] ?? UNKNOWN;
  }
  const item = inLoop(value.element, frame.loop);
  // `group[0]` for each group, which were there before the loop: identities count up, those of loops among them.
  const isOneOfEach = index.kind === "literal" && frame.loop?.over === "unknown" && value.id < frame.loop.id;
  return isOneOfEach ? joinAll(alternatives(item).map((one) => (one.kind === "row" ? withDoubt(one, ONE_OF_EACH) : one))) : item;
}

const ONE_OF_EACH = "one row is read of each list, which may hold many";
