import { expect, test } from "vitest";
import { hitRateRemoved, staleShare } from "./formulas.ts";
import { hitShare, simulate, staleShareOf, type Reads } from "./simulate.ts";

/** Always the same numbers between 0 and 1. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
}

function poisson(rate: number, seconds: number, next: () => number): number[] {
  const times: number[] = [];
  for (let at = 0; ; times.push(at)) {
    at += -Math.log(next()) / rate;
    if (at > seconds) return times;
  }
}

const oneKey = (at: readonly number[]): Reads => ({ at, keys: at.map(() => 1), ms: at.map(() => 2) });

test.each([
  [5, 0.1, 60, 4000],
  [5, 0.1, 5, 4000],
  [0.2, 0.05, 60, 100_000],
  [50, 2, 30, 1000],
  [1, 1, 10, 20_000],
])("Poisson traffic of λ %d, μ %d and T %d gives what the closed forms say, within 1.5 points", (reads, changes, seconds, length) => {
  const next = numbers(7);
  const at = poisson(reads, length, next);
  const changed = poisson(changes, length, next);
  const removed = simulate(oneKey(at), changed, { seconds, removals: changed });
  expect(Math.abs(hitShare(removed) - hitRateRemoved(reads, changes, seconds))).toBeLessThan(0.015);
  expect(removed.stale).toBe(0);
  const left = simulate(oneKey(at), changed, { seconds, removals: [] });
  // A hit that comes later in a value's life is staler, and it is hits that are counted.
  expect(Math.abs(staleShareOf(left) - staleShare(changes, seconds))).toBeLessThan(0.03);
});

test("keys are kept apart, and what a hit saves is its own time", () => {
  const reads = { at: [0, 1, 2, 3], keys: [1, 2, 1, 2], ms: [10, 20, 30, 40] };
  expect(simulate(reads, [], { seconds: 60, removals: [] })).toEqual({ reads: 4, hits: 2, stale: 0, oldest: 0, savedMs: 70 });
});

test("a change makes what is kept stale, and says for how long", () => {
  const reads = oneKey([0, 1, 5, 11]);
  expect(simulate(reads, [2], { seconds: 10, removals: [] })).toEqual({ reads: 4, hits: 2, stale: 1, oldest: 3, savedMs: 4 });
  expect(simulate(reads, [2], { seconds: 10, removals: [2] })).toEqual({ reads: 4, hits: 2, stale: 0, oldest: 0, savedMs: 4 });
});
