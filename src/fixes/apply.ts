import type { Edit } from "../model/finding.ts";

/** Why edits cannot be applied to a file's text. */
export type EditProblem =
  | { readonly kind: "out-of-range"; readonly edit: Edit }
  | { readonly kind: "changed-since"; readonly edit: Edit }
  | { readonly kind: "overlap"; readonly edit: Edit; readonly other: Edit };

export type EditOutcome<Text> = { readonly ok: true; readonly text: Text } | { readonly ok: false; readonly problem: EditProblem };

/**
 * The text after all edits of one file. Offsets count UTF-8 bytes of the file, a byte order mark included; what an edit
 * expects must be there, and no two edits may overlap. A new line of an edit becomes CRLF in a file that uses CRLF.
 *
 * @example
 * applyEdits("a.all()", [{ file: "a.py", start: 2, end: 5, expected: "all", text: "none" }]);
 * // { ok: true, text: "a.none()" }
 */
export function applyEdits(text: string, edits: readonly Edit[]): EditOutcome<string> {
  const outcome = applyEditsToBytes(new TextEncoder().encode(text), edits);
  return outcome.ok ? { ok: true, text: decode(outcome.text) } : outcome;
}

/** The same on bytes, for files that must keep what is not valid UTF-8. */
export function applyEditsToBytes(bytes: Uint8Array, edits: readonly Edit[]): EditOutcome<Uint8Array> {
  const ordered = orderEdits(edits);
  const problem = findProblem(bytes, ordered);
  if (problem) return { ok: false, problem };
  const pieces: Uint8Array[] = [];
  const ending = lineEnding(bytes);
  let position = 0;
  for (const { start, end, text } of ordered) {
    pieces.push(bytes.subarray(position, start), encodeWith(ending, text));
    position = end;
  }
  return { ok: true, text: Buffer.concat([...pieces, bytes.subarray(position)]) };
}

/** Sorted by position, equal ones once: two fixes may well add the same import. */
export function orderEdits(edits: readonly Edit[]): Edit[] {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  return sorted.filter((edit, index) => !sorted.slice(0, index).some((other) => isSameEdit(edit, other)));
}

export function isSameEdit(a: Edit, b: Edit): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end && a.text === b.text && a.expected === b.expected;
}

/** Two edits overlap when they share a byte, when one inserts inside the other, or when both insert at one point. */
export function overlaps(a: Edit, b: Edit): boolean {
  const [first, second] = a.start < b.start || (a.start === b.start && a.end <= b.end) ? [a, b] : [b, a];
  if (second.start < first.end) return true;
  return first.start === second.start && first.start === first.end && second.start === second.end;
}

function findProblem(bytes: Uint8Array, ordered: readonly Edit[]): EditProblem | null {
  for (const [index, edit] of ordered.entries()) {
    if (edit.start < 0 || edit.end < edit.start || edit.end > bytes.length) return { kind: "out-of-range", edit };
    if (decode(bytes.subarray(edit.start, edit.end)) !== edit.expected) return { kind: "changed-since", edit };
    const next = ordered[index + 1];
    if (next && overlaps(edit, next)) return { kind: "overlap", edit: next, other: edit };
  }
  return null;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function encodeWith(ending: "\n" | "\r\n", text: string): Uint8Array {
  return new TextEncoder().encode(ending === "\n" ? text : text.replaceAll(/\r?\n/g, ending));
}

function lineEnding(bytes: Uint8Array): "\n" | "\r\n" {
  const newline = bytes.indexOf(10);
  return newline > 0 && bytes[newline - 1] === 13 ? "\r\n" : "\n";
}
