import type { Handbook } from "../../../model/handbook.ts";
import type { DrawnPlan, Plot } from "../../../model/plot.ts";
import { html, NOTHING, type Html } from "../../html/markup.ts";
import { drawPlans, wholePlan } from "../plots/plans.ts";
import { drawPlot, hasAnswer, tablesOfPlot, type Sketch } from "../plots/plot.ts";
import type { Sheet } from "../plots/sheet.ts";
import { drawWaterfall } from "../plots/waterfall.ts";
import { findingAnchor } from "./anchors.ts";
import { prose } from "./prose.ts";
import { plotTable } from "./tables.ts";

/** A plot with its question, its answer and its figures; nothing when it answers nothing. */
export function figure(plot: Plot, handbook: Pick<Handbook, "shortIds">): Html {
  if (!hasAnswer(plot)) return NOTHING;
  const sketch = drawPlot(plot);
  return html`<figure data-stop tabindex="-1"><figcaption><span class="q">${prose(plot.question)}</span><span class="a">${prose(plot.answer)}</span></figcaption>
<div class="plot kind-${plot.kind}">${drawing(plot, sketch)}${sketch.legend === NOTHING ? NOTHING : html`<div class="legend">${sketch.legend}</div>`}</div>
${data(plot, handbook, sketch)}</figure>
`;
}

function drawing(plot: Plot, sketch: Sketch): Html {
  if (plot.kind === "waterfall") return html`<p class="tt">${plot.label}</p>${drawWaterfall(plot)}`;
  if (plot.kind === "plans")
    return html`<p class="tt stmt"><code>${plot.statement}</code></p>${drawPlans(plot)}${wholePlans([plot.before, ...(plot.after === null ? [] : [plot.after])])}`;
  return svgPair(plot, sketch);
}

/** Both widths; the style shows the one that fits. */
export function svgPair(plot: Plot, { wide, narrow }: Sketch): Html {
  const label = `${plot.question} ${plot.answer}`;
  if (wide === null && narrow === null) return html`<p class="sm dim">Too many for a drawing: the table has them all.</p>`;
  if (wide === narrow && wide !== null) return svg(wide, label, "");
  return html`${wide === null ? NOTHING : svg(wide, label, narrow === null ? "only-wide" : "wide")}${narrow === null ? html`<p class="sm dim narrow">Wider than this screen: the table has it.</p>` : svg(narrow, label, wide === null ? "" : "narrow")}`;
}

function svg({ left, right, height, body }: Sheet, label: string, name: string): Html {
  const place = left + right === 0 ? NOTHING : html` style="margin-left:${left}px;width:calc(100% - ${left + right}px)"`;
  return html`<svg class="draw ${name}" height="${height}" role="img" aria-label="${label}"${place}>${body}</svg>`;
}

function data(plot: Plot, handbook: Pick<Handbook, "shortIds">, { wide }: Sketch): Html {
  const isList = wide === null && plot.kind !== "waterfall" && plot.kind !== "plans";
  const tables = tablesOfPlot(plot).map((one) => plotTable(one, (id) => findingAnchor(handbook, id), plot.question));
  return html`<details class="data"${isList ? { html: " open" } : NOTHING}><summary>Data</summary>${tables}${plot.source.trim() === "" ? NOTHING : html`<p class="sm dim">Source: ${prose(plot.source)}.</p>`}</details>`;
}

/** Characters of EXPLAIN that a page carries for one drawing. */
const MOST_PLAN_TEXT = 100_000;

/** Each whole plan in a fold: as a list, and drawn by PEV2 where EXPLAIN's own text is there. */
function wholePlans(plans: readonly DrawnPlan[]): Html {
  return html`${plans.map((plan) => html`<details class="whole"><summary>The whole plan: ${plan.title}</summary>${plan.json === null || plan.json.length > MOST_PLAN_TEXT ? NOTHING : html`<script type="application/json" class="plan">${planText(plan.json)}</script>`}${wholePlan(plan)}</details>`)}`;
}

/** Nothing in it can end the element that holds it, or turn the text round. */
function planText(json: string): Html {
  return {
    html: json.replaceAll(
      /[<>&\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
    ),
  };
}
