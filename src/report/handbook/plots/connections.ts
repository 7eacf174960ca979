import { formatNumber } from "../../../model/numbers.ts";
import type { ConnectionsPlot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { fit, fitBold, LEAST_NARROW, LEAST_WIDE, line, rect, share, text, widthOfText, type Drawing, type Sheet } from "./sheet.ts";

type Stack = ConnectionsPlot["stacks"][number];

const LABEL = 96;
const BAR = 26;

/** Stacked bars against the line of what the server allows; what is beyond it is hatched. */
export function drawConnections(plot: ConnectionsPlot): Drawing {
  return {
    wide: sheetOf(plot, { left: LABEL, right: 8, least: LEAST_WIDE - LABEL - 8, step: 66 }),
    narrow: sheetOf(plot, { left: 0, right: 2, least: LEAST_NARROW, step: 84 }),
    legend: NOTHING,
  };
}

interface Room {
  readonly left: number;
  readonly right: number;
  /** Pixels of the drawing at its narrowest. */
  readonly least: number;
  readonly step: number;
}

const TOP = 30;

function sheetOf(plot: ConnectionsPlot, room: Room): Sheet {
  const { stacks, limit, peak } = plot;
  const most = Math.max(limit ?? 0, peak ?? 0, ...stacks.map(sumOf), 1) * 1.03;
  const shift = room.left === 0 ? 20 : 0;
  const rows = stacks.map((stack, index) => drawStack(stack, { plot, room, most, y: TOP + shift + index * room.step }));
  const bottom = TOP + shift + stacks.length * room.step - 22;
  const marks = html`${limit === null ? NOTHING : mark(limit / most, `limit ${formatNumber(limit)}`, "limit", bottom)}${peak === null ? NOTHING : mark(peak / most, `peak ${formatNumber(peak)}`, "peak", bottom)}`;
  return { left: room.left, right: room.right, height: bottom + 2, body: html`${rows}${marks}` };
}

function mark(at: number, words: string, name: string, bottom: number): Html {
  const anchor = at > 0.5 ? "end" : "start";
  return html`${line(share(at), 14, share(at), name === "peak" ? 27 : bottom, name)}${text(share(at), 10, words, { anchor, dx: anchor === "end" ? 2 : -2, name: name === "limit" ? "strong" : "" })}`;
}

interface StackInput {
  readonly plot: ConnectionsPlot;
  readonly room: Room;
  readonly most: number;
  readonly y: number;
}

function drawStack(stack: Stack, { plot: { limit }, room, most, y }: StackInput): Html {
  const sum = sumOf(stack);
  const allowed = limit ?? Infinity;
  let at = 0;
  const unnamed: string[] = [];
  const parts = stack.parts.map(({ label, count }, index): Html => {
    const from = Math.min(at, allowed);
    const to = Math.min(at + count, allowed);
    at += count;
    const words = `${label} ${formatNumber(count)}`;
    const fits = ((to - from) / most) * room.least > widthOfText(words) + 10;
    if (!fits && to > from) unnamed.push(words);
    const box = to > from ? rect(share(from / most), y, share((to - from) / most), BAR, `${index % 2 === 0 ? "dark" : "mute"} cut`) : NOTHING;
    return html`${box}${fits ? text(share(from / most), y + 17, words, { dx: 6, name: index % 2 === 0 ? "on-dark" : "on-mute" }) : NOTHING}`;
  });
  const name =
    room.left === 0
      ? text(0, y - 6, fitBold(stack.label, room.least), { name: "strong" })
      : text(-LABEL, y + 17, fitBold(stack.label, LABEL - 8), { name: "strong" });
  return html`${name}${parts}${rest(sum, { limit, most, y })}${text(0, y + BAR + 15, fit(`${sentence(sum, limit)}${unnamed.length > 0 ? `; also ${unnamed.join(", ")}` : ""}`, room.least), { name: limit !== null && sum > limit ? "hotword" : "faint" })}`;
}

function rest(sum: number, { limit, most, y }: { readonly limit: number | null; readonly most: number; readonly y: number }): Html {
  if (limit === null) return NOTHING;
  if (sum > limit) return rect(share(limit / most), y, share((sum - limit) / most), BAR, "over");
  return rect(share(sum / most), y, share((limit - sum) / most), BAR, "free");
}

function sentence(sum: number, limit: number | null): string {
  if (limit === null) return `${formatNumber(sum)} in all; the limit is not known`;
  return sum > limit
    ? `${formatNumber(sum)} in all, ${formatNumber(sum - limit)} more than allowed`
    : `${formatNumber(sum)} in all, ${formatNumber(limit - sum)} free`;
}

function sumOf({ parts }: Stack): number {
  return parts.reduce((sum, { count }) => sum + count, 0);
}

export function tableOfConnections({ stacks, limit, limitNote, peak }: ConnectionsPlot): PlotTable {
  const rows = stacks.flatMap((stack) => [
    ...stack.parts.map(({ label, count }) => ({ cells: [stack.label, label, formatNumber(count)] })),
    { cells: [stack.label, "in all", formatNumber(sumOf(stack))] },
  ]);
  const bounds = [
    { cells: ["limit", limitNote, limit === null ? "unknown" : formatNumber(limit)] },
    ...(peak === null ? [] : [{ cells: ["peak", "most seen at once", formatNumber(peak)] }]),
  ];
  return table(["", "of", "connections"], [2], [...rows, ...bounds]);
}
