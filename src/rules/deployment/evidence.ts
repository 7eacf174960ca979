/** Where what is said of a deployment was read. */
import type { Evidence, Spot } from "../../model/index.ts";

/** `read in Procfile and config/settings.py`. A spot that is null is no place of the project's files. */
export function filesEvidence(...spots: readonly (Spot | null | undefined)[]): Evidence {
  const files = [...new Set(spots.flatMap((spot) => (spot === null || spot === undefined ? [] : [spot.span.file])))];
  return { kind: "inferred", note: files.length === 0 ? "evaluated by the project's own Python" : `read in ${listOf(files)}` };
}

/** `a, b and c`. */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}
