import type { Edit, Finding, Fix } from "../model/finding.ts";
import { isSameEdit, orderEdits, overlaps } from "./apply.ts";
import { joinInsertions } from "./join-insertions.ts";

export interface ChosenFix {
  readonly finding: Finding;
  readonly fix: Fix;
}

export interface SkippedFix extends ChosenFix {
  /** The fix before it that changes the same text. */
  readonly conflictsWith: Finding;
}

/** The edits of several findings as one change. */
export interface FixPlan {
  readonly applied: readonly ChosenFix[];
  readonly skipped: readonly SkippedFix[];
  /** In order of position, each edit once. */
  readonly edits: ReadonlyMap<string, readonly Edit[]>;
}

/**
 * Merges fixes in the order given: an edit that two of them share is made once, two that load relations at one point
 * become one, and a conflicting later fix is skipped.
 */
export function planFixes(chosen: readonly ChosenFix[]): FixPlan {
  const applied: ChosenFix[] = [];
  const skipped: SkippedFix[] = [];
  for (const candidate of chosen) {
    const earlier = applied.find((other) => conflict(other.fix.edits, candidate.fix.edits));
    if (earlier) skipped.push({ ...candidate, conflictsWith: earlier.finding });
    else applied.push(candidate);
  }
  return { applied, skipped, edits: editsByFile(applied.flatMap(({ fix }) => fix.edits)) };
}

export function editsByFile(edits: readonly Edit[]): Map<string, readonly Edit[]> {
  const files = [...new Set(edits.map(({ file }) => file))].toSorted();
  return new Map(files.map((file) => [file, joinEqualPlaces(orderEdits(edits.filter((edit) => edit.file === file)))]));
}

function joinEqualPlaces(edits: readonly Edit[]): Edit[] {
  const joined: Edit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    const one = last === undefined ? null : joinInsertions(last, edit);
    if (one === null) joined.push(edit);
    else joined[joined.length - 1] = one;
  }
  return joined;
}

function conflict(earlier: readonly Edit[], later: readonly Edit[]): boolean {
  return later.some((edit) =>
    earlier.some((other) => other.file === edit.file && !isSameEdit(edit, other) && overlaps(edit, other) && joinInsertions(other, edit) === null),
  );
}
