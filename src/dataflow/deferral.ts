/** Classes that ask which columns of a row were left out: what they do then is theirs to know. */
import type { ClassInfo } from "../model/index.ts";
import type { Frame, Loop } from "./frame.ts";

/** `row.get_deferred_fields()`, and `models.DEFERRED`, which stands for a value that was not loaded. */
const ASKING: ReadonlySet<unknown> = new Set(["get_deferred_fields", "DEFERRED"]);

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
    asks = [...cls.members.values()].flat().some((one) => one.kind === "function" && names(one.def.body));
    asking.set(cls, asks);
  }
  return asks;
}

function names(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(names);
  if (typeof part !== "object" || part === null) return false;
  const { kind, name, body } = part as { readonly kind?: string; readonly name?: unknown; readonly body?: unknown };
  if ((kind === "attribute" || kind === "name") && ASKING.has(name)) return true;
  // A body that comes out of the cache is a getter of its own.
  return Object.values(part).some(names) || (kind === "function" && names(body));
}
