/** What a class body binds to a name, at its end or where one of its statements stands. */
import type { ClassInfo, Definition } from "../model/index.ts";
import { refreshed } from "./calls.ts";
import type { Engine } from "./engine.ts";
import type { Frame } from "./frame.ts";
import { classFrame } from "./frames.ts";
import { join, UNKNOWN, type Value } from "./values.ts";

const evaluated = new WeakMap<Engine, Map<readonly Definition[], Value>>();

/** The value of an attribute that assignments of the class body make. */
export function bodyVariable(engine: Engine, cls: ClassInfo, definitions: readonly Definition[]): Value {
  const known = evaluated.get(engine) ?? new Map<readonly Definition[], Value>();
  evaluated.set(engine, known);
  let value = known.get(definitions);
  if (value === undefined) {
    known.set(definitions, UNKNOWN);
    value = assigned(engine, cls, definitions) ?? UNKNOWN;
    known.set(definitions, value);
  }
  return value;
}

/** `queryset = model.objects.all()`: a name that a statement of the same body bound before. */
export function bodyName(engine: Engine, frame: Frame, name: string): Value | null {
  if (frame.body === undefined) return null;
  const { cls, before } = frame.body;
  const definitions = cls.members.get(name) ?? [];
  const bound = definitions.filter((one) => one.kind === "variable" && one.stmt.start < before);
  if (bound.length === 0) return null;
  const value = bound.length === definitions.length ? bodyVariable(engine, cls, definitions) : assigned(engine, cls, bound);
  return value === null ? null : refreshed(value, { frame });
}

function assigned(engine: Engine, cls: ClassInfo, definitions: readonly Definition[]): Value | null {
  let value: Value | null = null;
  for (const one of definitions) {
    if (one.kind !== "variable") continue;
    const frame = classFrame(engine, cls, one.stmt.start);
    const made = one.value === null ? UNKNOWN : engine.evaluate(one.value, frame);
    const next = made.kind === "unknown" && one.annotation !== null ? engine.annotated(one.annotation, frame) : made;
    value = value === null || replaces(cls, one) ? next : join(value, next);
  }
  return value;
}

/** An assignment of the body itself replaces what the name was; one in a branch may not run, and `+=` keeps what was there. */
function replaces(cls: ClassInfo, { value, stmt }: Extract<Definition, { readonly kind: "variable" }>): boolean {
  return value !== null && stmt.kind === "assign" && cls.def.body.includes(stmt);
}
