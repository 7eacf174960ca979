import type { PlannedCost, PlaceRole } from "./span.ts";

export type Severity = "error" | "warning" | "info";
export type Confidence = "certain" | "likely" | "possible";

/** The evidence ladder, weakest first (docs/evidence-ladder.md). */
export type Rung = "inferred" | "recorded" | "planned" | "measured" | "proven";

export interface Place {
  readonly role: PlaceRole;
  readonly file: string;
  /** Lines and columns count from 1, columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** A few words under the code, for people. */
  readonly label?: string;
  /** For what stands in no source, by its role: `public.orders_order_channel_idx` of an index, `work_mem` of a setting. `file` is the snapshot then, and `line` 0. */
  readonly object?: string;
  /** Of a statement: what the change makes of its plan, by the planner. */
  readonly cost?: PlannedCost;
  /** Of a statement: of its run, as its plan was measured, what the change takes away at most, 0 to 1. */
  readonly mostPart?: number;
}

/** One rung's evidence and its figures (`statements`, `milliseconds`, …). */
export interface Evidence {
  readonly kind: Rung;
  readonly note?: string;
  readonly [figure: string]: string | number | boolean | undefined;
}

export interface Figure {
  readonly before?: number;
  readonly after?: number;
  readonly low?: number;
  readonly high?: number;
  /** What one unit is counted over: "request", "row", "call". */
  readonly per?: string;
}

export interface Impact {
  readonly statements?: Figure;
  readonly milliseconds?: Figure;
  readonly bytes?: Figure;
  readonly rows?: Figure;
  readonly marginal?: number;
}

/** Replaces the UTF-8 bytes `start` to `end` of `file`, which must hold `expected`, by `text`. */
export interface Edit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly expected: string;
  readonly text: string;
}

/** `safe` keeps the semantics by construction, `review` needs a person, `advice` is text alone. */
export type Safety = "safe" | "review" | "advice";

export interface Fix {
  readonly title: string;
  readonly kind: "edit" | "migration" | "sql" | "config";
  readonly safety: Safety;
  /** A file that is not there yet is an edit of its bytes 0 to 0. */
  readonly edits: readonly Edit[];
  readonly migration?: MigrationPlan;
  readonly sql?: SqlPlan;
}

/** What applying a migration does to a database in use. */
export interface MigrationPlan {
  /** The strongest lock that it takes on the table, in PostgreSQL's words: `SHARE UPDATE EXCLUSIVE`. */
  readonly lock: string;
  /** How long it will take, by the table's size; the note says how that was reckoned. */
  readonly duration: string;
  /** How to undo it. */
  readonly rollback: string;
  /** The app's last migration, and the new files after it in their order: by these, fixes that are applied together are put in a row. */
  readonly follows?: { readonly app: string; readonly name: string; readonly files: readonly string[] };
}

/** SQL for a person to run, with its undo. */
export interface SqlPlan {
  readonly forward: readonly string[];
  readonly reverse: readonly string[];
  /** False for statements that refuse to run inside a transaction (CONCURRENTLY, ALTER SYSTEM). */
  readonly isTransactional: boolean;
}

export interface Finding {
  readonly id: string;
  readonly rule: string;
  readonly chapter: string;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  readonly claim: string;
  /** What to do, the end of `message`; absent where there is nothing to say. */
  readonly remedy?: string;
  readonly doubt: string;
  readonly model?: string;
  readonly relation?: string;
  readonly places: readonly Place[];
  readonly evidence: readonly Evidence[];
  readonly impact: Impact;
  readonly fixes: readonly Fix[];
}
