import type { Span } from "./span.ts";

/** What a queryset was made of, step by step: all that decides the text of its statements. Equal recipes are one object. */
export interface QueryRecipe {
  readonly id: number;
  /** Model label. */
  readonly model: string;
  /** The relation of one row whose manager it began with: the row's model and the field's name there. */
  readonly related: { readonly model: string; readonly field: string } | null;
  readonly steps: readonly RecipeStep[];
}

/** A call that was chained: `filter`, `order_by`, `slice` for `[a:b]`, `|` and `&`; `?live` for a method that was not read. */
export interface RecipeStep {
  readonly name: string;
  readonly args: RecipeArgs;
}

export interface RecipeArgs {
  readonly positional: readonly RecipeValue[];
  readonly keywords: readonly (readonly [string, RecipeValue])[];
  /** A `*args` or `**kwargs` of unknown length was passed. */
  readonly open: boolean;
}

export type RecipeValue =
  | { readonly kind: "unknown" }
  | { readonly kind: "literal"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly items: readonly RecipeValue[] | null }
  | { readonly kind: "dict"; readonly keys: readonly string[]; readonly open: boolean }
  | { readonly kind: "row"; readonly model: string }
  | { readonly kind: "query"; readonly recipe: QueryRecipe }
  /** `Q(…)`, `F(…)`, `Count(…)`, `Prefetch(…)`; `CombinedExpression` with its operator for arithmetic. */
  | { readonly kind: "expression"; readonly name: string; readonly args: RecipeArgs }
  | { readonly kind: "either"; readonly values: readonly RecipeValue[] };

export type SentWhat =
  /** A queryset's own statement; `args` are those of the method that runs it: of `get`, `aggregate`, `update`. */
  | { readonly kind: "query"; readonly how: string; readonly recipe: QueryRecipe; readonly args: RecipeArgs }
  /** A relation of one row that is not in memory. */
  | { readonly kind: "relation"; readonly model: string; readonly field: string }
  /** A column of one row that was left out. */
  | { readonly kind: "column"; readonly model: string; readonly field: string }
  /** `save`, `delete`, `refresh_from_db`, `full_clean` of one row. */
  | { readonly kind: "row"; readonly how: string; readonly model: string; readonly isNew: boolean; readonly args: RecipeArgs }
  /** `add`, `remove`, `set`, `clear` of a related manager. */
  | { readonly kind: "related"; readonly how: string; readonly model: string; readonly field: string; readonly args: RecipeArgs }
  /** Text of SQL; null for a part that code puts in. */
  | { readonly kind: "sql"; readonly parts: readonly (string | null)[] }
  /** `has_perm()`: what a user and the user's groups may do. */
  | { readonly kind: "permissions"; readonly model: string }
  /** `login()`, `logout()` and their like: the session, and when the user came last. */
  | { readonly kind: "session"; readonly how: string; readonly model: string }
  /** `request.user`, from the session. */
  | { readonly kind: "signed in"; readonly model: string }
  /** `prefetch_related_objects`. */
  | { readonly kind: "prefetch"; readonly model: string; readonly args: RecipeArgs };

/** A place that sends a statement, with what decides its text. */
export interface SentStatement {
  readonly what: SentWhat;
  /** Where it is sent. */
  readonly span: Span;
  /** Where the queryset is written: the same for a read of a row. */
  readonly origin: Span;
  readonly symbol: string;
}
