/** A query to the shape of the statement that a method of a queryset sends for it. */
import type { QueryShape, ShapeExpression, ShapePredicate } from "../../model/shape.ts";
import { NOTHING } from "../../sql/empty-shape.ts";
import { flattenConditions } from "./flatten-conditions.ts";
import type { Alias, QueryState } from "./query-state.ts";
import { orderTerms } from "./ordering.ts";
import { selectedColumns } from "./select-list.ts";
import { ANY, call, column, columnsIn, isOpen, PARAMETER, STAR, type OpenPart, type StaticShape } from "./static-shape.ts";

/** `rows`: all of them. `keys`: of `IN (SELECT "id" …)`. `nested`: of a subquery. `arm`: of a union. */
export type Selected = "rows" | "count" | "exists" | "get" | "first" | "last" | "index" | "aggregate" | "keys" | "nested" | "arm";

/** The limit with which Django sees that `get()` finds more than one. */
const GET_LIMIT = 21;

export function finishSelect(state: QueryState, what: Selected, aggregates: readonly ShapeExpression[] = []): StaticShape {
  if (state.union !== null) return finishUnion(state, what);
  if (what === "count" || what === "aggregate") return finishAggregate(state, what === "count" ? [call("count", [STAR])] : aggregates);
  const isSliced = state.limit !== null || state.offset !== null;
  const isGrouped = state.grouped !== null;
  const projection = what === "exists" && !isDistinctExists(state) ? [PARAMETER] : what === "keys" ? [keyColumn(state)] : selectedColumns(state);
  const order = isUnordered(what, state, isSliced) ? [] : orderTerms(state, what === "first" || what === "last", what === "last");
  const limit =
    what === "get" ? (isSliced ? state.limit : GET_LIMIT) : what === "exists" || what === "first" || what === "last" || what === "index" ? 1 : state.limit;
  const listed = state.distinct === "all" && what !== "exists" ? [...projection, ...unlisted(projection, order)] : projection;
  return shapeOf(state, {
    projection: listed,
    orderBy: order,
    limit,
    groupBy: isGrouped ? groupColumns(state, projection, order) : [],
    distinct: state.distinct,
  });
}

/** What DISTINCT is ordered by has to be selected. */
function unlisted(projection: readonly ShapeExpression[], order: QueryShape["orderBy"]): ShapeExpression[] {
  const listed = new Set(projection.map((one) => JSON.stringify(one)));
  return order.flatMap(({ what }) => (listed.has(JSON.stringify(what)) ? [] : [what]));
}

function isDistinctExists({ distinct, limit }: QueryState): boolean {
  return distinct === "all" && limit !== null;
}

/** EXISTS, and IN without a slice, are not ordered; nor is what a default order would group. */
function isUnordered(what: Selected, state: QueryState, isSliced: boolean): boolean {
  if (what === "exists") return !isSliced || state.distinct !== "on";
  if (what === "get" || what === "keys") return !isSliced;
  if (what === "nested" && !isSliced) return true;
  return state.grouped !== null && state.order === null && what !== "first" && what !== "last";
}

function keyColumn(state: QueryState): ShapeExpression {
  const key = state.tables.keyOf(state.model);
  return key === null ? ANY : column(0, state.tables.columnOf(key));
}

/** Distinct, sliced and grouped queries are counted around. */
function finishAggregate(state: QueryState, projection: readonly ShapeExpression[]): StaticShape {
  const isGrouped = state.grouped !== null && [...state.annotations.values()].some((one) => one.isAggregate);
  if (state.limit === null && state.offset === null && state.distinct === "no" && !isGrouped)
    return shapeOf(state, { projection, orderBy: [], limit: null, groupBy: [], distinct: "no" });
  const inner = shapeOf(state, { projection: [], orderBy: [], limit: state.limit, groupBy: [], distinct: state.distinct });
  const open = new Set<OpenPart>([...inner.open, "projection", "order by", "group by"]);
  // Annotations that nothing refers to are left out of a count.
  if (isGrouped) open.add("joins");
  const counted = projection.map((one) => (one.kind === "call" && one.name === "count" && one.arguments[0]?.kind === "star" ? one : ANY));
  return around([{ role: "from", shape: { ...inner, open } }], { projection: counted, limit: null }, state);
}

function around(subqueries: QueryState["subqueries"], parts: Pick<QueryShape, "projection" | "limit">, state: QueryState): StaticShape {
  const shape: QueryShape = {
    ...NOTHING,
    kind: "select",
    base: null,
    ...parts,
    subqueries: subqueries.map(({ role, shape: inner }) => ({ role, shape: inner.shape })),
  };
  const open = new Set<OpenPart>([...state.open].filter((one) => one === "subqueries" || one === "offset" || one === "limit"));
  return { shape, open, inner: subqueries.map((one) => one.shape) };
}

