import type { Edit } from "../model/finding.ts";

/** Where a byte of the changed text was before the edits, which are in order; inside an edit, where the same words stood, or where it began. */
export function oldOffset(edits: readonly Edit[], offset: number): number {
  let shift = 0;
  for (const { start, end, text, expected } of edits) {
    const begins = start + shift;
    const length = Buffer.byteLength(text);
    if (offset < begins) break;
    if (offset < begins + length) return start + sameWords(expected, text, offset - begins);
    shift += length - (end - start);
  }
  return offset - shift;
}

/** Byte offset in the old text of the dotted name, or the beginning of one, that the new text has at a byte, or on the next line; 0 where it has none. */
function sameWords(before: string, after: string, offset: number): number {
  const words = /^\s*([\w.]+)/.exec(Buffer.from(after).subarray(offset).toString())?.[1]?.split(".") ?? [];
  for (let count = words.length; count > 0; count -= 1) {
    const at = before.indexOf(words.slice(0, count).join("."));
    if (at !== -1) return Buffer.byteLength(before.slice(0, at));
  }
  return 0;
}
