/** The version of docs/recording-format.md that is read here. */
export const FORMAT_VERSION = 1;

/** A line of a recording: what it is, then its items. Nothing is taken for granted of what stands in a file. */
export type Line = readonly unknown[];

export function numberAt(line: Line, index: number, otherwise = 0): number {
  const value = line[index];
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

export function textAt(line: Line, index: number): string {
  const value = line[index];
  return typeof value === "string" ? value : "";
}

export function recordAt(line: Line, index: number): Readonly<Record<string, unknown>> {
  const value = line[index];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function listAt(line: Line, index: number): readonly unknown[] {
  const value = line[index];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
