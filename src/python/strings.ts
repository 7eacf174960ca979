import type { Expr, Str } from "../model/index.ts";
import { lowerExpression, opaque } from "./walk.ts";
import type { LowerExpr, Walk } from "./walk.ts";

/** The parts of a string's beginning, up to the end of its opening quotes. */
interface Prefix {
  readonly isRaw: boolean;
  readonly isBytes: boolean;
  readonly isFormat: boolean;
  readonly length: number;
  readonly quotes: number;
}

const string: LowerExpr = (walk) => {
  const { cursor, text } = walk;
  const { start, end } = cursor;
  const prefix = readPrefix(text, start);
  if (prefix.isBytes) return opaque(start, end);
  if (prefix.isFormat) return lowerFormat(walk, prefix);
  const content = text.slice(start + prefix.length, Math.max(start + prefix.length, end - prefix.quotes));
  return { kind: "str", start, end, value: unescape(content, prefix.isRaw) };
};

/** Adjacent literals are one string; one f-string among them makes it a `Format`. */
const concatenated: LowerExpr = (walk) => {
  const { cursor } = walk;
  const { start, end } = cursor;
  const parts: Expr[] = [];
  if (cursor.down()) {
    do {
      const part = lowerExpression(walk);
      for (const inner of part.kind === "format" ? part.parts : [part]) parts.push(inner);
    } while (cursor.next());
    cursor.up();
  }
  if (parts.every(isStr)) return { kind: "str", start, end, value: parts.map((part) => part.value).join("") };
  return parts.some((part) => part.kind === "opaque") ? opaque(start, end) : { kind: "format", start, end, parts };
};

function isStr(expression: Expr): expression is Str {
  return expression.kind === "str";
}

function lowerFormat(walk: Walk, prefix: Prefix): Expr {
  const { cursor, grammar } = walk;
  const { start, end } = cursor;
  const parts: Expr[] = [];
  if (cursor.down()) {
    do {
      if (cursor.type === grammar.id.string_content) parts.push(lowerContent(walk, prefix));
      else if (cursor.type === grammar.id.interpolation) lowerInterpolation(walk, parts);
    } while (cursor.next());
    cursor.up();
  }
  if (parts.every(isStr)) return { kind: "str", start, end, value: parts.map((part) => part.value).join("") };
  return { kind: "format", start, end, parts };
}

function lowerContent({ cursor, text }: Walk, prefix: Prefix): Str {
  const { start, end } = cursor;
  const value = unescape(text.slice(start, end), prefix.isRaw).replace(/\{\{|\}\}/g, (pair) => pair.charAt(0));
  return { kind: "str", start, end, value };
}

/** `{value!r:>{width}}` renders `value`, then `width` in its format. */
function lowerInterpolation(walk: Walk, parts: Expr[]): void {
  const { cursor, grammar } = walk;
  if (!cursor.down()) return;
  do {
    if (cursor.type === grammar.id.format_specifier) lowerSpecifier(walk, parts);
    else if (cursor.type !== grammar.id.type_conversion) parts.push(lowerExpression(walk));
  } while (cursor.next());
  cursor.up();
}

function lowerSpecifier(walk: Walk, parts: Expr[]): void {
  const { cursor, grammar } = walk;
  if (!cursor.down()) return;
  do if (cursor.type === grammar.id.format_expression) lowerInterpolation(walk, parts);
  while (cursor.next());
  cursor.up();
}

function readPrefix(text: string, start: number): Prefix {
  let at = start;
  while (/[a-z]/i.test(text.charAt(at))) at++;
  const letters = text.slice(start, at).toLowerCase();
  const quote = text.charAt(at);
  const quotes = text.startsWith(quote.repeat(3), at) ? 3 : 1;
  return {
    isRaw: letters.includes("r"),
    isBytes: letters.includes("b"),
    isFormat: letters.includes("f") || letters.includes("t"),
    length: at - start + quotes,
    quotes,
  };
}

const escape = /\\(?:\r\n|([0-7]{1,3})|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|N\{[^}]*\}|[^])/gi;
const single: Readonly<Record<string, string>> = {
  "\\\n": "",
  "\\\r": "",
  "\\\r\n": "",
  "\\\\": "\\",
  "\\'": "'",
  '\\"': '"',
  "\\a": "\u0007",
  "\\b": "\b",
  "\\f": "\f",
  "\\n": "\n",
  "\\r": "\r",
  "\\t": "\t",
  "\\v": "\v",
};

/** The text that a literal's source stands for. A name in `\N{…}` is not looked up. */
function unescape(source: string, isRaw: boolean): string {
  const lines = source.includes("\r") ? source.replace(/\r\n?/g, "\n") : source;
  if (isRaw || !lines.includes("\\")) return lines;
  return lines.replace(escape, (written: string, octal?: string, byte?: string, four?: string, eight?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    const hex = byte ?? four ?? eight;
    if (hex !== undefined) return ofCodePoint(Number.parseInt(hex, 16));
    if (written.startsWith("\\N{")) return "\uFFFD";
    return single[written] ?? written;
  });
}

function ofCodePoint(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : "\uFFFD";
}

export const strings: Readonly<Record<string, LowerExpr>> = {
  string,
  concatenated_string: concatenated,
};
