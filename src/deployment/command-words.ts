/** Command lines as a shell reads them: words with their places, one list for each command. Any text gives some. */
import type { Span } from "../model/span.ts";

export interface Word {
  readonly text: string;
  readonly span: Span;
  /** As written, where a variable decides: `${WEB_CONCURRENCY:-3}`. */
  readonly dependsOn?: string;
}

/** Where a command's text stands. `isExact` is false where it is not written as it is run (a YAML block, a JSON array). */
export interface CommandPlace {
  readonly span: Span;
  readonly isExact: boolean;
}

export type Variables = ReadonlyMap<string, string>;

/** Commands of a text, in order; `&&`, `;`, `|` and ends of lines stand between them. */
export function splitCommands(text: string, place: CommandPlace, variables: Variables = new Map()): Word[][] {
  const commands: Word[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const gap = lengthAt(GAP, text, at) || lengthAt(COMMENT, text, at);
    const end = gap > 0 ? 0 : lengthAt(SEPARATOR, text, at);
    const length = gap > 0 || end > 0 ? 0 : Math.max(1, lengthAt(WORD, text, at));
    if (end > 0 && (commands.at(-1)?.length ?? 0) > 0) commands.push([]);
    if (length > 0) commands.at(-1)?.push(toWord(text.slice(at, at + length), wordSpan(place, at, length), variables));
    at += gap + end + length;
  }
  return commands.filter((words) => words.length > 0);
}

function wordSpan({ span, isExact }: CommandPlace, at: number, length: number): Span {
  return isExact ? { file: span.file, start: span.start + at, end: span.start + at + length } : span;
}

const GAP = /(?:[ \t\r]|\\\r?\n)+/y;
const COMMENT = /#[^\n]*/y;
const SEPARATOR = /&&|\|\||[;|&\n(){}]/y;
const WORD = /(?:"(?:\\[\s\S]|[^"\\])*"?|'[^']*'?|\$\{[^}\n]*\}?|\$\([^)\n]*\)?|\\[\s\S]|[^\s"'\\;|&(){}]|(?<=\$)[{(])+/y;

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Quotes are taken off, and variables replaced by what is known of them. */
function toWord(written: string, span: Span, variables: Variables): Word {
  let isOpen = false;
  const value = written.replaceAll(
    /'([^']*)'?|"((?:\\[\s\S]|[^"\\])*)"?|\\([\s\S])|\$\{(\w+)(?::?[-=]([^}]*))?\}|\$(\w+)/g,
    (whole, single?: string, double?: string, escaped?: string, braced?: string, fallback?: string, bare?: string) => {
      if (single !== undefined) return single;
      if (escaped !== undefined) return escaped;
      if (double !== undefined) {
        const inner = toWord(double.replaceAll(/\\(["\\$])/g, "$1").replaceAll("'", "\\'"), span, variables);
        isOpen ||= inner.dependsOn !== undefined;
        return inner.text;
      }
      isOpen = true;
      return variables.get(braced ?? bare ?? "") ?? fallback ?? whole;
    },
  );
  return { text: value, span, ...(isOpen ? { dependsOn: written.replaceAll(/^["']|["']$/g, "") } : {}) };
}
