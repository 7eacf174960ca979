/** Values of rows as the driver and `to_jsonb` give them. */
export type Row = Readonly<Record<string, unknown>>;

export const text = (row: Row, name: string): string => textOrNull(row, name) ?? "";
export const textOrNull = (row: Row, name: string): string | null => {
  const value = row[name];
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
};
export const number = (row: Row, name: string): number => numberOrNull(row, name) ?? 0;
export const numberOrNull = (row: Row, name: string): number | null => {
  const value = row[name];
  return value === null || value === undefined ? null : Number(value);
};
export const flag = (row: Row, name: string): boolean => row[name] === true;
export const texts = (row: Row, name: string): string[] | null => {
  const value = row[name];
  return Array.isArray(value) ? value.map(String) : null;
};
export const numbers = (row: Row, name: string): number[] | null => {
  const value = row[name];
  return Array.isArray(value) ? value.map(Number) : null;
};
/** A time as ISO 8601 in UTC, also from the text that `to_jsonb` makes of it. */
export const time = (row: Row, name: string): string | null => {
  const value = textOrNull(row, name);
  return value === null || value.includes("infinity") ? null : new Date(value).toISOString();
};
export const row = (value: Row, name: string): Row => {
  const inner = value[name];
  return typeof inner === "object" && inner !== null ? (inner as Row) : {};
};

/** `fillfactor=90` of `reloptions`. */
export function options(words: readonly string[] | null, prefix = ""): Record<string, string> {
  return Object.fromEntries((words ?? []).map((word) => [`${prefix}${word.slice(0, word.indexOf("="))}`, word.slice(word.indexOf("=") + 1)]));
}
