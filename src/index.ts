/**
 * Luthier as a library: the analysis is a function, its report is data.
 *
 * @example
 * import { analyse } from "luthier";
 * const report = await analyse({ root: "shop" });
 * for (const { claim, places } of report.findings) console.log(places[0]?.file, claim);
 */
import path from "node:path";
import { analyse as analyseProject, ruleList } from "./analyse.ts";
import type { AnalyseOptions, Progress, Report, RuleMeta } from "./model/index.ts";

export type { AnalyseOptions, Progress, ProgressStep } from "./model/config.ts";
export type * from "./model/finding.ts";
export type { Coverage, Notice, Report, SectionState } from "./model/report.ts";
export type { RuleMeta } from "./model/rule-meta.ts";

const DEFAULTS: Omit<AnalyseOptions, "root"> = {
  exclude: [],
  jobs: 1,
  cache: false,
  settings: [],
  sourceRoots: [],
  conventions: [],
  thresholds: {},
};

/** All findings of a project, comments that silence one respected. Reads files below `root` and runs none of them. */
export function analyse(options: Pick<AnalyseOptions, "root"> & Partial<AnalyseOptions>, progress: Progress = () => {}): Promise<Report> {
  return analyseProject({ ...DEFAULTS, ...options, root: path.resolve(options.root) }, progress);
}

/** What the catalogue says of every rule. */
export function rules(): Promise<readonly RuleMeta[]> {
  return ruleList();
}
