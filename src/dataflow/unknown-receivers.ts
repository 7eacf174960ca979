/**
 * `controller.visible_orders(request, orders)`, where a setting, a column or a plugin says which class the controller is of: where the project's methods
 * of that name give back the rows that they are given, or fewer of them, so does this call.
 */
import type { Call, ClassInfo, FunctionDef } from "../model/index.ts";
import { methodKind } from "./calls.ts";
import type { CallArgs, CallSite, Engine } from "./engine.ts";
import { loadsTheSame } from "./load-tree.ts";
import { alternatives, functionValue, object, type QuerysetValue, type Value } from "./values.ts";

/** Where more classes have a method of their own, they are hardly of one kind. */
const MOST_CLASSES = 8;

interface Method {
  readonly cls: ClassInfo;
  readonly def: FunctionDef;
}

/** The rows that come back; null where the methods of that name do not agree, or a framework has one too. */
export function narrowedByName(engine: Engine, { callee }: Call, args: CallArgs, site: CallSite): Value | null {
  if (callee.kind !== "attribute" || !callee.name.includes("_") || callee.name.startsWith("_")) return null;
  const given = onlyQueryset(args);
  if (given === null) return null;
  const methods = methodsNamed(engine, callee.name).filter(({ def }) => takes(def, args));
  const results = methods.flatMap(({ cls, def }) => {
    const self = object(cls, null, null);
    return alternatives(engine.callFunction(functionValue(cls.module, def, cls), self, args, site));
  });
  // What a method leaves to `super()` of a class that is put below it at run time is not known.
  const told = results.filter((one) => one.kind !== "unknown" && one.kind !== "literal");
  const [first] = told.filter((one) => one.kind !== "queryset" || !one.isEmpty);
  return first?.kind === "queryset" && told.every((one) => isNarrowed(one, given)) ? { ...first, load: given.load } : null;
}

function onlyQueryset({ positional, keywords, open }: CallArgs): QuerysetValue | null {
  const [first, ...others] = [...positional, ...keywords.values()].filter(({ kind }) => kind === "queryset");
  return !open && others.length === 0 && first?.kind === "queryset" && first.shape === "rows" ? first : null;
}

function isNarrowed(value: Value, given: QuerysetValue): boolean {
  return value.kind === "queryset" && value.shape === "rows" && value.model === given.model && loadsTheSame(value.load, given.load);
}

const known = new WeakMap<Engine, Map<string, readonly Method[]>>();

/** The project's methods of that name, if they are few and no framework has one. */
function methodsNamed(engine: Engine, name: string): readonly Method[] {
  const names = known.get(engine) ?? new Map<string, readonly Method[]>();
  known.set(engine, names);
  let found = names.get(name);
  if (found === undefined) {
    const owners = engine.program.classes.filter((cls) => cls.members.has(name));
    const isOwn = owners.length <= MOST_CLASSES && owners.every(({ module }) => module.origin === "project");
    found = isOwn ? owners.flatMap((cls) => methodOf(cls, name) ?? []) : [];
    names.set(name, found);
  }
  return found;
}

function methodOf(cls: ClassInfo, name: string): Method | null {
  const definition = cls.members.get(name)?.at(-1);
  return definition?.kind === "function" && methodKind(definition.def) === "method" ? { cls, def: definition.def } : null;
}

/** The call gives as many arguments as the method takes, and none by another name. */
function takes({ params }: FunctionDef, { positional, keywords }: CallArgs): boolean {
  const own = params.slice(1);
  const places = own.filter(({ form }) => form === "positional").length;
  const needed = own.filter(({ form, default: value }) => form === "positional" && value === null).length;
  const isOpen = own.some(({ form }) => form === "args" || form === "kwargs");
  return (
    isOpen ||
    (positional.length <= places && positional.length + keywords.size >= needed && [...keywords.keys()].every((name) => own.some((one) => one.name === name)))
  );
}
