import type { Rung } from "../model/finding.ts";
import { RUNGS } from "../select/severity.ts";
import { glyphsOf, paint, rungTone, type TextStyle } from "./terminal-style.ts";

/** Columns of the cells, a space and the longest word. */
export const RUNG_WIDTH = 14;

/** `━━─── recorded`: said by count, by word, and only then by colour. */
export function rungCells(style: TextStyle, rung: Rung): string {
  const { filled, empty } = glyphsOf(style);
  const count = RUNGS.indexOf(rung) + 1;
  return paint(style, rungTone(rung), `${filled.repeat(count)}${empty.repeat(RUNGS.length - count)} ${rung}`);
}
