/** Gains whose size is not known to the point: from what goes at least to what goes at most. */
import type { Rung } from "../model/finding.ts";
import type { Change, Gain } from "../model/handbook.ts";
import { formatTime } from "./overview.ts";

export interface GainRange {
  readonly low: number;
  readonly high: number;
}

/** `0.02 to 0.75`. */
export const rangeWords = ({ low, high }: GainRange): string => `${formatTime(low)} to ${formatTime(high)}`;

/** `at least 0.02, at most 0.75`. */
export const rangeSentence = ({ low, high }: GainRange): string => `at least ${formatTime(low)}, at most ${formatTime(high)}`;

/** The range belongs to the gain by itself: of what is left of it after the changes above it stays a part in proportion. Null where the gain is one figure as it is written. */
export function gainRange({ low, high, removed, marginal }: Gain): GainRange | null {
  if (removed <= 0) return null;
  const factor = marginal / removed;
  return formatTime(low * factor) === formatTime(high * factor) ? null : { low: low * factor, high: high * factor };
}

/** Of several changes, one after the other; null where each is one figure. All of them at their best remove no more than there is. */
export function rangeOfAll(changes: readonly Change[], total: number): GainRange | null {
  const gains = changes.flatMap(({ gain }) => gain ?? []).map((gain) => ({ gain, range: gainRange(gain) }));
  if (gains.every(({ range }) => range === null)) return null;
  const ranges = gains.map(({ gain, range }) => range ?? { low: gain.marginal, high: gain.marginal });
  const sum = (end: keyof GainRange): number =>
    Math.min(
      total,
      ranges.reduce((all, range) => all + range[end], 0),
    );
  return { low: sum("low"), high: sum("high") };
}

/** How sure the gain is. A finding may rest on a time that was measured: while the gain is a range, the time afterwards was not. */
export function gainRung({ rung, gain }: Pick<Change, "rung" | "gain">): Rung {
  return rung === "measured" && gain !== null && gainRange(gain) !== null ? "recorded" : rung;
}
