import { formatTime } from "../../../handbook/overview.ts";
import { formatCount, formatNumber } from "../../../model/numbers.ts";
import type { ModelsPlot } from "../../../model/plot.ts";
import { html, type Html } from "../../html/markup.ts";
import { seconds, shortCount } from "./amount.ts";
import { layOutModels, type ModelLayout, type PlacedEdge, type PlacedModel } from "./model-layout.ts";
import { table, type PlotTable } from "./plot-table.ts";
import { BOLD, fit, fitBold, path, rect, round, share, stretched, text, widthOfText, type Sheet } from "./sheet.ts";

type Edge = ModelsPlot["edges"][number];

/** More boxes than this are a list; from fewer on, those that are only near are left out (ours: the lines could not be followed). */
const MOST_BOXES = 25;
const MOST_NEAR = 16;
const MOST_LAYERS = 6;
const MOST_ABREAST = 3;
const BOX = 40;

/** Boxes of models and the keys between them, child to parent; those that are followed row by row in the accent. Null when it is a list. */
export function drawModels(plot: ModelsPlot): { readonly wide: Sheet | null; readonly narrow: Sheet | null; readonly legend: Html } {
  const hot = selectModels(plot);
  const legend = html`<span><i class="sw line-hot"></i>one query a row</span><span><i class="sw line-mute"></i>joined or prefetched</span><span><i class="sw line-dash"></i>not followed</span><span class="dim">${plot.edges.some(({ weight }) => weight !== null) ? "Width: database time. " : "Widths are equal: the time is not known. "}Arrow: from the model with the key to the one it points to.${hot.models.length < plot.models.length ? ` ${formatCount(plot.models.length - hot.models.length, "model")} further away left out.` : ""}</span>`;
  if (hot.models.length > MOST_BOXES) return { wide: null, narrow: null, legend };
  return { wide: drawWide(hot), narrow: drawNarrow(hot), legend };
}

/** The models that are followed row by row and one step round them; all, when none is. */
function selectModels({ models, edges }: ModelsPlot): Pick<ModelsPlot, "models" | "edges"> {
  const hot = new Set(edges.filter(isHot).flatMap(({ child, parent }) => [child, parent]));
  const near = new Set([...hot, ...edges.filter(({ child, parent }) => hot.has(child) || hot.has(parent)).flatMap(({ child, parent }) => [child, parent])]);
  const kept = hot.size === 0 ? new Set(models.map(({ label }) => label)) : near.size > MOST_NEAR ? hot : near;
  return {
    models: models.filter(({ label }) => kept.has(label)).toSorted((a, b) => (a.label < b.label ? -1 : 1)),
    edges: edges.filter(({ child, parent }) => kept.has(child) && kept.has(parent)).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  };
}

function keyOf({ child, parent, field }: Edge): string {
  return `${child} ${parent} ${field}`;
}

function isHot({ manner }: Edge): boolean {
  return manner === "per-row";
}

function drawWide(hot: Pick<ModelsPlot, "models" | "edges">): Sheet | null {
  const placed = layOutModels(hot, { direction: "LR", width: 112, height: BOX, between: 90 });
  if (placed.layers > MOST_LAYERS) return null;
  const width = placed.layers > 5 ? 84 : placed.layers > 4 ? 96 : 118;
  return sheetOf(placed, { width, isAcross: true });
}

function drawNarrow(hot: Pick<ModelsPlot, "models" | "edges">): Sheet | null {
  const placed = layOutModels(hot, { direction: "TB", width: 82, height: BOX, between: 58 });
  return placed.breadth > MOST_ABREAST ? null : sheetOf(placed, { width: 82, isAcross: false });
}

interface Look {
  readonly width: number;
  /** Layers stand side by side. */
  readonly isAcross: boolean;
}

