/** Makes a name of a module usable in a file. */
import type { EditDraft, PythonModule } from "../model/index.ts";
import { insertion } from "./chain-edit.ts";

export interface ImportedName {
  /** How the name is written in the file: `Count` or `models.Count`. */
  readonly name: string;
  readonly edits: readonly EditDraft[];
}

/**
 * What `name` of `from` is called in the file: as it is imported, through an imported parent package, or by an import
 * that the edits add.
 *
 * @example
 * addImport(module, text, "django.db.models", "Count"); // { name: "models.Count", edits: [] }
 */
export function addImport(module: PythonModule, text: string, from: string, name: string): ImportedName {
  const imports = module.ir.body.flatMap((stmt) => (stmt.kind === "import" && stmt.level === 0 ? [stmt] : []));
  const parent = from.slice(0, from.lastIndexOf("."));
  const leaf = from.slice(from.lastIndexOf(".") + 1);
  const same = imports.filter((stmt) => stmt.from === from);
  const own = same.flatMap((stmt) => stmt.names).find((one) => one.name === name || one.name === "*");
  if (own !== undefined) return { name: own.alias ?? name, edits: [] };
  const whole = imports.filter((stmt) => stmt.from === parent).flatMap((stmt) => stmt.names).find((one) => one.name === leaf);
  if (whole !== undefined) return { name: `${whole.alias ?? leaf}.${name}`, edits: [] };
  const { file } = module.ir;
  const [extended] = same;
  if (extended !== undefined && !text.slice(extended.start, extended.end).endsWith(")")) {
    return { name, edits: [insertion(file, extended.end, `, ${name}`)] };
  }
  const line = `from ${from} import ${name}`;
  const last = imports.at(-1);
  const first = module.ir.body[0];
  if (last !== undefined) return { name, edits: [insertion(file, last.end, `\n${line}`)] };
  return { name, edits: [insertion(file, first?.start ?? 0, `${line}\n\n`)] };
}
