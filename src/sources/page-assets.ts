import { existsSync, readFileSync } from "node:fs";
import type { HandbookAssets } from "../report/handbook/html/context.ts";
import type { PageAssets } from "../report/html/recording-page.ts";

/** From `web/` beside the sources, or from its copy in the build. */
export function readPageAssets(): PageAssets {
  return { style: readAsset("recording.css"), script: readAsset("recording.js") };
}

/** The page that draws whole plans is packed by the build; without it they are lists. */
export function readHandbookAssets(): HandbookAssets {
  return {
    style: `${readPlotStyle()}\n${readAsset("handbook.css")}`,
    script: readAsset("handbook.js"),
    planPage: existsSync(addressOf("plan-page.txt")) ? readAsset("plan-page.txt") : "",
  };
}

/** Colours and classes of drawings. */
export function readPlotStyle(): string {
  return readAsset("plots.css");
}

function addressOf(name: string): URL {
  const built = new URL("../web/", import.meta.url);
  return new URL(name, existsSync(built) ? built : new URL("../../web/", import.meta.url));
}

function readAsset(name: string): string {
  return readFileSync(addressOf(name), "utf8");
}
