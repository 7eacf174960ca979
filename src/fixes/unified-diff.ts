import type { Edit } from "../model/finding.ts";
import { changedBlocks, type ChangedBlock } from "./changed-blocks.ts";

const CONTEXT = 3;
const NO_NEWLINE = String.raw`\ No newline at end of file`;

/** What edits do to one file as `git apply` and `patch -p1` read it; null when they do not fit the text. */
export function unifiedDiff(file: string, text: string | undefined, edits: readonly Edit[]): string | null {
  const blocks = changedBlocks(text ?? "", edits);
  if (blocks === null) return null;
  const lines = (text ?? "").split("\n");
  const endsWithNewline = lines.at(-1) === "";
  const old = { lines: endsWithNewline ? lines.slice(0, -1) : lines, endsWithNewline };
  const header = [`--- ${text === undefined ? "/dev/null" : quotePath(`a/${file}`)}`, `+++ ${quotePath(`b/${file}`)}`];
  let shift = 0;
  const hunks = groupBlocks(blocks).flatMap((group) => {
    const hunk = renderHunk(old, group, shift);
    shift += group.reduce((sum, { removed, added }) => sum + added.length - removed.length, 0);
    return hunk;
  });
  return [...header, ...hunks, ""].join("\n");
}

interface OldText {
  readonly lines: readonly string[];
  readonly endsWithNewline: boolean;
}

/** Blocks whose contexts would touch share a hunk. */
function groupBlocks(blocks: readonly ChangedBlock[]): readonly (readonly ChangedBlock[])[] {
  const groups: ChangedBlock[][] = [];
  for (const block of blocks) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && block.line - (before.line + before.removed.length) <= 2 * CONTEXT) group.push(block);
    else groups.push([block]);
  }
  return groups;
}

function renderHunk(old: OldText, blocks: readonly ChangedBlock[], shift: number): readonly string[] {
  const first = Math.max(1, (blocks[0]?.line ?? 1) - CONTEXT);
  const body: string[] = [];
  let line = first;
  const keepUntil = (end: number): void => {
    for (; line < end && line <= old.lines.length; line += 1) body.push(...markEnd(old, ` ${old.lines[line - 1]}`, line));
  };
  for (const block of blocks) {
    keepUntil(block.line);
    for (const _ of block.removed) {
      body.push(...markEnd(old, `-${old.lines[line - 1]}`, line));
      line += 1;
    }
    body.push(...block.added.map((text) => `+${text}`));
    if (line > old.lines.length && !old.endsWithNewline && block.added.length > 0) body.push(NO_NEWLINE);
  }
  keepUntil(line + CONTEXT);
  return [hunkHeader(first, shift, body), ...body];
}

function markEnd(old: OldText, text: string, line: number): readonly string[] {
  return line === old.lines.length && !old.endsWithNewline ? [text, NO_NEWLINE] : [text];
}

function hunkHeader(first: number, shift: number, body: readonly string[]): string {
  const count = (signs: string): number => body.filter((text) => signs.includes(text[0] ?? "")).length;
  const [before, after] = [count(" -"), count(" +")];
  return `@@ -${startOf(before, first)},${before} +${startOf(after, first + shift)},${after} @@`;
}

/** A side without lines is named by the line before it. */
function startOf(count: number, line: number): number {
  return count === 0 ? line - 1 : line;
}

/** As git writes a name that would break the line it stands on. */
function quotePath(path: string): string {
  return /[\p{Cc}"\\]/u.test(path) ? JSON.stringify(path) : path;
}
