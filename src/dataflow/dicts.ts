/** Dictionaries as they are filled. */
import { alternatives, join, UNKNOWN, type DictValue, type Value } from "./values.ts";

/** `isSure`: whenever the dictionary is read, this was put in before. */
export function mergeDict(into: DictValue, other: Value, isSure = true): void {
  for (const one of alternatives(other)) {
    if (one.kind !== "dict") {
      if (one.kind === "unknown") into.rest = into.rest ?? UNKNOWN;
      continue;
    }
    for (const [name, value] of one.entries) fill(into, name, value, isSure && one.maybe?.has(name) !== true);
    if (one.rest !== null) into.rest = into.rest === null ? one.rest : join(into.rest, one.rest);
  }
}

export function setItem(into: DictValue, key: Value, value: Value, isSure = true): void {
  if (key.kind === "literal" && key.value !== null) {
    fill(into, String(key.value), value, isSure);
    return;
  }
  into.rest = into.rest === null ? value : join(into.rest, value);
  into.keys = into.keys === null ? key : join(into.keys, key);
}

function fill(into: DictValue, name: string, value: Value, isSure: boolean): void {
  if (isSure) into.maybe?.delete(name);
  else if (!into.entries.has(name)) into.maybe = (into.maybe ?? new Set<string>()).add(name);
  into.entries.set(name, value);
}
