/** Shapes by their text: two with the same key ask the same. */
import type { QueryShape, ShapeColumn, ShapeExpression, ShapePredicate, ShapeTable, ShapeValue } from "../model/shape.ts";

export interface KeyOptions {
  /** `erased`: as pg_stat_statements has it, where every literal became a parameter, cast or not. `kept`: literals tell statements apart. Lists have no length in either. */
  readonly constants: "kept" | "erased";
}
type Constants = KeyOptions["constants"];

/** What the text of an expression depends on. */
interface Keying {
  readonly constants: Constants;
  /** Of the statement that the expression stands in. */
  readonly subqueries: QueryShape["subqueries"];
}

export function shapeKey(shape: QueryShape, { constants }: KeyOptions): string {
  const keying = { constants, subqueries: shape.subqueries };
  const key = (expression: ShapeExpression): string => expressionKey(expression, keying);
  const parts = [
    shape.kind,
    shape.base === null ? "" : tableKey(shape.base),
    ...shape.joins.map(({ kind, table, on }) => `${kind} join ${tableKey(table)}(${on.map(({ left, right }) => `${key(left)}=${key(right)}`).join(",")})`),
    part("where", predicateKeys(shape.predicates, key)),
    part("group", shape.groupBy.map(key)),
    part(
      "order",
      shape.orderBy.map(({ what, descending, nulls }) => `${key(what)}${descending ? " desc" : ""}${nulls === null ? "" : ` nulls ${nulls}`}`),
    ),
    countKey("limit", shape.limit, constants),
    countKey("offset", shape.offset, constants),
    shape.distinct === "no" ? "" : `distinct ${shape.distinct}`,
    part("get", shape.projection.map(key)),
    part(
      "set",
      shape.written.map((one) => quote(one)),
    ),
    part("to", (shape.assigned ?? []).map(key)),
    shape.rows ?? "",
    shape.conflict ?? "",
    shape.lock === null ? "" : `for ${shape.lock}(${shape.lockOf.map((one) => quote(one)).join(",")})`,
    part(
      "from",
      shape.subqueries.filter(({ role }) => !IN_EXPRESSIONS.has(role)).map((one) => subqueryKey(one, constants)),
    ),
  ];
  return parts.filter((one) => one !== "").join(" ");
}

/** Those are written out where the expression stands, so that the order in which a reader met them tells nothing. */
const IN_EXPRESSIONS: ReadonlySet<string> = new Set(["in", "exists", "scalar"]);

const part = (name: string, items: readonly string[]): string => (items.length === 0 ? "" : `${name}[${items.join(", ")}]`);

const quote = (text: string): string => JSON.stringify(text);

const tableKey = ({ schema, name, position, only }: ShapeTable): string =>
  `${only === true ? "only " : ""}${schema === null ? "" : `${quote(schema)}.`}${quote(name)}#${position}`;

const subqueryKey = ({ role, position, shape }: QueryShape["subqueries"][number], constants: Constants): string =>
  `${role}${position === undefined ? "" : `#${position}`}(${shapeKey(shape, { constants })})`;

function countKey(name: string, count: number | "parameter" | null, constants: Constants): string {
  if (count === null) return "";
  return `${name} ${constants === "erased" || count === "parameter" ? "?" : count}`;
}

/** Groups and arms are numbered as they appear, whatever numbers a reader gave them. */
function predicateKeys(predicates: readonly ShapePredicate[], key: (expression: ShapeExpression) => string): string[] {
  const groups = new Map<number, number>();
  const arms = new Map<string, number>();
  return predicates.map(({ clause, operator, left, right, any, arm, negated }) => {
    const sides = `${key(left)} ${operator}${right === null ? "" : ` ${key(right)}`}`;
    const group = any === null ? "" : `any${numberOf(groups, any)}${arm === undefined ? "" : `.${numberOf(arms, `${any}.${arm}`)}`} `;
    return `${clause} ${group}${negated ? "not " : ""}${sides}`;
  });
}

function numberOf<K>(seen: Map<K, number>, key: K): number {
  const number = seen.get(key) ?? seen.size;
  seen.set(key, number);
  return number;
}

export function expressionKey(expression: ShapeExpression, keying: Keying): string {
  if (expression.kind === "column") return `${expression.table}.${quote(expression.name)}`;
  if (expression.kind === "star") return `${expression.table ?? ""}*`;
  if (expression.kind === "value") return valueKey(expression.value, keying.constants);
  if (expression.kind === "call") return callKey(expression, keying);
  const subquery = keying.subqueries[expression.index];
  return subquery === undefined ? "subquery" : subqueryKey(subquery, keying.constants);
}

