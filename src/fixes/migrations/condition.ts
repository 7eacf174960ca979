/** Conditions of partial indexes and checks, in Django's words and in SQL. */
import { pythonString, type PythonCode } from "./python-code.ts";
import { quoteName, quoteText } from "./sql-text.ts";

export type Comparison =
  | { readonly column: string; readonly operator: "=" | "<>" | "<" | "<=" | ">" | ">="; readonly value: Scalar }
  | { readonly column: string; readonly operator: "is null" | "is not null" }
  | { readonly column: string; readonly operator: "in"; readonly values: readonly Scalar[] };

/** Strings are the text of the value; a decimal keeps its digits as a string. */
export type Scalar = string | number | boolean;

/** All of them must hold. */
export type Condition = readonly Comparison[];

const LOOKUPS = { "=": "", "<>": "", "<": "__lt", "<=": "__lte", ">": "__gt", ">=": "__gte" } as const;

/** `Q(status="new", shipped_at__isnull=True) & ~Q(channel="web")`. */
export function conditionCode(condition: Condition, fieldOf: (column: string) => string): PythonCode {
  return (name) => {
    const q = name("django.db.models", "Q");
    const plain = condition.filter((one) => one.operator !== "<>").map((one) => termOf(one, fieldOf(one.column)));
    const negated = condition.filter((one) => one.operator === "<>").map((one) => `~${q}(${termOf(one, fieldOf(one.column))})`);
    return [...(plain.length === 0 ? [] : [`${q}(${plain.join(", ")})`]), ...negated].join(" & ");
  };
}

function termOf(one: Comparison, field: string): string {
  if ("values" in one) return `${field}__in=[${one.values.map(scalarCode).join(", ")}]`;
  if (!("value" in one)) return `${field}__isnull=${one.operator === "is null" ? "True" : "False"}`;
  return `${field}${LOOKUPS[one.operator]}=${scalarCode(one.value)}`;
}

function scalarCode(value: Scalar): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(value) : pythonString(value);
}

export function conditionSql(condition: Condition): string {
  return condition.map(comparisonSql).join(" AND ");
}

function comparisonSql(one: Comparison): string {
  const column = quoteName(one.column);
  if ("values" in one) return `${column} IN (${one.values.map(scalarSql).join(", ")})`;
  if (!("value" in one)) return `${column} ${one.operator.toUpperCase()}`;
  if (one.operator === "<>") return `NOT (${column} = ${scalarSql(one.value)})`;
  if (typeof one.value === "boolean" && one.operator === "=") return one.value ? column : `NOT ${column}`;
  return `${column} ${one.operator} ${scalarSql(one.value)}`;
}

function scalarSql(value: Scalar): string {
  return typeof value === "string" ? quoteText(value) : String(value);
}
