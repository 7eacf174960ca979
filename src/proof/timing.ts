/** A figure taken several times: its median, and the noise as a range. */
export interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Less than this is the clock's and the machine's, whatever the repeats say. */
const LEAST_DIFFERENCE = { milliseconds: 1, share: 0.05 };

export function timing(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
  return { median, low: sorted[0] ?? 0, high: sorted.at(-1) ?? 0 };
}

/** Every run after was slower than every run before, and by more than a clock can be wrong. */
export function isSlower(before: Timing, after: Timing): boolean {
  return after.low > before.high && isWorthTelling(before, after.median - before.median);
}

export function isFaster(before: Timing, after: Timing): boolean {
  return after.high < before.low && isWorthTelling(before, before.median - after.median);
}

function isWorthTelling(before: Timing, difference: number): boolean {
  return difference > LEAST_DIFFERENCE.milliseconds && difference > before.median * LEAST_DIFFERENCE.share;
}

/** How much slower it became, at least and at most. */
export function slowdown(before: Timing, after: Timing): Timing {
  return { median: after.median - before.median, low: after.low - before.high, high: after.high - before.low };
}
