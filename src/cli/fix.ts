import { existsSync } from "node:fs";
import path from "node:path";
import type { ChosenFix, FixPlan } from "../fixes/plan-fixes.ts";
import { unifiedDiff } from "../fixes/unified-diff.ts";
import { verifyFixes } from "../fixes/verify-fixes.ts";
import type { Finding } from "../model/finding.ts";
import { UsageError } from "../model/usage-error.ts";
import { renderMigrations, renderSqlFixes } from "../report/database-fixes.ts";
import { renderApplied, renderNotApplied } from "../report/fix-summary.ts";
import { reachesSeverity } from "../select/severity.ts";
import type { Environment } from "./environment.ts";
import { prepare, type CommonFlags, type Prepared } from "./prepare.ts";
import { textStyle } from "./terminal.ts";

export interface FixFlags extends CommonFlags {
  readonly dryRun?: boolean;
  readonly unsafe?: boolean;
  readonly force?: boolean;
  readonly prove?: boolean;
  readonly repeat?: number;
  readonly apply?: boolean;
}

/** `luthier fix`: 1 when a finding at or above `--fail-on` was left as it is, else 0. */
export async function fix(given: string, flags: FixFlags, environment: Environment): Promise<number> {
  const prepared = await prepare(given, flags, new Set(), environment);
  const { whole: before, analyseWith, context } = prepared;
  const chosen = chooseFixes(prepared.report.findings, flags.unsafe === true);
  const { findLineLength } = await import("../sources/line-length.ts");
  const plan = await verifyFixes(chosen, { before, read: context.read, lineLength: findLineLength(prepared.root), analyse: analyseWith });
  const { context: shown, config, report } = prepared;
  const style = textStyle(environment, prepared.root, { verbose: config.verbose, quiet: config.quiet });
  // Before files are written: numbers of new migrations are taken from those that are there.
  const migrations = renderMigrations(plan, shown, style);
  if (flags.dryRun) environment.stdout.write(renderDiffs(plan, prepared));
  else await apply(plan, prepared, flags.force === true, environment);
  // What is no part of a diff goes where it does not get into a patch.
  const isSqlShown = flags.dryRun === true || flags.unsafe === true;
  environment.stderr.write(
    `${migrations}${isSqlShown ? renderSqlFixes(report.findings, shown, style) : ""}${renderNotApplied(report.findings, plan, shown, isSqlShown)}`,
  );
  return statusAfter(plan, prepared, flags.dryRun === true);
}

/** Each finding's first fix, when it is an edit and safe enough. */
export function chooseFixes(findings: readonly Finding[], isUnsafeToo: boolean): readonly ChosenFix[] {
  return findings.flatMap((finding) => {
    const [first] = finding.fixes;
    if (!first || first.edits.length === 0) return [];
    const isChosen = first.safety === "safe" || (isUnsafeToo && first.safety === "review");
    return isChosen ? [{ finding, fix: first }] : [];
  });
}

export function renderDiffs({ edits }: FixPlan, { context }: Prepared): string {
  return [...edits]
    .map(([file, own]) => {
      const diff = unifiedDiff(`${context.pathPrefix}${file}`, context.read(file), own);
      if (diff === null) throw new UsageError("changed-since", `${file} changed while it was analysed.`, "Run luthier fix again.");
      return diff;
    })
    .join("");
}

async function apply(plan: FixPlan, prepared: Prepared, isForced: boolean, { stdout }: Environment): Promise<void> {
  stdout.write(await writePlan(plan, prepared, isForced, renderApplied));
}

/** Writes the edits, if git or the user's word allows it, and returns what `render` says of them before they are written. */
export async function writePlan(plan: FixPlan, { root, context }: Prepared, isForced: boolean, render: typeof renderApplied): Promise<string> {
  const exists = (file: string): boolean => existsSync(path.join(root, file));
  const problem = plan.applied.length > 0 ? await whyGitCannotRestore(root, [...plan.edits.keys()].filter(exists)) : null;
  if (problem && !isForced) throw problem;
  const taken = plan.created.find(exists);
  if (taken !== undefined)
    throw new UsageError("exists", `${taken} is there already; nothing was changed.`, "Run luthier fix again: it numbers migrations after the last one.");
  const { writeEdits } = await import("../sources/write-files.ts");
  const text = render(plan, context, problem === null, exists);
  writeEdits(root, plan.edits);
  return text;
}

export async function whyGitCannotRestore(root: string, files: readonly string[]): Promise<UsageError | null> {
  const { treeState } = await import("../sources/git.ts");
  const state = await treeState(root, files);
  const remedy = "Commit or stash first, look with --dry-run, or write all the same with --force.";
  if (state.kind === "clean") return null;
  if (state.kind === "not-a-repository") {
    return new UsageError("not-a-repository", "this is no git repository, so nothing could undo the fixes.", remedy);
  }
  const others = state.files.length > 1 ? ` and ${state.files.length - 1} more` : "";
  return new UsageError("dirty-tree", `git does not have your changes of ${state.files[0]}${others}.`, remedy);
}

export function statusAfter(plan: FixPlan, { report, config }: Prepared, isDryRun: boolean): number {
  const mended = new Set(isDryRun ? [] : plan.applied.map(({ finding }) => finding));
  const left = report.findings.filter((finding) => !mended.has(finding));
  return left.some(({ severity }) => reachesSeverity(severity, config.failOn)) ? 1 : 0;
}
