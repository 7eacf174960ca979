/** `0.4`, `12`, `1,240`: two or three digits that mean something. */
export function formatMilliseconds(value: number): string {
  const digits = Math.abs(value) < 10 ? Number(value.toFixed(1)) : Math.round(value);
  return digits.toLocaleString("en-US");
}
