/** Which statement loads a relation row by row: what a recording's loop must look like to be the one that a finding speaks of. */
import type { ModelGraph } from "../model/index.ts";
import { modelTables } from "./static-shapes/model-tables.ts";

export interface RelationTarget {
  /** The table of the rows that are loaded. */
  readonly table: string;
  /** Found by its own key, as the row's column holds it. */
  readonly isByKey: boolean;
}

/** Null where the path leaves what the models say. */
export type RelationTargetOf = (model: string, relation: string) => RelationTarget | null;

export function relationTargets(graph: ModelGraph): RelationTargetOf {
  const tables = modelTables(graph);
  return (label, relation) => {
    let model = graph.byLabel(label);
    let target: RelationTarget | null = null;
    for (const name of relation.split("__")) {
      const field = model === null ? null : (model.fields.get(name) ?? tables.named(model, name));
      const next = field?.relation?.target === undefined || field.relation.target === null ? null : graph.byLabel(field.relation.target);
      if (field === null || next === null) return null;
      target = { table: tables.tableOf(next), isByKey: field.attname !== null && field.relation?.through === null };
      model = next;
    }
    return target;
  };
}

const FIRST_TABLE = /\b(?:FROM|INTO|UPDATE)\s+(?:"?\w+"?\.)?"?(\w+)"?/i;
/** Nothing but one row's key. */
const BY_KEY = /\bWHERE\s+\(*\s*(?:"?\w+"?\.)?"?\w+"?\s*=\s*(?:%s|\$\d+|\d+)\s*\)*\s*(?:LIMIT\s+(?:\d+|%s|\$\d+)\s*)?$/i;

/** The first table that a statement reads or writes. */
export function firstTable(sql: string): string | null {
  return FIRST_TABLE.exec(sql)?.[1] ?? null;
}

export function isLoadOf({ table, isByKey }: RelationTarget, sql: string): boolean {
  return firstTable(sql) === table && (!isByKey || BY_KEY.test(sql));
}
