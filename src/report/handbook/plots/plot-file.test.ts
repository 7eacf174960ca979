import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hostileHandbook } from "../../../../tests/support/hostile-handbook.ts";
import { SAMPLE_HANDBOOK, sampleHandbookContext } from "../../../../tests/support/sample-handbook.ts";
import { SAMPLE_PLOTS } from "../../../../tests/support/sample-plots.ts";
import type { Handbook } from "../../../model/handbook.ts";
import { renderHandbook, type RenderedHandbook } from "../markdown/render-handbook.ts";
import { drawPlot } from "./plot.ts";
import { plotFile, plotFiles } from "./plot-file.ts";
import { legendItems } from "./sheet.ts";

const style = readFileSync(new URL("../../../../web/plots.css", import.meta.url), "utf8");
const PLOTS = Object.values(SAMPLE_PLOTS).flat();

function draw(handbook: Handbook): RenderedHandbook {
  return renderHandbook(handbook, { ...sampleHandbookContext(), folder: ".luthier/handbook", pathPrefix: "../../", plotStyle: style });
}

const shownIn = ({ pages }: RenderedHandbook): readonly string[] =>
  [...pages.values()].flatMap((text) => [...text.matchAll(/^!\[.*\]\((plots\/[^)]*)\)$/gm)].map(([, file = ""]) => file));

test("each drawing that a page shows is a file, and each file is shown", () => {
  const rendered = draw(SAMPLE_HANDBOOK);
  const shown = new Set(shownIn(rendered));
  const files = [...rendered.files.keys()].filter((name) => name.startsWith("plots/"));
  expect(shown.size).toBeGreaterThan(4);
  expect([...shown].toSorted()).toEqual(files.toSorted());
});

test("plans and waterfalls are lists: no file", () => {
  for (const plot of PLOTS) expect(plotFile(plot) === null, plot.kind).toBe(plot.kind === "plans" || plot.kind === "waterfall");
});

test("figures that change keep the name; another table has another", () => {
  const map = PLOTS.find((plot) => plot.kind === "index-map");
  if (map === undefined) throw new Error("no index map");
  expect(plotFile({ ...map, answer: "Another answer." })).toBe(plotFile(map));
  expect(plotFile({ ...map, table: "shop_other" })).not.toBe(plotFile(map));
});

test("a drawing stands by itself: its own colours for light and dark, its legend, nothing from elsewhere", () => {
  for (const [name, text] of plotFiles(SAMPLE_HANDBOOK, style)) {
    expect(wellFormed(text), name).toBe("");
    expect(text).toContain("light-dark(");
    expect(text.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|href|<script|<foreignObject|\son\w+=/i);
  }
  const sizes = plotFiles({ split: null, overview: PLOTS.filter(({ kind }) => kind === "sizes"), sections: [] }, style);
  expect(sizes[0]?.[1]).toMatch(/class="cool"\/><text[^>]*>indexes</);
});

test("each colour of a legend is one of the style's", () => {
  const classes = new Set(PLOTS.flatMap((plot) => legendItems(drawPlot(plot).legend).flatMap(({ name }) => name ?? [])));
  expect(classes.size).toBeGreaterThan(4);
  expect([...classes].filter((name) => !new RegExp(`rect\\.${name}[ ,]`).test(style))).toEqual([]);
});

test("names that mean harm are text in the drawings, and no part of their files' names", () => {
  const rendered = draw(hostileHandbook());
  const drawings = [...rendered.files].filter(([name]) => name.startsWith("plots/"));
  expect(drawings.length).toBeGreaterThan(4);
  for (const [name, text] of drawings) {
    expect(name).toMatch(/^plots\/[a-z-]+-[0-9a-f]{8}\.svg$/);
    expect(wellFormed(text), name).toBe("");
    expect(text.replace(/<style>[^<]*<\/style>/, "")).not.toMatch(
      /<(?!\/?(?:svg|style|defs|pattern|rect|g|line|circle|path|text|tspan|title|polygon|polyline)\b)/,
    );
  }
});

/** What is wrong with the text as XML, as far as elements, entities and characters go; empty when nothing is. */
function wellFormed(text: string): string {
  const open: string[] = [];
  for (const [tag, end, name = "", , self] of text.matchAll(/<(\/?)([A-Za-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|</g)) {
    if (name === "") return `a bare < in ${text.slice(0, 80)}`;
    if (end === "/") {
      if (open.pop() !== name) return `${tag} closes nothing`;
    } else if (self !== "/") open.push(name);
  }
  if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) return "an entity that XML does not know";
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text)) return "a character that XML does not allow";
  return open.length === 0 ? "" : `${open.join(", ")} left open`;
}
