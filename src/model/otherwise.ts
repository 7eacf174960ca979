/**
 * Why only some rows come to a place: the loop ends with the row that decides (`any(… for row in rows)`), it stands behind an `or`, in the handler of
 * an error by which code asks a question, where a cache has nothing for the row's key, or the code kept nothing for it yet, or saved with the row, or where none comes while the settings
 * are as they are written.
 */
export type Otherwise = "early" | "or" | "handler" | "cached" | "kept" | "stored" | "settings";

const RARER: readonly Otherwise[] = ["early", "or", "handler", "cached", "kept", "stored", "settings"];

/** The fewer rows come, the greater; 0 where all do. */
export function rarity(one: Otherwise | undefined): number {
  return one === undefined ? 0 : RARER.indexOf(one) + 1;
}

/** Code remembers what it finds there: how many rows have to ask is not known. */
export function isAskedOnce(one: Otherwise | undefined): boolean {
  return one === "kept" || one === "stored";
}
