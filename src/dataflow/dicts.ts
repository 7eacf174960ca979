/** Dictionaries as they are filled. */
import { setName } from "./attribute-writes.ts";
import type { Frame } from "./frame.ts";
import { alternatives, join, UNKNOWN, type DictValue, type Value } from "./values.ts";

/** `frame`: where the code puts it in; without, as the dictionary is made. */
export function mergeDict(into: DictValue, other: Value, frame: Frame | null = null): void {
  for (const one of alternatives(other)) {
    if (one.kind !== "dict") {
      if (one.kind === "unknown") into.rest = into.rest ?? UNKNOWN;
      continue;
    }
    for (const [name, value] of one.entries) fill(into, name, value, frame, one.maybe?.has(name) === true);
    if (one.rest !== null) into.rest = into.rest === null ? one.rest : join(into.rest, one.rest);
  }
}

export function setItem(into: DictValue, key: Value, value: Value, frame: Frame | null = null): void {
  if (key.kind === "literal" && key.value !== null) {
    fill(into, String(key.value), value, frame);
    return;
  }
  into.rest = into.rest === null ? value : join(into.rest, value);
  into.keys = into.keys === null ? key : join(into.keys, key);
}

/** Of what is put in under a condition, or was not sure to be where it comes from, a reader does not know that it is there. */
function fill(into: DictValue, name: string, value: Value, frame: Frame | null, isMaybe = false): void {
  if (!isMaybe && (frame === null || frame.branch === "")) into.maybe?.delete(name);
  else if (!into.entries.has(name)) into.maybe = (into.maybe ?? new Set<string>()).add(name);
  if (frame === null) into.entries.set(name, value);
  else setName(frame, into, name, value);
}
