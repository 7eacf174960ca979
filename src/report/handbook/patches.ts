/** Each fix as a patch that `git apply` takes, one after another in the order of the plan; the safe ones together as one more. */
import { applyEdits } from "../../fixes/apply.ts";
import { editsByFile, planFixes, type ChosenFix } from "../../fixes/plan-fixes.ts";
import { editsBetween } from "../../fixes/text-diff.ts";
import { unifiedDiff } from "../../fixes/unified-diff.ts";
import { inPlanOrder } from "../../handbook/plan-order.ts";
import type { Edit } from "../../model/finding.ts";
import type { Change, Handbook } from "../../model/handbook.ts";
import type { SourceReader } from "../render-context.ts";

export const SAFE_PATCH = "all-safe.patch";

export interface Patches {
  /** Texts by path below `patches/`. A fix whose file is not as it was analysed has none. */
  readonly files: ReadonlyMap<string, string>;
  /** For a patch that is written on top of others, the findings whose patches come right before it: those have their own before them. */
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** For a patch that cannot be applied beside an earlier one, the finding of that. */
  readonly insteadOf: ReadonlyMap<string, string>;
  /** For a patch whose whole change an earlier one makes, the finding of that. */
  readonly within: ReadonlyMap<string, string>;
}

interface Patched {
  readonly change: Change;
  readonly name: string;
  readonly chosen: ChosenFix;
  /** On the tree as it was analysed. */
  readonly own: string;
}

export function patchesOf({ changes, report }: Handbook, read: SourceReader): Patches {
  const findings = new Map(report.findings.map((one) => [one.id, one]));
  const all = inPlanOrder(changes).flatMap((change): Patched[] => {
    const finding = findings.get(change.finding);
    const fix = finding?.fixes[0];
    const own = change.patch === null || finding === undefined || fix === undefined ? null : patchOf(planFixes([{ finding, fix }], read).edits, read);
    return change.patch === null || own === null || finding === undefined || fix === undefined
      ? []
      : [{ change, name: change.patch, chosen: { finding, fix }, own }];
  });
  const made: Made = { files: new Map(), after: new Map(), insteadOf: new Map(), within: new Map() };
  for (const group of sharing(all)) writeSeries(group, read, made);
  const safe = all.filter(({ change }) => change.safety === "safe").map(({ chosen }) => chosen);
  const together = safe.length === 0 ? null : patchOf(planFixes(safe, read).edits, read);
  // In the order of the plan, as the pages name them.
  const files = new Map(
    all.flatMap(({ name }) => {
      const text = made.files.get(name);
      return text === undefined ? [] : [[name, text] as const];
    }),
  );
  if (together !== null) files.set(SAFE_PATCH, together);
  return { ...made, files };
}

interface Made {
  readonly files: Map<string, string>;
  readonly after: Map<string, readonly string[]>;
  readonly insteadOf: Map<string, string>;
  readonly within: Map<string, string>;
}

/** Fixes that change one file, or add a migration to one app: only those can be in each other's way. */
function sharing(all: readonly Patched[]): readonly (readonly Patched[])[] {
  const groups: { readonly keys: Set<string>; readonly members: Patched[] }[] = [];
  for (const one of all) {
    const keys = keysOf(one);
    const met = groups.filter((group) => keys.some((key) => group.keys.has(key)));
    const members = [...met.flatMap((group) => group.members), one].toSorted((a, b) => all.indexOf(a) - all.indexOf(b));
    const joined = { keys: new Set([...met.flatMap((group) => [...group.keys]), ...keys]), members };
    groups.splice(0, groups.length, ...groups.filter((group) => !met.includes(group)), joined);
  }
  return groups.map(({ members }) => members);
}

function keysOf({ chosen: { fix } }: Patched): readonly string[] {
  const follows = fix.migration?.follows;
  return [...new Set([...fix.edits.map(({ file }) => file), ...(follows === undefined ? [] : [`app:${follows.app}`])])];
}

