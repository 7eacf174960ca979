/** Two changes of one app as one fix. */
import type { EditDraft, FixDraft } from "../../model/index.ts";
import { nextNumber } from "./place.ts";
import { dependencyText } from "./write-migration.ts";

/** The migrations of the second come after those of the first. Both must be migrations of the same app. `edits` are made in place of theirs. */
export function joinFixes(title: string, first: FixDraft, second: FixDraft, edits: readonly EditDraft[] | null = null): FixDraft {
  const [one, other] = [first.migration, second.migration];
  if (one?.follows === undefined || other?.follows === undefined) return { ...first, title };
  const { app } = one.follows;
  const files = [...(first.files ?? [])];
  let [before, after] = [other.follows.name, nameOf(files.at(-1)?.file ?? "")];
  for (const { file, text } of second.files ?? []) {
    const old = nameOf(file);
    const name = old.replace(/^\d+/, nextNumber(after));
    files.push({ file: file.replace(old, name), text: text.replace(dependencyText(app, before), dependencyText(app, after)) });
    [before, after] = [old, name];
  }
  return {
    ...first,
    title,
    edits: edits ?? [...first.edits, ...second.edits],
    files,
    migration: {
      lock: one.lock === other.lock ? one.lock : `${one.lock}, then ${other.lock}`,
      duration: `${one.duration}; then ${other.duration}`,
      rollback: `${one.rollback} ${other.rollback.replace(/^Migrate back: /, "Before that, ")}`,
      follows: { app, name: one.follows.name, files: files.map(({ file }) => file) },
    },
  };
}

const nameOf = (file: string): string => /([^/]+)\.py$/.exec(file)?.[1] ?? "";

/** Whether they write the same text of the model. */
export function overlap(first: FixDraft, second: FixDraft): boolean {
  return second.edits.some(({ span }) =>
    first.edits.some((other) => other.span.file === span.file && other.span.start < span.end && span.start < other.span.end),
  );
}
