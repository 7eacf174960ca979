/** The standard library's functions that pass rows on. */
import { argument } from "../../dataflow/arguments.ts";
import type { CallArgs, CallSite, Engine, Hook } from "../../dataflow/engine.ts";
import { callForEach, ofGroup } from "../../dataflow/iteration.ts";
import { namedTuple } from "../../dataflow/made-of-fields.ts";
import { extreme, MADE_CACHED_PROPERTY, propertyOf } from "../../dataflow/python-builtins.ts";
import { alternatives, dict, joinAll, keyOf, list, listOf, native, NO_ARGS, UNKNOWN, type Value } from "../../dataflow/values.ts";

const chained =
  (engine: Engine): Hook =>
  (args, site) =>
    listOf(joinAll(args.positional.map((one) => engine.iterate(one, site.span, site.frame, "iterate").element)), "generator");

/** Returns its first argument: decorators and wrappers. */
const identity = (): Hook => (args) => args.positional[0] ?? UNKNOWN;

/** What is kept of a row goes into its copy. */
const copied = (): Hook => (args) => {
  const [value = UNKNOWN] = args.positional;
  for (const one of alternatives(value)) if (one.kind === "row") (one.origin.asDict ??= new Set()).add(one.path);
  return value;
};

/** What an event loop hands to a thread runs there as synchronous code does. */
const inThread =
  (engine: Engine): Hook =>
  (args) => {
    const [fn] = args.positional;
    return fn === undefined ? UNKNOWN : native(`in thread:${keyOf(fn)}`, (inner, site) => callInThread(engine, fn, inner, site));
  };

function callInThread(engine: Engine, fn: Value, args: CallArgs, site: CallSite): Value {
  return engine.call(fn, args, { ...site, frame: { ...site.frame, isAsync: false } });
}

const madeCached =
  (engine: Engine): Hook =>
  (args) =>
    propertyOf(MADE_CACHED_PROPERTY)(engine, args);

/** Some of the items, or all of them in another order. */
const drawn =
  (engine: Engine): Hook =>
  (args, site) => {
    const source = argument(args, 0, "population");
    return source === null ? UNKNOWN : listOf(engine.iterate(source, site.span, site.frame, "list").element);
  };

/** `import_string("shop.api.OrderSerializer")`, `import_module("shop.api")` */
const imported =
  (engine: Engine): Hook =>
  ({ positional: [path] }) =>
    path === undefined ? UNKNOWN : joinAll(alternatives(path).map((one) => named(engine, one)));

function named(engine: Engine, path: Value): Value {
  return path.kind === "literal" && typeof path.value === "string" ? engine.symbol(engine.program.resolveDotted(path.value)) : UNKNOWN;
}

/** `batched(orders, 100)`: lists of the items. */
const inParts =
  (engine: Engine): Hook =>
  (args, site) => {
    const [source] = args.positional;
    return source === undefined ? UNKNOWN : listOf(listOf(engine.iterate(source, site.span, site.frame, "iterate").element), "generator");
  };

/** `namedtuple("Pair", "order total")`, `namedtuple("Pair", ["order", "total"])` */
const namedTupleClass = (): Hook => (args) => {
  const [name, fields] = args.positional;
  const names = fieldNames(fields);
  return names === null ? UNKNOWN : native(`namedtuple:${name === undefined ? "" : keyOf(name)}:${names.join()}`, (given) => namedTuple(names, given, null));
};

function fieldNames(fields: Value | undefined): readonly string[] | null {
  if (fields?.kind === "literal" && typeof fields.value === "string") return fields.value.split(/[\s,]+/).filter((one) => one !== "");
  if (fields?.kind !== "list" || fields.items === null) return null;
  return fields.items.map((one) => (one.kind === "literal" ? String(one.value) : ""));
}

