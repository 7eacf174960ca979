/**
 * Closed forms for a cache under Poisson traffic. λ: reads of one key a second, μ: changes a second that remove it, T: seconds that it lives. The answer comes from the
 * recording played again; these check it.
 */

/** Hit rate of a value that lives T seconds from when it was stored. */
export function hitRate(reads: number, seconds: number): number {
  return (reads * seconds) / (1 + reads * seconds);
}

/** Hit rate of a value whose life begins anew with each hit, or that an LRU cache with that characteristic time holds (Che). */
export function hitRateRenewed(reads: number, seconds: number): number {
  return 1 - Math.exp(-reads * seconds);
}

/** Hit rate of a value that lives T seconds and that every change removes; T may be infinite. */
export function hitRateRemoved(reads: number, changes: number, seconds: number): number {
  if (changes === 0) return hitRate(reads, seconds);
  return hitRate(reads, (1 - Math.exp(-changes * seconds)) / changes);
}

/** Share of hits that are out of date when nothing but time removes the value. */
export function staleShare(changes: number, seconds: number): number {
  const expected = changes * seconds;
  return expected === 0 ? 0 : 1 - (1 - Math.exp(-expected)) / expected;
}

/** Seconds that a value stays in an LRU cache of so many values: Σ(1 − e^(−λt)) = size. */
export function characteristicTime(reads: readonly number[], size: number): number {
  if (size >= reads.length) return Infinity;
  let low = 0;
  let high = 1;
  const held = (time: number): number => reads.reduce((sum, rate) => sum + hitRateRenewed(rate, time), 0);
  while (held(high) < size) high *= 2;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (held(middle) < size) low = middle;
    else high = middle;
  }
  return high;
}

/** What a cache costs, in milliseconds. */
export interface CacheCost {
  readonly get: number;
  readonly set: number;
  readonly remove: number;
}

/** The hit rate from which on a cache saves time: (get + set + μ/λ · remove) / (database + set). Above 1 it never does. */
export function breakEven({ get, set, remove }: CacheCost, databaseMs: number, changesPerRead: number): number {
  return (get + set + changesPerRead * remove) / (databaseMs + set);
}
