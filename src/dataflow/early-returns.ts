/** Rows that a function hands back on an early way, before it loads more of them. */
import type { LoadNode } from "./load-tree.ts";
import { alternatives, joinAll, withDoubt, type QuerysetValue, type RowValue, type Value } from "./values.ts";

const LOADS_LESS = "it is handed back before the queryset is loaded further";

/** `if without: return rows`, and further down `return rows.select_related(…)`: whether a caller gets the rows of the early way, the code decides as it runs. */
export function beforeFurtherLoads(value: Value, later: readonly Value[]): Value {
  if (value.kind === "union") return joinAll(value.values.map((one) => beforeFurtherLoads(one, later)));
  const others = later.flatMap(alternatives).flatMap(rowsOf);
  const isLess = (one: Rows): boolean => others.some((other) => other.origin === one.origin && other.path === one.path && loadsMore(other.load, one.load));
  if (value.kind === "queryset") return isLess(value) ? withDoubt(value, LOADS_LESS) : value;
  if (value.kind !== "list" || !rowsOf(value).some(isLess)) return value;
  return { ...value, element: joinAll(alternatives(value.element).map((one) => (one.kind === "row" && isLess(one) ? withDoubt(one, LOADS_LESS) : one))) };
}

type Rows = QuerysetValue | RowValue;

function rowsOf(value: Value): Rows[] {
  if (value.kind === "queryset") return [value];
  return value.kind === "list" ? alternatives(value.element).filter((one) => one.kind === "row") : [];
}

function loadsMore(more: LoadNode, less: LoadNode): boolean {
  return [...more.relations].some(([name, { how }]) => how !== "changed" && !less.relations.has(name));
}
