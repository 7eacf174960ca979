/**
 * What a statement asks, without its values: SQL of a log, a row of `pg_stat_statements`, a recorded statement and a queryset in the source
 * all become one of these, and are compared by it.
 */
export interface QueryShape {
  readonly kind: "select" | "insert" | "update" | "delete";
  /** The table that rows come from or go to; null for a statement without one. */
  readonly base: ShapeTable | null;
  /** In order of appearance, the base excluded. Aliases are resolved: equal joins in another order are another shape, as Django writes them. */
  readonly joins: readonly ShapeJoin[];
  /** Of WHERE, JOIN … ON beyond the key, and HAVING. AND of all, unless `any` groups say otherwise. */
  readonly predicates: readonly ShapePredicate[];
  readonly groupBy: readonly ShapeExpression[];
  readonly orderBy: readonly { readonly what: ShapeExpression; readonly descending: boolean; readonly nulls: "first" | "last" | null }[];
  /** Null without LIMIT; a number where it is written, `parameter` where it is `$n`. */
  readonly limit: number | "parameter" | null;
  readonly offset: number | "parameter" | null;
  readonly distinct: "no" | "all" | "on";
  readonly projection: readonly ShapeExpression[];
  /** Columns of SET and of INSERT. */
  readonly written: readonly string[];
  /** What SET gives each of `written`, in their order; the arms of a CASE that differ in values alone are one. */
  readonly assigned?: readonly ShapeExpression[];
  /** Of INSERT … ON CONFLICT. */
  readonly conflict?: "nothing" | "update";
  /** Rows of VALUES: one, or `many`. Null for others. */
  readonly rows: "one" | "many" | null;
  readonly lock: "update" | "no key update" | "share" | "key share" | null;
  readonly lockOf: readonly string[];
  /** Whole statements inside: of IN (SELECT …), EXISTS, scalar subqueries, FROM (SELECT …), CTEs, arms of UNION. */
  readonly subqueries: readonly {
    readonly role: "in" | "exists" | "scalar" | "from" | "cte" | "union" | "union all" | "intersect" | "except";
    readonly shape: QueryShape;
    /** What columns of it are counted as: for `from` alone. */ readonly position?: number;
  }[];
}

export interface ShapeTable {
  /** Null for the search path's first. */
  readonly schema: string | null;
  readonly name: string;
  /** Number of the table's appearance: 0 for the base, 1 and up for joins in order. */
  readonly position: number;
  /** Written with ONLY, as PostgreSQL's own checks of foreign keys are; Django never does. */
  readonly only?: true;
}

export interface ShapeJoin {
  readonly table: ShapeTable;
  readonly kind: "inner" | "left" | "right" | "full" | "cross";
  /** Pairs of columns set equal. */
  readonly on: readonly { readonly left: ShapeColumn; readonly right: ShapeColumn }[];
}

export interface ShapeColumn {
  readonly kind: "column";
  /** Position of the table, or of the subquery in FROM; -1 for one of an outer statement, -2 where the statement does not say which of several. */
  readonly table: number;
  readonly name: string;
}

export type ShapeExpression =
  | ShapeColumn
  /** `*` or `t.*`. */
  | { readonly kind: "star"; readonly table: number | null }
  /** Aggregates, functions and casts (`cast:date`), operators as `op:+`, `case`, `row`, `array`; arguments in order. */
  | {
      readonly kind: "call";
      readonly name: string;
      readonly arguments: readonly ShapeExpression[];
      readonly distinct: boolean;
      readonly filtered: boolean;
      readonly isWindow: boolean;
    }
  | { readonly kind: "value"; readonly value: ShapeValue }
  | { readonly kind: "subquery"; readonly index: number };

/** What stands where a value does. `constant`: written in the statement, with its text where it tells something (`true`, `1`). */
export type ShapeValue =
  | { readonly kind: "parameter" }
  | { readonly kind: "constant"; readonly type: "null" | "boolean" | "integer" | "float" | "string" | "other"; readonly text: string }
  | { readonly kind: "list"; readonly length: number | "parameter" };

export interface ShapePredicate {
  readonly clause: "where" | "on" | "having";
  /** `=`, `<>`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is null`, `is not null`, `between`, `like`, `not like`, `ilike`, `~`, `@>`, `?`, `&&`, `exists`,
   *  `not exists`, `true` for a bare boolean, or any other operator as it is written. */
  readonly operator: string;
  /** The side that has a column, or the left one. */
  readonly left: ShapeExpression;
  readonly right: ShapeExpression | null;
  /** Predicates with the same number are alternatives (OR); null for those that must all hold. */
  readonly any: number | null;
  /** Of one `any`, predicates with the same arm hold together: `(a AND b) OR c`. Absent for an alternative that is one predicate. */
  readonly arm?: number;
  readonly negated: boolean;
}
