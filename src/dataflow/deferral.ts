/** Classes that ask which columns of a row were left out: what they do then is theirs to know. */
import type { ClassInfo, Stmt } from "../model/index.ts";
import { nodesIn } from "../python/syntax-tree.ts";
import type { Frame, Loop } from "./frame.ts";

/** `row.get_deferred_fields()`, and `models.DEFERRED`, which stands for a value that was not loaded. */
const ASKING: ReadonlySet<string> = new Set(["get_deferred_fields", "DEFERRED"]);

const asking = new WeakMap<ClassInfo, boolean>();

/** A column that is missed below a method of such a class: one of its conditions may keep rows without the column from there. */
export function deferralDoubts(frame: Frame, loop: Loop | null): readonly string[] {
  for (let at: Frame | null = frame; at !== null && at.depth > (loop?.depth ?? -1); at = at.caller) {
    if (at.owner !== null && asksForDeferred(at.owner)) return [`\`${at.owner.name}\` asks which columns were left out, and may not come here without them`];
  }
  return [];
}

function asksForDeferred(cls: ClassInfo): boolean {
  let asks = asking.get(cls);
  if (asks === undefined) {
    asks = [...cls.members.values()].flat().some((one) => one.kind === "function" && one.def.body.some(names));
    asking.set(cls, asks);
  }
  return asks;
}

function names(stmt: Stmt): boolean {
  return nodesIn(stmt).some((node) => (node.kind === "attribute" || node.kind === "name") && ASKING.has(node.name));
}
