/** Classes that have no `__init__` of their own and are made of the fields that they annotate: dataclasses, schemas, named tuples, typed dictionaries. */
import type { ClassInfo, Expr } from "../model/index.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { isExternal } from "./frames.ts";
import { dict, list, NO_ARGS, UNKNOWN, type ObjectValue, type Value } from "./values.ts";

/** A tuple with names, or a dictionary; null for a class whose objects are objects. */
export function madeAsCollection(engine: Engine, cls: ClassInfo, args: CallArgs): Value | null {
  const bases = engine.program.mro(cls).filter(isExternal);
  if (bases.some(({ name }) => name.endsWith(".NamedTuple"))) return namedTuple(fieldNames(engine, cls), args, cls);
  return bases.some(({ name }) => name.endsWith(".TypedDict")) ? dict(args.keywords) : null;
}

export function namedTuple(names: readonly string[], { positional, keywords }: CallArgs, cls: ClassInfo | null): Value {
  const items = names.map((name, index) => positional[index] ?? keywords.get(name) ?? UNKNOWN);
  return { ...list(items, "tuple"), names, cls };
}

/** The object keeps what it is made with; false where it has nowhere to keep it. */
export function keepFields(engine: Engine, made: ObjectValue, args: CallArgs, site: CallSite): boolean {
  const names = fieldNames(engine, made.cls);
  if (names.length === 0) return false;
  for (const [index, value] of args.positional.entries()) made.attrs.set(names[index] ?? "", value);
  for (const [name, value] of args.keywords) made.attrs.set(name, value);
  const after = engine.classMember(made.cls, "__post_init__", made, { span: site.span, frame: site.frame });
  if (after !== null) engine.call(after, NO_ARGS, site);
  // What a package makes of them, its own code reads.
  return !engine.program.mro(made.cls).some(isExternal);
}

const known = new WeakMap<ClassInfo, readonly string[]>();

function fieldNames(engine: Engine, cls: ClassInfo): readonly string[] {
  const names = known.get(cls) ?? namesInOrder(engine, cls);
  known.set(cls, names);
  return names;
}

/** In the order of the constructor: those of bases first. */
function namesInOrder({ program }: Engine, cls: ClassInfo): readonly string[] {
  const names = new Set<string>();
  for (const base of program.mro(cls).toReversed()) {
    if (isExternal(base) || base.module.origin === "builtin") continue;
    for (const [name, definitions] of base.members) {
      const last = definitions.at(-1);
      if (last?.kind === "variable" && last.annotation !== null && !isOfClass(last.annotation)) names.add(name);
    }
  }
  return [...names];
}

function isOfClass(annotation: Expr): boolean {
  const named = annotation.kind === "subscript" ? annotation.object : annotation;
  return (named.kind === "name" || named.kind === "attribute") && (named.name === "ClassVar" || named.name === "KW_ONLY");
}
