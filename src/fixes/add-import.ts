/** Makes a name of a module usable in a file. */
import type { EditDraft, Import, PythonModule } from "../model/index.ts";
import { insertion } from "./chain-edit.ts";
import { lineEnd, trailingCommentEnd } from "./source-text.ts";

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
  const found = addImports(module, text, from, [name]);
  return { name: found.names[0] ?? name, edits: found.edits };
}

/** The same for several names of one module. */
export function addImports(
  module: PythonModule,
  text: string,
  from: string,
  names: readonly string[],
): { readonly names: readonly string[]; readonly edits: readonly EditDraft[] } {
  const imports = module.ir.body.flatMap((stmt) => (stmt.kind === "import" && stmt.level === 0 ? [stmt] : []));
  const called = names.map((name) => calledIn(imports, from, name));
  const missing = names.filter((_name, index) => called[index] === null);
  const edits = missing.length === 0 ? [] : importEdits(module, imports, text, from, missing);
  return { names: names.map((name, index) => called[index] ?? name), edits };
}

/** Null when nothing imports it. */
function calledIn(imports: readonly Import[], from: string, name: string): string | null {
  const parent = from.slice(0, from.lastIndexOf("."));
  const leaf = from.slice(from.lastIndexOf(".") + 1);
  const own = imports
    .filter((stmt) => stmt.from === from)
    .flatMap((stmt) => stmt.names)
    .find((one) => one.name === name || one.name === "*");
  if (own !== undefined) return own.alias ?? name;
  const whole = imports
    .filter((stmt) => stmt.from === parent)
    .flatMap((stmt) => stmt.names)
    .find((one) => one.name === leaf);
  return whole === undefined ? null : `${whole.alias ?? leaf}.${name}`;
}

function importEdits(module: PythonModule, imports: readonly Import[], text: string, from: string, names: readonly string[]): EditDraft[] {
  const { file } = module.ir;
  const existing = imports.find((stmt) => stmt.from === from && stmt.names.every((one) => one.name !== "*"));
  if (existing !== undefined) return extended(file, existing, text, names);
  const line = `from ${from} import ${names.join(", ")}`;
  const neighbour = neighbourOf(imports, from);
  if (neighbour === null) return [newSection(module, line)];
  if (neighbour.isBefore) return [insertion(file, trailingCommentEnd(text, neighbour.stmt.end) ?? lineEnd(text, neighbour.stmt.end), `\n${line}`)];
  return [insertion(file, neighbour.stmt.start, `${line}\n`)];
}

/** The names go in among the others where those are sorted, else behind them. */
function extended(file: string, stmt: Import, text: string, names: readonly string[]): EditDraft[] {
  const start = text.indexOf("import", text.indexOf(stmt.from ?? "", stmt.start) + (stmt.from ?? "").length) + "import".length;
  const items = [...text.slice(start, stmt.end).matchAll(/\w+(?:\s+as\s+\w+)?(?=\s*(?:,|\)|#|$))/gm)].map((item) => ({
    name: item[0],
    at: start + item.index,
  }));
  const last = items.at(-1);
  if (last === undefined || text.slice(start, stmt.end).includes("#")) return [insertion(file, stmt.end, `\nfrom ${stmt.from} import ${names.join(", ")}`)];
  const isSorted = items.every((item, index) => index === 0 || isortOrder(items[index - 1]?.name ?? "", item.name) <= 0);
  const groups = new Map<number, string[]>();
  for (const name of names) {
    const next = isSorted ? items.find((item) => isortOrder(item.name, name) > 0) : undefined;
    const at = next?.at ?? last.at + last.name.length;
    groups.set(at, [...(groups.get(at) ?? []), name]);
  }
  const isOnLines = /\n[\t ]*$/.test(text.slice(0, last.at));
  const blanks = isOnLines ? `\n${/[\t ]*$/.exec(text.slice(0, last.at))?.[0] ?? ""}` : " ";
  return [...groups].map(([at, own]) => {
    const isLast = at === last.at + last.name.length;
    return insertion(file, at, isLast ? own.map((name) => `,${blanks}${name}`).join("") : own.map((name) => `${name},${blanks}`).join(""));
  });
}

/** As isort and Ruff sort the names of an import: constants, classes, the rest. */
function isortOrder(a: string, b: string): number {
  const kind = (name: string): number => (/^[A-Z0-9_]+$/.test(name) && name.length > 1 ? 0 : /^[A-Z]/.test(name) ? 1 : 2);
  return kind(a) - kind(b) || (a < b ? -1 : a > b ? 1 : 0);
}

interface Neighbour {
  readonly stmt: Import;
  /** The new line comes after it. */
  readonly isBefore: boolean;
}

/** The import of the same package that the new line follows, or goes before, in order of modules. */
function neighbourOf(imports: readonly Import[], from: string): Neighbour | null {
  const [root = from] = from.split(".");
  const same = imports.filter((stmt) => stmt.from === root || stmt.from?.startsWith(`${root}.`) === true);
  const before = same.findLast((stmt) => (stmt.from ?? "") < from);
  if (before !== undefined) return { stmt: before, isBefore: true };
  const [first] = same;
  if (first !== undefined) return { stmt: first, isBefore: false };
  return null;
}

/** Without a neighbour: in a section of its own before the project's own imports, else after all. */
function newSection(module: PythonModule, line: string): EditDraft {
  const { file, body } = module.ir;
  const [root = ""] = module.name.split(".");
  const all = body.flatMap((stmt) => (stmt.kind === "import" ? [stmt] : []));
  const own = all.find((stmt) => stmt.level > 0 || stmt.from === root || stmt.from?.startsWith(`${root}.`) === true);
  const last = all.at(-1);
  if (own !== undefined) return insertion(file, own.start, `${line}\n\n`);
  return last === undefined ? insertion(file, body[0]?.start ?? 0, `${line}\n\n`) : insertion(file, last.end, `\n${line}`);
}
