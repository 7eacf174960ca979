/** A cache that is played the recorded reads and changes, in their order of time. */

/** Columns of equal length, in the order of time. `at` is in seconds, `ms` what the database took. */
export interface Reads {
  readonly at: readonly number[];
  readonly keys: readonly number[];
  readonly ms: readonly number[];
}

export interface Policy {
  /** Seconds that a value lives. */
  readonly seconds: number;
  /** Times at which all values are removed, ascending: those of the changes that are noticed. Empty where nothing but time removes. */
  readonly removals: readonly number[];
}

export interface Outcome {
  readonly reads: number;
  readonly hits: number;
  /** Hits that were out of date. */
  readonly stale: number;
  /** Of the longest that was served, seconds since the change. */
  readonly oldest: number;
  /** Database time of the hits. */
  readonly savedMs: number;
}

interface Kept {
  readonly until: number;
  /** Changes and removals that had been made when it was stored. */
  readonly changes: number;
  readonly removals: number;
}

/** `changes`: times at which something was changed that the value came from, ascending. */
export function simulate({ at, keys, ms }: Reads, changes: readonly number[], { seconds, removals }: Policy): Outcome {
  const kept = new Map<number, Kept>();
  let [hits, stale, oldest, savedMs, passed, removed] = [0, 0, 0, 0, 0, 0];
  for (const [index, now] of at.entries()) {
    while ((changes[passed] ?? Infinity) <= now) passed += 1;
    while ((removals[removed] ?? Infinity) <= now) removed += 1;
    const key = keys[index] ?? 0;
    const value = kept.get(key);
    if (value === undefined || value.until <= now || value.removals !== removed) {
      kept.set(key, { until: now + seconds, changes: passed, removals: removed });
      continue;
    }
    hits += 1;
    savedMs += ms[index] ?? 0;
    if (value.changes === passed) continue;
    stale += 1;
    oldest = Math.max(oldest, now - (changes[value.changes] ?? now));
  }
  return { reads: at.length, hits, stale, oldest, savedMs };
}

export const hitShare = ({ hits, reads }: Outcome): number => (reads === 0 ? 0 : hits / reads);
export const staleShareOf = ({ stale, hits }: Outcome): number => (hits === 0 ? 0 : stale / hits);
