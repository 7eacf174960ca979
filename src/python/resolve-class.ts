import type { Call, Expr, FunctionDef, Stmt } from "../model/ir.ts";
import type { ClassInfo, Definition, ExternalSymbol, Member, PythonModule, Symbol } from "../model/project.ts";
import { collectLocals, dottedName, type ScopedDefinition } from "./program-scope.ts";

type Base = ClassInfo | ExternalSymbol;

export interface ClassResolver {
  mro(cls: ClassInfo): readonly Base[];
  isSubclass(cls: ClassInfo, dotted: string): boolean;
  member(cls: ClassInfo, name: string): Member | null;
}

/** What class resolution needs from names and expressions. */
export interface ClassLookup {
  /** The symbol an expression stands for, aliases followed. */
  reference(module: PythonModule, expr: Expr, holder: ClassInfo | null): Symbol | null;
  dotted(name: string): Symbol | null;
  /** The class that an unread base is taken for, by its name. */
  standIn(name: string): ClassInfo | null;
  /** The class that a function outside the program returns. */
  returned(fn: Symbol | null): ClassInfo | null;
  /** What the class's name meant before it: `class User(User)`. */
  earlier(cls: ClassInfo): Symbol | null;
}

export function createClassResolver(lookup: ClassLookup): ClassResolver {
  const orders = new Map<ClassInfo, readonly Base[]>();
  const pending = new Set<ClassInfo>();
  const targets = new Map<string, Symbol | null>();
  const answers = new Map<string, WeakMap<ClassInfo, boolean>>();

  const mro = (cls: ClassInfo): readonly Base[] => {
    const known = orders.get(cls);
    if (known) return known;
    if (pending.has(cls)) return [cls];
    pending.add(cls);
    const bases = basesOf(cls);
    const parents = bases.map((base) => (isExternal(base) ? [base] : mro(base)));
    const [only, ...others] = parents;
    const above = only && others.length === 0 ? only : (mergeC3([...parents, bases]) ?? depthFirst(parents));
    const order = [cls, ...above].filter(isFirst);
    pending.delete(cls);
    orders.set(cls, order);
    return order;
  };

  const basesOf = (cls: ClassInfo): readonly Base[] =>
    cls.def.bases
      .flatMap((expr) => basesFrom(cls.module, expr, cls.parent))
      .flatMap((base) => (base === cls ? (asBase(lookup.earlier(cls)) ?? []) : base))
      .filter((base) => base !== cls)
      .filter(isFirst);

  const basesFrom = (module: PythonModule, expr: Expr, holder: ClassInfo | null): readonly Base[] => {
    if (expr.kind === "call") return basesFromCall(module, expr, holder);
    if (expr.kind === "star") return [];
    const symbol = lookup.reference(module, expr, holder);
    if (symbol?.kind === "class") return [symbol.cls];
    if (symbol?.kind === "external") {
      const standIn = lookup.standIn(symbol.name);
      return standIn === null || standIn === holder ? [symbol] : [symbol, standIn];
    }
    if (symbol?.kind === "variable") {
      const call = symbol.values.findLast((value) => value.kind === "call");
      return call ? basesFrom(symbol.module, call, null) : [externalBase(expr)];
    }
    return dottedName(expr) === "object" ? [] : [externalBase(expr)];
  };

  /**
   * `with_metaclass(Meta, Base)`, `Manager.from_queryset(QuerySet)` and mixin factories: the class that a factory
   * of the program returns, then every class the call names. The metaclass is not a base.
   */
  const basesFromCall = (module: PythonModule, call: Call, holder: ClassInfo | null): readonly Base[] => {
    const fn = lookup.reference(module, call.callee, holder);
    const returned = lookup.returned(fn);
    if (returned !== null) return [returned];
    const name = dottedName(call.callee)?.split(".").at(-1);
    const args = call.args.slice(name === "with_metaclass" ? 1 : 0);
    const named = [...args, ...call.keywords.map((each) => each.value)].flatMap((arg) => {
      const symbol = lookup.reference(module, arg, holder);
      return symbol?.kind === "class" ? [symbol.cls] : [];
    });
    const receiver = call.callee.kind === "attribute" ? lookup.reference(module, call.callee.object, holder) : null;
    const made = madeBy(fn);
    const first = receiver?.kind === "class" ? [receiver.cls] : made ? [made] : [];
    const bases = [...first, ...named];
    return bases.length > 0 ? bases : [externalBase(call.callee)];
  };

  const isSubclass = (cls: ClassInfo, dotted: string): boolean => {
    let known = answers.get(dotted);
    if (!known) answers.set(dotted, (known = new WeakMap()));
    const answer = known.get(cls) ?? computeSubclass(cls, dotted);
    known.set(cls, answer);
    return answer;
  };

  const computeSubclass = (cls: ClassInfo, dotted: string): boolean => {
    let target = targets.get(dotted);
    if (target === undefined) targets.set(dotted, (target = lookup.dotted(dotted)));
    const wanted = target?.kind === "class" ? target.cls : null;
    return mro(cls).some((base) => (isExternal(base) ? isSameImport(base.name, dotted) : base === wanted || base.id === dotted));
  };

  const member = (cls: ClassInfo, name: string): Member | null => {
    let declared: Member | null = null;
    for (const owner of mro(cls)) {
      const definitions: readonly ScopedDefinition[] | undefined = isExternal(owner) ? undefined : owner.members.get(name);
      const definition = definitions?.findLast((each) => !each.isFallback) ?? definitions?.at(-1);
      if (!definition || isExternal(owner)) continue;
      if (!isOnlyDeclared(definition)) return { owner, definition };
      declared ??= { owner, definition };
    }
    return declared;
  };

  return { mro, isSubclass, member };
}

