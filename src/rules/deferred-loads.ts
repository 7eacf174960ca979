/** Reads of columns that `only()` or `defer()` left out. */
import type { LazyLoad, RuleInput } from "../model/index.ts";

/** The column is a foreign key, which joins and prefetches need. */
export function isDeferredKey(load: LazyLoad, input: RuleInput): boolean {
  return input.graph.byLabel(load.model)?.fields.get(deferredColumn(load))?.relation != null;
}

export function deferredColumn(load: LazyLoad): string {
  return load.path.split("__").at(-1) ?? load.path;
}
