/**
 * A statement's text without what differs from run to run: lists of placeholders or literals become `(…)`, repeated
 * rows of `VALUES` one, savepoints lose their names. Quoted text is left as it is. This is a name for a statement, not a parse of it.
 */
export function foldSql(sql: string): string {
  let out = "";
  for (let at = 0; at < sql.length;) {
    const character = sql[at] ?? "";
    if (character === "'" || character === '"') {
      const end = closingQuote(sql, at);
      out += sql.slice(at, end);
      at = end;
      continue;
    }
    if (character === "(") {
      const end = listEnd(sql, at);
      if (end > 0) {
        out = `${withoutRepeatedRow(out)}(…)`;
        at = end;
        continue;
      }
    }
    if (/\s/.test(character)) {
      if (!out.endsWith(" ")) out += " ";
    } else out += character;
    at += 1;
  }
  return out.trim().replace(/^((?:RELEASE )?SAVEPOINT|ROLLBACK TO SAVEPOINT) .*$/, "$1 …");
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

/** `VALUES (…), ` before one more `(…)`. */
function withoutRepeatedRow(out: string): string {
  return /\(…\)\s*,\s*$/.test(out) ? out.replace(/\(…\)\s*,\s*$/, "") : out;
}
