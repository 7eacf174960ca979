import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { planFixes, type FixPlan } from "../fixes/plan-fixes.ts";
import { verifyFixes, type VerifiedPlan } from "../fixes/verify-fixes.ts";
import type { Finding } from "../model/finding.ts";
import { UsageError } from "../model/usage-error.ts";
import type { Proof } from "../proof/proof.ts";
import { cleanLine } from "../report/clean-text.ts";
import { planSize, undoCommand } from "../report/fix-summary.ts";
import { formatBytes } from "../model/numbers.ts";
import { proofCount, renderProof, type LeftOver } from "../report/proof-summary.ts";
import { shortIdOf, shownPath } from "../report/render-context.ts";
import { wrapProse } from "../report/text-line.ts";
import { PROVE_FOLDER, proveInCopy } from "../sources/prove-in-copy.ts";
import type { LeftOut } from "../sources/project-copy.ts";
import { recordForProof } from "../sources/record-for-proof.ts";
import { saveProofs } from "../sources/proof-file.ts";
import type { Environment } from "./environment.ts";
import { chooseFixes, renderDiffs, statusAfter, whyGitCannotRestore, writePlan, type FixFlags } from "./fix.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { progressLine } from "./progress.ts";
import { textStyle } from "./terminal.ts";

const USUAL_REPEAT = 3;

/** `luthier fix --prove -- COMMAND…`: keeps the fixes that make the command's work less and leave its results as they were. */
export async function fixAndProve(given: string, flags: FixFlags, command: readonly string[], environment: Environment): Promise<number> {
  refuseContradictions(flags, command);
  const prepared = await prepare(given, flags, new Set(), environment);
  const plan = await planToProve(prepared, flags);
  const proof = await runProof(plan, prepared, command, flags.repeat ?? USUAL_REPEAT, environment);
  const style = styleOf(prepared, environment);
  const left = leftFixes(prepared.report.findings, plan, prepared);
  environment.stdout.write(`\n${renderProof(proof, left, prepared.context, style)}\n`);
  saveProofs(prepared.root, proof);
  const kept = planFixes(proof.kept, prepared.context.read);
  environment.stdout.write(await finish(kept, prepared, flags));
  environment.stdout.write(`${proofCount(proof, left)}\n`);
  return statusAfter(kept, prepared, flags.apply !== true);
}

function refuseContradictions({ dryRun, apply }: FixFlags, command: readonly string[]): void {
  if (command.length === 0) {
    throw new UsageError(
      "no-command",
      "--prove needs a command to run before and after the fixes.",
      "Give it after --, as in luthier fix --prove -- pytest shop.",
    );
  }
  if (dryRun && apply) throw new UsageError("bad-usage", "--dry-run and --apply contradict each other.", "Leave one of them out.");
}

/** What is worth running: fixes that hold when the changed source is analysed again. Nobody waits for a refusal at the end. */
async function planToProve({ report, whole: before, analyseWith, context, root }: Prepared, flags: FixFlags): Promise<VerifiedPlan> {
  const chosen = chooseFixes(report.findings, flags.unsafe === true);
  const plan = await verifyFixes(chosen, { before, read: context.read, analyse: analyseWith });
  if (plan.applied.length === 0) {
    const remedy = "See luthier check for what there is, or try the fixes to review too with --unsafe.";
    throw new UsageError("nothing-to-prove", "none of the findings has a safe fix to try.", remedy);
  }
  if (flags.apply && !flags.force) {
    const problem = await whyGitCannotRestore(root, [...plan.edits.keys()]);
    if (problem) throw problem;
  }
  return plan;
}

async function runProof(plan: VerifiedPlan, prepared: Prepared, command: readonly string[], repeat: number, environment: Environment): Promise<Proof> {
  const { stdout, stderr, env, cwd } = environment;
  const progress = progressLine(stderr);
  const say = (text: string): unknown => stdout.write(`${wrapProse(styleOf(prepared, environment), text, 0).join("\n")}\n`);
  try {
    return await proveInCopy({
      chosen: plan.applied,
      root: prepared.root,
      command,
      cwd,
      env,
      repeat,
      read: prepared.context.read,
      record: recordForProof,
      onCopy: (folder, leftOut) => say(announce(shownPath(prepared.context, folder), command, leftOut)),
      onRun: (purpose, number) => progress.step({ phase: `run ${number}: ${purpose}`, done: 0, total: 0, unit: "" }),
    });
  } finally {
    progress.end();
  }
}

function announce(folder: string, command: readonly string[], leftOut: readonly LeftOut[]): string {
  const missing = leftOut.map(({ path: file, bytes }) => `${cleanLine(file)} (over ${formatBytes(bytes)})`).join(", ");
  const without = missing === "" ? "" : ` Without what git ignores and is large: ${missing}.`;
  return `Working in a copy: ${folder}. Your tree is not touched yet. Running ${cleanLine(command.join(" "))}.${without}`;
}

function styleOf({ root, config }: Prepared, environment: Environment): ReturnType<typeof textStyle> {
  return textStyle(environment, root, { verbose: config.verbose, quiet: config.quiet });
}

/** Fixes that were not run, and why. Findings without an edit are not listed: there are many, and `check` has them. */
function leftFixes(findings: readonly Finding[], plan: VerifiedPlan, { context }: Prepared): LeftOver {
  const skipped = plan.skipped.map(({ finding, conflictsWith }) => ({
    finding,
    reason: `it changes the same code as ${shortIdOf(context, conflictsWith.id)}; run luthier fix again`,
  }));
  const dropped = plan.dropped.map(({ finding, reason }) => ({ finding, reason: `analysed with it: ${reason}` }));
  const seen = new Set([...plan.applied, ...skipped, ...dropped].map(({ finding }) => finding));
  const toReview = findings.filter(({ fixes: [first] }) => first?.safety === "review" && first.edits.length > 0);
  return { fixes: [...skipped, ...dropped], toReview: toReview.filter((finding) => !seen.has(finding)).length };
}

/** Writes the kept fixes to the user's tree, or a patch beside it. */
async function finish(plan: FixPlan, prepared: Prepared, { apply, force, dryRun }: FixFlags): Promise<string> {
  if (plan.applied.length === 0) return "Your tree is as it was: there is no fix to apply.\n";
  if (apply) {
    return writePlan(plan, prepared, force === true, (kept, context, canUndo, exists) => {
      const undo = canUndo ? ` Undo: ${undoCommand([...kept.edits.keys()], context, exists)}` : "";
      return `Applied to your tree: ${planSize(kept, context)}.${undo}\n`;
    });
  }
  const diff = renderDiffs(plan, prepared);
  if (dryRun) return diff;
  const file = `${PROVE_FOLDER}/proven.patch`;
  const target = path.join(prepared.root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, diff);
  return `Your tree is as it was. ${planSize(plan, prepared.context)}: git apply ${shownPath(prepared.context, file)}\n`;
}