export const pythonHooks: Readonly<Record<string, (engine: Engine) => Hook>> = {
  "itertools.chain": chained,
  "itertools.chain.from_iterable": (engine) => (args, site) => {
    const [outer] = args.positional;
    if (outer === undefined) return UNKNOWN;
    const { element } = engine.iterate(outer, site.span, site.frame, "iterate");
    return listOf(engine.iterate(element, site.span, site.frame, "iterate").element, "generator");
  },
  "itertools.islice": (engine) => (args, site) =>
    listOf(args.positional[0] === undefined ? UNKNOWN : engine.iterate(args.positional[0], site.span, site.frame).element, "generator"),
  "itertools.groupby": (engine) => (args, site) => {
    const [source] = args.positional;
    if (source === undefined) return UNKNOWN;
    const rounds = engine.iterate(source, site.span, site.frame, "iterate");
    const key = argument(args, 1, "key");
    const by = key === null ? rounds.element : callForEach(engine, key, [rounds], site);
    return listOf(list([ofGroup(by), listOf(rounds.element)], "tuple"), "generator");
  },
  "django.utils.module_loading.import_string": imported,
  "importlib.import_module": imported,
  "itertools.batched": inParts,
  "more_itertools.batched": inParts,
  "more_itertools.chunked": inParts,
  "itertools.starmap": (engine) => (args, site) => {
    const [fn, source] = args.positional;
    if (fn === undefined || source === undefined) return UNKNOWN;
    const { element, loop } = engine.iterate(source, site.span, site.frame, "iterate");
    const given = element.kind === "list" ? (element.items ?? []) : [];
    const rounds = given.length === 0 ? [{ element: UNKNOWN, loop }] : given.map((one) => ({ element: one, loop }));
    return listOf(callForEach(engine, fn, rounds, site), "generator");
  },
  "functools.reduce": (engine) => (args, site) => {
    const [fn, source, initial] = args.positional;
    if (fn === undefined || source === undefined) return UNKNOWN;
    const round = engine.iterate(source, site.span, site.frame, "iterate");
    return callForEach(engine, fn, [{ ...round, element: initial ?? round.element }, round], site);
  },
  "collections.namedtuple": namedTupleClass,
  "random.choice": (engine) => (args, site) => extreme(engine, args, site),
  "random.choices": drawn,
  "random.sample": drawn,
  "operator.attrgetter": (engine) => (args) => {
    const names = args.positional.flatMap((one) => (one.kind === "literal" ? [String(one.value)] : []));
    return native(`attrgetter:${names.join(",")}`, (inner, site) => {
      const [object] = inner.positional;
      let found: Value = UNKNOWN;
      for (const name of names) {
        found = object ?? UNKNOWN;
        for (const part of name.split(".")) found = engine.attribute(found, part, { span: site.span, frame: site.frame });
      }
      return found;
    });
  },
  "functools.partial": (engine) => (args) => {
    const [fn, ...bound] = args.positional;
    return native("partial", (inner, site) =>
      fn === undefined
        ? UNKNOWN
        : engine.call(fn, { positional: [...bound, ...inner.positional], keywords: new Map([...args.keywords, ...inner.keywords]), open: inner.open }, site),
    );
  },
  "functools.cached_property": madeCached,
  "django.utils.functional.cached_property": madeCached,
  "functools.lru_cache": identity,
  "functools.cache": identity,
  "functools.wraps": () => () => native("wraps", (args) => args.positional[0] ?? UNKNOWN),
  "copy.copy": copied,
  "copy.deepcopy": copied,
  "typing.cast": () => (args) => args.positional[1] ?? UNKNOWN,
  "collections.defaultdict": (engine) => (args, site) => {
    const made = dict();
    const [factory] = args.positional;
    if (factory !== undefined) made.rest = engine.call(factory, NO_ARGS, site);
    return made;
  },
  "collections.OrderedDict": () => (args) => (args.positional[0]?.kind === "dict" ? args.positional[0] : dict()),
  "collections.deque": (engine) => (args, site) =>
    args.positional[0] === undefined ? list([]) : listOf(engine.iterate(args.positional[0], site.span, site.frame, "list").element),
  "collections.Counter": (engine) => (args, site) => {
    const made = dict();
    made.rest = UNKNOWN;
    for (const one of args.positional) made.keys = engine.iterate(one, site.span, site.frame, "iterate").element;
    return made;
  },
  "asgiref.sync.sync_to_async": inThread,
  "channels.db.database_sync_to_async": inThread,
  "asyncio.to_thread": (engine) => (args, site) => {
    const [fn, ...given] = args.positional;
    return fn === undefined ? UNKNOWN : callInThread(engine, fn, { ...args, positional: given }, site);
  },
  "asgiref.sync.async_to_sync": identity,
};
