import type { Place } from "../model/finding.ts";

/** Whether a comment can stand there: a line of the source, no object of the database. */
export function isSourceLine({ object, line }: Place): boolean {
  return object === undefined && line > 0;
}

/** Where the work is done: a table, an index or a setting by itself; for a statement the line that sends it, where one is known. Nothing for a finding without places. */
export function mainPlace(places: readonly Place[]): Place | undefined {
  const [first] = places;
  if (first === undefined || (first.object !== undefined && first.role !== "statement")) return first;
  return places.find((one) => isSourceLine(one) && one.role !== "definition") ?? places.find(isSourceLine) ?? first;
}
