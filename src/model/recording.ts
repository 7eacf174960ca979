/** What a recording says after it was read once and added up: no statement of it is kept but a few samples. */

import type { Replay } from "./replay.ts";

/** A file that a frame stands in: the user's project, a library, or neither. */
export type FrameOwner = "project" | "library" | "outside";

export interface Frame {
  /** Relative to the project's root for its own files. */
  readonly file: string;
  readonly owner: FrameOwner;
  readonly line: number;
  readonly name: string;
  readonly kind: "python" | "django" | "jinja2";
}

/** Innermost first. */
export type Stack = readonly Frame[];

export type ScopeKind = "request" | "task" | "command" | "test" | "setup" | "process";

/** How often each value was seen: exact for small values, to about a hundredth for large ones. */
export interface Spread {
  readonly count: number;
  readonly sum: number;
  readonly median: number;
  readonly max: number;
}

/** All scopes of one name: a route, a task, a command, a test. */
export interface ScopeTotals {
  readonly kind: ScopeKind;
  /** `GET orders/<int:pk>/`, a task's, a command's or a test's name. */
  readonly label: string;
  readonly view: string | null;
  readonly scopes: number;
  /** How many of them a test ran. */
  readonly inTests: number;
  /** Statements of a scope, scopes within it included. */
  readonly statements: Spread;
  /** Of those, microseconds in the database. */
  readonly databaseTime: Spread;
  readonly duration: Spread;
  /** Statements by place in the scope that sent most; the place is the project's innermost frame. */
  readonly places: readonly PlaceCount[];
  readonly errors: number;
}

export interface PlaceCount {
  readonly frame: Frame | null;
  readonly statements: number;
}

export interface StatementTotals {
  /** The text with lists of placeholders folded. */
  readonly sql: string;
  readonly statements: number;
  readonly microseconds: number;
  readonly rows: number;
  readonly slowest: number;
  /** The stack that cost most. */
  readonly stack: Stack;
  readonly stacks: number;
  /** What each line of the project that it was sent from took of its time, the most first; absent where no such line was on a stack. */
  readonly lines?: readonly LineTime[];
  /** `GET /orders/`: of the requests that sent it, those in which it cost most; absent where no request did, or only lazily. */
  readonly route?: string;
}

export interface LineTime {
  readonly file: string;
  readonly line: number;
  readonly microseconds: number;
}

export interface StackTotals {
  readonly stack: Stack;
  readonly statements: number;
  readonly microseconds: number;
}

/** Why a row asked for more: `a` lines of docs/recording-format.md. */
export type CauseKind = "forward" | "reverse-one" | "manager" | "deferred" | "generic" | "refresh" | "prefetch";

/** How often something repeated in the scopes of one name. */
export interface Occurrence {
  readonly kind: ScopeKind;
  readonly label: string;
  /** Scopes of that name in which it repeated. */
  readonly scopes: number;
  /** All scopes of that name. */
  readonly of: number;
  readonly inTests: number;
  /** Statements of a scope in which it repeated. */
  readonly statements: Spread;
  readonly microseconds: number;
  /** Rows of the parents' fetch, where there is one. */
  readonly rows: Spread;
}

/** The same lazy load for several rows of one fetch: an N+1 by its cause, not by its looks. */
export interface RowCluster {
  readonly cause: CauseKind;
  /** Model of the rows that were fetched, and the path from it to what was loaded row by row. */
  readonly model: string;
  readonly path: string;
  /** The class of the instance whose attribute was read. */
  readonly owner: string;
  readonly field: string;
  /** Where the rows were fetched; empty when the recorder did not see it. */
  readonly fetch: Stack;
  readonly access: Stack;
  readonly sql: string;
  readonly occurrences: readonly Occurrence[];
}

/** The same statement from the same stack, several times in a scope. */
export interface LoopCluster {
  readonly sql: string;
  readonly stack: Stack;
  /** Null for an explicit evaluation. */
  readonly cause: CauseKind | null;
  readonly occurrences: readonly Occurrence[];
}

