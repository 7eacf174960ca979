import { formatNumber, formatPercent } from "../../../model/numbers.ts";
import type { TtlPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { dot, line, path, round, share, stretched, text, type Drawing, type Sheet } from "./sheet.ts";

const HITS = { top: 24, height: 130 };
const STALE = { top: 200, height: 64 };
const BOTTOM = STALE.top + STALE.height;

/** Two panels over one logarithmic axis: hits with the line where the cache pays, and hits that are out of date. */
export function drawTtl(plot: TtlPlot): Drawing {
  return { wide: sheetOf(plot, 46, 112), narrow: sheetOf(plot, 40, 8), legend: NOTHING };
}

function sheetOf(plot: TtlPlot, left: number, right: number): Sheet {
  const at = placesOf(plot.seconds);
  const isWide = right > 100;
  const lineY = HITS.top + HITS.height * (1 - plot.breakEven);
  const words = `pays from ${formatPercent(plot.breakEven)}`;
  const body = html`${panel(plot.hits, at, { ...HITS, title: "Hit rate", name: "curve" })}${line("0%", lineY, "100%", lineY, "dash")}${isWide ? text("100%", lineY + 4, words, { dx: 6, name: "faint" }) : text("100%", lineY - 5, words, { anchor: "end", name: "faint halo" })}${panel(plot.stale, at, { ...STALE, title: "Hits that are out of date", name: "curve-hot" })}${chosenMarks(plot, at, isWide)}${axis(plot.seconds, at, isWide)}`;
  return { left, right, height: BOTTOM + 24, body };
}

/** Shares of the width by the logarithm of the seconds. */
function placesOf(seconds: readonly number[]): readonly number[] {
  const [from, to] = [Math.log(Math.max(seconds[0] ?? 1, 0.001)), Math.log(Math.max(seconds.at(-1) ?? 1, 0.001))];
  return seconds.map((one) => (to <= from ? 0 : (Math.log(Math.max(one, 0.001)) - from) / (to - from)));
}

interface Panel {
  readonly top: number;
  readonly height: number;
  readonly title: string;
  readonly name: string;
}

function panel(values: readonly number[], at: readonly number[], { top, height, title, name }: Panel): Html {
  const points = values.map((value, index) => `${round(1000 * (at[index] ?? 0))} ${round(height * (1 - value))}`);
  const grid = [0, 0.5, 1].map(
    (step) =>
      html`${line("0%", top + height * (1 - step), "100%", top + height * (1 - step), "grid")}${text(0, top + height * (1 - step) + 4, step === 1 ? "100 %" : String(step * 100), { dx: -6, anchor: "end", name: "faint" })}`,
  );
  return html`${grid}${text(0, top - 9, title, { name: "strong" })}${points.length > 1 ? stretched({ x: "0%", y: top, width: "100%", height }, path(`M${points.join("L")}`, name)) : NOTHING}`;
}

function chosenMarks({ chosen, seconds, hits, stale }: TtlPlot, at: readonly number[], isWide: boolean): Html {
  if (chosen === null) return NOTHING;
  const index = nearest(seconds, chosen);
  const x = at[index] ?? 0;
  const label = (value: number, y: number, isLeft: boolean): Html =>
    text(share(x), y, `${formatPercent(value)} at ${durationOf(chosen)}`, { name: "strong halo", ...(isLeft ? { dx: -9, anchor: "end" } : { dx: 9 }) });
  // Curves rise to the right: below it there, and above it at the left, nothing is in the way.
  const isAtEnd = x > (isWide ? 0.8 : 0.55);
  const [hitY, staleY] = [HITS.top + HITS.height * (1 - (hits[index] ?? 0)), STALE.top + STALE.height * (1 - (stale[index] ?? 0))];
  return html`${line(share(x), HITS.top, share(x), BOTTOM, "chosen")}${dot(share(x), hitY, 4, "on-curve")}${dot(share(x), staleY, 4, "on-curve-hot")}${label(hits[index] ?? 0, hitY + (isAtEnd ? 34 : 18), isAtEnd)}${label(stale[index] ?? 0, staleY - 9, x >= 0.3)}`;
}

function nearest(seconds: readonly number[], wanted: number): number {
  return seconds.reduce((best, one, index) => (Math.abs(one - wanted) < Math.abs((seconds[best] ?? 0) - wanted) ? index : best), 0);
}

const ROUND = [1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];

function axis(seconds: readonly number[], at: readonly number[], isWide: boolean): Html {
  const [from, to] = [seconds[0] ?? 1, seconds.at(-1) ?? 1];
  const marks = ROUND.filter((one) => one >= from && one <= to);
  const shown = isWide ? marks : marks.filter((_, index) => index % 2 === 0);
  const first = at[0] ?? 0;
  const placed = shown.map((one) => {
    const x = first + (to <= from ? 0 : (Math.log(one) - Math.log(from)) / (Math.log(to) - Math.log(from)));
    return html`${line(share(x), BOTTOM, share(x), BOTTOM + 4, "tick")}${text(share(x), BOTTOM + 18, durationOf(one), { anchor: x > 0.97 ? "end" : x < 0.03 ? "start" : "middle", name: "faint" })}`;
  });
  return html`${placed}`;
}

/** `60 s`, `10 min`, `1 h`. */
export function durationOf(seconds: number): string {
  if (seconds < 120) return `${formatNumber(seconds)} s`;
  if (seconds < 3600) return `${formatNumber(seconds / 60)} min`;
  return seconds < 172_800 ? `${formatNumber(seconds / 3600)} h` : `${formatNumber(seconds / 86_400)} days`;
}

const MOST_ROWS = 16;

export function tableOfTtl({ seconds, hits, stale, chosen }: TtlPlot): PlotTable {
  const step = Math.max(1, Math.ceil(seconds.length / MOST_ROWS));
  const best = chosen === null ? -1 : nearest(seconds, chosen);
  const rows = seconds.flatMap((one, index) =>
    index % step === 0 || index === best || index === seconds.length - 1
      ? [{ cells: [durationOf(one), formatPercent(hits[index] ?? 0), formatPercent(stale[index] ?? 0), index === best ? "chosen" : ""] }]
      : [],
  );
  return table(["time to live", "hits", "of them out of date", ""], [0, 1, 2], rows);
}
