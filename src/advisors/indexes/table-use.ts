/** What one statement asks of one appearance of a table, as far as an index can serve it. */
import type { QueryShape, ShapeColumn, ShapeExpression, ShapePredicate, Table } from "../../model/index.ts";
import { columnsIn, expressionsOf, ownTables } from "../../sql/compare-shapes.ts";
import { resolve, tableOf, type Reading } from "./resolve-columns.ts";

export interface TableUse {
  readonly table: Table;
  /** Compared with values for equality, of which each row's must be one. */
  readonly equal: readonly string[];
  /** Of those, the ones compared with a constant that is written in the statement. */
  readonly constants: readonly {
    readonly column: string;
    readonly operator: "=" | "is null" | "is not null";
    readonly value: string | number | boolean | null;
  }[];
  /** Set equal to another table's column. */
  readonly joined: readonly string[];
  readonly ranges: readonly string[];
  readonly order: readonly { readonly column: string; readonly descending: boolean }[];
  readonly grouped: readonly string[];
  /** All that the statement reads of the table; null where that is every column. */
  readonly needed: readonly string[] | null;
  /** What no plain key serves. */
  readonly special: readonly SpecialUse[];
}

/** `UPPER(name::text) LIKE`, `tags @>`, `name LIKE 'a%'`. */
export type SpecialUse =
  | { readonly kind: "function"; readonly function: "upper" | "lower"; readonly column: string; readonly operator: "=" | "like" }
  | { readonly kind: "json-key"; readonly column: string; readonly key: string }
  | { readonly kind: "pattern"; readonly column: string }
  | { readonly kind: "contains"; readonly column: string; readonly operator: string };

export function usesIn(reading: Reading): TableUse[] {
  return ownTables(reading.shape).flatMap((one) => {
    const table = tableOf(reading, one);
    return table === null ? [] : [useOf(reading, table, one.position)];
  });
}

function useOf(reading: Reading, table: Table, position: number): TableUse {
  const { shape } = reading;
  const columnOf = (expression: ShapeExpression | null): string | null => (expression?.kind === "column" ? ownColumn(reading, position, expression) : null);
  const sides = shape.predicates.flatMap((predicate) => bothWays(predicate).flatMap((one) => sideOf(reading, one, columnOf)));
  const pairs = shape.joins.flatMap(({ on }) => on.flatMap(({ left, right }) => [columnOf(left), columnOf(right)]));
  return {
    table,
    equal: distinct(sides.flatMap((one) => (one.kind === "equal" ? [one.column] : []))),
    constants: sides.flatMap((one) => (one.kind === "equal" && one.constant !== undefined ? [one.constant] : [])),
    joined: distinct([...pairs, ...sides.flatMap((one) => (one.kind === "joined" ? [one.column] : []))]),
    ranges: distinct(sides.flatMap((one) => (one.kind === "range" ? [one.column] : []))),
    order: orderOf(shape, columnOf),
    grouped: distinct(shape.groupBy.map((one) => columnOf(one))),
    needed: neededOf(reading, table, position),
    special: specialsOf(shape, columnOf),
  };
}

function ownColumn(reading: Reading, position: number, column: ShapeColumn): string | null {
  const found = resolve(reading, column);
  return found?.isOwn === true && found.position === position ? column.name : null;
}

const distinct = (names: readonly (string | null)[]): string[] => [...new Set(names.flatMap((one) => one ?? []))];

type Side =
  | { readonly kind: "equal"; readonly column: string; readonly constant?: TableUse["constants"][number] }
  | { readonly kind: "joined"; readonly column: string }
  | { readonly kind: "range"; readonly column: string };

type Compared = Pick<ShapePredicate, "operator" | "right" | "negated" | "any"> & { readonly left: ShapeExpression };

const MIRRORED: Readonly<Record<string, string>> = { "=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

function bothWays({ operator, left, right, negated, any }: ShapePredicate): Compared[] {
  const mirrored = MIRRORED[operator];
  return [
    { operator, left, right, negated, any },
    ...(right === null || mirrored === undefined ? [] : [{ operator: mirrored, left: right, right: left, negated, any }]),
  ];
}

const EQUAL: ReadonlySet<string> = new Set(["=", "in", "is null", "true"]);
const RANGE: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "between"]);

/** Of alternatives each may be looked up by itself. */
function sideOf(reading: Reading, { operator, left, right, negated, any }: Compared, columnOf: (expression: ShapeExpression | null) => string | null): Side[] {
  const column = columnOf(left);
  if (column === null || (negated && operator !== "true")) return [];
  const others = right === null ? [] : columnsIn(right).map((one) => resolve(reading, one));
  const isJoin = right?.kind === "subquery" || others.some((one) => one !== null);
  if (isJoin) return EQUAL.has(operator) ? [{ kind: "joined", column }] : RANGE.has(operator) ? [{ kind: "range", column }] : [];
  if (RANGE.has(operator)) return [{ kind: "range", column }];
  if (operator === "is not null") return any === null ? [{ kind: "range", column }] : [];
  if (!EQUAL.has(operator)) return [];
  const constant = any === null ? constantOf(column, operator, right, negated) : null;
  return [{ kind: "equal", column, ...(constant === null ? {} : { constant }) }];
}

