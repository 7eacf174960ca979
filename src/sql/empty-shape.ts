import type { QueryShape } from "../model/shape.ts";

/** A statement that asks nothing of its table: what readers and writers of shapes begin with. */
export const NOTHING: Omit<QueryShape, "kind" | "base"> = {
  joins: [],
  predicates: [],
  groupBy: [],
  orderBy: [],
  limit: null,
  offset: null,
  distinct: "no",
  projection: [],
  written: [],
  rows: null,
  lock: null,
  lockOf: [],
  subqueries: [],
};
