/** Python's built-in functions, as far as they evaluate querysets or pass rows on. */
import type { Expr } from "../model/index.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { argument, escapeArgs } from "./arguments.ts";
import type { Frame } from "./frame.ts";
import { isExternal } from "./frames.ts";
import { isSetSomewhere } from "../python/set-attributes.ts";
import { noteColumnSet } from "./copied-columns.ts";
import { setItem } from "./dicts.ts";
import { callForEach, inLoop } from "./iteration.ts";
import { isInstance } from "./instances.ts";
import { withoutFilters } from "./load-tree.ts";
import { assignToAnyOf, assignToRow } from "./rows.ts";
import {
  alternatives,
  dict,
  freshId,
  join,
  joinAll,
  list,
  listOf,
  literal,
  MAX_ALTERNATIVES,
  native,
  NO_ARGS,
  truth,
  UNKNOWN,
  type QuerysetValue,
  type RowValue,
  type Value,
  mayBeNone,
  isNone,
} from "./values.ts";

/** The names that an attribute is asked for by; null where they are not known. */
function namesIn(value: Value): readonly string[] | null {
  const names = alternatives(value).flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
  return names.length > 0 && names.length === alternatives(value).length ? names : null;
}

/** So short a beginning of a name says nothing. Ours. */
const SHORTEST_PREFIX = 4;

/** `getattr(self, "action_%s" % chosen)`: one of the methods whose names begin so. */
function methodsByPrefix(engine: Engine, object: Value, site: CallSite): Value[] {
  const prefix = prefixOf(site.expr?.args[1]);
  if (prefix.length < SHORTEST_PREFIX || object.kind !== "object") return [];
  const names = new Set(
    engine.program
      .mro(object.cls)
      .flatMap((one) => ("members" in one ? [...one.members.keys()] : []))
      .filter((name) => name.startsWith(prefix)),
  );
  const found = [...names].map((name) => engine.attribute(object, name, { span: site.span, frame: site.frame })).filter(({ kind }) => kind === "bound");
  return found.length > MAX_ALTERNATIVES ? [] : found;
}

/** What stands before the part that is put in. */
function prefixOf(expr: Expr | undefined): string {
  if (expr?.kind === "format") return expr.parts[0]?.kind === "str" ? expr.parts[0].value : "";
  if (expr?.kind === "binary" && expr.left.kind === "str")
    return expr.operator === "%" ? (expr.left.value.split("%")[0] ?? "") : expr.operator === "+" ? expr.left.value : "";
  if (expr?.kind !== "call" || expr.callee.kind !== "attribute" || expr.callee.name !== "format" || expr.callee.object.kind !== "str") return "";
  return expr.callee.object.value.split("{")[0] ?? "";
}

/** A class that is named, with all its bases, and has no such attribute. `cls` of a method may be a subclass that has it. */
function lacksAttribute(engine: Engine, value: Value, name: string, { self }: Frame): boolean {
  return alternatives(value).every((one) => {
    if (one.kind !== "class" || (self?.kind === "class" && self.cls === one.cls)) return false;
    return engine.program.mro(one.cls).every((base) => !isExternal(base) && !base.members.has(name) && !base.nested.has(name));
  });
}

/** An annotation, the list of a `Prefetch(to_attr=…)` or what code put there: by it, rows that have it are told from others. */
function isPutOnRow({ load, extra }: RowValue, name: string): boolean {
  return load.annotated.has(name) || load.lists.has(name) || extra.has(name);
}

type Builtin = (engine: Engine, args: CallArgs, site: CallSite) => Value;

function items(engine: Engine, value: Value | undefined, site: CallSite, how: string): Value {
  return value === undefined ? UNKNOWN : engine.iterate(value, site.span, site.frame, how).element;
}

const collect =
  (type: "list" | "tuple" | "set"): Builtin =>
  (engine, args, site) => {
    const [first] = args.positional;
    if (first === undefined) return list([], type);
    if (first.kind === "list") return first.items === null ? listOf(first.element, type) : list([...first.items], type);
    return listOf(items(engine, first, site, "list"), type);
  };

