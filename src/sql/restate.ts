/**
 * Statements as they would ask after a change of the source, to be planned beside what they ask today. Text in, text out: what stays is left as it was sent,
 * parameters and all. Null where the text is not of the one kind that the change is for.
 */

interface Token {
  /** A word in capitals, a sign, or a quoted name as it stands. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of parentheses around it. */
  readonly depth: number;
}

const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$?\w+|\s+|[^]/g;

function tokensOf(sql: string): Token[] {
  let depth = 0;
  const tokens: Token[] = [];
  for (const { 0: text, index } of sql.matchAll(TOKENS)) {
    if (/^\s/.test(text)) continue;
    if (text === ")") depth -= 1;
    tokens.push({ text: /^\w/.test(text) ? text.toUpperCase() : text, start: index, end: index + text.length, depth });
    if (text === "(") depth += 1;
  }
  return tokens.at(-1)?.text === ";" ? tokens.slice(0, -1) : tokens;
}

interface Select {
  readonly sql: string;
  readonly tokens: readonly Token[];
  /** Where the statement's last word ends. */
  readonly end: number;
  /** The first word of this kind outside of parentheses. */
  readonly at: (word: string) => Token | undefined;
}

function selectOf(sql: string): Select | null {
  const tokens = tokensOf(sql);
  const end = tokens.at(-1)?.end;
  if (tokens[0]?.text !== "SELECT" || end === undefined) return null;
  return { sql, tokens, end, at: (word) => tokens.find(({ text, depth }) => depth === 0 && text === word) };
}

const hasAny = ({ at }: Select, words: readonly string[]): boolean => words.some((word) => at(word) !== undefined);
const CUT = ["LIMIT", "OFFSET", "FETCH", "FOR"];
const TAKEN_TOGETHER = ["GROUP", "HAVING", "UNION", "INTERSECT", "EXCEPT", "WINDOW"];

/** `rows[:1]` for all rows. */
export function withFirstRowAlone(sql: string): string | null {
  const select = selectOf(sql);
  return select === null || hasAny(select, CUT) ? null : `${sql.slice(0, select.end)} LIMIT 1`;
}

/** `rows.exists()` for all rows: no columns, no order. */
export function askedIfAny(sql: string): string | null {
  const select = selectOf(sql);
  const from = select?.at("FROM");
  if (select === null || from === undefined || hasAny(select, [...CUT, ...TAKEN_TOGETHER, "DISTINCT"])) return null;
  const [columns, order] = [sql.slice(0, from.start), orderIn(select)];
  return hasParameter(columns) || hasParameter(order) ? null : `SELECT 1 ${sql.slice(from.start, select.end - order.length).trimEnd()} LIMIT 1`;
}

/** `union(…, all=True)`. */
export function withAllRowsOfUnion(sql: string): string | null {
  const tokens = tokensOf(sql);
  const unions = tokens.filter(({ text, depth }, place) => text === "UNION" && depth === 0 && tokens[place + 1]?.text !== "ALL");
  const [union, more] = unions;
  return union === undefined || more !== undefined ? null : `${sql.slice(0, union.end)} ALL${sql.slice(union.end)}`;
}

/** `order_by()` where rows are put where they have no order. */
export function withoutOrder(sql: string): string | null {
  const select = selectOf(sql);
  if (select === null || hasAny(select, CUT)) return null;
  const order = orderIn(select);
  return order === "" || hasParameter(order) ? null : sql.slice(0, select.end - order.length).trimEnd();
}

/** From ORDER BY to the end; it stands last. */
function orderIn({ sql, at, end }: Select): string {
  const order = at("ORDER");
  return order === undefined ? "" : sql.slice(order.start, end);
}

/** Placeholders that only their order tells would move to others. */
const hasParameter = (text: string): boolean => /%s|%\(|\$\d/.test(text);

/** `filter(Exists(…))` for `distinct()` over one join: the joined table is asked, and none of its columns is taken. */
export function withExistsForDistinct(sql: string): string | null {
  const select = selectOf(sql);
  const parts = select === null ? null : joinedOnce(select);
  if (select === null || parts === null) return null;
  const { columns, table, joined, on, where, order } = parts;
  // Of a column of the joined table there would be none left to take or to sort by.
  if (`${columns} ${order}`.includes(`${joined.split(/\s+/).at(-1) ?? joined}.`) || hasParameter(order)) return null;
  return `SELECT ${columns} FROM ${table} WHERE EXISTS (SELECT 1 FROM ${joined} WHERE ${on} AND (${where}))${order === "" ? "" : ` ${order}`}`;
}

interface JoinedOnce {
  readonly columns: string;
  readonly table: string;
  readonly joined: string;
  readonly on: string;
  readonly where: string;
  readonly order: string;
}

/** `SELECT DISTINCT … FROM … INNER JOIN … ON (…) WHERE …`, and nothing else. */
function joinedOnce(select: Select): JoinedOnce | null {
  const { sql, tokens, at, end } = select;
  const [, distinct, next] = tokens;
  const [from, inner, on, where] = [at("FROM"), at("INNER"), at("ON"), at("WHERE")];
  const joins = tokens.filter(({ text, depth }) => depth === 0 && text === "JOIN");
  const [join] = joins;
  if (distinct?.text !== "DISTINCT" || next === undefined || next.text === "ON" || hasAny(select, [...CUT, ...TAKEN_TOGETHER])) return null;
  if (from === undefined || inner === undefined || join === undefined || joins.length > 1 || on === undefined || where === undefined) return null;
  const text = (start: number, stop: number): string => sql.slice(start, stop).trim();
  const order = orderIn(select);
  return {
    columns: text(distinct.end, from.start),
    table: text(from.end, inner.start),
    joined: text(join.end, on.start),
    on: text(on.end, where.start),
    where: text(where.end, end - order.length),
    order,
  };
}
