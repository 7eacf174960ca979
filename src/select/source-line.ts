import type { Place } from "../model/finding.ts";

/** Whether a comment can stand there: a line of the source, no object of the database. */
export function isSourceLine({ object, line }: Place): boolean {
  return object === undefined && line > 0;
}
