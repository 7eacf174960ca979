import type { Place } from "../model/finding.ts";

/** Each line once in its role: two expressions of one line are one place to a reader. */
export function distinctPlaces(places: readonly Place[]): readonly Place[] {
  const key = ({ role, object, file, line, label }: Place): string => JSON.stringify([role, object ?? "", file, line, label ?? ""]);
  const seen = new Set<string>();
  return places.filter((place) => !seen.has(key(place)) && seen.add(key(place)));
}
