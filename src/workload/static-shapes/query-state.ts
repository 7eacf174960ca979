/** A queryset's query while it is put together, as Django's own `Query` is. */
import type { Field, Model, QueryRecipe, RecipeValue } from "../../model/index.ts";
import type { ShapeExpression } from "../../model/shape.ts";
import type { ModelTables } from "./model-tables.ts";
import type { OpenPart, StaticShape } from "./static-shape.ts";

/** A table of the query; `index` in `QueryState.aliases` stands for its position until the shape is made. */
export interface Alias {
  readonly index: number;
  readonly model: Model;
  readonly table: string;
  readonly parent: Alias | null;
  /** Tells joins apart: the field that leads here from the parent. */
  readonly key: string;
  readonly on: readonly { readonly left: string; readonly right: string }[];
  readonly nullable: boolean;
  readonly isMany: boolean;
  /** Rows of this side come from a foreign key of the other. */
  readonly isDirect: boolean;
  kind: "inner" | "left";
  refs: number;
}

export type Condition =
  | { readonly kind: "group"; readonly connector: "AND" | "OR"; readonly negated: boolean; readonly children: readonly Condition[] }
  | { readonly kind: "test"; readonly operator: string; readonly left: ShapeExpression; readonly right: ShapeExpression | null };

export interface Annotation {
  readonly expression: ShapeExpression;
  readonly isAggregate: boolean;
  /** `alias()` puts nothing into the SELECT list. */
  isSelected: boolean;
}

/** What a query asks of queries within it. */
export interface QueryBuilder {
  /** Null where the model was not read, or the statement is written by hand. */
  readonly build: (tables: ModelTables, recipe: QueryRecipe, outer: QueryState | null) => QueryState | null;
  readonly finish: (state: QueryState, what: "exists" | "keys" | "nested") => StaticShape;
}

export interface QueryState {
  readonly builder: QueryBuilder;
  readonly tables: ModelTables;
  readonly model: Model;
  readonly aliases: Alias[];
  readonly where: Condition[];
  readonly annotations: Map<string, Annotation>;
  readonly subqueries: { readonly role: "in" | "exists" | "scalar" | "from" | "union" | "union all" | "intersect" | "except"; readonly shape: StaticShape }[];
  readonly open: Set<OpenPart>;
  /** Null for Meta.ordering. */
  order: readonly RecipeValue[] | null;
  isReversed: boolean;
  limit: number | "parameter" | null;
  offset: "parameter" | null;
  distinct: "no" | "all" | "on";
  /** Names of `values()`; null for rows. */
  values: readonly RecipeValue[] | null;
  valuesKeywords: readonly (readonly [string, RecipeValue])[];
  /** Columns before the first aggregate came: what it groups by. */
  grouped: readonly ShapeExpression[] | null;
  only: ReadonlySet<string> | null;
  deferred: ReadonlySet<string>;
  /** Paths; true for `select_related()`. */
  selectRelated: readonly string[] | true;
  prefetches: readonly RecipeValue[];
  lock: "update" | "no key update" | "share" | "key share" | null;
  lockOf: readonly string[];
  union: { readonly role: "union" | "union all" | "intersect" | "except"; readonly arms: readonly StaticShape[] } | null;
  /** No statement is sent: `none()`. */
  isEmpty: boolean;
  /** The query around, for `OuterRef`. */
  readonly outer: QueryState | null;
}

export function openQuery(builder: QueryBuilder, tables: ModelTables, model: Model, outer: QueryState | null): QueryState {
  const concrete = tables.graph.models.get(model.concrete) ?? model;
  return {
    builder,
    tables,
    model,
    aliases: [
      {
        index: 0,
        model: concrete,
        table: tables.tableOf(model),
        parent: null,
        key: "",
        on: [],
        nullable: false,
        isMany: false,
        isDirect: false,
        kind: "inner",
        refs: 1,
      },
    ],
    where: [],
    annotations: new Map(),
    subqueries: [],
    open: new Set(),
    order: null,
    isReversed: false,
    limit: null,
    offset: null,
    distinct: "no",
    values: null,
    valuesKeywords: [],
    grouped: null,
    only: null,
    deferred: new Set(),
    selectRelated: [],
    prefetches: [],
    lock: null,
    lockOf: [],
    union: null,
    isEmpty: false,
    outer,
  };
}

export function baseOf(state: QueryState): Alias {
  const [base] = state.aliases;
  if (base === undefined) throw new Error("a query without a table");
  return base;
}

export type JoinStep = Pick<Alias, "model" | "key" | "on" | "nullable" | "isMany" | "isDirect">;

/** `Query.join`: an equal join is used again, one to many rows only where `reuse` has it. */
export function joinTable(state: QueryState, parent: Alias, step: JoinStep, reuse: ReadonlySet<Alias> | null): Alias {
  const known = state.aliases.find((one) => one.parent === parent && one.key === step.key && (reuse === null || !step.isMany || reuse.has(one)));
  if (known !== undefined) {
    known.refs += 1;
    return known;
  }
  const kind = parent.kind === "left" || step.nullable ? "left" : "inner";
  const made: Alias = { ...step, index: state.aliases.length, table: state.tables.tableOf(step.model), parent, kind, refs: 1 };
  state.aliases.push(made);
  return made;
}

/** `Query.promote_joins`. */
export function promote(state: QueryState, aliases: Iterable<Alias>): void {
  const queue = [...aliases];
  for (let alias = queue.shift(); alias !== undefined; alias = queue.shift()) {
    if (alias.parent === null || alias.kind === "left" || !(alias.nullable || alias.parent.kind === "left")) continue;
    alias.kind = "left";
    for (const one of state.aliases) if (one.parent === alias && !queue.includes(one)) queue.push(one);
  }
}

/** `Query.demote_joins`. */
export function demote(aliases: Iterable<Alias>): void {
  for (const first of aliases) {
    for (let alias: Alias | null = first; alias !== null && alias.parent !== null && alias.kind === "left"; alias = alias.parent) alias.kind = "inner";
  }
}

export function fieldKey(field: Field): string {
  return `${field.span.file}:${field.span.start}:${field.name}`;
}
