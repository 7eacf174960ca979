import { formatBytes, formatNumber } from "../../../model/numbers.ts";
import type { SizesPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { fit, labelWidth, LEAST_NARROW, line, rect, share, swatch, text, type Drawing, type Sheet } from "./sheet.ts";

type Table = SizesPlot["tables"][number];

const MOST_DRAWN = 15;

/** A bar a table: rows, indexes, TOAST; a tick where it was at the look before. */
export function drawSizes({ tables }: SizesPlot): Drawing {
  const sorted = bySize(tables);
  const shown = sorted.slice(0, MOST_DRAWN);
  const most = Math.max(1, ...shown.map((one) => Math.max(sizeOf(one), one.earlier ?? 0)));
  const more = sorted.length - shown.length;
  const label = labelWidth(shown.map(({ name }) => name));
  const hasEarlier = shown.some(({ earlier }) => earlier !== null);
  return {
    wide: sheetOf(shown, most, 25, { left: label, right: 84 }, (one, y) => [text(-label, y + 16, fit(one.name, label - 12)), y + 5]),
    narrow: sheetOf(shown, most, 38, { left: 0, right: 74 }, (one, y) => [text(0, y + 13, fit(one.name, LEAST_NARROW)), y + 19]),
    legend: html`${swatch("dark", "rows")}${swatch("cool", "indexes")}${swatch("mute", "TOAST")}${hasEarlier ? html`<span class="dim">Upright line: at the look before.</span>` : NOTHING}${more > 0 ? html`<span class="dim">${more} smaller tables are in the table.</span>` : NOTHING}`,
  };
}

function sizeOf({ heap, indexes, toast }: Table): number {
  return heap + indexes + toast;
}

function bySize(tables: readonly Table[]): readonly Table[] {
  return tables.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : 1));
}

function sheetOf(
  tables: readonly Table[],
  most: number,
  step: number,
  margins: Pick<Sheet, "left" | "right">,
  name: (one: Table, y: number) => readonly [Html, number],
): Sheet {
  const body = tables.map((one, index) => {
    const [label, y] = name(one, index * step);
    const { heap, indexes, toast, earlier } = one;
    const x = (bytes: number): string => share(bytes / most);
    const end = Math.max(sizeOf(one), earlier ?? 0);
    return html`${label}${rect(0, y, x(heap), 12, "dark")}${rect(x(heap), y, x(indexes), 12, "cool")}${rect(x(heap + indexes), y, x(toast), 12, "mute")}${earlier === null ? NOTHING : line(x(earlier), y - 3, x(earlier), y + 15, "limit")}${text(x(end), y + 10, formatBytes(sizeOf(one)), { dx: 8, name: "strong" })}`;
  });
  return { ...margins, height: tables.length * step + 2, body: html`${body}` };
}

export function tableOfSizes({ tables }: SizesPlot): PlotTable {
  const rows = bySize(tables).map((one) => ({
    cells: [
      one.name,
      one.rows === null ? "unknown" : formatNumber(one.rows),
      ...[one.heap, one.indexes, one.toast, sizeOf(one)].map(formatBytes),
      one.earlier === null ? "" : formatBytes(one.earlier),
    ],
  }));
  return table(["table", "rows", "of rows", "of indexes", "of TOAST", "together", "before"], [1, 2, 3, 4, 5, 6], rows);
}
