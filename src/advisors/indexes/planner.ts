/** What the search asks of a planner. Candidates and questions go by their number. */
export interface Planner {
  /** Takes new candidates, numbered on from those before: how large each would be, or why there can be none. */
  readonly add: (indexes: readonly string[]) => Promise<readonly Known[]>;
  /** Plans of questions with these candidates present. */
  readonly price: (questions: readonly number[], present: ReadonlySet<number>) => Promise<readonly Priced[]>;
}

/** `names`: by which plans call it, several where a table has partitions. */
export type Known =
  | { readonly bytes: number; readonly isGuess: boolean; readonly doubts: readonly string[]; readonly names?: readonly string[] }
  | { readonly refused: string };

/** A plan, as far as the choice goes. */
export interface Priced {
  readonly cost: number;
  /** What the same plan would cost if memory were small; absent where nobody reckons it, which is as `cost`. */
  readonly careful?: number;
  /** Candidates that the plan uses. */
  readonly used: readonly number[];
}

/** One statement with values of one call, or for any values. */
export interface Question {
  /** Number of the statement that it is one of. */
  readonly statement: number;
  /** Calls that it stands for. */
  readonly weight: number;
}
