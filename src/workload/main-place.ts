import type { Finding } from "../model/finding.ts";
import { isSourceLine, mainPlace } from "../select/source-line.ts";

/** The line where the work is done, or what of the database it is about. */
export function mainPlaceText(finding: Pick<Finding, "places" | "chapter">): string {
  const place = mainPlace(finding);
  if (place === undefined) return "";
  if (isSourceLine(place)) return `${place.file}:${place.line}`;
  return place.object?.replace(/^public\./, "") ?? place.file;
}
