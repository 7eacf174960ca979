import type { AnalyseOptions, Progress } from "../../src/model/config.ts";
import type { Report } from "../../src/model/report.ts";
import type { RuleMeta } from "../../src/model/rule-meta.ts";
import { run } from "../../src/cli/program.ts";
import type { Environment } from "../../src/cli/environment.ts";
import { SAMPLE_REPORT, SAMPLE_RULES } from "./sample-report.ts";

export interface CliResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the analysis was asked for; undefined when it was not run. */
  readonly options: AnalyseOptions | undefined;
}

export interface CliWorld extends Partial<Pick<Environment, "env" | "platform">> {
  readonly cwd: string;
  readonly report?: Report;
  readonly isTerminal?: boolean;
  readonly columns?: number;
  /** Without it, those of the canned report. */
  readonly rules?: readonly RuleMeta[];
  readonly analyse?: (options: AnalyseOptions, progress: Progress) => Promise<Report>;
}

/** Runs the command line in this process, over a canned report. */
export async function runCli(args: readonly string[], world: CliWorld): Promise<CliResult> {
  const output = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr"): Environment["stdout"] => ({
    write: (text) => (output[name] += text),
    isTTY: world.isTerminal ?? false,
    columns: world.columns ?? 80,
  });
  let options: AnalyseOptions | undefined;
  const status = await run(args, {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: { LANG: "en_US.UTF-8", ...world.env },
    platform: world.platform ?? "linux",
    cwd: world.cwd,
    version: "0.1.0",
    analyse: (given, progress) => {
      options = given.texts ? options : given;
      return world.analyse ? world.analyse(given, progress) : Promise.resolve(reportWith(world.report ?? SAMPLE_REPORT, given.texts));
    },
    rules: () => Promise.resolve(world.rules ?? SAMPLE_RULES),
  });
  return { status, ...output, options };
}

/** The canned report after a change: what was mended is not found again. */
function reportWith(report: Report, texts: AnalyseOptions["texts"]): Report {
  const isMended = ({ fixes: [first] }: Report["findings"][number]): boolean =>
    first?.edits.some(({ file, text }) => withoutLayout(texts?.get(file) ?? "").includes(withoutLayout(text))) ?? false;
  return texts ? { ...report, findings: report.findings.filter((finding) => !isMended(finding)) } : report;
}

/** Edits that are applied may break lines elsewhere. */
function withoutLayout(text: string): string {
  return text.replaceAll(/\s+/g, "").replaceAll(/,(?=[)\]}])/g, "");
}
