/** Offsets in a text to lines and columns. */
import type { Place, Span } from "../model/index.ts";

/** Both count from 1; columns are UTF-16 units. */
export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const starts = lineStartsOf(text);
  let line = 0;
  for (let above = starts.length; above - line > 1;) {
    const middle = (line + above) >> 1;
    if ((starts[middle] ?? 0) <= offset) line = middle;
    else above = middle;
  }
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
}

/** The offset of a place's line and column, as `positionOf` gave them. */
function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  return (lineStartsOf(text)[line - 1] ?? 0) + column - 1;
}

/** What a finding's place covers of its file's text. */
export function spanOf(text: string, { file, line, column, endLine, endColumn }: Place): Span {
  return { file, start: offsetOf(text, { line, column }), end: offsetOf(text, { line: endLine, column: endColumn }) };
}

/** One run's texts are few, and each is asked for many times. */
const startsOfTexts = new Map<string, readonly number[]>();

function lineStartsOf(text: string): readonly number[] {
  const known = startsOfTexts.get(text);
  if (known !== undefined) return known;
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)];
  startsOfTexts.set(text, starts);
  return starts;
}
