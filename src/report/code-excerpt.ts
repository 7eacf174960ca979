import type { Place } from "../model/finding.ts";
import { cleanLine } from "./clean-text.ts";
import { characterWidth } from "./display-width.ts";

/** One line of code and the marks under it. */
export interface Excerpt {
  readonly code: string;
  readonly marks: string;
}

export interface ExcerptStyle {
  readonly width: number;
  readonly mark: string;
  readonly ellipsis: string;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly isMarked: boolean;
}

/** Columns kept at either end of a line that is cut. */
const EDGE = 8;

/** The line that the places share, without its indentation, with each place's span marked; null when it is not there. */
export function excerptOf(source: string, places: readonly Place[], style: ExcerptStyle): Excerpt | null {
  const line = lineOf(source, places[0]?.line ?? 0);
  if (line === undefined || line.trim() === "") return null;
  const cells = fit(toCells(line, places), style);
  return {
    code: cells
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
    marks: cells
      .map(({ width, isMarked }) => (isMarked ? style.mark : " ").repeat(width))
      .join("")
      .trimEnd(),
  };
}

function lineOf(source: string, line: number): string | undefined {
  return source.replace(/^\u{feff}/u, "").split(/\r\n|\n|\r/)[line - 1];
}

function toCells(line: string, places: readonly Place[]): readonly Cell[] {
  const indentation = line.length - line.trimStart().length;
  const end = line.trimEnd().length;
  const cells: Cell[] = [];
  let position = 0;
  for (const character of line) {
    const isMarked = position < end && places.some((place) => isInSpan(place, position + 1));
    if (position >= indentation) cells.push(...cleanCells(character, isMarked));
    position += character.length;
  }
  return cells;
}

/** A control character leaves nothing, a tab four spaces. */
function cleanCells(character: string, isMarked: boolean): readonly Cell[] {
  return Array.from(cleanLine(character), (text) => ({ text, width: characterWidth(text), isMarked }));
}

function isInSpan(place: Place, column: number): boolean {
  if (column < place.column) return false;
  if (place.endLine > place.line) return true;
  return column < Math.max(place.endColumn, place.column + 1);
}

/** Cuts a line that is too wide so that the beginning of its first mark stays in sight. */
function fit(cells: readonly Cell[], { width, ellipsis }: ExcerptStyle): readonly Cell[] {
  if (widthOf(cells) <= width) return cells;
  const gap: Cell = { text: ellipsis, width: ellipsis.length, isMarked: false };
  const firstMark = Math.max(
    0,
    cells.findIndex(({ isMarked }) => isMarked),
  );
  const lastMark = cells.findLastIndex(({ isMarked }) => isMarked);
  const head = takeCells(cells, width - EDGE - gap.width);
  if (lastMark < head.length) return [...head, gap, ...takeLastCells(cells, EDGE)];
  if (firstMark <= EDGE + gap.width) return [...takeCells(cells, width - gap.width), gap];
  const rest = cells.slice(firstMark);
  const room = width - EDGE - gap.width;
  const tail = widthOf(rest) <= room ? rest : [...takeCells(rest, room - gap.width), gap];
  return [...takeCells(cells, EDGE), gap, ...tail];
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}

function takeCells(cells: readonly Cell[], width: number): readonly Cell[] {
  let used = 0;
  const end = cells.findIndex((cell) => (used += cell.width) > width);
  return end === -1 ? cells : cells.slice(0, end);
}

function takeLastCells(cells: readonly Cell[], width: number): readonly Cell[] {
  return takeCells(cells.toReversed(), width).toReversed();
}
