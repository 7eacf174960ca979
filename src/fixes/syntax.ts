/** Looks through lowered syntax for one place. */
import type { ClassDef, ClassInfo, Expr, FunctionDef, Module, Program, PythonModule, Span, Stmt } from "../model/index.ts";

type Syntax = Expr | Stmt;

export function moduleOf(program: Program, file: string): PythonModule | null {
  for (const module of program.modules.values()) if (module.ir.file === file) return module;
  return null;
}

/** Every expression and statement below, outermost first, in source order. */
export function* descendants(root: unknown): Generator<Syntax> {
  if (root === null || typeof root !== "object") return;
  if (Array.isArray(root)) {
    for (const one of root) yield* descendants(one);
    return;
  }
  if (isSyntax(root)) yield root;
  for (const value of Object.values(root)) if (typeof value === "object") yield* descendants(value);
}

function isSyntax(value: object): value is Syntax {
  return "kind" in value && "start" in value;
}

/** Syntax from the module down to a place, outermost first. */
export function pathTo(module: Module, span: Pick<Span, "start" | "end">): Syntax[] {
  const path: Syntax[] = [];
  let within: unknown = module.body;
  for (;;) {
    const next = holderOf(within, span, path.at(-1) ?? null);
    if (next === null) return path;
    path.push(next);
    within = next;
  }
}

function holderOf(root: unknown, span: Pick<Span, "start" | "end">, self: Syntax | null): Syntax | null {
  if (root === null || typeof root !== "object") return null;
  if (!Array.isArray(root) && root !== self && isSyntax(root)) {
    return root.start <= span.start && root.end >= span.end ? root : null;
  }
  for (const value of Object.values(root)) {
    const found = typeof value === "object" ? holderOf(value, span, self) : null;
    if (found !== null) return found;
  }
  return null;
}

export function functionOf(cls: ClassInfo, name: string): FunctionDef | null {
  const found = cls.def.body.findLast((stmt) => stmt.kind === "function" && stmt.name === name);
  return found?.kind === "function" ? found : null;
}

/** `super().name(…)` inside a function. */
export function superCall(def: FunctionDef, name: string): Extract<Expr, { readonly kind: "call" }> | null {
  for (const one of descendants(def.body)) {
    if (one.kind !== "call" || one.callee.kind !== "attribute" || one.callee.name !== name) continue;
    const { object } = one.callee;
    if (object.kind === "call" && object.callee.kind === "name" && object.callee.name === "super") return one;
  }
  return null;
}

/** The assignment of a class attribute in the class's own body. */
export function attributeOf(def: ClassDef, name: string): { readonly stmt: Stmt; readonly value: Expr } | null {
  for (const stmt of def.body) {
    if (stmt.kind !== "assign" || stmt.value === null) continue;
    if (stmt.targets.some((target) => target.kind === "name" && target.name === name)) return { stmt, value: stmt.value };
  }
  return null;
}
