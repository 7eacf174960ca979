/** Shapes of statements that source sends, with what the source leaves open. */
import type { QueryShape, ShapeColumn, ShapeExpression } from "../../model/shape.ts";

/** A part of a statement that the source does not decide; what is known of it has to be there, and more may be. */
export type OpenPart = "predicates" | "joins" | "projection" | "group by" | "order by" | "limit" | "offset" | "distinct" | "written" | "lock" | "subqueries";

export interface StaticShape {
  /** `?` as the name of a call stands for any expression that has these columns. */
  readonly shape: QueryShape;
  readonly open: ReadonlySet<OpenPart>;
  /** Of `shape.subqueries`, in the same order. */
  readonly inner: readonly StaticShape[];
}

export function column(table: number, name: string): ShapeColumn {
  return { kind: "column", table, name };
}

export function call(name: string, args: readonly ShapeExpression[] = [], distinct = false): ShapeExpression {
  return { kind: "call", name, arguments: args, distinct, filtered: false, isWindow: false };
}

export const PARAMETER: ShapeExpression = { kind: "value", value: { kind: "parameter" } };
export const ANY = call("?");
export const STAR: ShapeExpression = { kind: "star", table: null };

/** Any expression with these columns in it. */
export function anyOf(columns: readonly ShapeExpression[]): ShapeExpression {
  return call("?", columns.flatMap(columnsIn));
}

export function columnsIn(expression: ShapeExpression): ShapeColumn[] {
  if (expression.kind === "column") return [expression];
  return expression.kind === "call" ? expression.arguments.flatMap(columnsIn) : [];
}

export function isOpen(expression: ShapeExpression): boolean {
  return expression.kind === "call" && (expression.name === "?" || expression.arguments.some(isOpen));
}
