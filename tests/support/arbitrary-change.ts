import fc from "fast-check";
import type { Edit } from "../../src/model/finding.ts";

export interface Change {
  readonly before: string;
  readonly after: string;
  readonly edits: readonly Edit[];
}

const piece = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll("\r", "")),
  fc.constantFrom("\n", "a\n", "\n\n", "é", "数\n", "    b = 1\n"),
);

/** A text cut in pieces, some of which are replaced. Two insertions never meet. */
export function arbitraryChange(): fc.Arbitrary<Change> {
  const part = fc.record({ kept: piece, old: piece, new: piece });
  return fc.array(part, { maxLength: 8 }).map((parts) => {
    const edits: Edit[] = [];
    let before = "";
    let after = "";
    for (const { kept, old, new: text } of parts) {
      before += `.${kept}`;
      after += `.${kept}`;
      const start = Buffer.byteLength(before);
      edits.push({ file: "a.py", start, end: start + Buffer.byteLength(old), expected: old, text });
      before += old;
      after += text;
    }
    return { before, after, edits };
  });
}
