/** Durations and sizes as annotations say them. */

/** `10 s`, `200 ms`, `5 min`. */
export function seconds(value: number): string {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value >= 120 && value % 60 === 0 ? `${value / 60} min` : `${Number(value.toPrecision(4))} s`;
}

/** To two digits, as a person would choose it. */
export function round(value: number, digits = 2): number {
  return Number(value.toPrecision(digits));
}
