/** What differs between two texts of a file, as edits of the first, in whole lines. */
import { diffLines } from "diff";
import type { Edit } from "../model/finding.ts";

export function editsBetween(file: string, before: string, after: string): readonly Edit[] {
  const edits: Edit[] = [];
  let [at, isSame] = [0, true];
  for (const { value, added, removed } of diffLines(before, after)) {
    if (added || removed) {
      // Lines taken out and lines put in their place are two parts and one edit.
      const last = isSame ? undefined : edits.pop();
      const { start, expected, text } = last ?? { start: at, expected: "", text: "" };
      if (removed) at += Buffer.byteLength(value);
      edits.push({ file, start, end: at, expected: removed ? expected + value : expected, text: added ? text + value : text });
    } else at += Buffer.byteLength(value);
    isSame = !added && !removed;
  }
  return edits;
}
