/** Drawings as files of their own, for pages that cannot hold one: Markdown shows them by their names. */
import { createHash } from "node:crypto";
import type { Handbook } from "../../../model/handbook.ts";
import type { Plot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { PATTERN_DEFS } from "./patterns.ts";
import { drawPlot, hasAnswer } from "./plot.ts";
import { legendItems, rect, text, widthOfText, type LegendItem, type Sheet } from "./sheet.ts";

/** Pixels. Ours: GitHub shows a page of Markdown at some 840. */
const WIDTH = 840;
const EDGE = 14;
const LEGEND_LINE = 20;

/** `plots/sizes-1f0c9a41.svg`, below the handbook's folder; null for what is a list or answers nothing. No word of the project is in it. */
export function plotFile(plot: Plot): string | null {
  if (!hasAnswer(plot) || drawPlot(plot).wide === null) return null;
  return `plots/${plot.kind}-${createHash("sha256").update(identityOf(plot)).digest("hex").slice(0, 8)}.svg`;
}

/** What it is about, not what it shows today: figures that change are news of one file. */
function identityOf(plot: Plot): string {
  const subject = plot.kind === "index-map" ? plot.table : plot.kind === "ttl" ? plot.label : "";
  return JSON.stringify([plot.kind, plot.question, plot.finding ?? "", subject]);
}

/** Texts by path of all drawings that pages may show. */
export function plotFiles(
  { split, overview, sections }: Pick<Handbook, "split" | "overview" | "sections">,
  style: string,
): readonly (readonly [path: string, text: string])[] {
  const plots = [
    ...(split === null ? [] : [split]),
    ...overview,
    ...sections.flatMap((section) => [...section.plots, ...section.advice.flatMap((one) => one.plots)]),
  ];
  return plots.flatMap((plot) => {
    const file = plotFile(plot);
    const { wide, legend } = drawPlot(plot);
    return file === null || wide === null ? [] : [[file, standAlone(plot, wide, legend, style)] as const];
  });
}

/** One drawing as SVG with colours of its own, light and dark; on its own ground, for a page may be dark where its reader's system is light. */
function standAlone({ question, answer }: Plot, { left, right, height, body }: Sheet, legend: Html, style: string): string {
  const items = placeLegend(legendItems(legend), height + 2 * EDGE);
  const [last] = items.slice(-1);
  const whole = last === undefined ? height + 2 * EDGE : last.y + EDGE;
  const label = `${question} ${answer}`;
  const drawn = html`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${whole}" viewBox="0 0 ${WIDTH} ${whole}" role="img" aria-label="${label}"><style>${styleText(style)}</style>${PATTERN_DEFS}<rect width="100%" height="100%" style="fill:var(--panel)"/>
<svg x="${EDGE + left}" y="${EDGE}" width="${WIDTH - 2 * EDGE - left - right}" height="${height}" overflow="visible">${body}</svg>${items.map(drawItem)}</svg>
`;
  return drawn.html.replaceAll(NO_XML, "");
}

/** Beside control characters, which no text keeps, these have no place in XML. */
const NO_XML = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Our own text, which holds no sign that XML reads; a style that did would not be written. */
function styleText(style: string): Html {
  return /[<&]/.test(style) ? NOTHING : { html: style };
}

interface Placed {
  readonly item: LegendItem;
  readonly x: number;
  readonly y: number;
}

/** From left to right, and on to the next line where the width ends. */
function placeLegend(items: readonly LegendItem[], top: number): readonly Placed[] {
  const placed: Placed[] = [];
  let [x, y] = [EDGE, top];
  for (const item of items) {
    const width = widthOfText(item.words) + (item.name === null ? 18 : 36);
    if (x > EDGE && x + width > WIDTH - EDGE) [x, y] = [EDGE, y + LEGEND_LINE];
    placed.push({ item, x, y });
    x += width;
  }
  return placed;
}

function drawItem({ item: { name, words }, x, y }: Placed): Html {
  return name === null ? text(x, y, words, { name: "faint" }) : html`${rect(x, y - 9, 10, 10, name)}${text(x + 16, y, words)}`;
}
