import type { Finding, Place } from "../model/finding.ts";

/** Inclusive line ranges that changed, by file; `all` for a file that git does not know yet. */
export type ChangedLines = ReadonlyMap<string, readonly LineRange[] | "all">;

export interface LineRange {
  readonly first: number;
  readonly last: number;
}

/** Whether any place of the finding is on a changed line. */
export function isOnChangedLine(finding: Finding, changed: ChangedLines): boolean {
  return finding.places.some((place) => touches(place, changed.get(place.file)));
}

function touches(place: Place, ranges: readonly LineRange[] | "all" | undefined): boolean {
  if (ranges === undefined) return false;
  return ranges === "all" || ranges.some(({ first, last }) => place.line <= last && place.endLine >= first);
}
