/** A field's call with one argument set or taken away, in the model and as the last migration wrote it. */
import type { Call, EditDraft, Expr, Field, FieldState, Span } from "../../model/index.ts";
import { nodesIn } from "../../python/syntax-tree.ts";
import { indentAt, lineEnd, lineStart } from "../source-text.ts";

/** The call in the model, where it is plainly the field's own class that is called: a helper's arguments are its own. */
export function fieldCall({ declaration, type }: Field): Call | null {
  if (declaration?.kind !== "call") return null;
  const { callee } = declaration;
  const name = callee.kind === "attribute" || callee.kind === "name" ? callee.name : "";
  return name === type.slice(type.lastIndexOf(".") + 1) ? declaration : null;
}

/** `value` null takes the argument away. Null where `**` could hold it. */
export function setArgument(text: string, file: string, call: Call, name: string, value: string | null): EditDraft | null {
  if (call.keywords.some((one) => one.name === "")) return null;
  const found = call.keywords.find((one) => one.name === name);
  if (found === undefined) return value === null ? null : addArgument(text, file, call, `${name}=${value}`);
  if (value !== null) return { span: { file, start: found.value.start, end: found.value.end }, text: value };
  return dropKeyword(text, file, call, name);
}

function partsOf(text: string, call: Call): readonly { readonly start: number; readonly end: number; readonly name: string }[] {
  const args = call.args.map(({ start, end }) => ({ start, end, name: "" }));
  const keywords = call.keywords.map(({ name, value }) => ({ start: text.lastIndexOf(name, value.start - name.length - 1), end: value.end, name }));
  return [...args, ...keywords].toSorted((a, b) => a.start - b.start);
}

function dropKeyword(text: string, file: string, call: Call, name: string): EditDraft | null {
  const parts = partsOf(text, call);
  const index = parts.findIndex((one) => one.name === name);
  const part = parts[index];
  if (part === undefined) return null;
  const [before, next] = [parts[index - 1], parts[index + 1]];
  const end = lineEnd(text, part.end);
  const isAlone = text.slice(lineStart(text, part.start), part.start).trim() === "" && /^\s*,?\s*(?:#.*)?$/.test(text.slice(part.end, end));
  if (isAlone) return { span: { file, start: lineStart(text, part.start), end: Math.min(text.length, end + 1) }, text: "" };
  if (next !== undefined) return { span: { file, start: part.start, end: next.start }, text: "" };
  return { span: { file, start: before?.end ?? part.start, end: part.end }, text: "" };
}

function addArgument(text: string, file: string, call: Call, argument: string): EditDraft {
  const last = partsOf(text, call).at(-1);
  if (last === undefined) return { span: { file, start: call.end - 1, end: call.end - 1 }, text: argument };
  const tail = text.slice(last.end, call.end - 1);
  const isOnLines = /^\s*,[^\n]*\n\s*$/.test(tail);
  const comma = last.end + tail.indexOf(",") + 1;
  if (isOnLines) return { span: { file, start: comma, end: comma }, text: `\n${indentAt(text, last.start)}${argument},` };
  return { span: { file, start: last.end, end: last.end }, text: `, ${argument}` };
}

/** The text of a call after edits within it. */
export function applyInside(text: string, { start, end }: Pick<Call, "start" | "end">, edits: readonly EditDraft[]): string {
  let [at, written] = [start, ""];
  for (const edit of edits.toSorted((one, other) => one.span.start - other.span.start)) {
    written += text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
  }
  return written + text.slice(at, end);
}

/** The field as the migrations leave it, with what its text needs imported; null where it uses names that only its own migration has. */
export function stateOf(state: FieldState, text: string): { readonly text: string; readonly imports: readonly string[]; readonly span: Span } | null {
  const { call, migration } = state;
  const imports: string[] = [];
  for (const name of rootNames(call)) {
    const found = migration.imports.filter((one) => one.binds === name).map((one) => one.line);
    if (found.length === 0 && !BUILTINS.has(name)) return null;
    const needed = found.filter((line) => isNeeded(line, text.slice(call.start, call.end)));
    // `import django.utils.timezone` binds `django`, through which the text may reach a module that something else has imported.
    imports.push(...(needed.length === 0 ? found : needed));
  }
  return { text: text.slice(call.start, call.end), imports, span: { file: migration.file, start: call.start, end: call.end } };
}

const BUILTINS = new Set(["dict", "list", "set", "tuple", "str", "int", "float", "bool", "frozenset", "bytes", "range"]);

/** Of several `import django.…` lines, those whose module the text names. */
function isNeeded(line: string, text: string): boolean {
  const module = /^import (\S+)$/.exec(line)?.[1];
  return module === undefined || !module.includes(".") || text.includes(module);
}

function rootNames(call: Expr): ReadonlySet<string> {
  const names = new Set<string>();
  for (const one of nodesIn(call)) if (one.kind === "name") names.add(one.name);
  return names;
}
