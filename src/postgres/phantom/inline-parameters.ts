import { quoteLiteral } from "../quote.ts";

/** Strings, names, dollar-quoted texts and comments, in which `$1` is only text; then a parameter. */
const TOKENS =
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|[A-Za-z_]\w*(?:\$\w*)*|\$(\d+)/g;

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * The statement with values in place of `$1`, as a driver sends it that fills them in itself.
 *
 * @example
 * inlineParameters("SELECT 1 FROM t WHERE a = $1", ["it's"], "quoted") // SELECT 1 FROM t WHERE a = 'it''s'
 */
export function inlineParameters(sql: string, values: readonly (string | null)[], style: "quoted" | "bare numbers"): string {
  return sql.replaceAll(TOKENS, (token: string, _tag: string | undefined, number: string | undefined) => {
    if (number === undefined || token[0] !== "$") return token;
    const value = values[Number(number) - 1];
    if (value === undefined) return token;
    if (value === null) return "NULL";
    return style === "bare numbers" && NUMBER.test(value) ? (value.startsWith("-") ? `(${value})` : value) : quoteLiteral(value);
  });
}
