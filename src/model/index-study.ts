import type { Index, Table } from "./database.ts";
import type { Plan } from "./plan.ts";

/**
 * What planning a workload with and without indexes gave. Costs are the planner's, of one call, under the server's own constants (`server`) and with pages at
 * random nearly as cheap as in order and no more cache than shared_buffers (`careful`): a gain is claimed where both lead to the same plan.
 */
export interface IndexStudy {
  /** Of the server that planned. */
  readonly version: string;
  /** What of it is not as in production, in sentences. */
  readonly notes: readonly string[];
  /** For new indexes, in bytes. */
  readonly budget: number;
  readonly added: readonly StudiedIndex[];
  /** What is there and could go: each with what would happen. */
  readonly removals: readonly RemovalProof[];
  /** What rules propose, each planned by itself; absent where nobody asked them. */
  readonly proposals?: readonly ProposalProof[];
  /** What they propose beside indexes. */
  readonly changes?: readonly ChangeProof[];
  /** What was weighed and not taken, the most useful first. */
  readonly rejected: readonly RejectedIndex[];
  readonly statements: readonly StudiedStatement[];
  /** Statements without a plan, with the server's words. */
  readonly unplanned: readonly { readonly statement: string; readonly why: string }[];
  readonly candidates: number;
  /** Plans that were made. */
  readonly plans: number;
  /** Between the choice and the best of the candidates, as proven over the plans that were made, 0 to 1; null when it is not known. */
  readonly gap: number | null;
  /** False when it was ended before the end. */
  readonly isComplete: boolean;
}

export interface StudiedIndex {
  readonly table: Table;
  readonly name: string;
  /** `orders_order (status, placed_at) INCLUDE (total)`. */
  readonly label: string;
  /** CREATE INDEX CONCURRENTLY, to run as it is. */
  readonly sql: string;
  readonly spec: StudiedSpec;
  readonly bytes: number;
  /** Its size is a guess, and no figure to show. */
  readonly isGuess: boolean;
  readonly doubts: readonly string[];
  /** What keeping it costs in the time of the statements, in the planner's units; 0 where nothing writes. */
  readonly upkeep: number;
  /** Ids of statements whose plan uses it. */
  readonly serves: readonly string[];
}

/** What an index is made of, as changes of the schema are told (src/fixes/migrations). */
export interface StudiedSpec {
  readonly keys: readonly StudiedKey[];
  readonly method?: "btree" | "gin" | "brin" | "hash";
  readonly include?: readonly string[];
  /** Storage parameters. */
  readonly options?: Readonly<Record<string, number>>;
  readonly condition?: readonly (
    | { readonly column: string; readonly operator: "="; readonly value: string | number | boolean }
    | { readonly column: string; readonly operator: "is null" | "is not null" }
  )[];
}

export type StudiedKey =
  | { readonly kind: "column"; readonly column: string; readonly descending?: boolean; readonly operatorClass?: string }
  | { readonly kind: "function"; readonly function: "upper" | "lower"; readonly column: string; readonly operatorClass?: string }
  | { readonly kind: "json-key"; readonly column: string; readonly key: string; readonly operatorClass?: string };

export interface RejectedIndex {
  readonly label: string;
  readonly bytes: number | null;
  readonly why: string;
}

export interface CostPair {
  readonly before: number;
  readonly after: number;
}

export interface StudiedStatement {
  /** Id of the workload's statement. */
  readonly statement: string;
  readonly calls: number;
  readonly server: CostPair;
  readonly careful: CostPair;
  /** What the plans that the server takes would cost if memory were as small as its shared buffers; absent where nobody reckoned it. */
  readonly held?: CostPair;
  /** `gain`: cheaper, by the same plan under both constants. `verify`: cheaper by the server's constants alone, or no dearer by them and dearer if memory were small. `dearer`. */
  readonly verdict: "gain" | "verify" | "same" | "dearer";
  /** Names of added indexes that its plan uses. */
  readonly uses: readonly string[];
  /** After by before, over the values that were planned; null for one. */
  readonly range: { readonly low: number; readonly high: number } | null;
  /** `values` of calls, or a plan for `any` values. */
  readonly basis: "values" | "any";
  /** Of the first values; null where nothing changes. */
  readonly plans: { readonly before: Plan; readonly after: Plan } | null;
}

/** The whole workload planned without one index. */
export interface RemovalProof {
  readonly index: Index;
  /** Statements that were planned. */
  readonly planned: number;
  /** Of those, the ones that use it now. */
  readonly users: readonly RemovalUser[];
}

export interface RemovalUser {
  readonly statement: string;
  readonly calls: number;
  /** With it and without it, under the constants where it hurts more. */
  readonly cost: CostPair;
  readonly plans: { readonly before: Plan; readonly after: Plan };
}