/** Functions that read their argument's items and give nothing to follow. */
const consume =
  (how: string): Builtin =>
  (engine, args, site) => {
    for (const value of args.positional) items(engine, value, site, how);
    return UNKNOWN;
  };

/** By these, code tells querysets and managers from lists. */
/** Of several names, each has its round; null where they are not known. */
function setOn(engine: Engine, object: Value, names: readonly string[] | null, value: Value, frame: Frame): void {
  const [name, ...others] = names ?? [];
  if (object.kind === "row") {
    // It may be a foreign key's.
    object.load = withoutFilters(object.load);
    if (names === null && value.kind === "row") assignToAnyOf(object);
    for (const one of names ?? []) assignToRow(object, one, value, frame);
  } else if (object.kind === "object" && name !== undefined && others.length === 0) {
    object.attrs.set(name, value);
    return;
  }
  if (object.kind !== "row" || names === null) engine.escape(value);
}

/** Of what is not known beside what is, nothing is followed anyway. */
function knownOf(value: Value): readonly Value[] {
  return alternatives(value).filter((one) => one.kind !== "unknown");
}

function areClassesWith({ program }: Engine, values: readonly Value[], name: string): boolean {
  return values.length > 0 && values.every((one) => one.kind === "class" && program.member(one.cls, name) !== null);
}

function areQuerysetsWithout(engine: Engine, values: readonly Value[], name: string): boolean {
  const querysets = values.filter((one) => one.kind === "queryset");
  return querysets.length > 0 && querysets.every((one) => lacks(engine, one, name)) && values.every((one) => one.kind === "queryset" || isNone(one));
}

/** Neither its class nor Django's says it, and nothing of the program sets it on anything. */
function lacks({ program }: Engine, { cls }: QuerysetValue, name: string): boolean {
  const django = program.resolveDotted("django.db.models.QuerySet");
  const classes = [...(cls === null ? [] : program.mro(cls)), ...(django?.kind === "class" ? [django.cls] : [])];
  if (django?.kind !== "class" || name.startsWith("_")) return false;
  return classes.every((one) => !isExternal(one) && !one.members.has(name)) && !isSetSomewhere(program, name);
}

const CHAINED: ReadonlySet<string> = new Set(["all", "filter", "exclude", "order_by", "exists", "values", "values_list"]);

/** What `property(get_name)` makes: called with the row or object, it gives what a read of the attribute gives. */
export const MADE_PROPERTY = "luthier.property:";
export const MADE_CACHED_PROPERTY = "luthier.cached-property:";

/** `property(get_name)`, `cached_property(get_name)`. */
export const propertyOf =
  (key: typeof MADE_PROPERTY | typeof MADE_CACHED_PROPERTY) =>
  (engine: Engine, args: CallArgs): Value => {
    const getter = argument(args, 0, key === MADE_PROPERTY ? "fget" : "func") ?? UNKNOWN;
    return native(`${key}${freshId()}`, (self, at) => engine.call(getter, self, at));
  };

/** `locals()`: what a function hands to its template, under the names that it has itself. */
const localVariables: Builtin = (_engine, _args, { frame }) =>
  frame.def === null ? UNKNOWN : dict([...frame.env.vars].map(([name, { value }]) => [name, value] as const));

