import { describe, expect, test } from "vitest";
import { breakEven, characteristicTime, hitRate, hitRateRemoved, hitRateRenewed, staleShare } from "./formulas.ts";

/** Reads a second, changes a second, seconds: hit rate when changes remove the value, and share of stale hits when they do not. */
const VECTORS = [
  [5, 0.1, 60, 0.9803, 0.8337],
  [5, 0.1, 5, 0.9516, 0.2131],
  [0.2, 0.05, 60, 0.7917, 0.6833],
  [50, 2, 30, 0.9615, 0.9833],
  [1, 1, 10, 0.5, 0.9],
] as const;

describe("closed forms agree with figures that were simulated elsewhere", () => {
  test.each(VECTORS)("λ %d, μ %d, T %d", (reads, changes, seconds, hits, stale) => {
    expect(hitRateRemoved(reads, changes, seconds)).toBeCloseTo(hits, 3);
    expect(staleShare(changes, seconds)).toBeCloseTo(stale, 3);
  });

  test("without an end of life, λ / (λ + μ)", () => {
    expect(hitRateRemoved(4, 1, Infinity)).toBeCloseTo(0.8, 6);
  });

  test("without changes, the life alone counts", () => {
    expect(hitRateRemoved(2, 0, 3)).toBe(hitRate(2, 3));
    expect(staleShare(0, 60)).toBe(0);
  });

  test("an LRU cache of 100 of 1000 keys with zipf 0.8", () => {
    const rates = Array.from({ length: 1000 }, (_, rank) => (rank + 1) ** -0.8);
    const total = rates.reduce((sum, one) => sum + one, 0);
    const time = characteristicTime(rates, 100);
    const hits = rates.reduce((sum, rate) => sum + (rate / total) * hitRateRenewed(rate, time), 0);
    expect(time).toBeCloseTo(8.65, 1);
    expect(hits).toBeCloseTo(0.3778, 3);
  });
});

test("a statement that is as cheap as the cache never pays for one", () => {
  const cost = { get: 0.3, set: 0.3, remove: 0.3 };
  expect(breakEven(cost, 0.2, 0)).toBeGreaterThan(1);
  expect(breakEven(cost, 5.7, 0)).toBeCloseTo(0.1, 3);
  expect(breakEven(cost, 5.7, 2)).toBeCloseTo(0.2, 3);
});