function constantOf(column: string, operator: string, right: ShapeExpression | null, negated: boolean): TableUse["constants"][number] | null {
  if (operator === "is null") return { column, operator, value: null };
  if (operator === "true") return { column, operator: "=", value: !negated };
  if (operator !== "=" || right?.kind !== "value" || right.value.kind !== "constant") return null;
  const { type, text } = right.value;
  if (type === "boolean") return { column, operator: "=", value: text === "true" };
  if (type === "integer") return { column, operator: "=", value: Number(text) };
  return type === "string" ? { column, operator: "=", value: text } : null;
}

/** Only where all of it is of this table: else the rows are sorted after the join. */
function orderOf({ orderBy }: QueryShape, columnOf: (expression: ShapeExpression) => string | null): TableUse["order"] {
  const columns = orderBy.map(({ what, descending }) => ({ column: columnOf(what), descending }));
  return columns
    .flatMap(({ column, descending }) => (column === null ? [] : [{ column, descending }]))
    .slice(0, columns.findIndex(({ column }) => column === null) < 0 ? columns.length : columns.findIndex(({ column }) => column === null));
}

function neededOf(reading: Reading, table: Table, position: number): readonly string[] | null {
  const found = new Set<string>();
  const { shape } = reading;
  // Rows that are changed or locked are read whole.
  if (shape.kind === "update" || shape.kind === "delete" || shape.lock !== null) return null;
  for (const expression of shape.projection) if (hasStar(expression, position) && !(expression.kind === "call")) return null;
  if (shape.projection.some((one) => one.kind === "star" && (one.table === null || one.table === position))) return null;
  collect(reading, reading, position, found);
  return table.columns.filter(({ name }) => found.has(name)).map(({ name }) => name);
}

function hasStar(expression: ShapeExpression, position: number): boolean {
  return expression.kind === "star" && (expression.table === null || expression.table === position);
}

/** Statements within mention columns of this one. */
function collect(owner: Reading, reading: Reading, position: number, into: Set<string>): void {
  for (const column of expressionsOf(reading.shape).flatMap((one) => columnsIn(one))) {
    const found = resolveFrom(owner, reading, column);
    if (found !== null && found === position) into.add(column.name);
  }
  for (const { shape } of reading.shape.subqueries) collect(owner, { shape, outer: reading, tableNamed: reading.tableNamed }, position, into);
}

function resolveFrom(owner: Reading, reading: Reading, column: ShapeColumn): number | null {
  for (let at: Reading | null = reading; at !== null; at = at.outer) {
    const found = resolve({ ...at, outer: null }, at === reading ? column : { ...column, table: -2 });
    if (found !== null) return at.shape === owner.shape ? found.position : null;
    if (at.shape === owner.shape) return null;
  }
  return null;
}

// ------------------------------------------------------------------------------------------------------------ what plain keys do not serve

const LIKE: ReadonlySet<string> = new Set(["like", "ilike"]);
const CONTAINS: ReadonlySet<string> = new Set(["@>", "?", "?|", "?&", "&&", "@@"]);

function specialsOf({ predicates }: QueryShape, columnOf: (expression: ShapeExpression) => string | null): SpecialUse[] {
  return predicates.flatMap(({ left, operator, negated }): SpecialUse[] => {
    if (negated) return [];
    const bare = withoutCasts(left);
    const column = columnOf(bare);
    if (column !== null && LIKE.has(operator)) return [{ kind: "pattern", column }];
    if (column !== null && CONTAINS.has(operator)) return [{ kind: "contains", column, operator }];
    if (bare.kind !== "call") return [];
    const [first, second] = bare.arguments;
    const inner = first === undefined ? null : columnOf(withoutCasts(first));
    if (inner === null) return [];
    if ((bare.name === "upper" || bare.name === "lower") && (operator === "=" || operator === "like"))
      return [{ kind: "function", function: bare.name, column: inner, operator }];
    if (bare.name === "op:->>" && second?.kind === "value" && second.value.kind === "constant" && second.value.type === "string" && operator === "=")
      return [{ kind: "json-key", column: inner, key: second.value.text }];
    return [];
  });
}

function withoutCasts(expression: ShapeExpression): ShapeExpression {
  const [inner] = expression.kind === "call" && expression.name.startsWith("cast:") ? expression.arguments : [];
  return inner === undefined ? expression : withoutCasts(inner);
}
