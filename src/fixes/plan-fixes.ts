import type { Edit, Finding, Fix } from "../model/finding.ts";
import { isSameEdit, orderEdits, overlaps } from "./apply.ts";
import { fitCall } from "./chain-edit.ts";
import { canJoin, joinInsertions } from "./join-insertions.ts";

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
export function planFixes(chosen: readonly ChosenFix[], read?: ReadText): FixPlan {
  const applied: ChosenFix[] = [];
  const skipped: SkippedFix[] = [];
  for (const candidate of chosen) {
    const earlier = applied.find((other) => conflict(other.fix.edits, candidate.fix.edits));
    if (earlier) skipped.push({ ...candidate, conflictsWith: earlier.finding });
    else applied.push(candidate);
  }
  return { applied, skipped, edits: editsByFile(applied.flatMap(({ fix }) => fix.edits), read) };
}

/** Text of a file, to break lines that grow too long when edits are joined. */
type ReadText = (file: string) => string | undefined;

export function editsByFile(edits: readonly Edit[], read?: ReadText): Map<string, readonly Edit[]> {
  const files = [...new Set(edits.map(({ file }) => file))].toSorted();
  return new Map(files.map((file) => [file, joinEqualPlaces(orderEdits(edits.filter((edit) => edit.file === file)), read)]));
}

function joinEqualPlaces(edits: readonly Edit[], read?: ReadText): Edit[] {
  const groups: [Edit, ...Edit[]][] = [];
  for (const edit of edits) {
    const group = groups.at(-1);
    if (group !== undefined && canJoin(group[0], edit)) group.push(edit);
    else groups.push([edit]);
  }
  return groups.map((group) => (group.length === 1 ? group[0] : fitted(joinInsertions(group), read)));
}

function fitted(edit: Edit, read?: ReadText): Edit {
  const text = read?.(edit.file);
  if (text === undefined) return edit;
  const at = Buffer.from(text).subarray(0, edit.start).toString().length;
  return { ...edit, text: fitCall(text, at, edit.text, edit.expected.length) };
}

function conflict(earlier: readonly Edit[], later: readonly Edit[]): boolean {
  return later.some((edit) =>
    earlier.some((other) => other.file === edit.file && !isSameEdit(edit, other) && overlaps(edit, other) && !canJoin(other, edit)),
  );
}