/** The same statement with the same parameters again in one scope; known only where literals were recorded. */
export interface DuplicateCluster {
  readonly sql: string;
  /** Of the first one. */
  readonly stack: Stack;
  readonly repeats: number;
  readonly microseconds: number;
  readonly label: string;
}

/** What the rows of one queryset were used for, over the whole recording (`--fields`). */
export interface RowUse {
  readonly model: string;
  readonly fetch: Stack;
  /** The lookup of `prefetch_related` that fetched them; null for rows of their own. */
  readonly prefetch: string | null;
  readonly fetches: number;
  readonly rows: number;
  /** False for a prefetch whose relation was read of none of the rows that it was made for. */
  readonly isHandedOut: boolean;
  readonly fields: readonly { readonly model: string; readonly field: string; readonly instances: number }[];
  /** Columns in the statement by table, where its select list could be read. */
  readonly columns: readonly { readonly table: string; readonly columns: readonly string[] }[];
}

export interface TransactionTotals {
  readonly kind: ScopeKind;
  readonly label: string;
  readonly transactions: number;
  /** Microseconds from begin to end. */
  readonly held: Spread;
  readonly statements: Spread;
  /** The longest time within a transaction in which no statement ran, and what stood on either side of it. */
  readonly idle: Spread;
  readonly before: Stack;
  readonly after: Stack;
}

/** A call out of the process while a transaction was open. */
export interface OutsideCall {
  readonly kind: string;
  readonly target: string;
  readonly stack: Stack;
  readonly calls: number;
  readonly microseconds: number;
  readonly slowest: number;
  readonly labels: readonly string[];
}

export interface ConnectionTotals {
  readonly alias: string;
  readonly vendor: string;
  readonly opened: number;
  readonly reused: number;
  readonly closed: number;
  /** At once in the process that had most. */
  readonly peak: number;
  readonly server: string | null;
}

/** One statement of a sampled scope. */
export interface SampleStatement {
  /** Microseconds since the scope began. */
  readonly at: number;
  readonly duration: number;
  readonly sql: string;
  readonly stack: Stack;
  readonly rows: number;
  /** Statements with the same one came from one cluster; null for a statement of its own. */
  readonly group: string | null;
}

/** A whole scope, statement by statement. */
export interface ScopeSample {
  readonly kind: ScopeKind;
  readonly label: string;
  readonly duration: number;
  readonly statements: readonly SampleStatement[];
  /** Statements after the last one that was kept. */
  readonly more: number;
}

export interface Recording {
  readonly folder: string;
  readonly command: string | null;
  /** Unix milliseconds; 0 where nothing says. */
  readonly started: number;
  readonly ended: number;
  readonly python: string | null;
  readonly django: string | null;
  readonly literals: boolean;
  readonly fields: boolean;
  /** The share of scopes that was recorded. */
  readonly sample: number;
  readonly processes: number;
  /** Processes whose file has no orderly end. */
  readonly killed: number;
  readonly bytes: number;
  readonly lines: number;
  /** Lines that could not be read, and those of a kind that this version does not know. */
  readonly broken: number;
  readonly unknown: number;
  /** Statements that the recorder counted and left out, by its reason. */
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  readonly statements: number;
  readonly microseconds: number;
  /** Those of fixtures, which no figure below holds. */
  readonly setupStatements: number;
  readonly scopes: readonly ScopeTotals[];
  readonly top: readonly StatementTotals[];
  readonly stacks: readonly StackTotals[];
  readonly rowClusters: readonly RowCluster[];
  readonly loopClusters: readonly LoopCluster[];
  readonly duplicates: readonly DuplicateCluster[];
  readonly uses: readonly RowUse[];
  readonly transactions: readonly TransactionTotals[];
  readonly outsideCalls: readonly OutsideCall[];
  readonly connections: readonly ConnectionTotals[];
  readonly samples: readonly ScopeSample[];
  /** Frames' files of the project, for the question whether they changed since. */
  readonly files: readonly string[];
  /** The statements in the order of time; absent where only sums were asked for. */
  readonly replay?: Replay;
}
