import type { AnalyseOptions, Progress } from "./model/config.ts";
import type { Report } from "./model/report.ts";
import type { RuleMeta } from "./model/rule-meta.ts";

/** Placeholder: an analysis that reads nothing, so that the command line can be built and tested before the engine. */
export function analyse(_options: AnalyseOptions, _progress: Progress): Promise<Report> {
  return Promise.resolve({
    schema: "luthier-report/1",
    tool: { name: "luthier", version: "0.1.0" },
    project: { root: ".", django: null, apps: 0, models: 0, files: 0, lines: 0 },
    evidence: ["source"],
    coverage: {
      filesParsed: 0,
      filesFailed: 0,
      queryOrigins: 0,
      resolvedOrigins: 0,
      unresolved: [],
      unknown: [],
      sections: [],
    },
    timing: { totalMs: 0, phases: {} },
    findings: [],
    notices: [],
    silenced: { ignored: 0, baseline: 0, belowConfidence: 0 },
  });
}

/** Placeholder: the rule catalogue. */
export function ruleList(): Promise<readonly RuleMeta[]> {
  return Promise.resolve([]);
}
