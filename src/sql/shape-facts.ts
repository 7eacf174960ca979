/** What is worth knowing about a statement before anything is known of its tables. Each looks into subqueries too. */
import type { QueryShape, ShapeColumn, ShapeExpression, ShapePredicate } from "../model/shape.ts";
import { columnsIn, shapesIn } from "./compare-shapes.ts";

/** A predicate, with the statement that it stands in. */
export interface PredicateFact {
  readonly shape: QueryShape;
  readonly predicate: ShapePredicate;
}

/** A column that is compared only after a function or a cast was applied to it: `UPPER("a"."name"::text)` is both. */
export interface WrappedColumn extends PredicateFact {
  readonly column: ShapeColumn;
  /** Outermost first: `upper`, `cast:text`. */
  readonly wrappers: readonly string[];
}

/** Columns of conditions that an index on the plain column does not serve. Operators such as `->>` and `+` count as functions: `op:->>`. */
export function wrappedColumns(shape: QueryShape): WrappedColumn[] {
  return predicatesIn(shape).flatMap((fact) =>
    [fact.predicate.left, fact.predicate.right].flatMap((side) => (side === null ? [] : wrappersIn(side, []).map((one) => ({ ...fact, ...one })))),
  );
}

/** Those under a function, whatever casts are between. */
export const functionsOnColumns = (shape: QueryShape): WrappedColumn[] => wrappedColumns(shape).filter(({ wrappers }) => wrappers.some((one) => !isCast(one)));

/** Those under casts alone. */
export const castsOnColumns = (shape: QueryShape): WrappedColumn[] => wrappedColumns(shape).filter(({ wrappers }) => wrappers.every((one) => isCast(one)));

/** Columns that are compared with a value of a wider type, for which PostgreSQL converts the column: `"a"."count" = $1::numeric`. */
export function comparedWithCasts(shape: QueryShape): WrappedColumn[] {
  return predicatesIn(shape).flatMap((fact) => {
    const { left, right } = fact.predicate;
    return right === null ? [] : [...castTo(fact, left, right), ...castTo(fact, right, left)];
  });
}

function castTo(fact: PredicateFact, column: ShapeExpression, value: ShapeExpression): WrappedColumn[] {
  return column.kind === "column" && value.kind === "call" && isCast(value.name) && columnsIn(value).length === 0
    ? [{ ...fact, column, wrappers: [value.name] }]
    : [];
}

const isCast = (name: string): boolean => name.startsWith("cast:");

function wrappersIn(expression: ShapeExpression, around: readonly string[]): Pick<WrappedColumn, "column" | "wrappers">[] {
  if (expression.kind === "column") return around.length === 0 ? [] : [{ column: expression, wrappers: around }];
  if (expression.kind !== "call" || expression.name === "row" || expression.name === "array") return [];
  return expression.arguments.flatMap((one) => wrappersIn(one, [...around, expression.name]));
}

function predicatesIn(shape: QueryShape): PredicateFact[] {
  return shapesIn(shape).flatMap((one) => one.predicates.map((predicate) => ({ shape: one, predicate })));
}

const PATTERNS: ReadonlySet<string> = new Set(["like", "not like", "ilike", "not ilike"]);

/** LIKE with a pattern, written in the statement, that begins with a wildcard. Of a parameter nothing is known. */
export function leadingWildcards(shape: QueryShape): (PredicateFact & { readonly pattern: string })[] {
  return predicatesIn(shape).flatMap((fact) => {
    const { operator, right } = fact.predicate;
    const pattern = PATTERNS.has(operator) && right !== null ? patternIn(right) : null;
    return pattern !== null && /^[%_]/.test(pattern) ? [{ ...fact, pattern }] : [];
  });
}

/** Django writes `UPPER('%x%')`, and ESCAPE is a function around the pattern. */
function patternIn(expression: ShapeExpression): string | null {
  if (expression.kind === "value") return expression.value.kind === "constant" && expression.value.type === "string" ? expression.value.text : null;
  const [first] = expression.kind === "call" ? expression.arguments : [];
  return first === undefined ? null : patternIn(first);
}

/** Statements that skip rows: the number, or `parameter` where it is not written. `OFFSET 0` skips none. */
export function offsets(shape: QueryShape): { readonly shape: QueryShape; readonly offset: number | "parameter" }[] {
  return shapesIn(shape).flatMap((one) => (one.offset === null || one.offset === 0 ? [] : [{ shape: one, offset: one.offset }]));
}

/** Groups of alternatives whose columns are of several tables, so that no index of one table serves them. */
export function alternativesAcrossTables(shape: QueryShape): { readonly shape: QueryShape; readonly predicates: readonly ShapePredicate[] }[] {
  return shapesIn(shape).flatMap((one) =>
    groupsOf(one)
      .filter((group) => tablesIn(group).size > 1)
      .map((predicates) => ({ shape: one, predicates })),
  );
}

function groupsOf({ predicates }: QueryShape): ShapePredicate[][] {
  const groups = new Map<number, ShapePredicate[]>();
  for (const one of predicates) if (one.any !== null && one.clause === "where") groups.set(one.any, [...(groups.get(one.any) ?? []), one]);
  return [...groups.values()];
}

function tablesIn(predicates: readonly ShapePredicate[]): ReadonlySet<number> {
  return new Set(
    predicates
      .flatMap(({ left, right }) => [left, ...(right === null ? [] : [right])])
      .flatMap((side) => columnsIn(side))
      .flatMap(({ table }) => (table >= 0 ? [table] : [])),
  );
}

/** `NOT IN (SELECT …)`, which cannot be planned as an anti join, and finds nothing once a NULL is among the rows. */
export function notInSubqueries(shape: QueryShape): (PredicateFact & { readonly subquery: QueryShape })[] {
  return predicatesIn(shape).flatMap((fact) => {
    const { operator, right } = fact.predicate;
    const subquery = operator === "not in" && right?.kind === "subquery" ? fact.shape.subqueries[right.index]?.shape : undefined;
    return subquery === undefined ? [] : [{ ...fact, subquery }];
  });
}

/** Statements that join tables and then drop double rows. */
export function distinctOverJoins(shape: QueryShape): QueryShape[] {
  return shapesIn(shape).filter((one) => one.distinct === "all" && one.joins.length > 0);
}

/**
 * Whether PostgreSQL wrote the statement itself, to check a foreign key: `SELECT 1 FROM ONLY "t" x WHERE "id" = $1 FOR KEY SHARE OF x`. pg_stat_statements
 * counts those of deferred constraints, which all of Django's are, as it counts statements of clients.
 */
export function isForeignKeyCheck({ kind, base, lock, joins }: QueryShape): boolean {
  return kind === "select" && base?.only === true && lock === "key share" && joins.length === 0;
}
