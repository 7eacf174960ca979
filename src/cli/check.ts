import { writeFileSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../model/usage-error.ts";
import { writeBaseline } from "../select/baseline.ts";
import { reachesSeverity } from "../select/severity.ts";
import type { Environment } from "./environment.ts";
import { prepare, type CommonFlags, type Prepared } from "./prepare.ts";

export interface CheckFlags extends CommonFlags {
  readonly output?: string;
}

/** `luthier check`: 1 when a finding at or above `--fail-on` is left, else 0. */
export async function check(given: string, flags: CheckFlags, commands: ReadonlySet<string>, environment: Environment): Promise<number> {
  const prepared = await prepare(given, flags, commands, environment);
  if (flags.updateBaseline) {
    await updateBaseline(prepared, environment);
    return 0;
  }
  sayStale(prepared, environment);
  const text = await render(prepared, flags, environment);
  if (flags.output === undefined) environment.stdout.write(text);
  else writeOutput(path.resolve(environment.cwd, flags.output), text);
  return prepared.report.findings.some(({ severity }) => reachesSeverity(severity, prepared.config.failOn)) ? 1 : 0;
}

async function render(prepared: Prepared, flags: CheckFlags, environment: Environment): Promise<string> {
  const { report, context, config } = prepared;
  switch (config.format) {
    case "json":
      return (await import("../report/json.ts")).renderJson(report);
    case "sarif":
      return (await import("../report/sarif.ts")).renderSarif(report, context);
    case "github":
      return (await import("../report/github.ts")).renderGithub(report, context);
    case "markdown":
      return (await import("../report/markdown.ts")).renderMarkdown(report, context);
    default:
      return await renderAsText(prepared, flags, environment);
  }
}

async function renderAsText({ report, context, config, root }: Prepared, flags: CheckFlags, environment: Environment): Promise<string> {
  const [{ renderText }, { textStyle }] = await Promise.all([import("../report/text.ts"), import("./terminal.ts")]);
  const stdout = flags.output === undefined ? environment.stdout : { write: () => {} };
  const style = textStyle({ ...environment, stdout }, root, config);
  return `${style.isTerminal && !style.quiet ? "\n" : ""}${renderText(report, context, style)}`;
}

function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new UsageError("unwritable", `${file} cannot be written.`, "Name a file in a folder that is there.", {
      cause,
    });
  }
}

/** All findings, whatever was selected: a baseline that forgets some would bring them back. */
async function updateBaseline({ config, whole, stale }: Prepared, { stderr, cwd }: Environment): Promise<void> {
  const { saveBaseline } = await import("../sources/baseline-file.ts");
  const file = config.baseline ?? "";
  saveBaseline(file, writeBaseline(whole.findings));
  const removed = stale === 0 ? "" : `, ${stale} stale removed`;
  stderr.write(`Baseline ${path.relative(cwd, file)}: ${whole.findings.length} findings${removed}.\n`);
}

function sayStale({ config, stale }: Prepared, { stderr, cwd }: Environment): void {
  if (stale === 0 || config.baseline === null) return;
  const file = path.relative(cwd, config.baseline);
  stderr.write(`luthier: ${stale} findings of ${file} are there no more; remove them with --update-baseline.\n`);
}