/** `get_queryset: Callable`: a type for the reader, which makes no attribute and hides none of a base. */
export function isOnlyDeclared(definition: Definition): boolean {
  return definition.kind === "variable" && definition.value === null && definition.annotation !== null;
}

/** The local class that a function returns. */
function madeBy(symbol: Symbol | null): ClassInfo | null {
  if (symbol?.kind !== "function") return null;
  const returned = returnedName(symbol.def);
  const made: readonly ScopedDefinition[] = (returned && collectLocals(symbol.module, symbol.def).get(returned)) || [];
  const found = made.findLast((each) => each.kind === "class");
  return found?.kind === "class" ? found.cls : null;
}

function asBase(symbol: Symbol | null): Base | null {
  if (symbol?.kind === "class") return symbol.cls;
  return symbol?.kind === "external" ? symbol : null;
}

export function isExternal(base: Base): base is ExternalSymbol {
  return "kind" in base;
}

/**
 * True when two dotted paths can be one thing that a package re-exports: `django.db.models.Model` and
 * `django.db.models.base.Model`.
 */
export function isSameImport(one: string, other: string): boolean {
  if (one === other) return true;
  const [shorter, longer] = one.length <= other.length ? [one, other] : [other, one];
  const cut = shorter.lastIndexOf(".");
  if (cut < 0) return false;
  return longer.startsWith(shorter.slice(0, cut + 1)) && longer.endsWith(shorter.slice(cut));
}

function externalBase(expr: Expr): ExternalSymbol {
  return { kind: "external", name: dottedName(expr.kind === "subscript" ? expr.object : expr) ?? "?" };
}

function isFirst<T>(item: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(item) === index;
}

const sameBase = (one: Base, other: Base): boolean => one === other || (isExternal(one) && isExternal(other) && one.name === other.name);

/** C3 linearisation; null where the bases contradict each other. */
function mergeC3(lists: readonly (readonly Base[])[]): Base[] | null {
  const merged: Base[] = [];
  let rest = lists.filter((list) => list.length > 0);
  while (rest.length > 0) {
    const next = rest.flatMap((list) => list.slice(0, 1)).find((head) => !rest.some((list) => list.slice(1).some((each) => sameBase(each, head))));
    if (!next) return null;
    merged.push(next);
    rest = rest.map((list) => list.filter((each, index) => index > 0 || !sameBase(each, next))).filter((list) => list.length > 0);
  }
  return merged;
}

function depthFirst(parents: readonly (readonly Base[])[]): Base[] {
  return parents.flat().filter(isFirst);
}

function returnedName(def: FunctionDef): string | null {
  const last = def.body.findLast((stmt: Stmt) => stmt.kind === "return");
  return last?.kind === "return" && last.value?.kind === "name" ? last.value.name : null;
}
