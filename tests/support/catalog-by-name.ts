import type { Catalog } from "../../src/model/index.ts";

/** Figures of a moment, and of a server: a schema that was rebuilt has others. */
const PASSING = new Set([
  "statistics",
  "expressionStatistics",
  "reltuples",
  "relpages",
  "relallvisible",
  "metapage",
  "lastValue",
  "xidAge",
  "multixactAge",
  "number",
  "distinct",
  "dependencies",
  "planner",
]);
const isBytes = (name: string): boolean => /bytes$/i.test(name);

/** A catalog in which every oid is a name, so that two servers can be compared. */
export function catalogByName(catalog: Catalog): unknown {
  const names = new Map<number, string>();
  for (const one of [...catalog.tables, ...catalog.indexes, ...catalog.sequences, ...catalog.views]) names.set(one.oid, `${one.schema}.${one.name}`);
  for (const one of catalog.constraints) names.set(one.oid, `constraint ${one.name} of ${names.get(one.table)}`);
  for (const { toast, ...one } of catalog.tables) if (toast !== null) names.set(toast.oid, `toast of ${one.schema}.${one.name}`);
  const { name: _name, ...database } = catalog.database;
  const valid = catalog.indexes.filter((one) => one.valid);
  return sorted(named({ ...catalog, indexes: valid, database }, names));
}

const OIDS = new Set(["oid", "table", "parent", "constraint", "index", "partitionOf", "defaultPartition"]);
const OID_LISTS = new Set(["inherits", "reads", "referencedBy"]);

function named(value: unknown, names: ReadonlyMap<number, string>, key = ""): unknown {
  if (typeof value === "number" && OIDS.has(key)) return names.get(value) ?? `unknown ${key}`;
  if (Array.isArray(value) && OID_LISTS.has(key)) return value.map((one) => names.get(Number(one)) ?? `unknown ${key}`).toSorted();
  if (Array.isArray(value)) return value.map((one) => named(one, names, key));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name]) => !PASSING.has(name) && !isBytes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, named(inner, names, name)]));
}

/** Lists whose order follows from oids. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const rows = (one: unknown): unknown =>
    Array.isArray(one)
      ? one
          .map((row) => [JSON.stringify(row), row] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([, row]) => row)
      : one;
  const { ddl, ...lists } = value as { readonly ddl: unknown };
  return { ddl, ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, rows(list)])) };
}
