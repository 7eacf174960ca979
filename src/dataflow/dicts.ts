/** Dictionaries as they are filled. */
import { alternatives, join, UNKNOWN, type DictValue, type Value } from "./values.ts";

export function mergeDict(into: DictValue, other: Value): void {
  for (const one of alternatives(other)) {
    if (one.kind !== "dict") {
      if (one.kind === "unknown") into.rest = into.rest ?? UNKNOWN;
      continue;
    }
    for (const [name, value] of one.entries) into.entries.set(name, value);
    if (one.rest !== null) into.rest = into.rest === null ? one.rest : join(into.rest, one.rest);
  }
}

export function setItem(into: DictValue, key: Value, value: Value): void {
  if (key.kind === "literal" && key.value !== null) {
    into.entries.set(String(key.value), value);
    return;
  }
  into.rest = into.rest === null ? value : join(into.rest, value);
  into.keys = into.keys === null ? key : join(into.keys, key);
}
