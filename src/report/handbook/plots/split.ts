import { rangeSentence } from "../../../handbook/gain-range.ts";
import { formatTime } from "../../../handbook/overview.ts";
import type { SplitPlot } from "../../../model/plot.ts";
import { RUNGS } from "../../../select/severity.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { rect, share, swatch, type Drawing } from "./sheet.ts";

type Part = SplitPlot["parts"][number];

/** One bar: what goes, by how sure that is, surest first, and what remains. Hatched was computed, solid was timed. */
export function drawSplit(plot: SplitPlot): Drawing {
  const parts = sortParts(plot.parts);
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  let at = 0;
  const body = parts.map(({ rung, value }): Html => {
    const drawn = rect(share(whole <= 0 ? 0 : at / whole), 0, share(whole <= 0 ? 0 : value / whole), 22, rung === "remain" ? "rest" : `${fillOf(rung)} cut`);
    at += value;
    return drawn;
  });
  const sheet = { left: 0, right: 0, height: 22, body: html`${body}` };
  const spread = plot.range === null ? NOTHING : html`<span>${rangeSentence(plot.range)}</span>`;
  const legend = html`${parts.map(({ rung, value }) => swatch(rung === "remain" ? "rest" : fillOf(rung), `${formatTime(value)} s ${rung === "remain" ? "remain" : rung}`))}${spread}`;
  return { wide: sheet, narrow: sheet, legend };
}

/** Class of a fill: solid where rows were timed, hatched where it was computed. */
export function fillOf(rung: Exclude<Part["rung"], "remain">): string {
  const step = RUNGS.indexOf(rung) + 1;
  return step >= 4 ? `r${step}` : `h${step}`;
}

function sortParts(parts: readonly Part[]): readonly Part[] {
  const order = [...RUNGS.toReversed(), "remain"];
  return parts.filter(({ value }) => value > 0).toSorted((a, b) => order.indexOf(a.rung) - order.indexOf(b.rung));
}

export function tableOfSplit({ parts, unit }: SplitPlot): PlotTable {
  return table(
    ["", unit],
    [1],
    sortParts(parts).map(({ rung, value }) => ({ cells: [rung === "remain" ? "remains" : `removed, ${rung}`, formatTime(value)] })),
  );
}
