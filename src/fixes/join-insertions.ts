import type { Edit } from "../model/finding.ts";

/** `.select_related("a")`, on one line or with its arguments on lines of their own. */
const CALL = /^(?<head>(?:\s|\\\n)*\.(?:select|prefetch)_related\(\s*)(?<names>[^()]*?)(?<tail>\s*\))$/;
const TUPLE = /^(?<head>\s*list_select_related = \()(?<names>[^()]*?)(?<tail>,?\))$/;
/** One more argument after another. */
const ARGUMENT = /^,\s*["'][\w]+["']$/;
const ARGUMENT_LINE = /^\s*["']\w+["'],$/;

/**
 * What two insertions at one point come to when both load relations: one call with the names of both, or one call
 * after the other. Null when they have nothing to do with each other.
 */
export function joinInsertions(a: Edit, b: Edit): Edit | null {
  if (a.file !== b.file || a.start !== b.start || a.start !== a.end || b.start !== b.end) return null;
  const text = joinTexts(a.text, b.text);
  return text === null ? null : { ...a, text };
}

function joinTexts(a: string, b: string): string | null {
  if (a === b) return a;
  if (TUPLE.test(a) && TUPLE.test(b)) return joinNames(TUPLE, a, b);
  const [first, second] = [CALL.exec(a)?.groups, CALL.exec(b)?.groups];
  if (first !== undefined && second !== undefined) {
    return methodOf(a) === methodOf(b) ? joinNames(CALL, a, b) : `${a}${b}`;
  }
  const areArguments = [ARGUMENT, ARGUMENT_LINE].some((form) => isListOf(form, a) && form.test(b));
  return areArguments ? `${a}${b}` : null;
}

/** Every piece of a joined text has the form, too: a third insertion joins the first two. */
function isListOf(form: RegExp, text: string): boolean {
  const pieces = form === ARGUMENT ? text.split(/(?=,)/) : text.split(/(?<=,)/);
  return pieces.every((piece) => form.test(piece));
}

function methodOf(text: string): string | undefined {
  return /\.(\w+)\(/.exec(text)?.[1];
}

function joinNames(form: RegExp, a: string, b: string): string | null {
  const [first, second] = [form.exec(a)?.groups, form.exec(b)?.groups];
  if (first === undefined || second === undefined) return null;
  const names = [...splitNames(first["names"]), ...splitNames(second["names"])];
  const wanted = [...new Set(names)].filter((name) => !names.some((other) => other.startsWith(`${name.slice(0, -1)}__`)));
  const tail = form === TUPLE && wanted.length > 1 ? ")" : (first["tail"] ?? ")");
  return `${first["head"] ?? ""}${wanted.join(", ")}${tail}`;
}

function splitNames(text: string | undefined): string[] {
  return (text ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
}
