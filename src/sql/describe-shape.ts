/** A statement in few words: what it reads, how it is joined, narrowed, ordered and cut. */
import type { QueryShape, ShapeExpression, ShapePredicate } from "../model/shape.ts";
import { ownTables } from "./compare-shapes.ts";

const MOST_LETTERS = 90;

/** The statement in a question or a table's cell: in few words, or as it stands where it could not be read, and no longer than a line. */
export function gistOf({ sql, shape }: { readonly sql: string; readonly shape: QueryShape | null }): string {
  const text = shape === null ? sql : describeShape(shape);
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

/**
 * One line without values.
 *
 * @example
 * describeShape(shape); // "SELECT orders_order, customers_customer WHERE status = ? ORDER BY placed_at DESC LIMIT 20"
 */
export function describeShape(shape: QueryShape): string {
  const tables = ownTables(shape).map(({ name }) => name);
  const [first, ...others] = [...new Set(tables)];
  const from = first === undefined ? inner(shape) : [first, ...others].join(", ");
  return [verb(shape), from, where(shape), group(shape), order(shape), limit(shape)].filter(Boolean).join(" ");
}

function verb({ kind, projection, distinct, lock }: QueryShape): string {
  if (kind !== "select") return kind === "insert" ? "INSERT" : kind.toUpperCase();
  const calls = projection.flatMap((one) => (one.kind === "call" && !one.name.includes(":") ? [`${one.name}()`] : []));
  const aggregate = projection.length > 0 && calls.length === projection.length && calls.length <= 2 ? ` ${calls.join(", ")} of` : "";
  return `SELECT${distinct === "no" ? "" : " DISTINCT"}${aggregate}${lock === null ? "" : " FOR UPDATE"}`;
}

function inner({ subqueries }: QueryShape): string {
  const [from] = subqueries.filter(({ role }) => role === "from" || role === "union" || role === "union all");
  return from === undefined ? "" : `(${describeShape(from.shape)})`;
}

const MOST_PREDICATES = 3;

function where(shape: QueryShape): string {
  const texts = shape.predicates.filter(({ clause }) => clause === "where").map((one) => predicateText(one, shape));
  if (texts.length === 0) return "";
  const more = texts.length > MOST_PREDICATES ? ` and ${texts.length - MOST_PREDICATES} more` : "";
  return `WHERE ${texts.slice(0, MOST_PREDICATES).join(", ")}${more}`;
}

function predicateText({ operator, left, right, negated }: ShapePredicate, shape: QueryShape): string {
  const not = negated ? "NOT " : "";
  if (operator === "exists" || operator === "not exists") return `${not}${operator.toUpperCase()} (…)`;
  if (right === null) return `${not}${expressionText(left, shape)}${operator === "true" ? "" : ` ${operator.toUpperCase()}`}`;
  return `${not}${expressionText(left, shape)} ${/^[a-z]/.test(operator) ? operator.toUpperCase() : operator} ${expressionText(right, shape)}`;
}

function expressionText(expression: ShapeExpression, shape: QueryShape): string {
  switch (expression.kind) {
    case "column":
      return columnText(expression, shape);
    case "star":
      return "*";
    case "value":
      return expression.value.kind === "constant" ? expression.value.text : expression.value.kind === "list" ? "(…)" : "?";
    case "subquery":
      return `(${tableNames(shape.subqueries[expression.index]?.shape)})`;
    default:
      return callText(expression, shape);
  }
}

/** Columns of joined tables say whose they are. */
function columnText({ table, name }: { readonly table: number; readonly name: string }, shape: QueryShape): string {
  const owner = table <= 0 ? undefined : ownTables(shape).find(({ position }) => position === table)?.name;
  return owner === undefined ? name : `${owner}.${name}`;
}

function callText({ name, arguments: args }: Extract<ShapeExpression, { readonly kind: "call" }>, shape: QueryShape): string {
  const texts = args.map((one) => expressionText(one, shape));
  if (name.startsWith("op:")) return texts.join(` ${name.slice(3)} `);
  if (name.startsWith("cast:")) return texts.join(", ");
  return `${name}(${texts.join(", ")})`;
}

function tableNames(shape: QueryShape | undefined): string {
  return shape === undefined
    ? "…"
    : `SELECT ${ownTables(shape)
        .map(({ name }) => name)
        .join(", ")} …`;
}

function group({ groupBy }: QueryShape): string {
  return groupBy.length === 0 ? "" : `GROUP BY ${groupBy.length} ${groupBy.length === 1 ? "column" : "columns"}`;
}

function order(shape: QueryShape): string {
  if (shape.orderBy.length === 0) return "";
  return `ORDER BY ${shape.orderBy.map(({ what, descending }) => `${expressionText(what, shape)}${descending ? " DESC" : ""}`).join(", ")}`;
}

function limit({ limit: most, offset }: QueryShape): string {
  const parts = [most === null ? "" : `LIMIT ${most === "parameter" ? "?" : most}`, offset === null ? "" : `OFFSET ${offset === "parameter" ? "?" : offset}`];
  return parts.filter(Boolean).join(" ");
}
