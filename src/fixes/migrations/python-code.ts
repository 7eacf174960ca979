/** Python text that names things of modules, written out for the file that it goes into. */
import type { EditDraft, PythonModule } from "../../model/index.ts";
import { addImports } from "../add-import.ts";

/** How a name of a module is called in the file: `models.Index`. */
export type NameIn = (from: string, name: string) => string;

/**
 * Text that waits for the names of its file.
 *
 * @example
 * const index: PythonCode = (name) => `${name("django.db.models", "Index")}(fields=["at"], name="event_at_idx")`;
 */
export type PythonCode = (name: NameIn) => string;

/** For a module of the project: its own imports are used, and what is missing is added. */
export function writeInModule(module: PythonModule, text: string, code: PythonCode): { readonly text: string; readonly edits: readonly EditDraft[] } {
  const wanted = new Map<string, Set<string>>();
  code((from, name) => {
    wanted.set(from, (wanted.get(from) ?? new Set()).add(name));
    return name;
  });
  const called = new Map<string, string>();
  const edits = [...wanted].flatMap(([from, names]) => {
    const list = [...names].toSorted();
    const added = addImports(module, text, from, list);
    for (const [index, name] of list.entries()) called.set(`${from}.${name}`, added.names[index] ?? name);
    return added.edits;
  });
  return { text: code((from, name) => called.get(`${from}.${name}`) ?? name), edits };
}

/** For a new migration, which has `migrations` and `models`: the text, and the lines of import that it needs. */
export function writeInMigration(code: PythonCode): { readonly text: string; readonly imports: readonly string[] } {
  const imports = new Set<string>();
  const text = code((from, name) => {
    const known = MODULES[from];
    imports.add(known === undefined ? `from ${from} import ${name}` : `from django.db import ${known}`);
    return known === undefined ? name : `${known}.${name}`;
  });
  return { text, imports: [...imports] };
}

const MODULES: Readonly<Record<string, string>> = { "django.db.models": "models", "django.db.migrations": "migrations" };

/** A string literal, in double quotes as Black writes it; on lines of its own where it holds some. */
export function pythonString(value: string): string {
  if (value.includes("\n")) return `"""${value.replaceAll("\\", "\\\\").replaceAll('"""', String.raw`\"""`)}"""`;
  if (value.includes('"') && !/['\\]/.test(value)) return `'${value}'`;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`)}"`;
}

export function pythonList(values: readonly string[]): string {
  return `[${values.map(pythonString).join(", ")}]`;
}
