import type { Edit } from "../model/finding.ts";

/** Where a byte of the changed text was before the edits, which are in order; inside an edit, where the edit began. */
export function oldOffset(edits: readonly Edit[], offset: number): number {
  let shift = 0;
  for (const { start, end, text } of edits) {
    const begins = start + shift;
    const length = Buffer.byteLength(text);
    if (offset < begins) break;
    if (offset < begins + length) return start;
    shift += length - (end - start);
  }
  return offset - shift;
}
