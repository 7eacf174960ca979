/** Statements by their text without its literals: cheaper than a parse, so that a log's statements are parsed once each. */
import { skipQuoted } from "./placeholders.ts";

export interface FoldedSql {
  readonly text: string;
  /** Strings without their quotes, and numbers, as they stand in the text; the first few. */
  readonly literals: readonly string[];
}

/** More values of one statement are not looked at. Ours. */
const MOST_LITERALS = 50;

/**
 * Strings become `''` and long numbers `0`. Numbers of one or two digits stay: `ORDER BY 2` is not `ORDER BY 3`. Two statements with the same text have the
 * same shape but for constants.
 */
export function foldLiterals(sql: string): FoldedSql {
  const literals: string[] = [];
  let text = "";
  let from = 0;
  for (let at = 0; at < sql.length;) {
    const end = literalEnd(sql, at);
    const isString = sql[at] === "'";
    if (end > at && (isString || isDigit(sql[at]))) {
      if (literals.length < MOST_LITERALS) literals.push(isString ? sql.slice(at + 1, end - 1).replaceAll("''", "'") : sql.slice(at, end));
      text += sql.slice(from, at) + foldedText(sql, at, end);
      from = end;
    }
    at = Math.max(end, at + 1);
  }
  return { text: text + sql.slice(from), literals };
}

const SHORT_NUMBER = 2;

function foldedText(sql: string, start: number, end: number): string {
  if (sql[start] === "'") return "''";
  return end - start > SHORT_NUMBER ? "0" : sql.slice(start, end);
}

/** The end of the quoted text, comment or number at a place; the place itself where none begins. */
function literalEnd(sql: string, at: number): number {
  if (!isDigit(sql[at])) return skipQuoted(sql, at);
  if (isNamePart(sql[at - 1])) return at;
  let end = at + 1;
  while (isDigit(sql[end]) || (sql[end] === "." && isDigit(sql[end + 1]))) end += 1;
  return end;
}

const isDigit = (character: string | undefined): boolean => character !== undefined && character >= "0" && character <= "9";

/** `$1`, `t3` and `"x1"` hold digits that are no numbers. */
const isNamePart = (character: string | undefined): boolean => character !== undefined && /[\w$.\u0080-\uffff]/.test(character);