/** An index that a rule proposes. */
export interface IndexProposal {
  /** Equal for equal changes; the name that it has while it is tried. */
  readonly key: string;
  readonly table: Table;
  /** As it would be called. */
  readonly name: string;
  /** `orders_order USING gin ("facts" jsonb_path_ops)`. */
  readonly label: string;
  /** CREATE INDEX with `key` for its name. */
  readonly sql: string;
  /** The index that goes in its favour. */
  readonly instead: Index | null;
  /** An extension that brings its operator class, where the database does not have it. */
  readonly extension: string | null;
  /** What it is for: statements that cost less, or bytes at the same cost. */
  readonly saves: "cost" | "bytes";
  /** A plan for any values cannot use it, or cannot know how much it finds. */
  readonly needsValues: boolean;
  /** Ids of the statements that it is proposed for. */
  readonly statements: readonly string[];
  /** Statements that have to ask otherwise to gain by it, as they would ask then. */
  readonly rewrites?: readonly { readonly statement: string; readonly sql: string }[];
}

/** The statements of its table planned with the proposed index alone, and without the one that it takes the place of. */
export interface ProposalProof {
  readonly proposal: IndexProposal;
  /** In the server's words, where it cannot be made. */
  readonly refused: string | null;
  readonly statements: readonly StudiedStatement[];
}

/** What running the workload on a copy gave, with the chosen indexes and without them. Times are the server's, in milliseconds. */
export interface IndexMeasurement {
  readonly address: string;
  readonly database: string;
  readonly version: string;
  readonly at: string;
  readonly built: readonly MeasuredIndex[];
  /** Names of indexes that were away beside the built ones. */
  readonly dropped: readonly string[];
  /** Times that each statement was run in each state, the warm-up excluded, at most. */
  readonly rounds: number;
  readonly statements: readonly MeasuredStatement[];
  readonly unmeasured: readonly { readonly statement: string; readonly why: string }[];
  /** What of it is not as it should be, in sentences. */
  readonly notes: readonly string[];
  readonly isComplete: boolean;
}

export interface MeasuredIndex {
  readonly label: string;
  /** As it would be called. */
  readonly name: string;
  /** As it was built; null where PostgreSQL refused it. */
  readonly bytes: number | null;
  readonly milliseconds: number;
  readonly refused: string | null;
}

export interface MeasuredStatement {
  readonly statement: string;
  readonly calls: number;
  readonly kind: "read" | "write";
  /** Where its values come from: a log, rows of the copy, or the text itself. */
  readonly values: "log" | "rows" | "text";
  readonly before: Spread;
  readonly after: Spread;
  /** By medians, where the ranges do not meet either. */
  readonly verdict: "faster" | "slower" | "same";
  /** Names of added indexes that its plan used on the copy. */
  readonly uses: readonly string[];
}

/** Of the rounds; null where the statement did not end in time. */
export interface Spread {
  readonly median: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** What is to be planned otherwise, and is no index. */
export type ChangeProposal =
  /** The server's setting, under which the whole workload is planned. */
  | { readonly kind: "setting"; readonly key: string; readonly name: string; /** As SET takes it. */ readonly value: string }
  /** Statistics of two columns together, made up so that a plan's condition has the rows that it really had. */
  | {
      readonly kind: "statistics";
      readonly key: string;
      readonly table: Table;
      readonly columns: readonly [string, string];
      /** As the plan says it. */ readonly condition: string;
      readonly alias: string;
      /** That came. */ readonly rows: number;
      readonly sql: string;
    }
  /** Statements that have to ask otherwise, as they would ask then. */
  | {
      readonly kind: "restated";
      readonly key: string;
      /** Whose change it is, as a report names it: `table public.orders_order`. */
      readonly object: string;
      readonly rewrites: readonly { readonly statement: string; readonly sql: string }[];
      /** They are planned at their best. */
      readonly isAtMost?: true;
    };

/** The statements that a change is for, planned with it and without it, under the server's own constants. */
export interface ChangeProof {
  readonly proposal: ChangeProposal;
  /** Why it could not be tried, as a clause. */
  readonly refused: string | null;
  readonly statements: readonly ChangedStatement[];
}

export interface ChangedStatement {
  /** Id of the workload's statement; empty where it is none of it. */
  readonly statement: string;
  readonly calls: number;
  readonly cost: CostPair;
  /** Planned with the values of real calls. */
  readonly isSure: boolean;
  /** Another plan, whatever its figures. */
  readonly isOther: boolean;
  /** Null where they are alike. */
  readonly plans: { readonly before: Plan; readonly after: Plan } | null;
}
