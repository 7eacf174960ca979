import type { Plot } from "../../../model/plot.ts";
import { NOTHING, type Html } from "../../html/markup.ts";
import { drawBars, tableOfBars } from "./bars.ts";
import { drawConnections, tableOfConnections } from "./connections.ts";
import { drawDeadRows, tableOfDeadRows } from "./dead-rows.ts";
import { drawEndpoints, tableOfEndpoints } from "./endpoints.ts";
import { drawIndexMap, tablesOfIndexMap } from "./index-map.ts";
import { drawModels, tablesOfModels } from "./models.ts";
import { tablesOfPlans } from "./plans.ts";
import type { PlotTable } from "./plot-table.ts";
import type { Sheet } from "./sheet.ts";
import { drawSizes, tableOfSizes } from "./sizes.ts";
import { drawSplit, tableOfSplit } from "./split.ts";
import { drawTtl, tableOfTtl } from "./ttl.ts";
import { tableOfWaterfall } from "./waterfall.ts";

/** What can be drawn as one picture: null where a list says it better. Waterfalls and plans are lists that open. */
export interface Sketch {
  readonly wide: Sheet | null;
  readonly narrow: Sheet | null;
  readonly legend: Html;
}

export function drawPlot(plot: Plot): Sketch {
  switch (plot.kind) {
    case "bars":
      return drawBars(plot);
    case "split":
      return drawSplit(plot);
    case "connections":
      return drawConnections(plot);
    case "ttl":
      return drawTtl(plot);
    case "index-map":
      return drawIndexMap(plot);
    case "models":
      return drawModels(plot);
    case "dead-rows":
      return drawDeadRows(plot);
    case "endpoints":
      return drawEndpoints(plot);
    case "sizes":
      return drawSizes(plot);
    case "waterfall":
    case "plans":
      return { wide: null, narrow: null, legend: NOTHING };
  }
}

/** The figures of a plot, whatever its kind. */
export function tablesOfPlot(plot: Plot): readonly PlotTable[] {
  switch (plot.kind) {
    case "bars":
      return [tableOfBars(plot)];
    case "split":
      return [tableOfSplit(plot)];
    case "connections":
      return [tableOfConnections(plot)];
    case "ttl":
      return [tableOfTtl(plot)];
    case "index-map":
      return tablesOfIndexMap(plot);
    case "models":
      return tablesOfModels(plot);
    case "dead-rows":
      return [tableOfDeadRows(plot)];
    case "endpoints":
      return [tableOfEndpoints(plot)];
    case "sizes":
      return [tableOfSizes(plot)];
    case "waterfall":
      return [tableOfWaterfall(plot)];
    case "plans":
      return tablesOfPlans(plot);
  }
}

/** A plot without an answer, or without anything to draw, is not drawn. */
export function hasAnswer(plot: Plot): boolean {
  return plot.answer.trim() !== "" && tablesOfPlot(plot).some(({ rows }) => rows.length > 0);
}
