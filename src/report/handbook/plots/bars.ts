import { formatTime } from "../../../handbook/overview.ts";
import { formatNumber, formatPercent } from "../../../model/numbers.ts";
import type { BarsPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { amount } from "./amount.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { BOLD, fit, fitPath, labelWidth, LEAST_NARROW, rect, share, text, widthOfText, type Drawing, type Sheet } from "./sheet.ts";

type Bar = BarsPlot["bars"][number];

/** Bars that are drawn; the rest is one line and stands in the table. */
const MOST_BARS = 20;

/** What was found first, what was not last, each by size. */
export function drawBars({ bars, unit, whole = bars.reduce((sum, { value }) => sum + value, 0) }: BarsPlot): Drawing {
  const sorted = sortBars(bars);
  const shown = sorted.slice(0, MOST_BARS);
  const scale = { most: Math.max(...shown.map(({ value }) => value), 0), whole, unit };
  const more = sorted.length - shown.length;
  const label = labelWidth(shown.map((bar) => bar.label));
  return {
    wide: rows(shown, 25, scale, (bar, y) => [text(-label, y + 16, nameOf(bar, label - 12), { name: bar.tone === "found" ? "" : "faint" }), y + 5], {
      left: label,
      right: 118,
    }),
    narrow: rows(shown, 38, scale, (bar, y) => [text(0, y + 13, nameOf(bar, LEAST_NARROW - 8), { name: bar.tone === "found" ? "" : "faint" }), y + 19], {
      left: 0,
      right: 104,
    }),
    legend: more > 0 ? html`<span>${more} more, smaller: in the table</span>` : NOTHING,
  };
}

function sortBars(bars: readonly Bar[]): readonly Bar[] {
  return bars.toSorted((a, b) => Number(a.tone === "other") - Number(b.tone === "other") || b.value - a.value);
}

/** Of a place in the source the end says most. */
function nameOf({ label }: Bar, pixels: number): string {
  return /^\S+\/\S+$/.test(label) ? fitPath(label, pixels) : fit(label, pixels);
}

interface Scale {
  readonly most: number;
  readonly whole: number;
  readonly unit: string;
}

function rows(
  bars: readonly Bar[],
  step: number,
  scale: Scale,
  name: (bar: Bar, y: number) => readonly [Html, number],
  margins: Pick<Sheet, "left" | "right">,
): Sheet {
  const body = bars.map((bar, index) => {
    const [label, y] = name(bar, index * step);
    const end = scale.most <= 0 ? 0 : bar.value / scale.most;
    const value = amount(bar.value, scale.unit);
    const part =
      scale.whole > 0 && isAdditive(scale.unit)
        ? text(share(end), y + 10, formatPercent(bar.value / scale.whole), { dx: 16 + Math.round(widthOfText(value) * BOLD), name: "faint" })
        : NOTHING;
    return html`${label}${rect(0, y, share(end), 12, bar.tone === "found" ? "hot" : "mute")}${text(share(end), y + 10, value, { dx: 8, name: "strong" })}${part}`;
  });
  return { ...margins, height: bars.length * step + 2, body: html`${body}` };
}

/** Shares are said of what adds up. */
function isAdditive(unit: string): boolean {
  return unit === "s/min" || unit === "s";
}

export function tableOfBars({ bars, unit }: BarsPlot): PlotTable {
  return table(
    ["", unit, "note"],
    [1],
    sortBars(bars).map(({ label, value, note = "", finding }) => ({
      cells: [label, isAdditive(unit) ? formatTime(value) : formatNumber(value), note],
      ...(finding === undefined ? {} : { finding }),
    })),
  );
}
