import { formatNumber } from "../../../model/numbers.ts";
import type { DeadRowsPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { shortCount } from "./amount.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { dot, fitBold, line, path, round, share, stretched, text, type Drawing } from "./sheet.ts";
import { smallMultiples } from "./small-multiples.ts";

type Table = DeadRowsPlot["tables"][number];

const MOST_DRAWN = 12;
const CELL = 118;
const TOP = 42;
const HEIGHT = 52;

/** Dead rows of each table over time, each on its own scale: the dashed line is where autovacuum begins. */
export function drawDeadRows({ tables }: DeadRowsPlot): Drawing {
  const sorted = byShare(tables);
  const shown = sorted.slice(0, MOST_DRAWN);
  const more = sorted.length - shown.length;
  const hasTrend = tables.some(({ points }) => points.length > 1);
  return {
    wide: smallMultiples(shown, { columns: 3, cell: CELL }, (one) => cell(one, 170)),
    narrow: smallMultiples(shown.slice(0, 6), { columns: 1, cell: CELL }, (one) => cell(one, 240)),
    legend: html`<span class="dim">Up: dead rows; the dashed line is the trigger of autovacuum, at the same height everywhere.${hasTrend ? "" : " One look only: no trend."}${more > 0 ? ` ${more} more in the table.` : ""}</span>`,
  };
}

function byShare(tables: readonly Table[]): readonly Table[] {
  return tables.toSorted((a, b) => shareOf(b) - shareOf(a) || (a.name < b.name ? -1 : 1));
}

function shareOf({ points, trigger }: Table): number {
  return trigger <= 0 ? 0 : (points.at(-1)?.dead ?? 0) / trigger;
}

/** The trigger stands at half of the height; what is far above is cut at the top. */
const CEILING = 2;

function cell(one: Table, room: number): Html {
  const { name, points, trigger } = one;
  const isLate = shareOf(one) > 1;
  const y = (dead: number): number => round(HEIGHT * (1 - Math.min(trigger <= 0 ? 0 : dead / trigger, CEILING) / CEILING));
  const x = timesOf(points);
  const half = TOP + HEIGHT / CEILING;
  const words = `${shortCount(points.at(-1)?.dead ?? 0)} dead, trigger ${shortCount(trigger)}`;
  const dots = points.map(({ dead }, index) => dot(share(x[index] ?? 0), TOP + y(dead), 3.5, isLate ? "hot" : "dark"));
  const d = `M${points.map(({ dead }, index) => `${round(1000 * (x[index] ?? 0))} ${y(dead)}`).join("L")}`;
  return html`${text(0, 12, fitBold(name, room), { name: "strong" })}${text(0, 27, words, { name: isLate ? "hotword" : "faint" })}${line("0%", TOP + HEIGHT, "100%", TOP + HEIGHT, "tick")}${line("0%", half, "100%", half, "dash")}${points.length > 1 ? stretched({ x: "0%", y: TOP, width: "100%", height: HEIGHT }, path(d, isLate ? "curve-hot" : "curve-dim", 1.5)) : NOTHING}${dots}`;
}

function timesOf(points: Table["points"]): readonly number[] {
  const times = points.map(({ at }) => Date.parse(at));
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return times.map((time, index) => (to > from ? (time - from) / (to - from) : points.length < 2 ? 0.5 : index / (points.length - 1)));
}

export function tableOfDeadRows({ tables }: DeadRowsPlot): PlotTable {
  const rows = byShare(tables).flatMap(({ name, trigger, points }) =>
    points.map(({ at, dead }) => ({ cells: [name, at.slice(0, 16).replace("T", " "), formatNumber(dead), formatNumber(trigger)] })),
  );
  return table(["table", "at", "dead rows", "trigger"], [2, 3], rows);
}
