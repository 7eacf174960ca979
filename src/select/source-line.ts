import type { Finding, Place } from "../model/finding.ts";

/** Whether a comment can stand there: a line of the source, no object of the database. */
export function isSourceLine({ object, line }: Place): boolean {
  return object === undefined && line > 0;
}

/** What these chapters judge is the code: a table that stands before it says how large the matter is. */
const OF_CODE = /^[23]\./;

/** Not about a statement or a plan, whatever it says of them. */
export function isAboutCode({ places: [first], chapter }: Pick<Finding, "places" | "chapter">): boolean {
  return first !== undefined && first.role !== "statement" && OF_CODE.test(chapter);
}

/** Where the work is done: a table, an index or a setting by itself; for a statement the line that sends it, where one is known, else the table that it reads: its number tells nobody anything. Nothing for a finding without places. */
export function mainPlace({ places, chapter }: Pick<Finding, "places" | "chapter">): Place | undefined {
  const [first] = places;
  const isBeside = first?.role === "statement" || (first?.role === "table" && OF_CODE.test(chapter));
  if (first === undefined || (first.object !== undefined && !isBeside)) return first;
  return (
    places.find((one) => isSourceLine(one) && one.role !== "definition") ?? places.find(isSourceLine) ?? places.find(({ role }) => role === "table") ?? first
  );
}
