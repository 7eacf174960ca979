import { formatTime } from "../../../handbook/overview.ts";
import { formatBytes, formatNumber } from "../../../model/numbers.ts";

/** A figure with its unit as it is read: `9.8 s`, `14.2 GB`, `412 calls`. Seconds a minute say the minute in the question. */
export function amount(value: number, unit: string): string {
  if (unit === "s/min" || unit === "s") return seconds(value);
  if (unit === "bytes") return formatBytes(value);
  if (unit === "%") return `${formatNumber(value)} %`;
  return `${formatNumber(value)} ${unit}`.trim();
}

export function seconds(value: number): string {
  return `${formatTime(value)} s`;
}

/** `4.1 M`, `880 k`, `14`. */
export function shortCount(value: number): string {
  if (value >= 999_500) return `${formatNumber(Number((value / 1e6).toPrecision(2)))} M`;
  if (value >= 10_000) return `${formatNumber(Math.round(value / 1000))} k`;
  return formatNumber(Math.round(value));
}
