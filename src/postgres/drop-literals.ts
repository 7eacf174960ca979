/** Numbers in parentheses after these are a type's modifier, no value. */
const WITH_MODIFIER = /\b(?:varchar|char|character|varying|bpchar|bit|varbit|numeric|decimal|dec|float|time|timestamp|timestamptz|timetz|interval|vector)$/i;

/** Comments, strings of all kinds, names in quotes, parameters, words, numbers; in this order, since each may hold the next. */
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>--[^\n]*|/\*)`,
    String.raw`(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'?)`,
    String.raw`(?<dollar>\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\k<tag>\$|$))`,
    String.raw`(?<name>"(?:[^"]|"")*"?)`,
    String.raw`(?<parameter>\$\d+)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?\w*)`,
  ].join("|"),
);

/**
 * Replaces what is a value in a statement's text by further parameters, and leaves out comments. The server has done so already with most
 * statements; not with those that are no query, such as SET, and not with the comments that applications add.
 *
 * @example
 * dropLiterals("SET app.token = 'secret' -- of mine") // "SET app.token = $1"
 */
export function dropLiterals(sql: string): string {
  const token = new RegExp(TOKEN, "g");
  let last = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
  let end = 0;
  let result = "";
  for (let match = token.exec(sql); match !== null; match = token.exec(sql)) {
    result += sql.slice(end, match.index);
    const { comment, string, dollar, number } = match.groups ?? {};
    if (comment?.startsWith("/*") === true) token.lastIndex = endOfComment(sql, match.index);
    end = token.lastIndex;
    if (comment !== undefined) result += " ";
    else if (string !== undefined || dollar !== undefined || (number !== undefined && !isModifier(result, sql.slice(end)))) result += `$${(last += 1)}`;
    else result += match[0];
  }
  return `${result}${sql.slice(end)}`.trim();
}

/** Comments in PostgreSQL hold comments. */
function endOfComment(sql: string, start: number): number {
  let depth = 0;
  for (const { 0: mark, index } of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === "/*" ? 1 : -1;
    if (depth === 0) return start + index + mark.length;
  }
  return sql.length;
}

function isModifier(before: string, after: string): boolean {
  const list = /\(\s*(?:\d+\s*,\s*)?$/.exec(before);
  return list !== null && /^\s*(?:,\s*\d+\s*)?\)/.test(after) && WITH_MODIFIER.test(before.slice(0, list.index).trimEnd());
}

const QUERY = /^[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|TABLE)\b/i;
const ABOUT_SECRETS = /passw(?:or)?d|secret|token/i;

/** Without literals where one may be a password, in every snapshot: `ALTER ROLE … PASSWORD '…'` is kept by the server as it was sent. */
export function dropSecrets(sql: string): string {
  return QUERY.test(sql.replaceAll(/\/\*[\s\S]*?\*\//g, " ")) && !ABOUT_SECRETS.test(sql) ? sql : dropLiterals(sql);
}
