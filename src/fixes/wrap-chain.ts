/** A chain of calls that has grown too long for its line, as Black writes it: in parentheses, one call a line. */
import type { Edit } from "../model/finding.ts";
import { lineEnd, lineStart, styleOf, type SourceText } from "./source-text.ts";

/** What may stand before a chain that has the rest of its line for itself. */
const HOLDER = /^(?<indent>[\t ]*)(?:return |[\w.]+(?:: [^=]+?)? = |(?<loop>(?:async )?for [\w, ()]+? in ))/;

/**
 * The edits instead of one that chains calls on the end of a one-line expression, where the line gets too long and at
 * least two calls follow another one; null where the edit may stay as it is. One call more is left to `fitCall`, as
 * Black does not give a single call a line of its own.
 */
export function wrapChain(source: SourceText, edit: Edit): readonly Edit[] | null {
  if (!edit.text.startsWith(".")) return null;
  const { text } = source;
  const at = Buffer.from(text).subarray(0, edit.start).toString().length;
  const first = lineStart(text, at);
  const holder = HOLDER.exec(text.slice(first, at));
  if (holder === null) return null;
  const start = first + holder[0].length;
  const added = onOneLine(edit.text);
  const written = text.slice(start, at);
  const rest = text.slice(at + edit.expected.length, lineEnd(text, at));
  const tail = holder.groups?.["loop"] === undefined ? rest : rest.replace(/:$/, "");
  const whole = `${written}${added}${tail}`;
  const dots = chainDots(whole);
  const isWhole = holder.groups?.["loop"] === undefined ? tail === rest : tail !== rest;
  const style = styleOf(text, source.lineLength);
  if (dots === null || dots.length < 2 || !isWhole || start - first + `${whole}${rest.slice(tail.length)}`.length <= style.width) return null;
  const indent = holder.groups?.["indent"] ?? "";
  const inner = `${indent}${style.step}`;
  const pieces = [0, ...dots].map((from, index) => whole.slice(from, dots[index]));
  if (pieces.some((piece) => inner.length + piece.length > style.width)) return null;
  const end = at + edit.expected.length;
  const before = dots.filter((dot) => dot < written.length).map((dot) => broken(edit.file, start + dot, inner));
  const within = brokenText(added, dots.map((dot) => dot - written.length).filter((dot) => dot >= 0 && dot < added.length), inner);
  const after = dots.filter((dot) => dot >= written.length + added.length).map((dot) => broken(edit.file, end + dot - written.length - added.length, inner));
  const closing = `\n${indent})`;
  const isLast = tail === "";
  const drafts = [
    { ...broken(edit.file, start, inner), text: `(\n${inner}` },
    ...before,
    { file: edit.file, start: at, end, expected: edit.expected, text: `${within}${isLast ? closing : ""}` },
    ...after,
    ...(isLast ? [] : [{ ...broken(edit.file, end + tail.length, inner), text: closing }]),
  ];
  return joinAtOnePoint(drafts).map((draft) => inBytes(text, draft));
}

/** Two insertions at one point are one. */
function joinAtOnePoint(edits: readonly Edit[]): Edit[] {
  const joined: Edit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    if (last === undefined || last.start !== edit.start || last.end !== edit.end) joined.push(edit);
    else joined[joined.length - 1] = { ...last, text: `${last.text}${edit.text}` };
  }
  return joined;
}

function broken(file: string, at: number, inner: string): Edit {
  return { file, start: at, end: at, expected: "", text: `\n${inner}` };
}

function brokenText(text: string, dots: readonly number[], inner: string): string {
  const points = [0, ...dots.filter((dot) => dot > 0)];
  const pieces = points.map((from, index) => text.slice(from, points[index + 1]));
  return `${dots.includes(0) ? `\n${inner}` : ""}${pieces.join(`\n${inner}`)}`;
}

function inBytes(text: string, edit: Edit): Edit {
  const start = Buffer.byteLength(text.slice(0, edit.start));
  return { ...edit, start, end: start + Buffer.byteLength(edit.expected) };
}

/** Arguments that stand on lines of their own, back on the line of their call. */
function onOneLine(call: string): string {
  return call.replaceAll(/\(\s*\n\s*/g, "(").replaceAll(/,?\s*\n\s*\)/g, ")").replaceAll(/,\s*\n\s*/g, ", ");
}

/** Where the calls that follow another call or a subscript begin; null when the text is no chain. */
export function chainDots(text: string): readonly number[] | null {
  const dots: number[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === '"' || char === "'") {
      at = stringEnd(text, at);
      if (at === -1) return null;
    } else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (char === "#" || (depth === 0 && !/[\w.]/.test(char))) return null;
    else if (depth === 0 && char === "." && /[)\]]/.test(text[at - 1] ?? "")) dots.push(at);
    if (depth < 0) return null;
  }
  return depth === 0 ? dots : null;
}

/** Offset of the closing quote of a string on one line; -1 when there is none. */
function stringEnd(text: string, start: number): number {
  const quote = text[start];
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
