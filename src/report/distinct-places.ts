import type { Place } from "../model/finding.ts";

/** Each line once in its role: two expressions of one line are one place to a reader. A label says more than none. */
export function distinctPlaces(places: readonly Place[]): readonly Place[] {
  const lineOf = ({ role, object, file, line }: Place): string => JSON.stringify([role, object ?? "", file, line]);
  const key = (place: Place): string => `${lineOf(place)}${place.label ?? ""}`;
  const labelled = new Set(places.flatMap((place) => (place.label === undefined ? [] : [lineOf(place)])));
  const seen = new Set<string>();
  return places.filter((place) => (place.label !== undefined || !labelled.has(lineOf(place))) && !seen.has(key(place)) && seen.add(key(place)));
}
