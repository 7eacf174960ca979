/** Methods that a class takes over from the project's own bases and that ask for what only the class has: `for row in self.rows(): self.process(row)`. */
import type { ClassInfo, Definition, FunctionDef } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";
import { isAbstract } from "./abstract-methods.ts";
import { methodKind } from "./calls.ts";
import type { Engine } from "./engine.ts";
import { isExternal } from "./frames.ts";

export interface Inherited {
  readonly owner: ClassInfo;
  readonly def: FunctionDef;
}

/** Of a base that many classes build on, those of the first few tell what it does. */
const MOST_CLASSES = 12;

const classesOf = new WeakMap<FunctionDef, number>();

/** The outermost of them: what one of the others asks for is run with it. */
export function templateMethods(engine: Engine, cls: ClassInfo): Inherited[] {
  const inherited = inheritedMethods(engine, cls);
  const asking = [...inherited].filter(([name]) => asksForOwn(engine, cls, name, inherited, new Set()));
  const isInner = (name: string): boolean => asking.some(([other, { def }]) => other !== name && namesOfSelf(def).has(name));
  return asking.filter(([name, { def }]) => !isInner(name) && isAmongFew(def)).map(([, method]) => method);
}

function isAmongFew(def: FunctionDef): boolean {
  const count = (classesOf.get(def) ?? 0) + 1;
  classesOf.set(def, count);
  return count <= MOST_CLASSES;
}

function inheritedMethods({ program }: Engine, cls: ClassInfo): ReadonlyMap<string, Inherited> {
  const found = new Map<string, Inherited>();
  for (const base of program.mro(cls).slice(1)) {
    if (isExternal(base) || base.module.origin !== "project") continue;
    for (const name of base.members.keys()) {
      const member = program.member(cls, name);
      if (member?.owner !== base || member.definition.kind !== "function" || methodKind(member.definition.def) !== "method") continue;
      found.set(name, { owner: base, def: member.definition.def });
    }
  }
  return found;
}

function asksForOwn(engine: Engine, cls: ClassInfo, name: string, inherited: ReadonlyMap<string, Inherited>, seen: Set<string>): boolean {
  const method = inherited.get(name);
  if (method === undefined || seen.has(name)) return false;
  seen.add(name);
  const names = [...namesOfSelf(method.def)];
  return names.some((one) => isOwn(engine, cls, one, method.owner)) || names.some((one) => asksForOwn(engine, cls, one, inherited, seen));
}

/** The class, or one between, has it, and the base that asks for it has nothing, or nothing yet. */
function isOwn({ program }: Engine, cls: ClassInfo, name: string, base: ClassInfo): boolean {
  const own = program.member(cls, name);
  if (own === null || own.owner.module.origin !== "project" || program.mro(base).includes(own.owner)) return false;
  const left = program.member(base, name);
  return left === null || isLeftOpen(left.definition);
}

/** `model = None`, a method that only raises NotImplementedError. */
function isLeftOpen(definition: Definition): boolean {
  if (definition.kind === "function") return isAbstract(definition.def);
  return definition.kind === "variable" && (definition.value === null || (definition.value.kind === "constant" && definition.value.value === "none"));
}

const known = new WeakMap<FunctionDef, ReadonlySet<string>>();

/** `rows` of `self.rows` */
function namesOfSelf(def: FunctionDef): ReadonlySet<string> {
  let names = known.get(def);
  if (names === undefined) {
    const self = def.params[0]?.name;
    names = new Set(nodesIn(def).flatMap((node) => (node.kind === "attribute" && node.object.kind === "name" && node.object.name === self ? [node.name] : [])));
    known.set(def, names);
  }
  return names;
}
