/** Lays a call out as Black does where it is too long for its line. */
import { codeAfter, indentAt, lineStart, type Style } from "./source-text.ts";

export interface Room {
  /** Columns before the text on its first line. */
  readonly column: number;
  /** Columns that have to be left after its last line. */
  readonly after?: number;
  /** The blanks that the statement begins with. */
  readonly indent: string;
}

/** What is there for a text that takes the place of another. */
export function roomAt(text: string, { start, end }: { readonly start: number; readonly end: number }): Room {
  return { column: start - lineStart(text, start), after: codeAfter(text, end).length, indent: indentAt(text, start) };
}

/**
 * The text as it is where it fits; else what its last bracket holds goes on a line of its own, or on one line each.
 *
 * @example
 * fitText("rows.append(Order(customer=customer))", { column: 8, indent: "        " }, style);
 */
export function fitText(text: string, { column, after = 0, indent }: Room, style: Style): string {
  const flat = onOneLine(text);
  if (flat !== null && column + flat.length + after <= style.width) return flat;
  const call = lastBracket(flat ?? text);
  if (call === null) return text;
  const inner = `${indent}${style.step}`;
  // The commas of `for key, value in …` tell no arguments apart, and Python allows none behind a generator.
  const isOne = isGenerator(call.inside);
  const items = isOne ? [call.inside] : splitItems(call.inside);
  const line = items.join(", ");
  const fits = !call.isMagic && inner.length + line.length <= style.width && !line.includes("\n");
  if (fits) return `${call.head}\n${inner}${line}\n${indent}${call.tail}`;
  if (isOne)
    return `${call.head}\n${splitGenerator(line)
      .map((part) => `${inner}${part}`)
      .join("\n")}\n${indent}${call.tail}`;
  const comma = items.length > 1 || call.isMagic ? "," : "";
  const lines = items.map((item) => `${inner}${fitText(item, { column: inner.length, after: comma.length, indent: inner }, style)}${comma}`);
  return `${call.head}\n${lines.join("\n")}\n${indent}${call.tail}`;
}

/** Null for a text that only its own lines can hold: a comment, a string over lines, a last comma that keeps the lines apart. */
function onOneLine(text: string): string | null {
  if (!text.includes("\n")) return text;
  if (/#|"""|'''|,\s*\n\s*[)\]}]/.test(text)) return null;
  return text
    .replaceAll(/([([{])\s*\n\s*/g, "$1")
    .replaceAll(/\s*\n\s*([)\]}]|\.(?=[a-z_]))/gi, "$1")
    .replaceAll(/\s*\n\s*/g, " ");
}

interface Bracket {
  readonly head: string;
  readonly inside: string;
  readonly tail: string;
  /** A last comma keeps what is inside on lines of its own. */
  readonly isMagic: boolean;
}

function lastBracket(text: string): Bracket | null {
  const open = openings(text);
  if (open === null || !/[)\]}]$/.test(text)) return null;
  const written = text.slice(open + 1, -1).trim();
  const inside = written.replace(/,$/, "");
  return inside === "" ? null : { head: text.slice(0, open + 1), inside, tail: text.slice(-1), isMagic: written !== inside && text.includes("\n") };
}

/** Where the bracket opens that the text ends with. */
function openings(text: string): number | null {
  const stack: number[] = [];
  let last: number | null = null;
  for (const { at, char } of codeOf(text)) {
    if ("([{".includes(char)) stack.push(at);
    else if (")]}".includes(char)) last = stack.pop() ?? null;
  }
  return stack.length === 0 ? last : null;
}

/** What stands between the commas outside of brackets. */
export function splitItems(text: string): string[] {
  const cuts = topLevel(text, (rest) => rest.startsWith(","));
  return [0, ...cuts.map((at) => at + 1)].map((from, index) => text.slice(from, cuts[index]).trim()).filter((item) => item !== "");
}

function isGenerator(text: string): boolean {
  return topLevel(text, (rest) => /^\s(?:async )?for\s/.test(rest)).length > 0;
}

/** Black breaks a comprehension before each `for` and `if`. */
function splitGenerator(text: string): string[] {
  const cuts = topLevel(text, (rest) => /^ (?:(?:async )?for|if) /.test(rest));
  return [0, ...cuts.map((at) => at + 1)].map((from, index) => text.slice(from, cuts[index]));
}

function topLevel(text: string, isCut: (rest: string) => boolean): number[] {
  const cuts: number[] = [];
  let depth = 0;
  for (const { at, char } of codeOf(text)) {
    if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (depth === 0 && isCut(text.slice(at))) cuts.push(at);
  }
  return cuts;
}

/** The characters outside of strings. */
function* codeOf(text: string): Generator<{ readonly at: number; readonly char: string }> {
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (char === '"' || char === "'") {
      const quote = text.startsWith(char.repeat(3), at) ? char.repeat(3) : char;
      at += quote.length;
      while (at < text.length && !text.startsWith(quote, at)) at += text[at] === "\\" ? 2 : 1;
      at += quote.length - 1;
    } else yield { at, char };
  }
}
