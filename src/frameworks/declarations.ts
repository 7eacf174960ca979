/** Declarative classes: what their attributes and nested classes say, and where. */
import type { ClassInfo, Span } from "../model/index.ts";
import type { AccessSite, Engine } from "../dataflow/engine.ts";
import { nestedClass } from "../dataflow/attributes.ts";
import { isExternal } from "../dataflow/frames.ts";
import { alternatives, joinAll, type ObjectValue, type Value } from "../dataflow/values.ts";

/** A class attribute's value; `nested` names the inner class that holds it, empty for the class itself. */
export function classSetting(engine: Engine, cls: ClassInfo, nested: string, name: string, at: AccessSite): Value | null {
  const holder = nested === "" ? cls : nestedClass(engine, cls, nested);
  return holder === null ? null : engine.classMember(holder, name, { kind: "class", cls: holder }, at);
}

export function stringItems(value: Value | null): string[] | null {
  if (value?.kind === "dict" && value.rest === null) return [...value.entries.keys()];
  if (value?.kind !== "list" || value.items === null) return null;
  return value.items.flatMap((one) => (one.kind === "literal" && typeof one.value === "string" ? [one.value] : []));
}

/** The string in a class attribute's list that names a field, or else the whole attribute, or else the class's head. */
export function itemSpan(engine: Engine, cls: ClassInfo, member: string, text: string): Span {
  let whole: Span | null = null;
  for (const owner of engine.program.mro(cls)) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    const { file } = owner.module.ir;
    for (const definition of owner.members.get(member) ?? []) {
      if (definition.kind !== "variable") continue;
      whole ??= { file, start: definition.stmt.start, end: definition.stmt.end };
      const items = definition.value?.kind === "sequence" ? definition.value.items : [];
      const item = items.find((one) => one.kind === "str" && one.value === text);
      if (item !== undefined) return { file, start: item.start, end: item.end };
    }
  }
  return whole ?? { file: cls.module.ir.file, start: cls.def.start, end: cls.def.headEnd };
}

export interface Declared {
  readonly name: string;
  readonly object: ObjectValue;
  readonly span: Span;
}

/** Class attributes that are instances of a class: fields, columns, filters. */
export function declaredObjects(engine: Engine, cls: ClassInfo, base: string, at: AccessSite): Declared[] {
  const found = new Map<string, Declared>();
  for (const owner of engine.program.mro(cls).toReversed()) {
    if (isExternal(owner) || owner.module.origin !== "project") continue;
    for (const [name, definitions] of owner.members) {
      const last = definitions.at(-1);
      if (last?.kind !== "variable") continue;
      const value = engine.classMember(cls, name, { kind: "class", cls }, at);
      const one = value === null ? undefined : alternatives(value).find((each) => each.kind === "object" && engine.program.isSubclass(each.cls, base));
      if (one?.kind !== "object") found.delete(name);
      else found.set(name, { name, object: one, span: { file: owner.module.ir.file, start: last.stmt.start, end: last.stmt.end } });
    }
  }
  return [...found.values()];
}

/** Follows `author__name` or `author.name`, calling what can be called. */
export function readPath(engine: Engine, row: Value, path: string, at: AccessSite): Value {
  let value = row;
  for (const part of path.split(/__|\./)) value = engine.lookUp(value, part, true, at);
  return value;
}

/** Says of rows and querysets why what they cost is less than certain. */
export function doubted(value: Value, reason: string): Value {
  return joinAll(
    alternatives(value).map((one) => {
      if (one.kind === "row" || one.kind === "queryset") return one.doubts.includes(reason) ? one : { ...one, doubts: [...one.doubts, reason] };
      return one.kind === "list" ? { ...one, element: doubted(one.element, reason), items: one.items?.map((item) => doubted(item, reason)) ?? null } : one;
    }),
  );
}
