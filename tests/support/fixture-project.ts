/** Runs the real analysis over the shop with files laid over it. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { analyse } from "../../src/analyse.ts";
import type { AnalyseOptions, Report } from "../../src/model/index.ts";
import { SHOP_FILES } from "./shop-project.ts";
import { writeFiles } from "./temporary-folder.ts";

export async function analyseShop(overlay: Readonly<Record<string, string>>, conventions: readonly string[] = []): Promise<Report> {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "luthier-shop-")));
  try {
    writeFiles(root, { ...SHOP_FILES, ...overlay });
    return await analyse(
      optionsFor(
        root,
        conventions.map((one) => path.join(root, one)),
      ),
      () => undefined,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function optionsFor(root: string, conventions: readonly string[]): AnalyseOptions {
  return { root, exclude: [], jobs: 1, cache: false, settings: [], sourceRoots: [], conventions, thresholds: {} };
}
