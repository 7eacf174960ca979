/** What the text around a place says about its author's style. */
import type { RuleInput } from "../model/index.ts";

/** A file's text, and the length that the project's formatter allows its lines. */
export interface SourceText {
  readonly text: string;
  readonly lineLength: number | null;
}

export function sourceOf(input: RuleInput, file: string): SourceText {
  return { text: input.text(file), lineLength: input.lineLength };
}

export interface Style {
  /** The quote that the file mostly uses. */
  readonly quote: '"' | "'";
  /** Columns that a line may have. */
  readonly width: number;
  /** One step of indentation. */
  readonly step: string;
}

const NARROWEST = 88;
const WIDEST = 120;

const styles = new Map<string, Omit<Style, "width"> & { readonly longest: number }>();

/**
 * Reads the style off a file. Its lines may be as long as the project's formatter says; where none is configured, as
 * long as they are, within reason.
 */
export function styleOf(text: string, lineLength: number | null = null): Style {
  const known = styles.get(text) ?? readStyle(text);
  styles.set(text, known);
  return { quote: known.quote, step: known.step, width: lineLength ?? Math.max(NARROWEST, known.longest) };
}

function readStyle(text: string): Omit<Style, "width"> & { readonly longest: number } {
  const lines = text.split(/\r\n|\n|\r/);
  const longest = Math.max(0, ...lines.map((line) => line.length).filter((length) => length <= WIDEST));
  const single = text.match(/(?<!['\w])'(?!')[^'\n]*'/g)?.length ?? 0;
  const double = text.match(/(?<!["\w])"(?!")[^"\n]*"/g)?.length ?? 0;
  const indented = lines.map((line) => /^(\t|\x20{2,8})\S/.exec(line)?.[1]).find((indent) => indent !== undefined);
  return { quote: single > double ? "'" : '"', longest, step: indented ?? "    " };
}

export function quoted(name: string, style: Style): string {
  return `${style.quote}${name}${style.quote}`;
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end === -1) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}

/** The blanks that the line begins with. */
export function indentAt(text: string, offset: number): string {
  return /^[\t ]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

/** Where the comment ends that is all that is left of the line; null when there is other text or none. */
export function trailingCommentEnd(text: string, offset: number): number | null {
  const rest = text.slice(offset, lineEnd(text, offset));
  return /^[\t ]*#/.test(rest) ? offset + rest.length : null;
}

/** Columns of the line with `added` more characters in it; a comment behind the code may stand out. */
export function widthWith(text: string, offset: number, added: number): number {
  return offset + codeAfter(text, offset).length - lineStart(text, offset) + added;
}

/** The rest of the line without a comment. */
export function codeAfter(text: string, offset: number): string {
  return text.slice(offset, lineEnd(text, offset)).replace(/\s+#.*$/, "");
}
