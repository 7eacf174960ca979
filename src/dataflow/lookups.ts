/** One step of a template variable. */
import type { AccessSite, Engine } from "./engine.ts";
import { dictItem, dictValues } from "./collections.ts";
import { joinAll, list, listOf, literal, NO_ARGS, UNKNOWN, type Value } from "./values.ts";

/** Methods that Django templates refuse to call (`alters_data`). */
const ALTERING: ReadonlySet<string> = new Set(["delete", "save", "create", "update", "add", "remove", "set", "clear", "bulk_create"]);

export function lookUp(engine: Engine, value: Value, name: string, calls: boolean, site: AccessSite): Value {
  const called = calls && value.kind !== "class" ? callIfPossible(engine, value, site) : value;
  const found = step(engine, called, name, site);
  return calls && !ALTERING.has(name) ? callIfPossible(engine, found, site) : found;
}

function step(engine: Engine, value: Value, name: string, site: AccessSite): Value {
  switch (value.kind) {
    case "union":
      return joinAll(value.values.map((one) => step(engine, one, name, site)));
    case "dict":
      return value.entries.has(name) || !DICT_METHODS.has(name) ? dictItem(value, literal(name), site.frame) : dictView(value, name);
    case "list":
      return /^\d+$/.test(name) ? (value.items?.[Number(name)] ?? value.element) : engine.attribute(value, name, site);
    case "queryset":
      if (/^\d+$/.test(name)) return engine.subscript(value, literal(Number(name)), indexExpr(site), site.frame);
      return engine.attribute(value, name, site);
    case "object": {
      // `form.city`: Django asks for the item first, but a name that is both is rare.
      const known = value.attrs.has(name) || engine.program.member(value.cls, name) !== null;
      return known || engine.program.member(value.cls, "__getitem__") === null
        ? engine.attribute(value, name, site)
        : engine.subscript(value, literal(name), indexExpr(site), site.frame);
    }
    default:
      return engine.attribute(value, name, site);
  }
}

const DICT_METHODS: ReadonlySet<string> = new Set(["items", "values", "keys"]);

function dictView(value: Extract<Value, { readonly kind: "dict" }>, name: string): Value {
  if (name === "values") return value.rest === null ? list([...value.entries.values()]) : listOf(dictValues(value));
  if (name === "keys") return listOf(value.keys ?? UNKNOWN);
  return listOf(list([value.keys ?? UNKNOWN, dictValues(value)], "tuple"));
}

function indexExpr(site: AccessSite): Parameters<Engine["subscript"]>[2] {
  const at = { start: site.span.start, end: site.span.end };
  return { kind: "opaque", parts: [], ...at };
}

function callIfPossible(engine: Engine, value: Value, site: AccessSite): Value {
  switch (value.kind) {
    case "function":
    case "bound":
    case "native":
      return engine.call(value, NO_ARGS, { span: site.span, frame: site.frame, expr: null });
    case "union":
      return joinAll(value.values.map((one) => callIfPossible(engine, one, site)));
    default:
      return value;
  }
}
