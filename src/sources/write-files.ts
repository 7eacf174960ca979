import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { applyEditsToBytes, type EditProblem } from "../fixes/apply.ts";
import type { Edit } from "../model/finding.ts";
import { UsageError } from "../model/usage-error.ts";

/** Files that a change made anew and files that were there before, relative to the root. */
export interface WrittenFiles {
  readonly changed: readonly string[];
  readonly created: readonly string[];
}

interface Pending {
  readonly file: string;
  readonly target: string;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array;
}

/**
 * Writes all edits or none: every file is checked before the first is touched, each is replaced in one step, and when
 * one cannot be written, those before it get their old bytes back. Permissions are kept.
 */
export function writeEdits(root: string, edits: ReadonlyMap<string, readonly Edit[]>): WrittenFiles {
  const pending = [...edits].map(([file, own]) => prepareFile(root, file, own));
  const done: Pending[] = [];
  try {
    for (const each of pending) {
      replaceFile(each.target, each.after);
      done.push(each);
    }
  } catch (cause) {
    for (const each of done) restoreFile(each);
    throw new UsageError("unwritable", `${pending[done.length]?.file} cannot be written; nothing was changed.`, "Make it writable.", { cause });
  }
  return {
    changed: pending.filter(({ before }) => before !== null).map(({ file }) => file),
    created: pending.filter(({ before }) => before === null).map(({ file }) => file),
  };
}

function prepareFile(root: string, file: string, edits: readonly Edit[]): Pending {
  const target = targetOf(root, file);
  const before = existsSync(target) ? readFileSync(target) : null;
  const outcome = applyEditsToBytes(before ?? new Uint8Array(), edits);
  if (!outcome.ok) throw describeProblem(file, outcome.problem);
  return { file, target, before, after: outcome.text };
}

/** Where the file really is: a link is followed, and must not lead out of the root. */
function targetOf(root: string, file: string): string {
  const top = realpathSync(root);
  const target = followLinks(path.resolve(top, file));
  const relative = path.relative(top, target);
  if (relative === "" || relative.split(path.sep)[0] === ".." || path.isAbsolute(relative)) {
    throw new UsageError("outside", `${file} is outside the project, so it is not changed.`, "Apply that fix by hand.");
  }
  return target;
}

/** Follows the links of the part of a path that is there. */
function followLinks(wanted: string): string {
  if (existsSync(wanted)) return realpathSync(wanted);
  const folder = path.dirname(wanted);
  return folder === wanted ? wanted : path.join(followLinks(folder), path.basename(wanted));
}

function describeProblem(file: string, problem: EditProblem): UsageError {
  const sentence =
    problem.kind === "overlap" ? `Two edits of ${file} overlap; nothing was changed.` : `${file} changed while it was analysed; nothing was changed.`;
  return new UsageError(problem.kind, sentence, "Run luthier fix again.");
}

function replaceFile(target: string, bytes: Uint8Array): void {
  const isNew = !existsSync(target);
  if (isNew) mkdirSync(path.dirname(target), { recursive: true });
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    writeFileSync(temporary, bytes, { flag: "wx" });
    if (!isNew) chmodSync(temporary, statSync(target).mode & 0o7777);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function restoreFile({ target, before }: Pending): void {
  if (before === null) rmSync(target, { force: true });
  else replaceFile(target, before);
}