function finishUnion(state: QueryState, what: Selected): StaticShape {
  const { union } = state;
  const arms = (union?.arms ?? []).map((shape) => ({ role: union?.role ?? ("union" as const), shape }));
  const whole = around(
    arms,
    { projection: [], limit: what === "get" ? GET_LIMIT : what === "first" || what === "last" || what === "index" ? 1 : state.limit },
    state,
  );
  const open = new Set<OpenPart>([...whole.open, "order by", "projection"]);
  if (what !== "count" && what !== "exists") return { ...whole, open };
  return {
    ...around(
      [{ role: "from", shape: { ...whole, open } }],
      { projection: what === "count" ? [call("count", [STAR])] : [ANY], limit: what === "exists" ? 1 : null },
      state,
    ),
  };
}

interface Parts {
  readonly projection: readonly ShapeExpression[];
  readonly orderBy: QueryShape["orderBy"];
  readonly limit: QueryShape["limit"];
  readonly groupBy: readonly ShapeExpression[];
  readonly distinct: QueryShape["distinct"];
}

function shapeOf(state: QueryState, parts: Parts): StaticShape {
  const predicates = flattenConditions(state.where);
  const order = parts.orderBy;
  const used = usedAliases(state, [
    ...parts.projection,
    ...parts.groupBy,
    ...order.map((one) => one.what),
    ...predicates.flatMap(({ left, right }) => (right === null ? [left] : [left, right])),
  ]);
  const position = new Map(used.map((alias, index) => [alias.index, index]));
  const moved = (one: ShapeExpression): ShapeExpression => renumbered(one, position);
  const shape: QueryShape = {
    ...NOTHING,
    kind: "select",
    base: { schema: null, name: used[0]?.table ?? "", position: 0 },
    joins: used.slice(1).map((alias, index) => ({
      table: { schema: null, name: alias.table, position: index + 1 },
      kind: alias.kind,
      on: alias.on.map(({ left, right }) => ({
        left: { kind: "column", table: position.get(alias.parent?.index ?? 0) ?? 0, name: left },
        right: { kind: "column", table: index + 1, name: right },
      })),
    })),
    predicates: predicates.map((one): ShapePredicate => ({ ...one, left: moved(one.left), right: one.right === null ? null : moved(one.right) })),
    projection: parts.projection.map(moved),
    orderBy: order.map((one) => ({ ...one, what: moved(one.what) })),
    groupBy: parts.groupBy.map(moved),
    limit: parts.limit,
    offset: state.offset,
    distinct: parts.distinct,
    lock: state.lock,
    lockOf: state.lockOf,
    subqueries: state.subqueries.map(({ role, shape: inner }) => ({ role, shape: inner.shape })),
  };
  return { shape, open: new Set(state.open), inner: state.subqueries.map((one) => one.shape) };
}

/** Tables that a column comes from or a filter joined, and those between them and the base. */
function usedAliases({ aliases }: QueryState, expressions: readonly ShapeExpression[]): Alias[] {
  const used = new Set<Alias>(aliases.filter((one) => one.refs > 0));
  for (const { table } of expressions.flatMap(columnsIn)) {
    const alias = aliases[table];
    if (alias !== undefined) used.add(alias);
  }
  for (const alias of used) if (alias.parent !== null) used.add(alias.parent);
  return aliases.filter((one) => used.has(one));
}

function renumbered(expression: ShapeExpression, position: ReadonlyMap<number, number>): ShapeExpression {
  if (expression.kind === "column") return expression.table < 0 ? expression : { ...expression, table: position.get(expression.table) ?? expression.table };
  return expression.kind === "call" ? { ...expression, arguments: expression.arguments.map((one) => renumbered(one, position)) } : expression;
}

/** Columns that rows are sorted by have to be grouped by. */
function sortedColumns(grouped: readonly ShapeExpression[], order: QueryShape["orderBy"]): ShapeExpression[] {
  const known = new Set(grouped.map((one) => JSON.stringify(one)));
  return order.flatMap(({ what }) => (what.kind === "column" && !known.has(JSON.stringify(what)) ? [what] : []));
}

/** PostgreSQL lets the key stand for all columns of a table. */
function groupColumns(state: QueryState, projection: readonly ShapeExpression[], order: QueryShape["orderBy"]): ShapeExpression[] {
  const { grouped } = state;
  if (grouped === null) return [];
  if (grouped.length > 0) return [...grouped, ...sortedColumns(grouped, order)];
  if (state.values !== null || projection.some(isOpen) || order.length > 0) state.open.add("group by");
  return [keyColumn(state)];
}
