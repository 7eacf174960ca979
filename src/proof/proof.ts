import type { ChosenFix } from "../fixes/plan-fixes.ts";
import type { Timing } from "./timing.ts";

/** A count before the fixes and after. */
export interface Pair<T = number> {
  readonly before: T;
  readonly after: T;
}

/** What a fix changed, over all scopes of the command: figures of the statements that it replaces alone. */
export interface FixFigures {
  readonly statements: Pair;
  readonly rows: Pair;
  /** Milliseconds in the database; null where it was not timed. */
  readonly milliseconds: Pair<Timing> | null;
  /** In how many tests, requests, tasks or commands it showed. */
  readonly scopes: number;
}

export interface ProvenFix extends ChosenFix {
  readonly figures: FixFigures;
  /** It changes the same statements as another kept fix, which has the figures. */
  readonly isShared: boolean;
}

export interface WithdrawnFix extends ChosenFix {
  readonly results: "equal" | "different";
  readonly reason: string;
  readonly figures: FixFigures | null;
}

export interface UntriedFix extends ChosenFix {
  readonly reason: string;
}

/** The command as a whole. */
export interface RunTotals {
  readonly status: number;
  /** Of its tests, by outcome; empty where it has none. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly statements: number;
  readonly milliseconds: Timing;
  readonly runs: number;
}

/** The outcome of applying fixes and running a command again. */
export interface Proof {
  readonly before: RunTotals;
  readonly after: RunTotals;
  readonly kept: readonly ProvenFix[];
  readonly withdrawn: readonly WithdrawnFix[];
  readonly untried: readonly UntriedFix[];
  /** Scopes whose statements differ from run to run without any change: nothing was concluded from them. */
  readonly unjudged: readonly string[];
  /** How often the command was run in all. */
  readonly runs: number;
}
