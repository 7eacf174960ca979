/** A method that a class leaves to those that build on it: asked of an object of the class, it is what these make of it. */
import { decoratorName } from "../python/syntax-tree.ts";
import type { ClassInfo, Definition, FunctionDef } from "../model/index.ts";
import type { AccessSite, Engine } from "./engine.ts";
import { joinAll, type ObjectValue, type Value } from "./values.ts";

/** Where more classes have a method of their own, what one of them does says little about a call. */
const MOST_CLASSES = 4;

/**
 * What the classes below have in place of `member`, where that is an abstract method; otherwise `member`. What such a class asks of itself is left alone:
 * one of its methods gets what another gave, and the one of one class would get what that of another class gave.
 */
export function implemented(engine: Engine, value: ObjectValue, name: string, member: Value, site: AccessSite): Value {
  if (site.receiver?.kind === "name" && site.receiver.name === "self") return member;
  if (member.kind !== "bound" || member.fn.module.origin === "builtin" || member.fn.def.kind !== "function" || !isAbstract(member.fn.def)) return member;
  const made = implementers(engine, value.cls, name).flatMap((cls) => {
    const self: ObjectValue = { ...value, cls };
    return engine.classMember(cls, name, self, site) ?? [];
  });
  return made.length === 0 ? member : joinAll(made);
}

const known = new WeakMap<ClassInfo, Map<string, readonly ClassInfo[]>>();

/** The classes below that have such a method of their own, if they are few. */
function implementers({ program }: Engine, cls: ClassInfo, name: string): readonly ClassInfo[] {
  let names = known.get(cls);
  if (names === undefined) {
    names = new Map();
    known.set(cls, names);
  }
  let found = names.get(name);
  if (found === undefined) {
    const own = program.classes.filter((one) => one !== cls && isImplemented(one.members.get(name)?.at(-1)) && program.mro(one).includes(cls));
    found = own.length > MOST_CLASSES ? [] : own;
    names.set(name, found);
  }
  return found;
}

function isImplemented(definition: Definition | undefined): boolean {
  return definition?.kind === "function" && !isAbstract(definition.def);
}

/** `@abstractmethod`, or nothing but `raise NotImplementedError`. */
export function isAbstract({ decorators, body }: FunctionDef): boolean {
  if (decorators.some((one) => /(^|\.)abstractmethod$/.test(decoratorName(one)))) return true;
  const [first, ...others] = body.filter((stmt) => stmt.kind !== "expr" || stmt.value.kind !== "str");
  if (first?.kind !== "raise" || others.length > 0 || first.value === null) return false;
  return decoratorName(first.value) === "NotImplementedError";
}
