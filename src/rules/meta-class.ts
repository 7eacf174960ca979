/** What the inner `Meta` of a serializer or a filter set says. */
import type { ClassInfo, Expr, Model, RuleInput } from "../model/index.ts";

export function metaValue(cls: ClassInfo, name: string): Expr | null {
  const meta = cls.nested.get("Meta");
  return meta === undefined ? null : attributeValue(meta, name);
}

/** The model that `Meta.model` names. */
export function metaModel(cls: ClassInfo, input: RuleInput): Model | null {
  const named = classNamed(metaValue(cls, "model"), cls, input);
  return named === null ? null : input.graph.ofClass(named);
}

/** The last value of a class attribute in the class's own body. */
export function attributeValue(cls: ClassInfo, name: string): Expr | null {
  const definition = cls.members.get(name)?.at(-1);
  return definition?.kind === "variable" ? definition.value : null;
}

/** The class that a name stands for in the module of another. */
export function classNamed(value: Expr | null, { module }: ClassInfo, { program }: RuleInput): ClassInfo | null {
  const symbol = value?.kind === "name" ? program.resolve(module, value.name) : null;
  return symbol?.kind === "class" ? symbol.cls : null;
}
