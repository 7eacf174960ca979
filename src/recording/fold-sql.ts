/**
 * A statement's text without what differs from run to run: lists of placeholders or literals become `(…)`, repeated
 * rows of `VALUES` one, savepoints lose their names. Quoted text is left as it is. This is a name for a statement, not a parse of it.
 */
export function foldSql(sql: string): string {
  const out: string[] = [];
  for (let at = 0; at < sql.length;) {
    const character = sql[at] ?? "";
    const list = character === "(" ? listEnd(sql, at) : 0;
    if (list > 0) {
      dropRepeatedRow(out);
      out.push(LIST);
      at = list;
      continue;
    }
    const end = endOfPiece(sql, at);
    if (!/\s/.test(character)) out.push(sql.slice(at, end));
    else if (out.at(-1) !== " ") out.push(" ");
    at = end;
  }
  return out
    .join("")
    .trim()
    .replace(/^((?:RELEASE )?SAVEPOINT|ROLLBACK TO SAVEPOINT) .*$/, "$1 …");
}

const LIST = "(…)";
const RUN = /\s+|[^\s'"(]+/y;

/** After the quoted text, the parenthesis, the space or the run of anything else that begins at `start`. */
function endOfPiece(sql: string, start: number): number {
  const character = sql[start] ?? "";
  if (character === "'" || character === '"') return closingQuote(sql, start);
  RUN.lastIndex = start;
  return RUN.test(sql) ? RUN.lastIndex : start + 1;
}

/** After the quote that closes the one at `start`; a doubled quote is part of the text. */
function closingQuote(sql: string, start: number): number {
  const quote = sql[start] ?? "";
  for (let at = start + 1; at < sql.length; at += 1) {
    if (sql[at] !== quote) continue;
    if (sql[at + 1] !== quote) return at + 1;
    at += 1;
  }
  return sql.length;
}

const ITEM = /\s*(?:%s|%\(\w+\)s|\?|\$\d+|-?\d+(?:\.\d+)?|NULL|DEFAULT|TRUE|FALSE|'(?:[^']|'')*'(?:::\w+)?)\s*(,|\))/y;

/** After the `)` of a list of two or more placeholders or literals that begins at `start`, or of one after `IN`; else 0. */
function listEnd(sql: string, start: number): number {
  ITEM.lastIndex = start + 1;
  for (let items = 1; ; items += 1) {
    const match = ITEM.exec(sql);
    if (!match) return 0;
    if (match[1] === ")") return items > 1 || /\b(?:IN|VALUES)\s*$/i.test(sql.slice(Math.max(0, start - 10), start)) ? ITEM.lastIndex : 0;
  }
}

/** The `(…), ` of `VALUES (…), ` before one more `(…)`. */
function dropRepeatedRow(out: string[]): void {
  let at = out.length - 1;
  if (out[at] === " ") at -= 1;
  if (out[at] !== ",") return;
  at -= out[at - 1] === " " ? 2 : 1;
  if (out[at] === LIST) out.length = at;
}