const BUILTINS: Readonly<Record<string, Builtin>> = {
  list: collect("list"),
  tuple: collect("tuple"),
  set: collect("set"),
  frozenset: collect("set"),
  len: (engine, args, site) => {
    for (const one of args.positional.flatMap(alternatives)) {
      if (one.kind === "queryset" || one.kind === "manager") engine.iterate(one, site.span, site.frame, "len");
      if (one.kind === "object") engine.callMethod(one, "__len__", NO_ARGS, site);
    }
    return UNKNOWN;
  },
  bool: (engine, args, site) => {
    const [first] = args.positional;
    const known = first === undefined ? false : engine.test(first, site.span, site.frame);
    return known === null ? UNKNOWN : literal(known);
  },
  sum: consume("sum"),
  any: consume("iterate"),
  all: consume("iterate"),
  min: (engine, args, site) => extreme(engine, args, site),
  max: (engine, args, site) => extreme(engine, args, site),
  sorted: (engine, args, site) => {
    const [first] = args.positional;
    if (first === undefined) return listOf(UNKNOWN);
    const rounds = engine.iterate(first, site.span, site.frame, "sorted");
    const key = args.keywords.get("key");
    if (key !== undefined) callForEach(engine, key, [rounds], site);
    return listOf(rounds.element);
  },
  reversed: (engine, args, site) => listOf(items(engine, args.positional[0], site, "iterate"), "generator"),
  iter: (_engine, args) => args.positional[0] ?? UNKNOWN,
  next: (engine, args, site) => {
    const [first, fallback] = args.positional;
    const element = oneOf(first?.kind === "list" ? first.element : items(engine, first, site, "iterate"), site);
    return fallback === undefined ? element : join(element, fallback);
  },
  enumerate: (engine, args, site) => listOf(list([UNKNOWN, items(engine, args.positional[0], site, "iterate")], "tuple"), "generator"),
  zip: (engine, args, site) =>
    listOf(
      list(
        args.positional.map((one) => items(engine, one, site, "iterate")),
        "tuple",
      ),
      "generator",
    ),
  map: (engine, args, site) => {
    const [fn, ...sources] = args.positional;
    const rounds = sources.map((one) => engine.iterate(one, site.span, site.frame, "iterate"));
    return fn === undefined ? UNKNOWN : listOf(callForEach(engine, fn, rounds, site), "generator");
  },
  filter: (engine, args, site) => {
    const [fn, source] = args.positional;
    if (fn === undefined || source === undefined) return UNKNOWN;
    const rounds = engine.iterate(source, site.span, site.frame, "iterate");
    callForEach(engine, fn, [rounds], site);
    return listOf(rounds.element, "generator");
  },
  str: (engine, args, site) => {
    for (const one of args.positional) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
  repr: (engine, args, site) => {
    for (const one of args.positional) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
  print: (engine, args, site) => {
    for (const one of args.positional) engine.text(one, site.span, site.frame);
    return UNKNOWN;
  },
  getattr: (engine, args, site) => {
    const [object, name, fallback] = args.positional;
    const names = name === undefined ? null : namesIn(name);
    if (object === undefined || names === null) {
      const methods = object === undefined ? [] : methodsByPrefix(engine, object, site);
      if (object !== undefined && methods.length === 0) engine.escape(object);
      return joinAll(methods);
    }
    const receiver = site.expr?.args[0];
    const at = { span: site.span, frame: site.frame, ...(receiver === undefined ? {} : { receiver }) };
    const found = joinAll(names.map((one) => engine.attribute(object, one, at)));
    // What is there is given, whatever would be given without it.
    if (fallback === undefined) return found;
    if (found.kind !== "unknown" || found.isSet === true) return mayBeNone(found);
    if (names.every((one) => lacksAttribute(engine, object, one, site.frame))) return fallback;
    // An attribute that a caller sets stands in for the queryset, mostly with rows at hand: nothing that holds of querysets alone holds of it.
    return !engine.isTracing && alternatives(fallback).some(({ kind }) => kind === "queryset") ? UNKNOWN : join(found, fallback);
  },
  hasattr: (engine, args, site) => {
    const [object, name] = args.positional;
    if (object !== undefined && name?.kind === "literal" && typeof name.value === "string") {
      const asked = name.value;
      const value = engine.attribute(object, asked, { span: site.span, frame: site.frame });
      if (object.kind === "object" && object.attrs.has(asked)) return literal(true);
      if (alternatives(object).every((one) => one.kind === "row" && isPutOnRow(one, asked))) return literal(true);
      if (areClassesWith(engine, knownOf(object), asked)) return literal(true);
      // `None` has no names but those of every object.
      if (isNone(object) && !asked.startsWith("__")) return literal(false);
      // Django makes it with the first relation that it prefetches.
      const hasCache = object.kind === "row" && asked === "_prefetched_objects_cache" ? truth(value) : null;
      if (hasCache !== null) return literal(hasCache);
      if (alternatives(object).every(({ kind }) => kind === "queryset" || kind === "manager") && CHAINED.has(asked)) return literal(true);
      if (areQuerysetsWithout(engine, knownOf(object), asked)) return literal(false);
    }
    return UNKNOWN;
  },
  setattr: (engine, args, { frame }) => {
    const [object, name, value] = args.positional;
    const names = name === undefined ? null : namesIn(name);
    if (object !== undefined) for (const one of names ?? [null]) noteColumnSet(engine, object, one);
    for (const one of object === undefined ? [] : alternatives(object)) setOn(engine, one, names, value ?? UNKNOWN, frame);
    return UNKNOWN;
  },
  isinstance: (engine, args) => {
    const [value, cls] = args.positional;
    const known = value === undefined || cls === undefined ? null : isInstance(engine, value, cls);
    return known === null ? UNKNOWN : literal(known);
  },
  property: propertyOf(MADE_PROPERTY),
  issubclass: () => UNKNOWN,
  callable: () => UNKNOWN,
  id: () => UNKNOWN,
  hash: () => UNKNOWN,
  range: (_engine, args) => listOf(UNKNOWN, args.open ? "generator" : "list"),
  type: (_engine, args) => {
    const [first] = args.positional;
    if (args.positional.length !== 1 || first === undefined) return UNKNOWN;
    if (first.kind === "object") return { kind: "class", cls: first.cls };
    return first.kind === "row" ? { kind: "class", cls: first.model.cls } : UNKNOWN;
  },
  locals: localVariables,
  vars: (engine, args, site) => {
    if (args.positional.length === 0) return localVariables(engine, args, site);
    escapeArgs(engine, args);
    return UNKNOWN;
  },
  dict: (engine, args, site) => {
    const made = dict(args.keywords);
    for (const value of args.positional) {
      if (value.kind === "dict") {
        for (const [name, one] of value.entries) made.entries.set(name, one);
        made.rest = value.rest;
        made.keys = value.keys;
        continue;
      }
      const pair = items(engine, value, site, "list");
      if (pair.kind === "list" && pair.items?.length === 2) setItem(made, pair.items[0] ?? UNKNOWN, pair.items[1] ?? UNKNOWN);
      else {
        made.rest = UNKNOWN;
        engine.escape(value);
      }
    }
    return made;
  },
};

export function extreme(engine: Engine, args: CallArgs, site: CallSite): Value {
  const one = oneOfThese(engine, args, site);
  return args.keywords.has("default") ? mayBeNone(one) : one;
}

function oneOfThese(engine: Engine, args: CallArgs, site: CallSite): Value {
  const [only, ...others] = args.positional;
  const key = args.keywords.get("key");
  if (only !== undefined && others.length === 0) {
    const rounds = engine.iterate(only, site.span, site.frame, "iterate");
    if (key !== undefined) callForEach(engine, key, [rounds], site);
    return oneOf(rounds.element, site);
  }
  const element = joinAll(args.positional);
  if (key !== undefined) engine.call(key, { ...NO_ARGS, positional: [element] }, site);
  return element;
}

/** One of the rows that a finished loop went over: what it loads is paid once. */
function oneOf(element: Value, site: CallSite): Value {
  return site.frame.loop?.over === "while" ? element : inLoop(element, site.frame.loop);
}

export function callPython(engine: Engine, name: string, args: CallArgs, site: CallSite): Value {
  const builtin = Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
  if (builtin !== undefined) return builtin(engine, args, site);
  escapeArgs(engine, args);
  return UNKNOWN;
}
