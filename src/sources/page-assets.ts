import { existsSync, readFileSync } from "node:fs";
import type { PageAssets } from "../report/html/recording-page.ts";

/** From `web/` beside the sources, or from its copy in the build. */
export function readPageAssets(): PageAssets {
  const built = new URL("../web/", import.meta.url);
  const home = existsSync(built) ? built : new URL("../../web/", import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, home), "utf8");
  return { style: read("recording.css"), script: read("recording.js") };
}
