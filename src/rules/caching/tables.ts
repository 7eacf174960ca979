/** Tables and the models that they hold rows of. */
import type { ModelGraph, QueryShape } from "../../model/index.ts";
import { tablesOf } from "../../sql/compare-shapes.ts";

const known = new WeakMap<ModelGraph, ReadonlyMap<string, string>>();

/** Labels by the table's name, automatic tables of many-to-many fields among them. */
export function labelsByTable(graph: ModelGraph): ReadonlyMap<string, string> {
  const before = known.get(graph);
  if (before !== undefined) return before;
  const found = new Map<string, string>();
  for (const model of graph.models.values()) {
    if (model.isAbstract || model.isProxy || model.table === undefined) continue;
    const table = bareName(model.table.name);
    found.set(table, model.label);
    for (const { name, relation } of model.fields.values()) {
      if (relation?.kind === "m2m" && relation.through !== null && !graph.models.has(relation.through)) found.set(`${table}_${name}`, relation.through);
    }
  }
  known.set(graph, found);
  return found;
}

const bareName = (name: string): string => name.replaceAll('"', "").split(".").at(-1) ?? name;

/** Names of all tables that a statement reads, each once, the first first. */
export function tableNames(shape: QueryShape): readonly string[] {
  return [...new Set(tablesOf(shape).map(({ table }) => table.name))];
}
