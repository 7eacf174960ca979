/** Times as every page writes them. */
import { formatNumber } from "../model/numbers.ts";

/** Two to three significant digits: `1,204`, `48.0`, `3.0`, `0.22`, `0.0042`. */
export function formatTime(value: number): string {
  if (value >= 100) return formatNumber(Math.round(value));
  if (value >= 10 || value <= 0) return value <= 0 ? "0" : value.toFixed(1);
  return value < 0.001 ? "<0.001" : value.toPrecision(2);
}
