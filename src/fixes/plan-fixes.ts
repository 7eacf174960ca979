import type { Edit, Finding, Fix } from "../model/finding.ts";
import { isSameEdit, orderEdits, overlaps } from "./apply.ts";
import { chainMigrations, sameMigrations, sharedEdits } from "./chain-migrations.ts";
import { fitCall } from "./chain-edit.ts";
import { canJoin, joinInsertions } from "./join-insertions.ts";
import type { SourceText } from "./source-text.ts";
import { wrapChain } from "./wrap-chain.ts";

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
  /** New migrations: files that must not be there yet. */
  readonly created: readonly string[];
}

/**
 * Merges fixes in the order given: an edit that two of them share is made once, two that load relations at one point
 * become one, a conflicting later fix is skipped, and new migrations of one app follow each other.
 */
export function planFixes(chosen: readonly ChosenFix[], read?: ReadText, lineLength: number | null = null): FixPlan {
  const applied: ChosenFix[] = [];
  const skipped: SkippedFix[] = [];
  for (const candidate of chosen) {
    const earlier = applied.find((other) => sameMigrations(other, candidate) || conflict(sharedEdits(other), sharedEdits(candidate)));
    if (earlier) skipped.push({ ...candidate, conflictsWith: earlier.finding });
    else applied.push(candidate);
  }
  const { edits, created } = chainMigrations(applied);
  return { applied, skipped, edits: editsByFile(edits.flat(), read && ((file) => sourceIn(read, file, lineLength))), created };
}

/** Text of a file, to break lines that grow too long. */
type ReadText = (file: string) => string | undefined;
type ReadSource = (file: string) => SourceText | undefined;

function sourceIn(read: ReadText, file: string, lineLength: number | null): SourceText | undefined {
  const text = read(file);
  return text === undefined ? undefined : { text, lineLength };
}

export function editsByFile(edits: readonly Edit[], read?: ReadSource): Map<string, readonly Edit[]> {
  const files = [...new Set(edits.map(({ file }) => file))].toSorted();
  return new Map(files.map((file) => [file, laidOut(joinEqualPlaces(orderEdits(edits.filter((edit) => edit.file === file))), read?.(file))]));
}

function joinEqualPlaces(edits: readonly Edit[]): Edit[] {
  const groups: [Edit, ...Edit[]][] = [];
  for (const edit of edits) {
    const group = groups.at(-1);
    if (group !== undefined && canJoin(group[0], edit)) group.push(edit);
    else groups.push([edit]);
  }
  return groups.map((group) => (group.length === 1 ? group[0] : joinInsertions(group)));
}

/** The same edits with lines broken where they grow too long. */
function laidOut(edits: readonly Edit[], source: SourceText | undefined): readonly Edit[] {
  if (source === undefined) return edits;
  return edits.map((edit) => {
    const wrapped = wrapChain(source, edit);
    const others = edits.filter((other) => other !== edit);
    return wrapped !== null && !others.some((other) => overlaps(wrapped, other)) ? wrapped : fitted(edit, source);
  });
}

function fitted(edit: Edit, source: SourceText): Edit {
  if (!/^\s*\.\w+\(/.test(edit.text)) return edit;
  const at = Buffer.from(source.text).subarray(0, edit.start).toString().length;
  return { ...edit, text: fitCall(source, at, edit.text, edit.expected.length) };
}

function conflict(earlier: readonly Edit[], later: readonly Edit[]): boolean {
  return later.some((edit) => earlier.some((other) => other.file === edit.file && !isSameEdit(edit, other) && overlaps(edit, other) && !canJoin(other, edit)));
}
