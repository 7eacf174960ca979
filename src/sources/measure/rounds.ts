/** Statements run in turn with the indexes and without them. Each state begins at a savepoint, and each statement is rolled back. */
import { quoteQualified } from "../../postgres/quote.ts";
import type { Copy } from "./copy.ts";
import { messageOf, type Runnable } from "./runnable.ts";

export type State = "before" | "after";

export interface RoundsInput {
  readonly copy: Copy;
  readonly runnables: readonly Runnable[];
  /** What is not there in a state. */
  readonly away: Readonly<Record<State, readonly { readonly schema: string; readonly name: string }[]>>;
  /** Of one statement, in milliseconds. */
  readonly timeout: number;
  readonly rounds: number;
  readonly isOver: () => boolean;
  readonly progress: (done: number, total: number) => void;
}

/** Of one statement, in one state. */
export interface Timed {
  /** Milliseconds of each round, a mean over the values. */
  readonly rounds: number[];
  /** Indexes of its plan. */
  readonly uses: Set<string>;
  /** Did not end in time, and was not run again. */
  isLate: boolean;
}

export interface RoundsResult {
  readonly times: readonly Readonly<Record<State, Timed>>[];
  /** By runnable: why it failed, where it did. */
  readonly failed: ReadonlyMap<number, string>;
  /** False when it was ended before the last round. */
  readonly isComplete: boolean;
}

/** A short statement is run several times a round, and the middle one counts. Ours. */
const SHORT_MS = 20;
const REPEATS = 5;

export async function runRounds(input: RoundsInput): Promise<RoundsResult> {
  const { copy, runnables, rounds, isOver, progress } = input;
  const times = runnables.map(() => ({ before: emptyTimes(), after: emptyTimes() }));
  const failed = new Map<number, string>();
  const total = (rounds + 1) * 2;
  for (let round = 0; round <= rounds; round += 1) {
    // Who comes second finds more in memory: the order alternates. The first round warms up.
    for (const [turn, state] of (round % 2 === 0 ? (["before", "after"] as const) : (["after", "before"] as const)).entries()) {
      progress(round * 2 + turn, total);
      await copy.refuseCompany();
      await inState(input, state, async () => {
        for (const [number, runnable] of runnables.entries()) {
          if (isOver()) return;
          const own = times[number]?.[state];
          if (own === undefined || failed.has(number) || own.isLate) continue;
          const answer = await timeOf(input, runnable, own);
          if (isOver()) return;
          if (typeof answer === "string") failed.set(number, answer);
          else if (answer === null) own.isLate = true;
          else if (round > 0) own.rounds.push(answer);
        }
      });
      if (isOver()) return { times, failed, isComplete: false };
    }
  }
  return { times, failed, isComplete: true };
}

const emptyTimes = (): Timed => ({ rounds: [], uses: new Set(), isLate: false });

/** A dropped index comes back with the savepoint, whole and at once. */
async function inState({ copy, away }: RoundsInput, state: State, work: () => Promise<void>): Promise<void> {
  await copy.run("SAVEPOINT luthier_state");
  for (const one of away[state]) await copy.run(`DROP INDEX ${quoteQualified(one)}`);
  await work();
  await copy.run("ROLLBACK TO SAVEPOINT luthier_state; RELEASE SAVEPOINT luthier_state");
}

/** Milliseconds; null when it was too late; a text when it failed. */
async function timeOf(input: RoundsInput, runnable: Runnable, { uses }: Timed): Promise<number | null | string> {
  const means: number[] = [];
  for (const text of runnable.texts) {
    const all: number[] = [];
    for (let count = 0; count < REPEATS && (count === 0 || (all[0] ?? 0) < SHORT_MS); count += 1) {
      const answer = await runOnce(input, runnable, text, uses);
      if (typeof answer !== "number") return answer;
      all.push(answer);
    }
    means.push(medianOf(all));
  }
  return means.reduce((sum, one) => sum + one, 0) / Math.max(1, means.length);
}

export function medianOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

const STATEMENT_TIMEOUT = "57014";

async function runOnce({ copy, timeout }: RoundsInput, { kind }: Runnable, text: string, uses: Set<string>): Promise<number | null | string> {
  await copy.run(`SAVEPOINT luthier_one; SET LOCAL statement_timeout = ${timeout}${kind === "read" ? "; SET LOCAL transaction_read_only = on" : ""}`);
  try {
    const [row] = await copy.ask<{ "QUERY PLAN": unknown }>(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`);
    const plan = row?.["QUERY PLAN"];
    for (const [, name = ""] of JSON.stringify(plan).matchAll(/"Index Name":"((?:[^"\\]|\\.)*)"/g)) uses.add(JSON.parse(`"${name}"`) as string);
    const [first] = Array.isArray(plan) ? (plan as Record<string, unknown>[]) : [];
    const ms = Number(first?.["Execution Time"]);
    return Number.isFinite(ms) ? ms : "it has no time";
  } catch (error) {
    if (codeOf(error) === STATEMENT_TIMEOUT) return null;
    if (codeOf(error) === "") throw error;
    return messageOf(error);
  } finally {
    await copy.run("ROLLBACK TO SAVEPOINT luthier_one; RELEASE SAVEPOINT luthier_one");
  }
}

export const codeOf = (error: unknown): string => (typeof error === "object" && error !== null && "code" in error ? String(error.code) : "");
