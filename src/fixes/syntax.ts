/** Looks through lowered syntax for one place. */
import type { ClassDef, ClassInfo, Expr, FunctionDef, Stmt } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";

export function functionOf(cls: ClassInfo, name: string): FunctionDef | null {
  const found = cls.def.body.findLast((stmt) => stmt.kind === "function" && stmt.name === name);
  return found?.kind === "function" ? found : null;
}

/** `super().name(…)` inside a function. */
export function superCall(def: FunctionDef, name: string): Extract<Expr, { readonly kind: "call" }> | null {
  for (const one of nodesIn(def)) {
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
