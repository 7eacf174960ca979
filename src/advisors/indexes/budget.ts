import type { Database } from "../../model/index.ts";

/** Ours: new indexes take no more than a fifth of what the tables and their indexes take now, and 64 MB at least. */
const SHARE = 0.2;
const LEAST = 67_108_864;

export function defaultBudget({ catalog }: Database): number {
  const bytes = catalog.tables
    .filter(({ kind }) => kind === "table")
    .reduce((sum, { tableBytes, indexBytes, relpages }) => sum + (tableBytes ?? relpages * 8192) + (indexBytes ?? 0), 0);
  return Math.max(LEAST, Math.round(bytes * SHARE));
}
