import { endOfQuoted } from "./quoted-string.ts";

export interface JinjaToken {
  readonly type: "name" | "number" | "string" | "operator";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface ScannedTokens {
  readonly tokens: readonly JinjaToken[];
  /** Where the closing delimiter begins (with its `-` or `+`), and where it ends. */
  readonly contentEnd: number;
  readonly end: number;
}

const BLANKS = /\s+/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{N}_]*/uy;
const INTEGER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*/y;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][-+]?\d[\d_]*)?/y;
const OPERATOR = /\/\/|\*\*|[=!<>]=|[-+/*%~[\](){}><=.:|,;]/y;
const PAIRS: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * Reads the tokens of a tag from `from` up to its closing delimiter, which does not count inside strings and
 * brackets. Gives null when a token cannot be read, brackets do not match or the text ends before that.
 */
export function scanTokens(text: string, from: number, closer: string): ScannedTokens | null {
  const tokens: JinjaToken[] = [];
  const open: string[] = [];
  for (let at = skipBlanks(text, from); at < text.length;) {
    const end = open.length === 0 ? endOfCloser(text, at, closer) : 0;
    if (end > 0) return { tokens, contentEnd: at, end };
    const token = readToken(text, at, tokens.at(-1));
    if (!token || !trackBracket(open, token)) return null;
    tokens.push(token);
    at = skipBlanks(text, token.end);
  }
  return null;
}

/** The tokens up to the end of `text`, or to the first that cannot be read. */
export function scanLoosely(text: string, from: number): readonly JinjaToken[] {
  const tokens: JinjaToken[] = [];
  for (let at = skipBlanks(text, from); at < text.length;) {
    const token = readToken(text, at, tokens.at(-1));
    if (!token) break;
    tokens.push(token);
    at = skipBlanks(text, token.end);
  }
  return tokens;
}

function endOfCloser(text: string, at: number, closer: string): number {
  const sign = text.charAt(at);
  const start = sign === "-" || sign === "+" ? at + 1 : at;
  return text.startsWith(closer, start) ? start + closer.length : 0;
}

function skipBlanks(text: string, at: number): number {
  return matchEnd(BLANKS, text, at) || at;
}

/** After a dot a number is an integer: `rows.0.name`. */
function readToken(text: string, at: number, last: JinjaToken | undefined): JinjaToken | null {
  const number = last?.text === "." ? INTEGER : NUMBER;
  return (
    makeToken("name", text, at, matchEnd(NAME, text, at)) ??
    makeToken("operator", text, at, matchEnd(OPERATOR, text, at)) ??
    makeToken("string", text, at, endOfQuoted(text, at)) ??
    makeToken("number", text, at, matchEnd(number, text, at))
  );
}

function makeToken(type: JinjaToken["type"], text: string, start: number, end: number): JinjaToken | null {
  return end === 0 ? null : { type, text: text.slice(start, end), start, end };
}

/** End of the match that begins at `at`; 0 where there is none. */
function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : 0;
}

function trackBracket(open: string[], token: JinjaToken): boolean {
  if (token.type !== "operator") return true;
  const closer = PAIRS[token.text];
  if (closer !== undefined) open.push(closer);
  else if (token.text === ")" || token.text === "]" || token.text === "}") return open.pop() === token.text;
  return true;
}
