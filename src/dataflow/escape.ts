/** What leaves the analysis: rows and querysets behind a value are marked, since anything may read them from now on. */
import type { Env } from "./frame.ts";
import type { LiveOrigin } from "./recorder.ts";
import type { Value } from "./values.ts";

export function escapeValue(value: Value): void {
  mark(value, new Set());
}

function mark(value: Value, seen: Set<object>): void {
  switch (value.kind) {
    case "row":
      markOrigin(value.origin);
      return once(value.extra, seen, () => markAll(value.extra.values(), seen));
    case "queryset":
    case "manager":
      return markOrigin(value.origin);
    case "union":
      return markAll(value.values, seen);
    case "list":
      return once(value, seen, () => markAll([value.element, ...(value.items ?? [])], seen));
    case "dict":
      return once(value, seen, () => markAll([...value.entries.values(), ...(value.rest === null ? [] : [value.rest])], seen));
    case "object":
      return once(value, seen, () => {
        markAll(value.attrs.values(), seen);
        markAll(value.args?.positional ?? [], seen);
        markAll(value.args?.keywords.values() ?? [], seen);
      });
    case "bound":
      mark(value.self, seen);
      return markEnv(value.fn.closure, seen);
    case "super":
      return mark(value.self, seen);
    case "function":
      return markEnv(value.closure, seen);
    default:
      return;
  }
}

function markAll(values: Iterable<Value>, seen: Set<object>): void {
  for (const value of values) mark(value, seen);
}

/** A function that runs elsewhere may read every variable that it closes over. */
function markEnv(env: Env | null, seen: Set<object>): void {
  for (let at = env; at !== null; at = at.parent) {
    const { vars } = at;
    once(vars, seen, () => {
      for (const binding of vars.values()) mark(binding.value, seen);
    });
  }
}

/** Everything that is visible from a scope, for code that could not be followed at all. */
export function escapeEnv(env: Env): void {
  markEnv(env, new Set());
}

function once(part: object, seen: Set<object>, work: () => void): void {
  if (seen.has(part)) return;
  seen.add(part);
  work();
}

function markOrigin(origin: LiveOrigin): void {
  origin.escapes = true;
}
