import { changedBlocks, changedLineCount } from "../fixes/changed-blocks.ts";
import type { FixPlan } from "../fixes/plan-fixes.ts";
import type { VerifiedPlan } from "../fixes/verify-fixes.ts";
import type { Finding } from "../model/finding.ts";
import { plainProse } from "./clean-text.ts";
import { sqlFixOf } from "./database-fixes.ts";
import { formatCount } from "../model/numbers.ts";
import { shortIdOf, shownPath, type RenderContext } from "./render-context.ts";
import { shellWord } from "./shell-word.ts";

/** What was written and, where git has all that was there before, how to undo it. Call it before the files change. */
export function renderApplied(plan: FixPlan, context: RenderContext, canUndo: boolean, exists: (file: string) => boolean): string {
  if (plan.applied.length === 0) return "Nothing applied.\n";
  const kept = plan.applied.map(({ finding, fix }) => `  ${shortIdOf(context, finding.id)}  ${plainProse(fix.title)}\n`);
  const undo = canUndo ? ` Undo: ${undoCommand([...plan.edits.keys()], context, exists)}` : "";
  return `${kept.join("")}\nApplied: ${planSize(plan, context)}.${undo}\n`;
}

/** `2 fixes, 3 lines in 2 files`. */
export function planSize(plan: FixPlan, context: RenderContext): string {
  const lines = [...plan.edits].reduce((sum, [file, edits]) => sum + changedLineCount(changedBlocks(context.read(file) ?? "", edits) ?? []), 0);
  return `${formatCount(plan.applied.length, "fix", "fixes")}, ${formatCount(lines, "line")} in ${formatCount(plan.edits.size, "file")}`;
}

export function undoCommand(files: readonly string[], context: RenderContext, exists: (file: string) => boolean): string {
  const changed = files.filter(exists);
  const created = files.filter((file) => !exists(file));
  const restore = changed.length > 0 ? [`git restore ${commonPath(changed, context)}`] : [];
  const remove = created.length > 0 ? [`rm ${created.map((file) => shellWord(shownPath(context, file))).join(" ")}`] : [];
  return [...restore, ...remove].join(" && ");
}

/** One file as it is, several by the folder that holds them. */
function commonPath(files: readonly string[], context: RenderContext): string {
  const [first = ""] = files;
  if (files.length === 1) return shellWord(shownPath(context, first));
  const parts = first.split("/").slice(0, -1);
  while (parts.length > 0 && !files.every((file) => file.startsWith(`${parts.join("/")}/`))) parts.pop();
  return shellWord(shownPath(context, parts.join("/")).replace(/\/$/, "") || ".");
}

/** What was left as it is, and why: never in silence. */
export function renderNotApplied(findings: readonly Finding[], plan: VerifiedPlan, context: RenderContext, isSqlShown = false): string {
  const id = (finding: Finding): string => shortIdOf(context, finding.id);
  const skipped = plan.skipped.map(
    ({ finding, conflictsWith }) => `Skipped: ${id(finding)} changes the same code as ${id(conflictsWith)}; run luthier fix again.\n`,
  );
  const dropped = plan.dropped.map(({ finding, reason }) => `Dropped: ${id(finding)}, tried in memory: ${reason}.\n`);
  const chosen = new Set([...plan.applied, ...plan.skipped, ...plan.dropped].map(({ finding }) => finding));
  const left = findings.filter((finding) => !chosen.has(finding));
  const toReview = left.filter(({ fixes: [first] }) => first?.safety === "review" && first.edits.length > 0).length;
  const inSql = left.filter((finding) => sqlFixOf(finding) !== null).length;
  const withoutEdit = left.length - toReview - inSql;
  const parts = [
    toReview > 0 ? `${formatCount(toReview, "fix", "fixes")} to review (--unsafe applies ${toReview === 1 ? "it" : "them"})` : "",
    inSql > 0
      ? `${formatCount(inSql, "fix", "fixes")} in SQL, to run yourself${isSqlShown ? "" : ` (--unsafe or --dry-run shows ${inSql === 1 ? "it" : "them"})`}`
      : "",
    withoutEdit > 0 ? `${formatCount(withoutEdit, "finding")} without an edit` : "",
  ].filter(Boolean);
  return skipped.join("") + dropped.join("") + (parts.length > 0 ? `Not applied: ${parts.join(", ")}.\n` : "");
}