function writeSeries(group: readonly Patched[], read: SourceReader, { files, after, insteadOf, within }: Made): void {
  let applied: readonly Patched[] = [];
  let tree: Tree = new Map();
  const before = new Map<string, ReadonlySet<string>>();
  for (const one of group) {
    const plan = planFixes(
      [...applied, one].map(({ chosen }) => chosen),
      read,
    );
    const skipped = plan.skipped.find(({ finding }) => finding.id === one.chosen.finding.id);
    const next = skipped === undefined ? treeOf(plan.edits, read) : null;
    if (next === null) {
      files.set(one.name, one.own);
      if (skipped !== undefined) insteadOf.set(one.name, skipped.conflictsWith.id);
      continue;
    }
    const onTop = diffOf(tree, next, read);
    const beside = applied.filter((other) => keysOf(other).some((key) => keysOf(one).includes(key))).map(({ change }) => change.finding);
    const isAlone = beside.length === 0 || onTop === null || fits(one, tree, next, read);
    files.set(one.name, isAlone ? one.own : onTop);
    if (!isAlone) {
      const implied = new Set(beside.flatMap((other) => [...(before.get(other) ?? [])]));
      after.set(
        one.name,
        beside.filter((other) => !implied.has(other)),
      );
      before.set(one.change.finding, new Set([...beside, ...implied]));
    }
    if (onTop === null) within.set(one.name, beside[0] ?? one.change.finding);
    applied = [...applied, one];
    tree = next;
  }
}

/** Texts of the files that were changed. */
type Tree = ReadonlyMap<string, string>;

function treeOf(edits: ReadonlyMap<string, readonly Edit[]>, read: SourceReader): Tree | null {
  const tree = new Map<string, string>();
  for (const [file, own] of edits) {
    const outcome = applyEdits(read(file) ?? "", own);
    if (!outcome.ok) return null;
    tree.set(file, outcome.text);
  }
  return tree;
}

/** Whether the fix's own patch does the same on the tree with the earlier ones: each of its hunks finds its lines there, once. */
function fits({ own, chosen }: Patched, tree: Tree, next: Tree, read: SourceReader): boolean {
  const isKnown = chosen.fix.edits.every(({ file }) => next.has(file));
  return (
    isKnown &&
    [...editsByFile(chosen.fix.edits).keys()].every((file) => !tree.has(file) || patched(tree.get(file) ?? "", hunksOf(own, file)) === next.get(file)) &&
    [...next.keys()].every((file) => tree.has(file) || chosen.fix.edits.some((edit) => edit.file === file) || read(file) === next.get(file))
  );
}

interface Hunk {
  readonly old: string;
  readonly made: string;
}

function hunksOf(patch: string, file: string): readonly Hunk[] {
  const [, own = ""] = patch.split(`diff --git a/${file} b/${file}\n`);
  const [mine = ""] = own.split(/^diff --git /m);
  return mine
    .split(/^@@ .*\n/m)
    .slice(1)
    .map((body) => {
      const lines = body.split("\n").slice(0, -1);
      const side = (signs: string): string =>
        lines
          .filter((line) => signs.includes(line[0] ?? ""))
          .map((line) => `${line.slice(1)}\n`)
          .join("");
      return { old: side(" -"), made: side(" +") };
    });
}

function patched(text: string, hunks: readonly Hunk[]): string | null {
  let result = text;
  for (const { old, made } of hunks) {
    const at = result.indexOf(old);
    if (old === "" || at < 0 || result.includes(old, at + 1)) return null;
    result = result.slice(0, at) + made + result.slice(at + old.length);
  }
  return result;
}

function diffOf(before: Tree, after: Tree, read: SourceReader): string | null {
  const files = [...after.keys()].filter((file) => (before.get(file) ?? read(file)) !== after.get(file)).toSorted();
  const diffs = files.map((file) => {
    const text = before.get(file) ?? read(file);
    return fileDiff(
      file,
      text,
      text === undefined ? [{ file, start: 0, end: 0, expected: "", text: after.get(file) ?? "" }] : editsBetween(file, text, after.get(file) ?? ""),
    );
  });
  return joined(diffs);
}

function patchOf(edits: ReadonlyMap<string, readonly Edit[]>, read: SourceReader): string | null {
  return joined([...edits].map(([file, own]) => fileDiff(file, read(file), own)));
}

const joined = (diffs: readonly (string | null)[]): string | null => (diffs.length === 0 || diffs.includes(null) ? null : diffs.join(""));

function fileDiff(file: string, text: string | undefined, edits: readonly Edit[]): string | null {
  const diff = unifiedDiff(file, text, edits);
  return diff === null ? null : `diff --git a/${file} b/${file}\n${text === undefined ? "new file mode 100644\n" : ""}${diff}`;
}
