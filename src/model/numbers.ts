/** `4,861`; a fraction keeps three significant digits, so `82.5` and `0.0417`. */
export function formatNumber(value: number): string {
  const rounded = Number.isInteger(value) || Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
  const [whole = "", fraction] = plainDigits(rounded).split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1 query`, `2 queries`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** A share of 0 to 1 in words: `34 %`, `<1 %`, `>99 %`. What is not nothing is not called nothing, and what is not all is not called all. */
export function formatPercent(share: number): string {
  if (share > 0 && share < 0.01) return "<1 %";
  if (share > 0.99 && share < 1) return ">99 %";
  return `${Math.round(share * 100)} %`;
}

/** The same to two significant digits, for shares that are compared: `9.1 %`, `0.42 %`. */
export function formatPercentFinely(share: number, digits = 2): string {
  return `${formatNumber(Number((share * 100).toPrecision(digits)))} %`;
}

/** Seconds of database time a minute: `9.8`, `0.04`, `1,204`. */
export function formatCost(secondsPerMinute: number): string {
  if (secondsPerMinute >= 100) return formatNumber(Math.round(secondsPerMinute));
  if (secondsPerMinute >= 0.1 || secondsPerMinute <= 0) return secondsPerMinute.toFixed(1);
  return secondsPerMinute < LEAST_COST ? `<${LEAST_COST}` : plainDigits(Number(secondsPerMinute.toPrecision(1)));
}

/** Less than a millisecond a minute is nothing to anybody, and its digits would break a narrow line. */
const LEAST_COST = 0.001;

/** The planner's cost, in its own units: `11,500`, `0.35`. */
export function formatPlannerCost(cost: number): string {
  return formatNumber(Number(cost.toPrecision(3)));
}

/** `1.4 s`, `2 min 5 s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const rest = Math.floor(seconds % 60);
  return `${Math.floor(seconds / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}

/** `12 ms`, `3.4 s`, `2 min 5 s`. */
export function formatSpan(milliseconds: number): string {
  return milliseconds < 1000 ? `${formatMilliseconds(milliseconds)} ms` : formatDuration(milliseconds);
}

/** Milliseconds with the digits that a clock can vouch for: `0.015`, `0.4`, `1.4`, `12`, `1,240`. */
export function formatMilliseconds(value: number): string {
  if (Math.abs(value) < 0.1) return formatNumber(Number(value.toPrecision(2)));
  return formatNumber(Math.abs(value) < 10 ? Number(value.toFixed(1)) : Math.round(value));
}

/** `640 bytes`, `2.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return formatCount(bytes, "byte");
  const power = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${formatNumber(Number((bytes / 1000 ** power).toPrecision(3)))} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** Without an exponent, however small. */
function plainDigits(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(12).replace(/\.?0+$/, "") : text;
}
