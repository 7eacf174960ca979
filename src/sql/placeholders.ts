/** Statements as Python's drivers take them, with `%s` for a parameter, to PostgreSQL's own `$1`. */

/** The text with `%s`, `%(name)s` and a recording's `…` as `$n`, `%%` as `%`; null where it has none of them outside of quotes. */
export function numberPlaceholders(sql: string): string | null {
  if (!sql.includes("%") && !sql.includes("…")) return null;
  const out: string[] = [];
  let count = 0;
  for (let at = 0; at < sql.length;) {
    const end = skipQuoted(sql, at);
    if (end > at) {
      out.push(sql.slice(at, end));
      at = end;
      continue;
    }
    const length = placeholderLength(sql, at);
    if (length > 0) count += 1;
    out.push(length > 0 ? spaced(sql, at, `$${count}`) : (sql[at] ?? ""));
    at += Math.max(length, 1);
  }
  return count === 0 ? null : out.join("").replaceAll("%%", "%");
}

/** A parameter that touches a word before it would be read as a part of that. */
function spaced(sql: string, at: number, parameter: string): string {
  return at > 0 && isWordPart(sql[at - 1]) ? ` ${parameter}` : parameter;
}

/** 0 where no placeholder starts. `%%s` is a percent sign and a letter. */
function placeholderLength(sql: string, at: number): number {
  if (sql[at] === "…") return 1;
  if (sql[at] !== "%" || percentsBefore(sql, at) % 2 === 1) return 0;
  if (sql[at + 1] === "s") return isWordPart(sql[at + 2]) ? 0 : 2;
  if (sql[at + 1] !== "(") return 0;
  const close = sql.indexOf(")", at);
  return close > 0 && sql[close + 1] === "s" ? close + 2 - at : 0;
}

function percentsBefore(sql: string, at: number): number {
  let count = 0;
  while (sql[at - 1 - count] === "%") count += 1;
  return count;
}

const isWordPart = (character: string | undefined): boolean => character !== undefined && /[\w$\u0080-\uffff]/.test(character) && character !== "…";

/** The end of the string, quoted name or comment that starts here; the same place where none does. */
export function skipQuoted(sql: string, at: number): number {
  const character = sql[at];
  if (character === "'") return quoteEnd(sql, at, isEscapeString(sql, at));
  if (character === '"') return quoteEnd(sql, at, false);
  if (character === "$" && !isWordPart(sql[at - 1])) return dollarEnd(sql, at);
  if (character === "-" && sql[at + 1] === "-") return lineEnd(sql, at);
  if (character === "/" && sql[at + 1] === "*") return commentEnd(sql, at);
  return at;
}

function quoteEnd(sql: string, start: number, hasEscapes: boolean): number {
  const quote = sql[start];
  for (let at = start + 1; at < sql.length; at += 1) {
    if (hasEscapes && sql[at] === "\\") at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

const isEscapeString = (sql: string, at: number): boolean => (sql[at - 1] === "E" || sql[at - 1] === "e") && !isWordPart(sql[at - 2]);

function dollarEnd(sql: string, start: number): number {
  const tag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
  tag.lastIndex = start;
  const opening = tag.exec(sql)?.[0];
  if (opening === undefined) return start;
  const close = sql.indexOf(opening, start + opening.length);
  return close < 0 ? sql.length : close + opening.length;
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf("\n", at);
  return end < 0 ? sql.length : end;
}

/** Comments nest in PostgreSQL. */
function commentEnd(sql: string, start: number): number {
  let depth = 0;
  for (let at = start; at < sql.length; at += 1) {
    if (sql[at] === "/" && sql[at + 1] === "*") depth += 1;
    else if (sql[at] === "*" && sql[at + 1] === "/") depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}
