/** Could the source send this statement? A shape of the source, with what it leaves open, held against the shape of a statement. */
import type { QueryShape, ShapeExpression, ShapePredicate } from "../model/shape.ts";
import type { StaticShape } from "./static-shapes/static-shape.ts";

export interface ShapeMatch {
  /** Nothing of it was left open. */
  readonly isExact: boolean;
  /** Something is left open, and the statement has nothing there: each of its conditions and joins is said. */
  readonly isWhole: boolean;
  /** Conditions and joins of the statement that the source says, and those that it would have to have added where it is open. */
  readonly told: number;
  readonly untold: number;
  /** How many parts of the statement the source says, to rank those that leave something open. */
  readonly said: number;
}

interface Matching {
  readonly source: StaticShape;
  readonly statement: QueryShape;
  readonly tally: { said: number; open: number };
}

export function matchShape(source: StaticShape, statement: QueryShape): ShapeMatch | null {
  const tally = { said: 0, open: 0 };
  return matches({ source, statement, tally })
    ? { isExact: tally.open === 0, isWhole: saysAll(source, statement), ...toldParts(source, statement), said: tally.said }
    : null;
}

function toldParts({ shape }: StaticShape, statement: QueryShape): Pick<ShapeMatch, "told" | "untold"> {
  const told = shape.predicates.length + shape.joins.length;
  return { told, untold: Math.max(0, statement.predicates.length + statement.joins.length - told) };
}

/** A source without any condition says nothing that an open one could be told by; one whose columns are open fetches rows for some work of its own. */
function saysAll({ shape, open }: StaticShape, statement: QueryShape): boolean {
  const isVagueTest = (one: ShapePredicate): boolean => vagueness(one) > 0;
  if (shape.predicates.length === 0 || (shape.kind === "select" && open.has("projection")) || shape.predicates.some(isVagueTest)) return false;
  return (
    shape.predicates.length === statement.predicates.length &&
    shape.joins.length === statement.joins.length &&
    shape.subqueries.length === statement.subqueries.length
  );
}

function matches(at: Matching): boolean {
  const { source, statement, tally } = at;
  const { shape } = source;
  if (shape.kind !== statement.kind || (shape.base === null) !== (statement.base === null)) return false;
  if (shape.base?.name !== statement.base?.name) return false;
  tally.open += openParts(source);
  return (
    hasLimits(at) && hasLock(at) && hasWritten(at) && hasJoins(at) && hasPredicates(at) && hasProjection(at) && hasGroups(at) && hasOrder(at) && hasSources(at)
  );
}

/** What a join, a predicate or a column can differ in; an open order or limit tells little. */
function openParts({ open, shape }: StaticShape): number {
  return [...open].filter((one) => one !== "offset" && (one !== "projection" || shape.kind === "select")).length;
}

function hasLimits({ source: { shape, open }, statement }: Matching): boolean {
  if (!open.has("distinct") && shape.distinct !== statement.distinct) return false;
  if (!open.has("offset") && (shape.offset === null) !== (statement.offset === null)) return false;
  return open.has("limit") || sameCount(shape.limit, statement.limit);
}

function sameCount(a: QueryShape["limit"], b: QueryShape["limit"]): boolean {
  if (a === null || b === null) return a === b;
  return a === "parameter" || b === "parameter" || a === b;
}

function hasLock({ source: { shape, open }, statement }: Matching): boolean {
  return open.has("lock") || shape.lock === statement.lock;
}

function hasWritten(at: Matching): boolean {
  const {
    source: { shape, open },
    statement,
    tally,
  } = at;
  const written = new Set(statement.written);
  // `bulk_create` of one row looks like `create`, which never makes several.
  if (shape.rows === "one" && statement.rows === "many") return false;
  if (!shape.written.every((one) => written.has(one))) return false;
  tally.said += shape.written.length;
  if (!hasAssigned(at)) return false;
  return open.has("written") || written.size === new Set(shape.written).size;
}

/** What is set: a value, or something computed of the row. A list of cases is what `bulk_update` writes. */
function hasAssigned({ source: { shape }, statement }: Matching): boolean {
  return (shape.assigned ?? []).every((one, index) => {
    const name = shape.written[index];
    const there = statement.assigned?.[statement.written.indexOf(name ?? "")];
    if (there === undefined) return true;
    const isCase = withoutCast(there).kind === "call" && isCaseOf(there);
    if (one.kind === "call" && one.name === "case") return isCase;
    return one.kind !== "value" || (columnKeys(statement, there).length === 0 && !isCase);
  });
}

