import type { Call, Expr } from "./ir.ts";
import type { Span } from "./span.ts";

/** The migrations of the project's own apps, read as text: what each does, how they follow each other, what they have made so far. */
export interface ProjectMigrations {
  /** In an order in which they can run. Those that a squashed one replaces are left out. */
  readonly migrations: readonly Migration[];
  /** Migrations of an app that no other of its migrations follows: one, unless two branches were never merged. */
  leavesOf(app: string): readonly Migration[];
  /** What the migrations have made of a model's table; the name in any case. Null where none creates it. */
  historyOf(app: string, model: string): TableHistory | null;
  /** RunSQL operations in order, of all apps. */
  readonly statements: readonly MigrationSql[];
}

export interface MigrationName {
  readonly app: string;
  /** `0002_index_event_kinds`; `__first__` and `__latest__` as they are written. */
  readonly name: string;
}

export interface Migration extends MigrationName {
  readonly file: string;
  readonly span: Span;
  readonly dependencies: readonly MigrationName[];
  readonly runBefore: readonly MigrationName[];
  readonly replaces: readonly MigrationName[];
  readonly isAtomic: boolean;
  readonly operations: readonly MigrationOperation[];
  /** False where its operations or dependencies are not written as plain lists. */
  readonly isComplete: boolean;
  readonly imports: readonly MigrationImport[];
}

/** A line that a name in the migration comes from. */
export interface MigrationImport {
  /** The name that it binds: `models`, `django` of `import django.db.models.deletion`. */
  readonly binds: string;
  /** `from django.db import models`, with this name alone. */
  readonly line: string;
}

export interface MigrationOperation {
  /** The operation's class: `AddIndex`, `RunSQL`, … */
  readonly kind: string;
  readonly span: Span;
  /** Inside SeparateDatabaseAndState, and in RunSQL's `state_operations`, it does one of the two. */
  readonly effect: "both" | "database" | "state";
  /** Lower-case name of the model, where it names one. */
  readonly model: string | null;
  /** The field, index or constraint; the new name of a rename. */
  readonly name: string | null;
  /** Arguments by the names of the operation's parameters. */
  readonly arguments: ReadonlyMap<string, Expr>;
}

/** An operation, and the part of it that made the thing. */
export interface Made {
  readonly migration: Migration;
  readonly operation: MigrationOperation;
  readonly span: Span;
}

/** A field as the migrations leave it. */
export interface FieldState {
  /** The last call that describes it, as it stands in `migration`. */
  readonly call: Call;
  readonly migration: Migration;
  /** What created its column. */
  readonly made: Made;
  /** What gave it its index or its uniqueness; null without. */
  readonly indexed: Made | null;
}

export interface TableHistory {
  readonly made: Made;
  readonly fields: ReadonlyMap<string, FieldState>;
  readonly indexes: ReadonlyMap<string, Made>;
  readonly constraints: ReadonlyMap<string, Made>;
  /** Groups of unique_together and index_together, the last operation that set them. */
  readonly uniqueTogether: Made | null;
  readonly indexTogether: Made | null;
  /** Former names of its table, the present one last: generated names keep the old one. */
  readonly tables: readonly string[];
}

export interface MigrationSql {
  readonly made: Made;
  /** The statements as text, as far as they are constants. */
  readonly sql: string;
  readonly reverse: string | null;
}
