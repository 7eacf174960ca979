/** A chain of calls that has grown too long for its line, as Black writes it: in parentheses, one call a line. */
import type { Edit } from "../model/finding.ts";
import { fitText } from "./fit-text.ts";
import { codeAfter, indentAt, lineStart, styleOf, type SourceText, type Style } from "./source-text.ts";

/** What may stand before a chain that has the rest of its statement for itself. */
const HOLDER = /^(?<indent>[\t ]*)(?:return |[\w.]+(?:\[[^\]]*\])?(?:: [^=]+?)? = |(?<loop>(?:async )?for [\w, ()]+? in ))/;
/** Lines above the edit that a chain may begin on. */
const LINES_ABOVE = 30;

/** A statement whose chain an edit makes longer. */
interface Statement {
  readonly indent: string;
  /** Where the chain begins, and its column. */
  readonly start: number;
  readonly column: number;
  readonly end: number;
  /** The chain before and after the edit. */
  readonly written: string;
  readonly whole: string;
  /** What stands behind it on its last line. */
  readonly suffix: string;
  /** The chain is only a part of it. */
  readonly isPart: boolean;
}

/**
 * The edit instead of one that chains calls on the end of an expression, where its line gets too long: with two calls
 * that follow another one, each call gets a line; with one, the last bracket is opened that leaves its line short
 * enough. Null where the edit may stay as it is.
 */
export function wrapChain(source: SourceText, edit: Edit): Edit | null {
  if (!edit.text.startsWith(".")) return null;
  const statement = statementAt(source.text, edit);
  const style = styleOf(source.text, source.lineLength);
  if (statement === null) return null;
  const { whole, written, column, suffix, start, end } = statement;
  const dots = statement.isPart ? [] : chainDots(whole);
  const isOnOneLine = !written.includes("\n");
  if (dots === null || (isOnOneLine && column + whole.length + suffix.length <= style.width)) return null;
  const text = dots.length >= 2 ? fluent(statement, dots, style) : isOnOneLine ? opened(statement, style) : null;
  return text === null ? null : inBytes(source.text, { file: edit.file, start, end, expected: source.text.slice(start, end), text });
}

function statementAt(text: string, edit: Edit): Statement | null {
  const at = Buffer.from(text).subarray(0, edit.start).toString().length;
  const after = at + edit.expected.length;
  const rest = codeAfter(text, after);
  let first = lineStart(text, at);
  for (let above = 0; above < LINES_ABOVE; above += 1) {
    const holder = HOLDER.exec(text.slice(first, at));
    const start = first + (holder?.[0].length ?? 0);
    if (holder !== null && chainDots(text.slice(start, at)) !== null) {
      const tail = holder.groups?.["loop"] === undefined ? rest : rest.replace(/:$/, "");
      const isWhole = holder.groups?.["loop"] === undefined ? tail === rest : tail !== rest;
      const whole = `${text.slice(start, at)}${onOneLine(edit.text)}${tail}`;
      if (!isWhole) return null;
      return {
        indent: holder.groups?.["indent"] ?? "",
        start,
        column: start - first,
        end: after + tail.length,
        written: text.slice(start, at),
        whole,
        suffix: rest.slice(tail.length),
        isPart: false,
      };
    }
    if (first === 0) break;
    first = lineStart(text, first - 1);
  }
  return lineAt(text, at, edit);
}

/** A statement of one line that holds the chain somewhere in it. */
function lineAt(text: string, at: number, edit: Edit): Statement | null {
  const indent = indentAt(text, at);
  const start = lineStart(text, at) + indent.length;
  const after = at + edit.expected.length;
  const tail = codeAfter(text, after);
  const written = text.slice(start, at);
  const suffix = /:$/.exec(tail)?.[0] ?? "";
  const whole = `${written}${onOneLine(edit.text)}${tail.slice(0, tail.length - suffix.length)}`;
  if (!isBalanced(whole)) return null;
  return { indent, start, column: indent.length, end: after + tail.length - suffix.length, written, whole, suffix, isPart: true };
}

/** In brackets, one call a line. */
function fluent({ whole, indent, written }: Statement, dots: readonly number[], style: Style): string | null {
  const inner = `${indent}${style.step}`;
  const pieces = [0, ...dots].map((from, index) => whole.slice(from, dots[index]));
  if (/"""|'''/.test(written)) return null;
  const laid = pieces.map((piece) => fitText(indented(piece, style.step), { column: inner.length, indent: inner }, style));
  return `(\n${laid.map((piece) => `${inner}${piece}`).join("\n")}\n${indent})`;
}

/** Lines that a last comma keeps apart go one step to the right. */
function indented(piece: string, step: string): string {
  return piece.replaceAll(/\n(?=[^\n])/g, `\n${step}`);
}

/** The last bracket that leaves its line and the one behind it short enough holds its arguments on lines of their own. */
function opened({ whole, column, indent, suffix }: Statement, style: Style): string | null {
  for (const [open, close] of brackets(whole).toReversed()) {
    const tail = whole.slice(close + 1);
    const isShort = column + open + 1 <= style.width && indent.length + 1 + tail.length + suffix.length <= style.width;
    if (isShort && close - open > 1 && whole[open] === "(") return `${fitText(whole.slice(0, close + 1), { column: style.width, indent }, style)}${tail}`;
  }
  return null;
}

function isBalanced(text: string): boolean {
  const plain = text.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, "");
  const count = (pattern: RegExp): number => plain.match(pattern)?.length ?? 0;
  return !/["'#\\]/.test(plain) && count(/[([{]/g) === count(/[)\]}]/g) && !/^(?:class|def|@)/.test(text);
}

/** Pairs of brackets that stand in no other, as offsets. */
function brackets(text: string): (readonly [open: number, close: number])[] {
  const found: (readonly [number, number])[] = [];
  const stack: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === '"' || char === "'") at = stringEnd(text, at);
    else if ("([{".includes(char)) stack.push(at);
    else if (")]}".includes(char)) {
      const open = stack.pop();
      if (open !== undefined && stack.length === 0) found.push([open, at]);
    }
  }
  return found;
}

function inBytes(text: string, edit: Edit): Edit {
  const start = Buffer.byteLength(text.slice(0, edit.start));
  return { ...edit, start, end: start + Buffer.byteLength(edit.expected) };
}

/** Arguments that stand on lines of their own, back on the line of their call. */
function onOneLine(call: string): string {
  return call
    .replaceAll(/\(\s*\n\s*/g, "(")
    .replaceAll(/,?\s*\n\s*\)/g, ")")
    .replaceAll(/,\s*\n\s*/g, ", ");
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
