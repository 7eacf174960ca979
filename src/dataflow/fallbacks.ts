/** `getattr(day, "prefetched", day.slots.all())`: what stands in for an attribute sends a statement, if there is no such attribute. */
import type { Call, FunctionDef, Lambda } from "../model/index.ts";

const known = new WeakMap<object, boolean>();

export function hasFallback(def: FunctionDef | Lambda): boolean {
  const before = known.get(def);
  if (before !== undefined) return before;
  const has = holdsFallback(def.body);
  known.set(def, has);
  return has;
}

/** The IR is plain data: every part of it is looked through. */
function holdsFallback(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  return isFallback(part) || Object.values(part).some(holdsFallback);
}

function isFallback(part: object): boolean {
  const expr = part as Partial<Call>;
  return expr.kind === "call" && expr.callee?.kind === "name" && expr.callee.name === "getattr" && expr.args?.length === 3 && expr.args[2]?.kind === "call";
}
