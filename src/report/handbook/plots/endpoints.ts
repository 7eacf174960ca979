import { formatNumber } from "../../../model/numbers.ts";
import type { EndpointsPlot } from "../../../model/plot.ts";
import { html, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { dot, fitPath, line, round, share, stretched, text, path, type Drawing } from "./sheet.ts";
import { smallMultiples } from "./small-multiples.ts";

type Endpoint = EndpointsPlot["endpoints"][number];

const MOST_DRAWN = 12;
const CELL = 126;
const TOP = 34;
const HEIGHT = 62;

/** A slope from here on is an endpoint that grows with its page (ours: one query for ten rows). */
const GROWS = 0.1;

/** Queries over rows, one small plot an endpoint, all on the same scales, the steepest first. */
export function drawEndpoints({ endpoints }: EndpointsPlot): Drawing {
  const sorted = bySlope(endpoints);
  const shown = sorted.slice(0, MOST_DRAWN);
  const points = shown.flatMap((one) => one.points);
  const most = { rows: Math.max(1, ...points.map(({ rows }) => rows)), queries: Math.max(1, ...points.map(({ queries }) => queries)) };
  const more = sorted.length - shown.length;
  return {
    wide: smallMultiples(shown, { columns: 3, cell: CELL }, (one) => cell(one, most, 170)),
    narrow: smallMultiples(shown.slice(0, 6), { columns: 1, cell: CELL }, (one) => cell(one, most, 240)),
    legend: html`<span class="dim">Across: rows of the page, to ${formatNumber(most.rows)}. Up: queries, to ${formatNumber(most.queries)}. The same scales everywhere.${more > 0 ? ` ${more} more in the table.` : ""}</span>`,
  };
}

function bySlope(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.toSorted((a, b) => (b.slope ?? -1) - (a.slope ?? -1) || (a.label < b.label ? -1 : 1));
}

interface Most {
  readonly rows: number;
  readonly queries: number;
}

function cell({ label, points, slope }: Endpoint, most: Most, room: number): Html {
  const grows = slope !== null && slope >= GROWS;
  const y = (queries: number): number => round(HEIGHT * (1 - queries / most.queries));
  const dots = points.map(({ rows, queries }) => dot(share(rows / most.rows), TOP + y(queries), 3.5, grows ? "hot" : "dark"));
  const sorted = points.toSorted((a, b) => a.rows - b.rows);
  const trend = sorted.map(({ rows, queries }) => `${round((1000 * rows) / most.rows)} ${y(queries)}`).join("L");
  const words = sayingOf(slope);
  return html`${text(0, 12, fitPath(label, room), { name: "strong" })}${text(0, 27, words, { name: grows ? "hotword" : "faint" })}${line("0%", TOP + HEIGHT, "100%", TOP + HEIGHT, "tick")}${line("0%", TOP, "0%", TOP + HEIGHT, "tick")}${sorted.length > 1 ? stretched({ x: "0%", y: TOP, width: "100%", height: HEIGHT }, path(`M${trend}`, grows ? "curve-hot" : "curve-dim", 1.2)) : html``}${dots}`;
}

function sayingOf(slope: number | null): string {
  if (slope === null) return "one page size seen: slope unknown";
  return slope < GROWS ? "does not grow with its rows" : `${formatNumber(Number(slope.toPrecision(2)))} queries a row`;
}

export function tableOfEndpoints({ endpoints }: EndpointsPlot): PlotTable {
  const rows = bySlope(endpoints).map(({ label, points, slope }) => ({
    cells: [
      label,
      points.map(({ rows: count, queries }) => `${formatNumber(queries)} for ${formatNumber(count)}`).join(", "),
      slope === null ? "unknown" : formatNumber(Number(slope.toPrecision(2))),
    ],
  }));
  return table(["endpoint", "queries for rows", "queries a row"], [2], rows);
}
