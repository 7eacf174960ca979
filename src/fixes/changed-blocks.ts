import type { Edit } from "../model/finding.ts";
import { applyEdits, orderEdits } from "./apply.ts";

/** Neighbouring lines that edits replace. */
export interface ChangedBlock {
  /** Number of the first old line, from 1; for a pure insertion, of the line that the new ones stand before. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/**
 * What edits do to a file, as whole lines without their line feeds; null when the edits do not fit the text.
 * Lines that a block begins and ends with on both sides are left out.
 */
export function changedBlocks(text: string, edits: readonly Edit[]): readonly ChangedBlock[] | null {
  if (!applyEdits(text, edits).ok) return null;
  const lines = splitLines(text);
  return groupByLines(lines, orderEdits(edits)).flatMap((group) => {
    const block = readBlock(lines, group);
    return block.removed.length + block.added.length > 0 ? [block] : [];
  });
}

/** How many lines a change is about: those replaced, or those added where nothing is replaced. */
export function changedLineCount(blocks: readonly ChangedBlock[]): number {
  return blocks.reduce((sum, { removed, added }) => sum + (removed.length || added.length), 0);
}

/** A line with its line feed, and the byte at which it begins. */
interface Line {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Group {
  readonly first: number;
  readonly last: number;
  readonly edits: readonly Edit[];
}

function splitLines(text: string): readonly Line[] {
  let position = 0;
  const pieces = text.match(/[^\n]*\n|[^\n]+$/g) ?? [""];
  return pieces.map((piece) => {
    const start = position;
    position += Buffer.byteLength(piece);
    return { text: piece, start, end: position };
  });
}

function groupByLines(lines: readonly Line[], edits: readonly Edit[]): readonly Group[] {
  const groups: Group[] = [];
  for (const edit of edits) {
    const first = lineAt(lines, edit.start);
    const last = lineAt(lines, Math.max(edit.start, edit.end));
    const previous = groups.at(-1);
    if (previous && first <= previous.last) {
      groups[groups.length - 1] = {
        first: previous.first,
        last: Math.max(previous.last, last),
        edits: [...previous.edits, edit],
      };
    } else groups.push({ first, last, edits: [edit] });
  }
  return groups;
}

/** Index of the line that holds a byte; the end of the text belongs to the last line. */
function lineAt(lines: readonly Line[], byte: number): number {
  const found = lines.findIndex(({ end }) => byte < end);
  return found === -1 ? lines.length - 1 : found;
}

function readBlock(lines: readonly Line[], { first, last, edits }: Group): ChangedBlock {
  const old = lines.slice(first, last + 1);
  const base = old[0]?.start ?? 0;
  const shifted = edits.map((edit) => ({ ...edit, start: edit.start - base, end: edit.end - base }));
  const oldText = old.map(({ text }) => text).join("");
  const outcome = applyEdits(oldText, shifted);
  return trimBlock(first + 1, toLines(oldText), toLines(outcome.ok ? outcome.text : oldText));
}

function toLines(text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function trimBlock(line: number, removed: readonly string[], added: readonly string[]): ChangedBlock {
  let start = 0;
  while (start < removed.length && start < added.length && removed[start] === added[start]) start += 1;
  let end = 0;
  const longest = Math.min(removed.length, added.length) - start;
  while (end < longest && removed[removed.length - 1 - end] === added[added.length - 1 - end]) end += 1;
  return {
    line: line + start,
    removed: removed.slice(start, removed.length - end),
    added: added.slice(start, added.length - end),
  };
}
