import type { Finding, Place } from "../model/finding.ts";
import { rungOf } from "../select/severity.ts";
import { cleanLine, plainProse } from "./clean-text.ts";
import { cutMiddle, displayWidth, padTo, wrap } from "./display-width.ts";
import { positionOf, shownPath, type RenderContext } from "./render-context.ts";
import { RUNG_WIDTH, rungCells } from "./rung-cells.ts";
import { glyphsOf, link, type TextStyle } from "./terminal-style.ts";

/** Columns left free at the right of prose. */
const MARGIN = 2;
/** Columns left free at the right of the rung. */
const RUNG_MARGIN = 3;

/** Prose in lines that end before the right margin, with the glyphs of the locale. */
export function wrapProse(style: TextStyle, text: string, indent: number): string[] {
  return wrap(prose(style, text), style.width - indent - MARGIN, glyphsOf(style).ellipsis);
}

/** User text as one line of plain prose in the glyphs of the locale. */
export function prose(style: TextStyle, text: string): string {
  const { arrow, ellipsis } = glyphsOf(style);
  const plain = plainProse(text);
  return style.unicode ? plain : plain.replaceAll("→", arrow).replaceAll("…", ellipsis);
}

/** A line with the finding's rung at the right end; on a line of its own in a terminal too narrow for both. */
export function withRung(style: TextStyle, left: string, finding: Finding): string[] {
  const column = style.width - RUNG_MARGIN - RUNG_WIDTH;
  const cells = rungCells(style, rungOf(finding));
  if (displayWidth(left) + 2 <= column) return [padTo(left, column) + cells];
  return [...(displayWidth(left) <= style.width ? [left] : brokenWords(style, left)), padTo("", column) + cells];
}

/** What is wider than the terminal goes on below, from one of its words on: they stand two columns apart. */
function brokenWords(style: TextStyle, left: string): readonly string[] {
  const lines: string[] = [];
  for (const word of left.split(/(?<=\S) {2,}(?=\S)/)) {
    const last = lines.at(-1);
    const candidate = `${last ?? ""}  ${word}`;
    if (last !== undefined && displayWidth(candidate) <= style.width) lines[lines.length - 1] = candidate;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines;
}

/** `path:line:col` in at most so many columns: only the path is cut, in its middle. A link where the terminal takes it. */
export function placeText(place: Place, context: RenderContext, style: TextStyle, width: number): string {
  if (place.object !== undefined) return cutMiddle(cleanLine(place.object), width, glyphsOf(style).ellipsis);
  const position = positionOf(place);
  const path = cleanLine(shownPath(context, place.file));
  const text = cutMiddle(path, Math.max(1, width - position.length), glyphsOf(style).ellipsis) + position;
  return link(style, place.file, text);
}