function isCaseOf(expression: ShapeExpression): boolean {
  const inner = withoutCast(expression);
  return inner.kind === "call" && inner.name === "case";
}

function hasJoins(at: Matching): boolean {
  const { source, statement, tally } = at;
  const isOpen = source.open.has("joins");
  if (!isOpen && source.shape.joins.length !== statement.joins.length) return false;
  const left = [...statement.joins];
  return source.shape.joins.every((join) => {
    const found = left.findIndex((one) => one.table.name === join.table.name && (isOpen || one.kind === join.kind) && sameKeys(at, join, one));
    if (found < 0) return false;
    left.splice(found, 1);
    tally.said += 1;
    return true;
  });
}

type Join = QueryShape["joins"][number];

function sameKeys({ source, statement }: Matching, a: Join, b: Join): boolean {
  const keys = (shape: QueryShape, { on }: Join): string[] =>
    on.flatMap(({ left, right }) => [`${tableAt(shape, left.table)}.${left.name}`, `${tableAt(shape, right.table)}.${right.name}`]).toSorted();
  return keys(source.shape, a).join() === keys(statement, b).join();
}

function tableAt(shape: QueryShape, position: number): string {
  if (position < 0) return "outside";
  if (shape.base?.position === position) return shape.base.name;
  return shape.joins.find((one) => one.table.position === position)?.table.name ?? "?";
}

/** Each of `wanted` has a partner of its own among `there`. Those that say most choose first. */
function pairUp<Wanted, There>(wanted: readonly Wanted[], there: readonly There[], isPair: (a: Wanted, b: There) => boolean): boolean {
  const left = [...there];
  return wanted.every((one) => {
    const found = left.findIndex((other) => isPair(one, other));
    if (found < 0) return false;
    left.splice(found, 1);
    return true;
  });
}

function hasPredicates(at: Matching): boolean {
  const { source, statement, tally } = at;
  if (!source.open.has("predicates") && source.shape.predicates.length !== statement.predicates.length) return false;
  const wanted = source.shape.predicates.toSorted((a, b) => vagueness(a) - vagueness(b));
  tally.said += 2 * wanted.filter((one) => vagueness(one) === 0).length;
  return pairUp(wanted, statement.predicates, (one, other) => samePredicate(at, one, other));
}

function vagueness({ operator, left, right }: ShapePredicate): number {
  return (
    (operator.endsWith("?") && operator !== "true?" && operator !== "is null?" && operator !== "=?" ? 2 : 0) +
    (isVague(left) ? 1 : 0) +
    (right !== null && isVague(right) ? 0.5 : 0)
  );
}

function isVague(expression: ShapeExpression): boolean {
  return expression.kind === "call" && (expression.name === "?" || expression.arguments.some(isVague));
}

function samePredicate(at: Matching, a: ShapePredicate, b: ShapePredicate): boolean {
  if (a.operator === "?") return sameExpression(at, a.left, b.left) || (b.right !== null && sameExpression(at, a.left, b.right));
  if (a.operator === "exists?") return (b.operator === "exists" || b.operator === "not exists") && sameExpression(at, a.left, b.left);
  if (a.operator === "true?") return b.operator === "true" && sameExpression(at, a.left, b.left);
  if (a.operator === "=?") return b.operator === "is null" ? sameNull(at, a, b) : samePredicate(at, { ...a, operator: "=" }, b);
  if (a.operator === "is null?") return (b.operator === "is null" || b.operator === "is not null") && sameExpression(at, a.left, b.left);
  if (a.operator !== b.operator || a.negated !== b.negated) return false;
  if (!sameExpression(at, a.left, b.left))
    return a.operator === "=" && a.right !== null && b.right !== null && sameExpression(at, a.left, b.right) && sameExpression(at, a.right, b.left);
  if (a.right === null || b.right === null) return a.right === b.right || isVague(a.left);
  return sameExpression(at, a.right, b.right);
}

/** A value that was `None` this time: less sure than a condition that asks for NULL in so many words. */
function sameNull(at: Matching, a: ShapePredicate, b: ShapePredicate): boolean {
  at.tally.open += 1;
  return sameExpression(at, a.left, b.left);
}