function sheetOf(placed: ModelLayout, look: Look): Sheet {
  const margin = look.width / 2 + 4;
  const top = 20;
  const most = Math.max(...placed.edges.map(({ edge }) => edge.weight ?? 0), 0);
  const sorted = placed.edges.toSorted((a, b) => Number(isHot(a.edge)) - Number(isHot(b.edge)));
  const height = Math.ceil(placed.height) + top;
  const lines = stretched({ x: "0%", y: top, width: "100%", height }, html`${sorted.map((one) => curve(one, look, most))}`);
  const heads = sorted.map((one) => arrow(one, look, most, top));
  const boxes = placed.models.map((one) => box(one, shortName(one.label, placed), look, top));
  const names = withRoom(
    sorted.filter(({ edge }) => isHot(edge)).toSorted((a, b) => (b.edge.weight ?? 0) - (a.edge.weight ?? 0)),
    placed,
    look,
  ).map((one) => edgeName(one, look, top));
  return { left: margin, right: margin, height: height + 14, body: html`${lines}${heads}${boxes}${names}` };
}

function thickness({ weight }: Edge, most: number): number {
  return weight === null || weight <= 0 || most <= 0 ? 1.3 : 1.3 + 5 * (weight / most);
}

function toneOf(edge: Edge): string {
  return isHot(edge) ? "curve-hot" : edge.manner === "joined" ? "curve-dim" : "curve-dash";
}

/** Straight for as long as the box may reach, whatever the width, then bent from layer to layer. */
const STRAIGHT = 95;

function curve({ edge, points }: PlacedEdge, { isAcross }: Look, most: number): Html {
  const places = points.map(({ x, y }) => ({ x: round(1000 * x), y: round(y) }));
  const last = places.length - 1;
  // Where models point to one another in a ring, one key leads back.
  const ahead = isAcross ? (points.at(-1)?.x ?? 0) >= (points[0]?.x ?? 0) : (points.at(-1)?.y ?? 0) >= (points[0]?.y ?? 0);
  const out = (ahead ? 1 : -1) * (isAcross ? STRAIGHT : BOX / 2);
  const steps = places.map(({ x, y }, index) => {
    if (index === 0) return isAcross ? `M${x} ${y}H${x + out}` : `M${x} ${y}V${y + out}`;
    const before = places[index - 1] ?? { x, y };
    const from = { x: before.x + (isAcross && index === 1 ? out : 0), y: before.y + (!isAcross && index === 1 ? out : 0) };
    const to = { x: x - (isAcross && index === last ? out : 0), y: y - (!isAcross && index === last ? out : 0) };
    const [middleX, middleY] = [round((from.x + to.x) / 2), round((from.y + to.y) / 2)];
    const bend = isAcross ? `C${middleX} ${from.y} ${middleX} ${to.y} ${to.x} ${to.y}` : `C${from.x} ${middleY} ${to.x} ${middleY} ${to.x} ${to.y}`;
    return index === last ? `${bend}L${x} ${y}` : bend;
  });
  return path(steps.join(""), toneOf(edge), thickness(edge, most));
}

function arrow({ edge, points }: PlacedEdge, { width, isAcross }: Look, most: number, top: number): Html {
  const end = points.at(-1) ?? { x: 0, y: 0 };
  const half = round(3.5 + thickness(edge, most) * 0.7);
  const back = isAcross ? end.x < (points[0]?.x ?? 0) : end.y < (points[0]?.y ?? 0);
  const side = back ? -1 : 1;
  const d = isAcross ? `M${(-side * width) / 2} 0l${-9 * side} ${-half}v${2 * half}z` : `M0 ${(-side * BOX) / 2}l${-half} ${-9 * side}h${2 * half}z`;
  return html`<svg x="${share(end.x)}" y="${round(end.y) + top}" overflow="visible"><path d="${d}" class="${isHot(edge) ? "hot" : "head"}"/></svg>`;
}

function box({ rows, x, y }: PlacedModel, name: string, { width }: Look, top: number): Html {
  const count = rows === null ? "rows unknown" : `${shortCount(rows)} rows`;
  return html`<svg x="${share(x)}" y="${round(y) + top}" overflow="visible">${rect(-width / 2, -BOX / 2, width, BOX, "box")}${text(0, -2, fitBold(name, width - 8), { anchor: "middle", name: "strong" })}${text(0, 13, fit(count, width - 8), { anchor: "middle", name: "faint" })}</svg>`;
}

