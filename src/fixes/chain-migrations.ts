/** Migrations of several fixes, each written after the app's last one, put one after the other. */
import type { Edit } from "../model/finding.ts";
import { nextNumber } from "./migrations/place.ts";
import { dependencyText } from "./migrations/write-migration.ts";
import type { ChosenFix } from "./plan-fixes.ts";

export interface Chained {
  /** In the order of the fixes. */
  readonly edits: readonly (readonly Edit[])[];
  readonly created: readonly string[];
}

/** The edits of each fix, with its new migrations numbered and made dependent in the order of the fixes. */
export function chainMigrations(fixes: readonly ChosenFix[]): Chained {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  const created: string[] = [];
  const edits = fixes.map(({ fix }) => {
    const follows = fix.migration?.follows;
    if (follows === undefined) return fix.edits;
    const others = fix.edits.filter(({ file }) => !follows.files.includes(file));
    // Two findings may ask for one migration.
    if (seen.has(migrationsKey(fix.edits, follows.files))) return others;
    seen.add(migrationsKey(fix.edits, follows.files));
    const moved: Edit[] = [];
    let [before, after] = [follows.name, last.get(follows.app) ?? follows.name];
    for (const file of follows.files) {
      const old = nameOf(file);
      const name = old.replace(/^\d+/, nextNumber(after));
      const [written, needed] = [dependencyText(follows.app, before), dependencyText(follows.app, after)];
      moved.push(
        ...fix.edits.filter((edit) => edit.file === file).map((edit) => ({ ...edit, file: file.replace(old, name), text: edit.text.replace(written, needed) })),
      );
      [before, after] = [old, name];
    }
    last.set(follows.app, after);
    created.push(...moved.map(({ file }) => file));
    return [...others, ...moved];
  });
  return { edits, created };
}

const nameOf = (file: string): string => /([^/]+)\.py$/.exec(file)?.[1] ?? file;

function migrationsKey(edits: readonly Edit[], files: readonly string[]): string {
  return files.map((file) => `${file}\0${edits.find((edit) => edit.file === file)?.text ?? ""}`).join("\0");
}

/** Whether two fixes do the same in two ways, or write one field down twice: the later one would take the earlier one back. */
export function sameMigrations(a: ChosenFix, b: ChosenFix): boolean {
  const [one, other] = [a.fix.migration?.follows, b.fix.migration?.follows];
  if (one === undefined || other === undefined || one.app !== other.app || isSameChange(a, b)) return false;
  const altered = alteredFields(a, one.files);
  if (alteredFields(b, other.files).some((field) => altered.includes(field))) return true;
  return one.files.some((file) => other.files.includes(file)) && migrationsKey(a.fix.edits, one.files) !== migrationsKey(b.fix.edits, other.files);
}

function isSameChange(a: ChosenFix, b: ChosenFix): boolean {
  const [one, other] = [a.fix.migration?.follows?.files ?? [], b.fix.migration?.follows?.files ?? []];
  return migrationsKey(a.fix.edits, one) === migrationsKey(b.fix.edits, other);
}

/** `order.channel` of each AlterField, as fixes write it. */
function alteredFields({ fix }: ChosenFix, files: readonly string[]): readonly string[] {
  const texts = fix.edits.filter(({ file }) => files.includes(file)).map(({ text }) => text);
  return texts.flatMap((text) => [...text.matchAll(/AlterField\(\s*model_name="(\w+)",\s*name="(\w+)"/g)].map(([, model, name]) => `${model}.${name}`));
}

/** What two fixes may be at odds over: new migrations have files of their own. */
export function sharedEdits({ fix }: ChosenFix): readonly Edit[] {
  const files = fix.migration?.follows?.files ?? [];
  return fix.edits.filter(({ file }) => !files.includes(file));
}
