import { existsSync, readFileSync } from "node:fs";

/** Style and script that pages carry in themselves. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

/** From `web/` beside the sources, or from its copy in the build. */
export function readPageAssets(): PageAssets {
  const built = new URL("../web/", import.meta.url);
  const home = existsSync(built) ? built : new URL("../../web/", import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, home), "utf8");
  return { style: read("recording.css"), script: read("recording.js") };
}
