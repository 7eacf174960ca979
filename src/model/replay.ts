import type { Stack } from "./recording.ts";
import type { QueryShape } from "./shape.ts";

/**
 * What a recording says when it is played again, statement by statement and in the order of time: who asked what, and when what it came from was
 * changed. Times are microseconds since the recording began; all lists of one statement are as long as its `at`.
 */
export interface Replay {
  /** From the first to the last event that was kept. */
  readonly microseconds: number;
  /** Equal parameters are known to be equal. False for a recording that was made before parameters had numbers. */
  readonly isKeyed: boolean;
  /** Microseconds at which events ended to be kept; null when all were. */
  readonly cutAt: number | null;
  readonly statements: readonly ReplayStatement[];
}

export interface ReplayStatement {
  /** As it was sent the first time; the others differ in the length of lists alone. */
  readonly sql: string;
  /** The text under which sums of the recording know it, lists folded. */
  readonly folded: string;
  /** Null until somebody has read the text, and where PostgreSQL's parser does not. */
  readonly shape: QueryShape | null;
  /** The stack that cost most. */
  readonly stack: Stack;
  /** Names of the requests, tasks, commands and tests that sent it, with how often. */
  readonly scopes: readonly { readonly label: string; readonly count: number }[];
  /** When it ran; when a change became visible to others: at the commit. */
  readonly at: readonly number[];
  readonly micros: readonly number[];
  /** The same number for the same parameters, 0 for none or where they are not known. */
  readonly keys: readonly number[];
  readonly rows: readonly number[];
  readonly kinds: readonly ReplayKind[];
}

/**
 * `open`: a read that a cache could have answered. `again`: the same question again in the same scope, which is the code's to mend. `locked`: in a transaction that the
 * code opened, or after a change in the same scope: the database has to be asked. `write`: anything that changes rows. `test`: asked by a test or its fixtures themselves.
 */
export type ReplayKind = "open" | "again" | "locked" | "write" | "test";
