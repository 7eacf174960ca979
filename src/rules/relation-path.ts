/** Lookup paths along relations. */
import type { Field, Model, RuleInput } from "../model/index.ts";

/** The fields of `customer__address` from a model; null when a part is no relation of what was read. */
export function relationPath(label: string, path: string, input: RuleInput): readonly Field[] | null {
  const found: Field[] = [];
  let model: Model | null = input.graph.byLabel(label);
  for (const part of path.split("__")) {
    const field: Field | null = model === null ? null : fieldNamed(model, part);
    if (field?.relation == null) return null;
    found.push(field);
    model = field.relation.target === null ? null : input.graph.byLabel(field.relation.target);
  }
  return found;
}

/** By attribute, or by the name that lookups use. */
export function fieldNamed(model: Model, name: string): Field | null {
  return model.fields.get(name) ?? [...model.fields.values()].find((field) => field.queryName === name && field.relation !== null) ?? null;
}