function hasProjection(at: Matching): boolean {
  const { source, statement, tally } = at;
  if (source.open.has("projection")) return true;
  const { projection } = source.shape;
  if (projection.length !== statement.projection.length) return false;
  tally.said += projection.length === 0 ? 0 : 1;
  const wanted = projection.toSorted((a, b) => Number(isVague(a)) - Number(isVague(b)));
  return pairUp(wanted, statement.projection, (one, other) => sameExpression(at, one, other));
}

function hasGroups(at: Matching): boolean {
  const { source, statement } = at;
  const { groupBy } = source.shape;
  if (source.open.has("group by")) return groupBy.length === 0 || statement.groupBy.length > 0;
  return groupBy.length === statement.groupBy.length && pairUp(groupBy, statement.groupBy, (one, other) => sameExpression(at, one, other));
}

function hasOrder(at: Matching): boolean {
  const { source, statement, tally } = at;
  if (source.open.has("order by")) return true;
  const { orderBy } = source.shape;
  tally.said += orderBy.length;
  return orderBy.length === statement.orderBy.length && orderBy.every((one, index) => isSameTerm(at, one, statement.orderBy[index]));
}

function isSameTerm(at: Matching, a: QueryShape["orderBy"][number], b: QueryShape["orderBy"][number] | undefined): boolean {
  return b !== undefined && a.descending === b.descending && a.nulls === b.nulls && sameExpression(at, a.what, b.what);
}

/** Subqueries in FROM and arms of a union, which no expression points at. */
function hasSources(at: Matching): boolean {
  const { source, statement, tally } = at;
  const isSource = ({ role }: QueryShape["subqueries"][number]): boolean => role !== "in" && role !== "exists" && role !== "scalar" && role !== "cte";
  const own = source.shape.subqueries.flatMap((one, index) => (isSource(one) ? [{ role: one.role, shape: source.inner[index] }] : []));
  const other = statement.subqueries.filter(isSource);
  if (own.length > other.length || (own.length < other.length && !source.open.has("subqueries"))) return false;
  return own.every(({ role, shape }, index) => {
    const there = other[index];
    return shape !== undefined && there !== undefined && there.role === role && matches({ source: shape, statement: there.shape, tally });
  });
}

function sameExpression(at: Matching, a: ShapeExpression, written: ShapeExpression): boolean {
  const b = withoutCast(written);
  if (a.kind === "call" && a.name === "?") {
    at.tally.open += 1;
    const there = columnKeys(at.statement, b);
    return columnKeys(at.source.shape, a).every((one) => there.includes(one));
  }
  if (a.kind === "column")
    return b.kind === "column" && a.name === b.name && a.table < 0 === (b.table === -1) && tableAt(at.source.shape, a.table) === tableAt(at.statement, b.table);
  if (a.kind === "value") return b.kind === "value" || (b.kind === "call" && columnKeys(at.statement, b).length === 0);
  if (a.kind === "star") return b.kind === "star";
  if (a.kind === "subquery") return b.kind === "subquery" && sameSubquery(at, a.index, b.index);
  return (
    b.kind === "call" &&
    a.name === b.name &&
    a.distinct === b.distinct &&
    a.filtered === b.filtered &&
    a.arguments.length === b.arguments.length &&
    a.arguments.every((one, index) => sameExpression(at, one, b.arguments[index] ?? one))
  );
}

function withoutCast(expression: ShapeExpression): ShapeExpression {
  if (expression.kind !== "call" || !(expression.name === "op:exists" || expression.name.startsWith("cast:") || expression.name.startsWith("collate:")))
    return expression;
  const [inner] = expression.arguments;
  return inner === undefined ? expression : withoutCast(inner);
}

function columnKeys(shape: QueryShape, expression: ShapeExpression): string[] {
  if (expression.kind === "column") return [`${expression.table < 0 ? "" : tableAt(shape, expression.table)}.${expression.name}`];
  return expression.kind === "call" ? expression.arguments.flatMap((one) => columnKeys(shape, one)) : [];
}

function sameSubquery({ source, statement, tally }: Matching, a: number, b: number): boolean {
  const own = source.inner[a];
  const there = statement.subqueries[b];
  return own !== undefined && there !== undefined && source.shape.subqueries[a]?.role === there.role && matches({ source: own, statement: there.shape, tally });
}
