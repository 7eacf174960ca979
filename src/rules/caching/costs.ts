import type { CacheCost } from "./formulas.ts";

/**
 * Milliseconds of one call of Django's RedisCache, pickle included: measured with `node scripts/cache-cost.mjs` on two cores with Redis 7.0 on the same host and a list of 50 rows.
 * A Redis on another host adds its round trip, 0.1 to 0.5 ms in one data centre.
 */
export const ASSUMED_COST: CacheCost = { get: 0.25, set: 0.3, remove: 0.15 };

export function costOf(thresholds: Readonly<Record<string, number>>): CacheCost {
  return {
    get: thresholds["cache-candidate.get"] ?? ASSUMED_COST.get,
    set: thresholds["cache-candidate.set"] ?? ASSUMED_COST.set,
    remove: thresholds["cache-candidate.remove"] ?? ASSUMED_COST.remove,
  };
}