/** A driver that puts values into the text adds casts to them: `'2024-01-01'::date`. */
function callKey(expression: Extract<ShapeExpression, { kind: "call" }>, keying: Keying): string {
  const { name, distinct, filtered, isWindow } = expression;
  const args = expression.arguments.map((one) => expressionKey(one, keying));
  if (keying.constants === "erased" && name.startsWith("cast:") && (args[0] === "?" || args[0] === "[?]")) return args[0];
  const flags = `${distinct ? "distinct " : ""}${filtered ? "filter " : ""}${isWindow ? "over " : ""}`;
  return `${name}(${flags}${args.join(",")})`;
}

function valueKey(value: ShapeValue, constants: Constants): string {
  if (value.kind === "list") return "[?]";
  if (value.kind === "parameter" || constants === "erased") return "?";
  return value.type === "string" ? `s:${quote(value.text)}` : value.text;
}

/** A table of a shape, with the statement that it stands in. */
export interface FoundTable {
  readonly table: ShapeTable;
  readonly shape: QueryShape;
}

/** The shape and all within it, outermost first. */
export function shapesIn(shape: QueryShape): QueryShape[] {
  return [shape, ...shape.subqueries.flatMap((one) => shapesIn(one.shape))];
}

/** Every appearance of a table, subqueries included. */
export function tablesOf(shape: QueryShape): FoundTable[] {
  return shapesIn(shape).flatMap((one) => ownTables(one).map((table) => ({ table, shape: one })));
}

/** Tables of the statement itself. */
export function ownTables(shape: QueryShape): ShapeTable[] {
  return [...(shape.base === null ? [] : [shape.base]), ...shape.joins.map((one) => one.table)];
}

/** Whether a shape's table is the one named: `orders_order` is of any schema, `sales.orders_order` of that one or of the search path. */
export function isTable({ schema, name }: ShapeTable, wanted: string): boolean {
  return name === wanted || (schema ?? "") + "." + name === wanted || (schema === null && wanted.endsWith(`.${name}`));
}

/** A predicate that compares a column of the table. */
export interface FoundPredicate {
  readonly predicate: ShapePredicate;
  readonly column: ShapeColumn;
  readonly shape: QueryShape;
}

/** Predicates that have a column of the table on either side, plain or within an expression; subqueries included. Keys of joins are not among them. */
export function predicatesOn(shape: QueryShape, table: string): FoundPredicate[] {
  return shapesIn(shape).flatMap((one) => {
    const positions = positionsOf(one, table);
    return one.predicates.flatMap((predicate) =>
      sidesOf(predicate)
        .filter((column) => positions.has(column.table))
        .map((column) => ({ predicate, column, shape: one })),
    );
  });
}

function positionsOf(shape: QueryShape, table: string): ReadonlySet<number> {
  return new Set(
    ownTables(shape)
      .filter((one) => isTable(one, table))
      .map((one) => one.position),
  );
}

const sidesOf = ({ left, right }: ShapePredicate): ShapeColumn[] => [...columnsIn(left), ...(right === null ? [] : columnsIn(right))];

/** Columns of an expression, subqueries not entered. */
export function columnsIn(expression: ShapeExpression): ShapeColumn[] {
  if (expression.kind === "column") return [expression];
  return expression.kind === "call" ? expression.arguments.flatMap((one) => columnsIn(one)) : [];
}

/** Names of the table's columns that the statement mentions anywhere, each once; subqueries included. `*` for all of them. */
export function columnsOf(shape: QueryShape, table: string): string[] {
  const names = shapesIn(shape).flatMap((one) => {
    const positions = positionsOf(one, table);
    const written = one.base !== null && isTable(one.base, table) ? one.written : [];
    return [
      ...written,
      ...expressionsOf(one)
        .flatMap((expression) => mentioned(expression))
        .flatMap(({ table: position, name }) => ((position === null ? positions.size > 0 : positions.has(position)) ? [name] : [])),
    ];
  });
  return [...new Set(names)];
}

function mentioned(expression: ShapeExpression): { readonly table: number | null; readonly name: string }[] {
  if (expression.kind === "star") return [{ table: expression.table, name: "*" }];
  return columnsIn(expression);
}

/** Every expression that stands in the statement itself. */
export function expressionsOf(shape: QueryShape): ShapeExpression[] {
  return [
    ...shape.projection,
    ...shape.joins.flatMap(({ on }) => on.flatMap(({ left, right }) => [left, right])),
    ...shape.predicates.flatMap(({ left, right }) => [left, ...(right === null ? [] : [right])]),
    ...shape.groupBy,
    ...shape.orderBy.map((one) => one.what),
    ...(shape.assigned ?? []),
  ];
}
