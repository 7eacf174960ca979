/** The plans that a question can have: with all that it could use, then without what it used, one by one. */
import type { Pricing } from "./pricing.ts";

export interface Exploring {
  readonly pricing: Pricing;
  readonly bytesOf: (candidate: number) => number;
  /** Of two candidates, whether one could stand in the other's place. */
  readonly tableOf: (candidate: number) => number;
  readonly isOver: () => boolean;
}

/** A plan that saves less than this is as good as none. Ours. */
const WORTH = 0.995;

/** Looks at most at so many sets of candidates, the most promising first. */
export async function explore(exploring: Exploring, question: number, start: ReadonlySet<number>, most: number, base: number): Promise<void> {
  const { pricing, bytesOf, tableOf, isOver } = exploring;
  const queue: { readonly present: ReadonlySet<number>; readonly bound: number }[] = [{ present: start, bound: 0 }];
  const seen = new Set<string>();
  for (let count = 0; count < most && queue.length > 0 && !isOver();) {
    queue.sort((a, b) => a.bound - b.bound);
    const next = queue.shift();
    if (next === undefined) return;
    const key = [...next.present].join(",");
    if (seen.has(key)) continue;
    seen.add(key);
    const before = pricing.asked();
    const { cost, used } = await pricing.of(question, next.present);
    count += pricing.asked() > before ? 1 : 0.2;
    if (cost > base * WORTH) continue;
    for (const one of used) {
      queue.push({ present: without(next.present, (other) => other === one), bound: cost });
      // And without all on the table that is as large: smaller ones are hidden by those that cover more.
      queue.push({ present: without(next.present, (other) => tableOf(other) === tableOf(one) && bytesOf(other) > bytesOf(one) * SMALLER), bound: cost });
    }
  }
}

/** Ours. */
const SMALLER = 0.75;

function without(all: ReadonlySet<number>, isGone: (one: number) => boolean): ReadonlySet<number> {
  return new Set([...all].filter((one) => !isGone(one)));
}
