/** Conditions that every queryset writes with the same literal: the values that a statement's parameters hide. */
import type { Column, Database, Expr, Spot, Table } from "../../model/index.ts";
import type { Comparison } from "../../fixes/migrations/index.ts";
import { ownIndexes } from "./index-figures.ts";
import type { WrittenLookup } from "./lookups.ts";

/** An index that has a condition on the column is there already. */
export function hasConditionOn(table: Table, column: Column, database: Database): boolean {
  const name = new RegExp(`\\b${column.name.replaceAll(/\W/g, "\\$&")}\\b`);
  return ownIndexes(table, database).some(({ predicate }) => predicate !== null && name.test(predicate));
}

export interface LiteralCondition {
  readonly comparisons: readonly Comparison[];
  /** The querysets that write it. */
  readonly spots: readonly Spot[];
}

type Kind = "=" | "in" | "not =" | "not in";

/** Null where one queryset has another value, or one that is not written there: its statement looks the same. */
export function literalCondition(kind: string, column: Column, lookups: readonly WrittenLookup[]): LiteralCondition | null {
  if (!isKind(kind)) return null;
  const same = lookups.filter((one) => one.transforms.length === 0 && kindOf(one) === kind);
  const values = same.map(({ value }) => literalsIn(value));
  const [first] = values;
  if (first === undefined || first === null || first.length === 0) return null;
  if (values.some((one) => one === null || textOf(one) !== textOf(first))) return null;
  return { comparisons: toComparisons(kind, column.name, first), spots: same.map(({ span }) => ({ role: "queryset", span })) };
}

function isKind(kind: string): kind is Kind {
  return kind === "=" || kind === "in" || kind === "not =" || kind === "not in";
}

function kindOf({ lookup, isExcluded }: WrittenLookup): Kind | null {
  if (lookup !== "exact" && lookup !== "in") return null;
  if (lookup === "in") return isExcluded ? "not in" : "in";
  return isExcluded ? "not =" : "=";
}

/** Strings and numbers as they are written; null for anything else, a name for one. */
function literalsIn(value: Expr): readonly (string | number)[] | null {
  if (value.kind === "str" || value.kind === "num") return [value.value];
  if (value.kind !== "sequence") return null;
  const items = value.items.map((one) => (one.kind === "str" || one.kind === "num" ? one.value : null));
  return items.includes(null) ? null : items.flatMap((one) => one ?? []);
}

/** In whatever order they are written. */
function textOf(values: readonly (string | number)[]): string {
  return JSON.stringify(values.map(String).toSorted());
}

function toComparisons(kind: Kind, column: string, values: readonly (string | number)[]): readonly Comparison[] {
  const [first = ""] = values;
  if (kind === "=") return [{ column, operator: "=", value: first }];
  if (kind === "in") return [{ column, operator: "in", values }];
  return values.map((value) => ({ column, operator: "<>", value }));
}
