/** Each fix as a patch that `git apply` takes, on the tree as it was analysed; the safe ones together as one more. */
import { planFixes } from "../../fixes/plan-fixes.ts";
import { unifiedDiff } from "../../fixes/unified-diff.ts";
import type { Edit } from "../../model/finding.ts";
import type { Handbook } from "../../model/handbook.ts";
import { editsByFile } from "../../fixes/plan-fixes.ts";
import type { SourceReader } from "../render-context.ts";

export const SAFE_PATCH = "all-safe.patch";

/** Texts by path below `patches/`. A fix whose file is not as it was analysed has none. */
export function patchFiles({ changes, report }: Handbook, read: SourceReader): ReadonlyMap<string, string> {
  const findings = new Map(report.findings.map((one) => [one.id, one]));
  const files = new Map<string, string>();
  for (const { finding, patch } of changes) {
    const fix = findings.get(finding)?.fixes[0];
    const text = patch === null || fix === undefined ? null : patchOf(editsByFile(fix.edits), read);
    if (patch !== null && text !== null) files.set(patch, text);
  }
  const safe = changes.flatMap(({ finding }) => {
    const one = findings.get(finding);
    const fix = one?.fixes[0];
    return one !== undefined && fix !== undefined && fix.safety === "safe" && fix.edits.length > 0 && patchOf(editsByFile(fix.edits), read) !== null ? [{ finding: one, fix }] : [];
  });
  const together = safe.length === 0 ? null : patchOf(planFixes(safe, read).edits, read);
  if (together !== null) files.set(SAFE_PATCH, together);
  return files;
}

function patchOf(edits: ReadonlyMap<string, readonly Edit[]>, read: SourceReader): string | null {
  const diffs = [...edits].map(([file, own]) => {
    const text = read(file);
    const diff = unifiedDiff(file, text, own);
    return diff === null ? null : `diff --git a/${file} b/${file}\n${text === undefined ? "new file mode 100644\n" : ""}${diff}`;
  });
  return diffs.length === 0 || diffs.includes(null) ? null : diffs.join("");
}