/** `Thread` of `misago_threads.Thread`, unless another app has one too. */
function shortName(label: string, { models }: ModelLayout): string {
  const last = (one: string): string => one.split(".").at(-1) ?? one;
  return models.some((other) => other.label !== label && last(other.label) === last(label)) ? label : last(label);
}

/** Pixels that a drawing has across, as a rule: what has room there has it nearly everywhere. */
const USUAL = { across: 760, down: 260 };

/** The names of edges that cover no other name and no box, the costliest first; the table has them all. */
function withRoom(edges: readonly PlacedEdge[], { models }: ModelLayout, { width, isAcross }: Look): readonly PlacedEdge[] {
  const across = isAcross ? USUAL.across : USUAL.down;
  const taken = models.map(({ x, y }) => ({ left: x * across - width / 2, right: x * across + width / 2, top: y - BOX / 2, bottom: y + BOX / 2 }));
  return edges.filter((one) => {
    const { x, y } = middleOf(one);
    const half = widthOfText(one.edge.field) * BOLD;
    const left = isAcross ? x * across - half / 2 : x * across + 8;
    const place = { left, right: left + half, top: y - 21, bottom: y + (one.edge.weight === null ? 2 : 20) };
    const isFree = taken.every((other) => place.right < other.left || place.left > other.right || place.bottom < other.top || place.top > other.bottom);
    if (isFree) taken.push(place);
    return isFree;
  });
}

function middleOf({ points }: PlacedEdge): { readonly x: number; readonly y: number } {
  const middle = points.length % 2 === 1 ? points[(points.length - 1) / 2] : halfway(points);
  return middle ?? { x: 0.5, y: 0 };
}

function edgeName(one: PlacedEdge, { isAcross }: Look, top: number): Html {
  const { edge } = one;
  const { x, y } = middleOf(one);
  const time = edge.weight === null || edge.weight <= 0 ? "" : seconds(edge.weight);
  if (!isAcross)
    return html`${text(share(x), round(y) + top - 1, fit(edge.field, 90), { dx: 8, name: "hotword halo" })}${text(share(x), round(y) + top + 13, time, { dx: 8, name: "halo" })}`;
  return html`${text(share(x), round(y) + top - 9, fit(edge.field, 90), { anchor: "middle", name: "hotword halo opt" })}${text(share(x), round(y) + top + 18, time, { anchor: "middle", name: "halo opt" })}`;
}

function halfway(points: PlacedEdge["points"]): { readonly x: number; readonly y: number } {
  const [a, b] = [points[points.length / 2 - 1] ?? { x: 0, y: 0 }, points[points.length / 2] ?? { x: 0, y: 0 }];
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

const MANNERS: Readonly<Record<Edge["manner"], string>> = { "per-row": "one query a row", joined: "joined or prefetched", "not-followed": "not followed" };

export function tablesOfModels({ edges, models }: ModelsPlot): readonly PlotTable[] {
  const sorted = edges.toSorted((a, b) => (b.weight ?? -1) - (a.weight ?? -1) || Number(isHot(b)) - Number(isHot(a)));
  const rows = sorted.map((edge) => ({
    cells: [`${edge.child}.${edge.field}`, edge.parent, MANNERS[edge.manner], edge.weight === null ? "unknown" : formatTime(edge.weight)],
    ...(edge.finding === undefined ? {} : { finding: edge.finding }),
  }));
  const sizes = models.map(({ label, rows: count }) => ({ cells: [label, count === null ? "unknown" : formatNumber(count)] }));
  // From the source alone neither times nor rows are known: columns that say so in every row are left out.
  const isTimed = edges.some(({ weight }) => weight !== null);
  const relations = isTimed
    ? table(["relation", "leads to", "followed", "s a minute"], [3], rows)
    : table(
        ["relation", "leads to", "followed"],
        [],
        rows.map((row) => ({ ...row, cells: row.cells.slice(0, 3) })),
      );
  return models.some(({ rows: count }) => count !== null) ? [relations, table(["model", "rows"], [1], sizes)] : [relations];
}
