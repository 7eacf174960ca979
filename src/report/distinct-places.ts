import type { Place } from "../model/finding.ts";

/** Each line once in its role: two expressions of one line are one place to a reader. */
export function distinctPlaces(places: readonly Place[]): readonly Place[] {
  const key = ({ role, object, file, line, label }: Place): string => JSON.stringify([role, object ?? "", file, line, label ?? ""]);
  return [...new Map(places.toReversed().map((place) => [key(place), place])).values()].toReversed();
}
