/** What leaves the analysis: rows and querysets behind a value are marked, since anything may read them from now on. */
import type { Env } from "./frame.ts";
import type { LiveOrigin } from "./recorder.ts";
import type { Value } from "./values.ts";

export function escapeValue(value: Value): void {
  if (value.kind === "unknown" || value.kind === "literal") return;
  mark(value, new Set());
}

function mark(value: Value, seen: Set<object>): void {
  switch (value.kind) {
    case "row":
      markOrigin(value.origin);
      if (isNew(value.extra, seen)) markAll(value.extra.values(), seen);
      return;
    case "queryset":
    case "manager":
      return markOrigin(value.origin);
    case "union":
      return markAll(value.values, seen);
    case "list":
      if (!isNew(value, seen)) return;
      mark(value.element, seen);
      return markAll(value.items ?? [], seen);
    case "dict":
      if (!isNew(value, seen)) return;
      markAll(value.entries.values(), seen);
      if (value.rest !== null) mark(value.rest, seen);
      if (value.keys !== null) mark(value.keys, seen);
      return;
    case "object":
      if (!isNew(value, seen)) return;
      markAll(value.attrs.values(), seen);
      markAll(value.args?.positional ?? [], seen);
      return markAll(value.args?.keywords.values() ?? [], seen);
    case "bound":
      mark(value.self, seen);
      return markEnv(value.fn.closure, seen);
    case "super":
      return mark(value.self, seen);
    case "function":
      return markEnv(value.closure, seen);
    case "native":
      return markEnv(value.closure ?? null, seen);
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
    if (!isNew(at.vars, seen)) continue;
    for (const binding of at.vars.values()) mark(binding.value, seen);
  }
}

/** Everything that is visible from a scope, for code that could not be followed at all. */
export function escapeEnv(env: Env): void {
  markEnv(env, new Set());
}

/** False for what was met before on the way. */
function isNew(part: object, seen: Set<object>): boolean {
  return seen.size !== seen.add(part).size;
}

function markOrigin(origin: LiveOrigin): void {
  origin.escapes = true;
}
