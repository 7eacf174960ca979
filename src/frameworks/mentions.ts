/** How the project's code speaks of its classes, to tell those that are served from those that others build on. */
import type { ClassDef, ClassInfo, Expr, Program } from "../model/index.ts";
import { childrenOf, type SyntaxNode } from "../python/syntax-tree.ts";

/** Mentions of a name other than as the base of a class, in an import, or of a class in its own `super()`. */
export interface Mentions {
  /** Values of `Orders.as_view({"get": "list"})`. */
  readonly actions: ReadonlySet<string>;
  /** It is spoken of in any other way. */
  readonly isOther: boolean;
}

const NO_BASES: ReadonlySet<string> = new Set();

type Found = Map<string, { readonly actions: Set<string>; isOther: boolean }>;

const known = new WeakMap<Program, ReadonlyMap<string, Mentions>>();

/** Null for a class that is not spoken of by its name. */
export function mentionsOf(program: Program, cls: ClassInfo): Mentions | null {
  const all = known.get(program) ?? collect(program);
  known.set(program, all);
  return all.get(cls.name) ?? null;
}

/** Classes of the project build on it, and nothing else speaks of it: what it does is done as one of these. */
export function isBaseAlone(program: Program, cls: ClassInfo): boolean {
  if (cls.def.decorators.length > 0 || mentionsOf(program, cls) !== null) return false;
  return program.classes.some((one) => one !== cls && one.module.origin === "project" && program.mro(one).includes(cls));
}

function collect(program: Program): Found {
  const found: Found = new Map();
  for (const module of program.modules.values()) {
    if (module.origin === "project") for (const stmt of module.ir.body) note(stmt, found);
  }
  return found;
}

/** `bases`: of the class that the node stands in, which takes over from them what it names (`Base.fields + (…)`). */
function note(node: SyntaxNode, found: Found, bases: ReadonlySet<string> = NO_BASES): void {
  switch (node.kind) {
    case "import":
      return;
    case "class":
      return noteClass(node, found);
    case "name":
      return other(node.name, found);
    case "attribute":
      other(node.name, found);
      return node.object.kind === "name" && bases.has(node.object.name) ? undefined : note(node.object, found, bases);
    case "str":
      // `"shop.views.Orders"`
      return node.value.includes(".") ? other(node.value.slice(node.value.lastIndexOf(".") + 1), found) : undefined;
    case "call": {
      const served = servedBy(node);
      if (served !== null) {
        const entry = entryOf(served.name, found);
        for (const action of served.actions) entry.actions.add(action);
        return;
      }
      const isSuper = node.callee.kind === "name" && node.callee.name === "super";
      return isSuper ? undefined : noteChildren(node, found, bases);
    }
    default:
      return noteChildren(node, found, bases);
  }
}

function noteChildren(node: SyntaxNode, found: Found, bases: ReadonlySet<string>): void {
  for (const child of childrenOf(node)) note(child, found, bases);
}

function noteClass(def: ClassDef, found: Found): void {
  const bases = new Set(def.bases.flatMap((base) => (base.kind === "name" ? [base.name] : [])));
  for (const child of childrenOf(def)) {
    const isBase = (child.kind === "name" || child.kind === "attribute") && def.bases.includes(child);
    if (!isBase) note(child, found, bases);
  }
}

/** `Orders.as_view({"get": "list"})`. */
function servedBy({
  callee,
  args: [given, ...others],
  keywords,
}: Extract<Expr, { readonly kind: "call" }>): { readonly name: string; readonly actions: readonly string[] } | null {
  if (callee.kind !== "attribute" || callee.name !== "as_view" || given?.kind !== "dict" || others.length + keywords.length > 0) return null;
  const { object } = callee;
  const actions = given.entries.map(({ key, value }) => (key !== null && value.kind === "str" ? value.value : null));
  if ((object.kind !== "name" && object.kind !== "attribute") || actions.includes(null)) return null;
  return { name: object.name, actions: actions.filter((one) => one !== null) };
}

function other(name: string, found: Found): void {
  // Classes begin with a capital; the other names are many.
  if (/^_*[A-Z]/.test(name)) entryOf(name, found).isOther = true;
}

function entryOf(name: string, found: Found): { readonly actions: Set<string>; isOther: boolean } {
  const entry = found.get(name) ?? { actions: new Set<string>(), isOther: false };
  found.set(name, entry);
  return entry;
}
